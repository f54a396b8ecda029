import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { plainEnvironment, type CommandResult } from "./command.ts";

export interface ContainerOptions {
  image: string;
  /** Unique on this machine; the name of its cgroup, too. */
  machine: string;
  hostName: string;
  networkNamespaceFile: string;
  /** Files that a starting process joins its cgroups by. */
  cgroupFiles: readonly string[];
  /** Files of this machine shown inside: outer path → inner path. */
  files: Readonly<Record<string, string>>;
  /** Units that must not start in this boot. */
  without: readonly string[];
  logFile: string;
}

/** A running systemd-nspawn and the pid, as seen from outside, of the systemd in it. */
export interface Container {
  leaderPid: number;
  isRunning(): boolean;
  /** Ends the host at once; can run twice. */
  kill(): Promise<void>;
}

const leaderLimitMs = 10_000;
const killLimitMs = 5_000;

// $1..$n up to "--" are the cgroup files; the shell joins them, then becomes nspawn.
// pdeathsig: if the test process is killed, nspawn is told to end its host (see --kill-signal).
const joinAndExec = `
while [ "$1" != -- ]; do echo $$ >"$1" || exit 1; shift; done
shift
exec setpriv --pdeathsig TERM "$@"`;

/** Boots the image with a writable layer in memory, so that each boot is a clean server. */
export async function startContainer(options: ContainerOptions): Promise<Container> {
  const log = openSync(options.logFile, "a", 0o600);
  const nspawn = spawn("sh", ["-c", joinAndExec, "sh", ...options.cgroupFiles, "--", ...nspawnArgv(options)], {
    // Without the unified hierarchy systemd would look for version 1 controllers that nobody delegated.
    env: { ...plainEnvironment, SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: "1" },
    stdio: ["ignore", log, log],
    detached: true,
  });
  closeSync(log);
  const ended = once(nspawn, "exit").catch(() => undefined);
  const isRunning = (): boolean => nspawn.exitCode === null && nspawn.signalCode === null;
  try {
    await once(nspawn, "spawn");
    const leaderPid = await findLeader(nspawn.pid ?? 0, isRunning);
    return { leaderPid, isRunning, kill };
  } catch (error) {
    await kill();
    throw new Error(`${options.machine} did not start: ${readTail(options.logFile)}`, {
      cause: error,
    });
  }

  // SIGKILL would leave the host running without its nspawn: the last resort, its cgroup is emptied afterwards.
  async function kill(): Promise<void> {
    nspawn.kill("SIGTERM");
    const timeout = sleep(killLimitMs, "late", { ref: false });
    if (isRunning() && (await Promise.race([ended, timeout])) === "late") nspawn.kill("SIGKILL");
    if (isRunning()) await ended;
  }
}

function nspawnArgv(options: ContainerOptions): string[] {
  return [
    "systemd-nspawn",
    "--quiet",
    "--boot",
    `--directory=${options.image}`,
    "--volatile=overlay",
    // No machined runs here to register with, and the cgroup is made by us.
    "--register=no",
    "--keep-unit",
    "--console=read-only",
    // Told to end, nspawn pulls the plug instead of asking for an orderly shutdown.
    "--kill-signal=SIGKILL",
    `--machine=${options.machine}`,
    `--hostname=${options.hostName}`,
    `--network-namespace-path=${options.networkNamespaceFile}`,
    "--resolv-conf=off",
    "--timezone=off",
    ...Object.entries(options.files).map(([outer, inner]) => `--bind-ro=${outer}:${inner}`),
    // Arguments of its PID 1 are what a kernel's command line is to a real server.
    ...options.without.map((unit) => `systemd.mask=${unit}`),
  ];
}

async function findLeader(nspawnPid: number, isRunning: () => boolean): Promise<number> {
  const deadline = performance.now() + leaderLimitMs;
  while (isRunning() && performance.now() < deadline) {
    const leader = listChildren(nspawnPid).find(isFirstOfItsNamespace);
    if (leader !== undefined) return leader;
    await sleep(10);
  }
  throw new Error(isRunning() ? `no systemd within ${leaderLimitMs} ms` : "systemd-nspawn ended");
}

function listChildren(pid: number): number[] {
  return readProc(`/proc/${pid}/task/${pid}/children`).split(" ").filter(Boolean).map(Number);
}

function isFirstOfItsNamespace(pid: number): boolean {
  return /^NSpid:\s+\d+\s+1$/m.test(readProc(`/proc/${pid}/status`));
}

function readProc(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** The end of a host's console, for the message of a failure. */
export function readTail(file: string): string {
  return readProc(file).trimEnd().split("\n").slice(-15).join("\n");
}

/** Waits until the boot is over; a host with failed units ("degraded") counts as booted. */
export async function waitForBoot(
  container: Container,
  exec: (argv: readonly string[]) => Promise<CommandResult>,
  limitMs: number,
): Promise<void> {
  const deadline = performance.now() + limitMs;
  let state = "not asked yet";
  while (container.isRunning() && performance.now() < deadline) {
    const answer = await exec(["systemctl", "is-system-running"]);
    state = answer.stdout || answer.stderr;
    if (state === "running" || state === "degraded") return;
    await sleep(50);
  }
  throw new Error(container.isRunning() ? `still "${state}" after ${limitMs} ms` : "the host went down in its boot");
}
