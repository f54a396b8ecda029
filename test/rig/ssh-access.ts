import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mustRun } from "./command.ts";
import { namespaceFile } from "./network.ts";

/** What a lab's operator holds: one key pair, a config file, and the pinned keys of its hosts. */
export interface SshAccess {
  configFile: string;
  authorizedKeysFile: string;
  /** Makes and pins the host's key, adds it to the config; returns the private key's file for the host. */
  addHost(host: string, address: string): Promise<string>;
}

/** Makes the key of the lab's operator and an empty ssh config in `folder`. */
export async function createSshAccess(lab: string, folder: string): Promise<SshAccess> {
  const identityFile = join(folder, "operator_key");
  const configFile = join(folder, "ssh_config");
  const knownHostsFile = join(folder, "known_hosts");
  await createKey(identityFile, "operator");
  // The lab is not routed from this machine: the connection itself is made inside its namespace.
  const shared = [
    "Host *",
    "  User root",
    `  IdentityFile ${identityFile}`,
    "  IdentitiesOnly yes",
    "  IdentityAgent none",
    "  BatchMode yes",
    "  StrictHostKeyChecking yes",
    `  UserKnownHostsFile ${knownHostsFile}`,
    "  GlobalKnownHostsFile /dev/null",
    "  ConnectTimeout 5",
    `  ProxyCommand nsenter --net=${namespaceFile(lab)} nc %h %p`,
  ];
  writeFileSync(configFile, `${shared.join("\n")}\n`, { mode: 0o600 });
  writeFileSync(knownHostsFile, "", { mode: 0o600 });

  return {
    configFile,
    authorizedKeysFile: `${identityFile}.pub`,
    async addHost(host, address) {
      const hostKeyFile = join(folder, `${host}_host_key`);
      await createKey(hostKeyFile, host);
      appendFileSync(knownHostsFile, `${host} ${readFileSync(`${hostKeyFile}.pub`, "utf8")}`);
      appendFileSync(configFile, `Host ${host}\n  HostName ${address}\n  HostKeyAlias ${host}\n`);
      return hostKeyFile;
    },
  };
}

async function createKey(file: string, comment: string): Promise<void> {
  await mustRun(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", file]);
}
