import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createCgroups, removeCgroups } from "./cgroup.ts";
import { runCommand, type CommandOptions, type CommandResult } from "./command.ts";
import { readTail, startContainer, waitForBoot, type Container } from "./container.ts";
import { locateImage } from "./image.ts";
import { claimLab, removeDeadLabs, removeLab } from "./leftovers.ts";
import { createHostNetwork, createLabNetwork, namespaceFile, removeNamespace, setHostLink } from "./network.ts";
import { openPortForward, type PortForward } from "./port-forward.ts";
import { createSshAccess, type SshAccess } from "./ssh-access.ts";

export interface BootOptions {
  /** Lower case letters, digits, hyphens; the host's name and its alias for ssh. */
  name: string;
  /** Units that stay masked in this boot, such as "postgresql.service": a host without them boots sooner. */
  without?: readonly string[];
  bootLimitMs?: number;
}

/** A Debian server with a real systemd. What is written to it is gone after `stop`. */
export interface BootedHost {
  readonly name: string;
  /** Reachable from inside the lab only (`lab.exec`, `forwardPort`, ssh). */
  readonly address: string;
  /** Pid of the host's systemd as seen from this machine. */
  readonly leaderPid: number;
  /** `ssh -F sshConfigFile sshTarget true` works from this machine, as root; `-l emergency` has sudo. */
  readonly sshTarget: string;
  readonly sshConfigFile: string;
  readonly bootMs: number;
  /** Runs a command on the host as root, without ssh (a cut link does not matter). */
  exec(argv: readonly string[], options?: CommandOptions): Promise<CommandResult>;
  /** Opens 127.0.0.1:port on this machine to a port of the host; closed by `stop`. */
  forwardPort(port: number): Promise<PortForward>;
  cutLink(): Promise<void>;
  joinLink(): Promise<void>;
  /** Like pulling the power plug; can run twice. */
  stop(): Promise<void>;
}

/** A network of its own with hosts in it, separate from the machine's network and from other labs. */
export interface Lab {
  /** Name of the network namespace. */
  readonly name: string;
  readonly sshConfigFile: string;
  /** Hosts in boot order. */
  readonly hosts: readonly BootedHost[];
  bootHost(options: BootOptions): Promise<BootedHost>;
  /** Runs a command of this machine inside the lab's network: the client's view. */
  exec(argv: readonly string[], options?: CommandOptions): Promise<CommandResult>;
  stop(): Promise<void>;
}

const defaultBootLimitMs = 60_000;

/** Makes an empty lab; first removes what crashed runs left behind. Needs what `rigMissing` looks for. */
export async function startLab(): Promise<Lab> {
  await removeDeadLabs();
  const { name: lab, folder } = claimLab();
  const hosts: BootedHost[] = [];
  const names = new Set<string>();
  const hostsFile = join(folder, "hosts");
  writeFileSync(hostsFile, "127.0.0.1 localhost\n::1 localhost\n", { mode: 0o644 });
  try {
    await createLabNetwork(lab);
    const ssh = await createSshAccess(lab, folder);
    return {
      name: lab,
      sshConfigFile: ssh.configFile,
      hosts,
      async bootHost(options) {
        const index = names.size;
        if (names.has(options.name)) throw new TypeError(`this lab has had a ${options.name} already`);
        names.add(options.name);
        const host = await bootHost({ lab, folder, hostsFile, ssh, index }, options);
        hosts.push(host);
        return host;
      },
      exec: (argv, options) => runCommand(["nsenter", `--net=${namespaceFile(lab)}`, ...argv], options),
      async stop() {
        await Promise.all(hosts.map((host) => host.stop()));
        await removeLab(lab);
      },
    };
  } catch (error) {
    await removeLab(lab);
    throw error;
  }
}

interface Place {
  lab: string;
  folder: string;
  /** The /etc/hosts of every host in the lab: who boots later is known to the earlier ones, too. */
  hostsFile: string;
  ssh: SshAccess;
  index: number;
}

async function bootHost(place: Place, options: BootOptions): Promise<BootedHost> {
  const { lab, folder, hostsFile, ssh, index } = place;
  const { name, without = [], bootLimitMs = defaultBootLimitMs } = options;
  if (!/^[a-z][a-z0-9-]{0,19}$/.test(name)) throw new TypeError(`"${name}" is no host name`);
  const machine = `${lab}.${name}`;
  const logFile = join(folder, `${name}.log`);
  const forwards: PortForward[] = [];
  let container: Container | undefined;

  async function stop(): Promise<void> {
    await Promise.all(forwards.splice(0).map((forward) => forward.close()));
    await container?.kill();
    await removeCgroups(machine);
    await removeNamespace(machine);
  }

  try {
    const address = await createHostNetwork(lab, machine, index);
    appendFileSync(hostsFile, `${address} ${name}\n`);
    const hostKeyFile = await ssh.addHost(name, address);
    const startedAt = performance.now();
    const started = await startContainer({
      image: locateImage(),
      machine,
      hostName: name,
      networkNamespaceFile: namespaceFile(machine),
      cgroupFiles: createCgroups(machine),
      files: {
        [hostsFile]: "/etc/hosts",
        [hostKeyFile]: "/etc/ssh/ampel_host_key",
        [ssh.authorizedKeysFile]: "/etc/ssh/ampel_authorized_keys",
      },
      without,
      logFile,
    });
    container = started;
    const { leaderPid } = started;
    const enter = ["nsenter", "-t", String(leaderPid), "-m", "-u", "-i", "-n", "-p", "-C", "--"];
    const exec: BootedHost["exec"] = async (argv, execOptions) => {
      // Pids come round again: a dead host's could be anybody's by now.
      if (!started.isRunning()) throw new Error(`${name} is down`);
      return runCommand([...enter, ...argv], execOptions);
    };
    await waitForBoot(started, exec, bootLimitMs);
    return {
      name,
      address,
      leaderPid,
      sshTarget: name,
      sshConfigFile: ssh.configFile,
      bootMs: Math.round(performance.now() - startedAt),
      exec,
      async forwardPort(port) {
        const forward = await openPortForward(lab, address, port);
        forwards.push(forward);
        return forward;
      },
      cutLink: () => setHostLink(lab, index, "down"),
      joinLink: () => setHostLink(lab, index, "up"),
      stop,
    };
  } catch (error) {
    const tail = readTail(logFile);
    await stop();
    throw new Error(`${name} did not boot: ${String(error)}\n${tail}`, { cause: error });
  }
}
