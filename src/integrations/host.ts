import { spawn, type ChildProcessByStdio } from "node:child_process";
import { lstatSync, mkdirSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import { runCommand, type CommandOptions, type CommandResult } from "../kernel/exec.ts";
import { Failure } from "../kernel/failure.ts";
import { message } from "../kernel/message.ts";

/** Where commands run. `ssh` uses the operator's own ssh configuration and keys. */
export type HostAddress = { readonly via: "local" } | { readonly via: "ssh"; readonly target: string; readonly configFile?: string };

export type Host = {
  readonly name: string;
  readonly isLocal: boolean;
  /** How it is reached; needed only to hold a line open (`holdCommand`). */
  readonly address?: HostAddress;
  /** Runs a program with arguments; no shell looks at them. */
  run(argv: readonly string[], options?: CommandOptions): Promise<CommandResult>;
  /** Runs a text as `bash -euo pipefail`; values come in by `env`. */
  script(text: string, options?: CommandOptions): Promise<CommandResult>;
};

export function openHost(name: string, address: HostAddress): Host {
  return address.via === "local" ? localHost(name) : sshHost(name, address);
}

function localHost(name: string): Host {
  return {
    name,
    isLocal: true,
    address: { via: "local" },
    // `--norc`: with a socket for input and no shell above it (cron, a systemd unit), bash takes itself for a remote login
    // and reads bashrc first, which fails under `-u`.
    run: (argv, options) => runCommand(argv, options),
    script: (text, options) => runCommand(["bash", "--norc", "-euo", "pipefail", "-c", text], options),
  };
}

/** ssh reports its own failures (unreachable, wrong key) with this code; see ssh(1), EXIT STATUS. */
export const sshFailureCode = 255;

type SshAddress = Extract<HostAddress, { via: "ssh" }>;

/** sshd answers ten sessions on one connection (MaxSessions), and refuses some of more than ten logins at once (MaxStartups). */
const sessionsPerLine = 8;
const loginMs = 2000;

/**
 * Lets the first command through alone, so that it opens the line that the others share, and then a few at a time.
 * Without it a survey of a host is a dozen logins at once, of which sshd drops some.
 */
function openLine(): <Value>(work: () => Promise<Value>) => Promise<Value> {
  let first: Promise<unknown> | undefined;
  let busy = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (first === undefined) {
      const opening = work();
      // A long first command shares its line as soon as it is logged in; the others need not wait for its end.
      first = Promise.race([opening.catch(() => {}), wait(loginMs, undefined, { ref: false })]);
      return await opening;
    }
    await first;
    if (busy >= sessionsPerLine) await new Promise<void>((resolve) => waiting.push(resolve));
    busy += 1;
    try {
      return await work();
    } finally {
      busy -= 1;
      waiting.shift()?.();
    }
  };
}

/** Options by which commands to one host share a connection; it closes by itself. None where no private folder can be made. */
function shareLine(): string[] {
  const folder = join(tmpdir(), `ampel-ssh-${userInfo().uid}`);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { uid, mode } = lstatSync(folder);
    // A folder that somebody else made or can write to could hold somebody else's line.
    if (uid !== userInfo().uid || (mode & 0o077) !== 0) return [];
    return ["-o", "ControlMaster=auto", "-o", "ControlPersist=20", "-o", `ControlPath=${join(folder, "%C")}`];
  } catch {
    return [];
  }
}

/** The ssh command line up to and including the target. */
function sshArgv({ target, configFile }: SshAddress, more: readonly string[] = []): string[] {
  return [
    "ssh",
    ...(configFile === undefined ? [] : ["-F", configFile]),
    // Nobody is there to answer a question, and a host that changed its key is not our host.
    ...["-o", "BatchMode=yes", "-o", "ConnectTimeout=5", "-o", "ServerAliveInterval=3", "-o", "ServerAliveCountMax=2"],
    ...more,
    // A target that begins with a dash is a name, not an option.
    "--",
    target,
  ];
}

function sshHost(name: string, address: SshAddress): Host {
  const ssh = sshArgv(address, shareLine());
  const line = openLine();
  const remote = (body: string, options: CommandOptions = {}): Promise<CommandResult> => {
    const { env = {}, input = "", cwd, ...rest } = options;
    // The text travels on stdin: nothing of it shows in a process list. `timeout` ends the remote group even if the line is cut.
    const limit = Math.ceil((options.timeoutMs ?? 600_000) / 1000) + 1;
    const lines = [
      ...Object.entries(env).map(([key, value]) => `export ${key}=${quote(value)}`),
      ...(cwd === undefined ? [] : [`cd ${quote(cwd)} || exit`]),
      // The remote bash drops a NUL from its own text, so one travels as `\\0000`: lists of file names are separated by them.
      `printf %b ${quote(input.replaceAll("\\", "\\\\").replaceAll("\0", "\\0000"))} | timeout --kill-after=1 ${limit} ${body}`,
    ];
    return line(() => runCommand([...ssh, "bash", "-s"], { ...rest, input: lines.join("\n") }));
  };
  return {
    name,
    isLocal: false,
    address,
    run: (argv, options) => remote(argv.map(quote).join(" "), options),
    script: (text, options) => remote(`bash --norc -euo pipefail -c ${quote(text)}`, options),
  };
}

/** One word of a POSIX shell, whatever it contains. */
export function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

export type AskOptions = Pick<CommandOptions, "env" | "signal" | "timeoutMs" | "maxOutputBytes" | "input">;

/**
 * Runs a text that only looks, with messages in English (`LC_ALL=C`), and returns what it printed.
 * @throws {Failure} host-unreachable when the host could not be asked; service-failed when the text itself failed.
 */
export async function askHost(host: Host, text: string, options: AskOptions = {}): Promise<string> {
  const result = await host.script(text, { ...options, env: { ...options.env, LC_ALL: "C" } });
  assertAnswered(host, result, options.signal);
  if (result.exitCode === 0) return result.stdout;
  const reason = lastLine(result.stderr) || `exit ${result.exitCode ?? "?"}`;
  throw new Failure(
    "service-failed",
    message("host.look-failed", { host: host.name, reason }),
    message("host.next-look", { host: host.name }),
  );
}

/** Throws when a command never reached the host: an unknown answer is not an answer. */
export function assertAnswered(host: Host, result: CommandResult, signal?: AbortSignal): void {
  if (result.isAborted) signal?.throwIfAborted();
  const isCut = !host.isLocal && result.exitCode === sshFailureCode;
  if (!isCut && !result.isTimedOut && !result.isAborted && result.startError === undefined) return;
  const reason = result.startError ?? (isCut ? lastLine(result.stderr) || "ssh 255" : `${Math.round(result.durationMs)} ms`);
  const what = result.isTimedOut
    ? message("host.timed-out", { host: host.name, reason })
    : message("host.not-reached", { host: host.name, reason });
  throw new Failure("host-unreachable", what, message("host.next-reach", { host: host.name }));
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1)?.trim().slice(0, 200) ?? "";
}

export type HeldCommand = ChildProcessByStdio<Writable, Readable, null>;

/**
 * Starts a program on the host and keeps its input and output open until the signal aborts; for watching.
 * Over ssh the program must end by itself when its output is closed.
 */
export function holdCommand(host: Host, argv: readonly string[], signal: AbortSignal): HeldCommand {
  const address = host.address ?? { via: "local" };
  const [file = "", ...args] = address.via === "local" ? argv : [...sshArgv(address), argv.map(quote).join(" ")];
  return spawn(file, args, { stdio: ["pipe", "pipe", "ignore"], signal, killSignal: "SIGKILL", env: { ...process.env, LC_ALL: "C" } });
}
