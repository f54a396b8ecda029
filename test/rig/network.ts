import { existsSync, readdirSync } from "node:fs";
import { mustRun, runCommand } from "./command.ts";

const namespaceFolder = "/run/netns";
const bridge = "br0";
const labAddress = "10.99.0.1";
const firstHostNumber = 11;
const lastHostNumber = 250;

/** File that `nsenter --net` and nspawn take for a namespace. */
export function namespaceFile(namespace: string): string {
  return `${namespaceFolder}/${namespace}`;
}

/** Names of the network namespaces that begin with `prefix`. */
export function listNamespaces(prefix: string): string[] {
  if (!existsSync(namespaceFolder)) return [];
  return readdirSync(namespaceFolder).filter((name) => name.startsWith(prefix));
}

/** Makes the lab's namespace: a bridge with an address, and no way out to the machine's network. */
export async function createLabNetwork(lab: string): Promise<void> {
  await mustRun(["ip", "netns", "add", lab]);
  await mustRun(["ip", "-n", lab, "-batch", "-"], {
    input: [
      "link set lo up",
      `link add ${bridge} type bridge`,
      `address add ${labAddress}/24 dev ${bridge}`,
      `link set ${bridge} up`,
      "",
    ].join("\n"),
  });
}

/** Makes the namespace of host number `index` (from 0), wired to the lab's bridge; returns its address. */
export async function createHostNetwork(lab: string, host: string, index: number): Promise<string> {
  const number = firstHostNumber + index;
  if (number > lastHostNumber) throw new RangeError("a lab has room for 240 hosts");
  const address = `10.99.0.${number}`;
  const port = hostPort(index);
  await mustRun(["ip", "netns", "add", host]);
  await mustRun(["ip", "-n", lab, "-batch", "-"], {
    input: `link add ${port} type veth peer name host0 netns ${host}\nlink set ${port} master ${bridge} up\n`,
  });
  await mustRun(["ip", "-n", host, "-batch", "-"], {
    input: `link set lo up\naddress add ${address}/24 dev host0\nlink set host0 up\n`,
  });
  return address;
}

/** Pulls or plugs the cable of host number `index`. */
export async function setHostLink(lab: string, index: number, state: "up" | "down"): Promise<void> {
  await mustRun(["ip", "-n", lab, "link", "set", hostPort(index), state]);
}

/** Removes the namespace with all its links. That another process was quicker is fine. */
export async function removeNamespace(namespace: string): Promise<void> {
  if (!existsSync(namespaceFile(namespace))) return;
  const result = await runCommand(["ip", "netns", "delete", namespace]);
  if (result.exitCode !== 0 && existsSync(namespaceFile(namespace))) {
    throw new Error(`namespace ${namespace} stays: ${result.stderr}`);
  }
}

function hostPort(index: number): string {
  return `port${index}`;
}
