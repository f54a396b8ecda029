import { mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { connect } from "node:net";
import { openHost } from "../integrations/host.ts";
import { openServiceControl } from "../integrations/service-control.ts";
import { systemClock } from "../kernel/clock.ts";
import { Failure } from "../kernel/failure.ts";
import { message, verbatim } from "../kernel/message.ts";
import { isPostgresReady } from "./postgres.ts";
import { endProcesses, isRunning, isStopped, readIdentity, signalProcess, type ProcessIdentity } from "./process-identity.ts";
import { addressOf } from "./service-address.ts";
import { worldPaths, type ProgramName, type World } from "./world.ts";

const readyLimitMs = 10_000;

/**
 * Starts a program as Ampel's own service control does, and waits until it works; one that runs stays as it is.
 * It outlives its starter. Two starts at once give one process.
 * @throws {Failure} sandbox-failed with the last lines of its log
 */
export async function launch(world: World, name: ProgramName, signal?: AbortSignal): Promise<ProcessIdentity> {
  const paths = worldPaths(world.folder);
  for (const folder of [paths.logs, paths.run]) mkdirSync(folder, { recursive: true });
  const control = openServiceControl(openHost("local", { via: "local" }), { manager: "process", ...addressOf(world, name) });
  const deadlineMs = systemClock.monotonicMs() + readyLimitMs;
  const logStart = sizeOf(paths.log(name));
  for (;;) {
    try {
      await control.start({ signal: signal ?? AbortSignal.timeout(readyLimitMs), timeoutMs: readyLimitMs });
      return await untilReady(world, name, deadlineMs, signal);
    } catch (error) {
      signal?.throwIfAborted();
      const tail = logTail(paths.log(name), logStart);
      // A killed server's children need a moment to go, and a start by another hand needs one to finish.
      const isPassing = tail?.includes("pre-existing shared memory") || (error as Error).message.includes("another hand");
      if (!isPassing || systemClock.monotonicMs() > deadlineMs) throw notStarted(world, name, tail ?? (error as Error).message);
      await systemClock.sleep(50, signal);
    }
  }
}

/** The living process of a program; `undefined` when it does not run. */
export function runningProgram(world: World, name: ProgramName): ProcessIdentity | undefined {
  const known = readIdentity(worldPaths(world.folder).identityFile(name));
  return known !== undefined && isRunning(known) ? known : undefined;
}

/** Ends a program; nothing happens when it does not run. @throws {Failure} sandbox-failed when it stays */
export async function halt(world: World, name: ProgramName): Promise<void> {
  const running = runningProgram(world, name);
  if (running === undefined) return;
  const left = await endProcesses([running], name === "postgres" ? "SIGINT" : "SIGTERM", 1500);
  if (left.length > 0) {
    throw new Failure("sandbox-failed", message("sandbox.not-stopped", { name, pid: running.pid }), message("sandbox.retry-next"));
  }
  forget(world, name);
}

/** Kills a program as a crash does: its process files stay. Returns when it is gone. */
export async function kill(world: World, name: ProgramName): Promise<void> {
  const running = runningProgram(world, name);
  if (running !== undefined) await endProcesses([running], "SIGKILL", 2000);
}

/** Holds a program by SIGSTOP and returns when it stands still. */
export async function freeze(world: World, name: ProgramName, signal?: AbortSignal): Promise<void> {
  const running = runningProgram(world, name);
  if (running === undefined) return;
  signalProcess(running, "SIGSTOP");
  while (isRunning(running) && !isStopped(running)) await systemClock.sleep(5, signal);
}

/** Lets a held program go on. */
export function thaw(world: World, name: ProgramName): void {
  const running = runningProgram(world, name);
  if (running !== undefined && isStopped(running)) signalProcess(running, "SIGCONT");
}

function forget(world: World, name: ProgramName): void {
  const paths = worldPaths(world.folder);
  for (const file of [paths.pidFile(name), paths.identityFile(name)]) rmSync(file, { force: true });
}

async function untilReady(world: World, name: ProgramName, deadlineMs: number, signal?: AbortSignal): Promise<ProcessIdentity> {
  for (;;) {
    const running = runningProgram(world, name);
    if (running === undefined) throw new Error(`${name} ended at once`);
    if (await isReady(world, name, running)) return running;
    if (systemClock.monotonicMs() > deadlineMs) throw new Error(`${name} is not ready after ${readyLimitMs / 1000} s`);
    await systemClock.sleep(15, signal);
  }
}

async function isReady(world: World, name: ProgramName, { pid }: ProcessIdentity): Promise<boolean> {
  switch (name) {
    case "postgres":
      return isPostgresReady(world, pid);
    case "worker":
    case "session":
      return namesPid(worldPaths(world.folder).readyFile(name), pid);
    default:
      return await accepts(world.ports[name]);
  }
}

function namesPid(file: string, pid: number): boolean {
  try {
    return (JSON.parse(readFileSync(file, "utf8")) as { pid?: number }).pid === pid;
  } catch {
    return false;
  }
}

async function accepts(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port, timeout: 500 });
    const answer = (isOpen: boolean): void => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.once("connect", () => answer(true));
    socket.once("error", () => answer(false)).once("timeout", () => answer(false));
  });
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function logTail(file: string, from: number): string | undefined {
  if (sizeOf(file) <= from) return undefined;
  const lines = readFileSync(file)
    .subarray(from)
    .toString("utf8")
    .split("\n")
    .filter((line) => line.trim() !== "");
  // The last one: a killed predecessor may still be saying goodbye in the same log.
  return (lines.findLast((line) => /^\w*Error:|FATAL|PANIC/.test(line)) ?? lines.at(-1))?.trim();
}

function notStarted(world: World, name: ProgramName, reason: string): Failure {
  const what = message("sandbox.not-started", { name, reason: verbatim(reason) });
  return new Failure("sandbox-failed", what, message("sandbox.not-started-next", { log: worldPaths(world.folder).log(name) }));
}
