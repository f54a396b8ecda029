import { readFileSync, readdirSync, readlinkSync } from "node:fs";
import { basename } from "node:path";
import { systemClock } from "../kernel/clock.ts";

/** A process that cannot be mistaken for a later one with the same number; see proc(5), fields 3 and 22 of `stat`. */
export type ProcessIdentity = { readonly pid: number; readonly startTicks: number; readonly bootId: string };

/** The process behind a pid; `undefined` when there is none or only its remains (a zombie). */
export function identify(pid: number): ProcessIdentity | undefined {
  const seen = readStat(pid);
  return seen === undefined ? undefined : { pid, startTicks: seen.startTicks, bootId: readBootId() };
}

export function isRunning(identity: ProcessIdentity): boolean {
  return readStat(identity.pid)?.startTicks === identity.startTicks && identity.bootId === readBootId();
}

/** True for a process that is held by SIGSTOP. */
export function isStopped(identity: ProcessIdentity): boolean {
  return isRunning(identity) && readStat(identity.pid)?.state === "T";
}

/** The identity that the service control noted in a file; `undefined` when the file is missing or unreadable. */
export function readIdentity(file: string): ProcessIdentity | undefined {
  try {
    const [, pid, startTicks, bootId] = /^(\d+) (\d+) (\S+)$/.exec(readFileSync(file, "utf8").trim()) ?? [];
    return bootId === undefined ? undefined : { pid: Number(pid), startTicks: Number(startTicks), bootId };
  } catch {
    return undefined;
  }
}

/** Sends a signal to exactly this process; false when it is gone. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isRunning(identity)) return false;
  try {
    process.kill(identity.pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** Ends processes: first with `signal`, after `graceMs` with SIGKILL. Returns those that are still there. */
export async function endProcesses(
  targets: readonly ProcessIdentity[],
  signal: NodeJS.Signals,
  graceMs: number,
): Promise<ProcessIdentity[]> {
  for (const target of targets) {
    signalProcess(target, signal);
    // A frozen process takes no other signal until it runs again.
    if (isStopped(target)) signalProcess(target, "SIGCONT");
  }
  const left = await waitForEnd(targets, graceMs);
  for (const target of left) signalProcess(target, "SIGKILL");
  return await waitForEnd(left, 2000);
}

async function waitForEnd(targets: readonly ProcessIdentity[], limitMs: number): Promise<ProcessIdentity[]> {
  const deadlineMs = systemClock.monotonicMs() + limitMs;
  let left = targets.filter(isRunning);
  while (left.length > 0 && systemClock.monotonicMs() < deadlineMs) {
    await systemClock.sleep(10);
    left = left.filter(isRunning);
  }
  return left;
}

/** Processes that carry `mark` (`NAME=value`) in their environment, and Postgres servers at work below one of `folders`; never ourselves or our ancestors. */
export function findProcesses(mark: string, folders: readonly string[]): ProcessIdentity[] {
  const spared = ancestors();
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && !spared.has(Number(name)))
    .filter((name) => isMarked(name, mark) || isPostgresIn(name, folders))
    .map((name) => identify(Number(name)))
    .filter((found) => found !== undefined);
}

/** The values of an environment variable over all processes that we may look at. */
export function listEnvironmentValues(variable: string): Set<string> {
  const prefix = `${variable}=`;
  const entries = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readEnvironment(name));
  return new Set(entries.filter((entry) => entry.startsWith(prefix)).map((entry) => entry.slice(prefix.length)));
}

function isMarked(name: string, mark: string): boolean {
  return readEnvironment(name).includes(mark);
}

function readEnvironment(name: string): string[] {
  try {
    return readFileSync(`/proc/${name}/environ`, "utf8").split("\0");
  } catch {
    return [];
  }
}

/** A server writes its titles over its environment; its folder and its program still tell. */
function isPostgresIn(name: string, folders: readonly string[]): boolean {
  try {
    const place = readlinkSync(`/proc/${name}/cwd`);
    return (
      basename(readlinkSync(`/proc/${name}/exe`)) === "postgres" &&
      folders.some((folder) => place === folder || place.startsWith(`${folder}/`))
    );
  } catch {
    return false;
  }
}

function ancestors(): Set<number> {
  const found = new Set<number>();
  let pid = process.pid;
  while (pid > 1 && !found.has(pid)) {
    found.add(pid);
    pid = readStat(pid)?.parent ?? 0;
  }
  return found;
}

function readStat(pid: number): { state: string; parent: number; startTicks: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name in parentheses may hold blanks and parentheses of its own.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const [state = "Z", parent] = fields;
    if (state === "Z" || state === "X") return undefined;
    return { state, parent: Number(parent), startTicks: Number(fields[19]) };
  } catch {
    return undefined;
  }
}

let knownBootId: string | undefined;

function readBootId(): string {
  knownBootId ??= readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  return knownBootId;
}
