import { spawn, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import type { Socket } from "node:net";
import { StringDecoder } from "node:string_decoder";

export type CommandOptions = {
  readonly cwd?: string;
  /** Added to the present environment. Values travel here, never inside a command's text. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** After this many milliseconds the whole process group is killed. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Output kept per stream; the rest is counted and dropped from the middle. Default 256 KiB. */
  readonly maxOutputBytes?: number;
  readonly onOutput?: (text: string) => void;
};

export type CommandResult = {
  /** `undefined` when the command was killed or never started. */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  readonly isTimedOut: boolean;
  readonly isAborted: boolean;
  /** Set when the program could not be started at all (`ENOENT`, `EACCES`). */
  readonly startError: string | undefined;
  readonly durationMs: number;
};

const marker = "AMPEL_COMMAND";
/** Time for the last output after the program's end, and for a killed one to be gone. */
const drainMs = 200;
const burialMs = 1000;

/**
 * Runs a program without a shell and never throws for what the program does.
 * On timeout or abort its whole process group is killed, and every descendant that left the group too.
 * Ends at most `burialMs` after that, even if the kernel does not let the program go (a dead NFS mount, another user's process).
 */
export async function runCommand(argv: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const startedAt = performance.now();
  const mark = randomUUID();
  const stdout = new Output(options);
  const stderr = new Output(options);
  const end = {
    exitCode: undefined as number | undefined,
    isTimedOut: false,
    isAborted: false,
    startError: undefined as string | undefined,
  };
  const result = (): CommandResult => {
    const exitCode = end.isTimedOut || end.isAborted ? undefined : end.exitCode;
    return { ...end, exitCode, stdout: stdout.text(), stderr: stderr.text(), durationMs: performance.now() - startedAt };
  };
  if (options.signal?.aborted) return { ...result(), isAborted: true };

  const child = start(argv, options, mark);
  if (typeof child === "string") return { ...result(), startError: child };

  return await new Promise((resolve) => {
    let patience: NodeJS.Timeout | undefined;
    const finishWithin = (ms: number): void => {
      clearTimeout(patience);
      patience = setTimeout(() => drain(-1), ms);
    };
    /** After a starved moment the timer comes before what lies in the pipes: that is read first, until a turn brings nothing. */
    const drain = (seenBytes: number): void => {
      const nowBytes = stdout.receivedBytes + stderr.receivedBytes;
      if (nowBytes === seenBytes) finish();
      else setImmediate(() => drain(nowBytes));
    };
    const finish = (): void => {
      forgetLimits();
      clearTimeout(patience);
      // A service left running by the command may hold the pipes for ever; it must not hold this process as well.
      for (const stream of [child.stdin, child.stdout, child.stderr]) (stream as Partial<Socket> | null)?.unref?.();
      child.unref();
      resolve(result());
    };
    const forgetLimits = (): void => {
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", onAbort);
    };
    const kill = (): void => {
      forgetLimits();
      if (child.pid !== undefined) killTree(child.pid, mark);
      // A descendant that still holds the pipes must not keep us waiting.
      child.stdout?.destroy();
      child.stderr?.destroy();
      finishWithin(burialMs);
    };
    const onAbort = (): void => {
      end.isAborted = true;
      kill();
    };
    const onTimeout = (): void => {
      end.isTimedOut = true;
      kill();
    };
    const timer = options.timeoutMs === undefined ? undefined : setTimeout(onTimeout, Math.min(options.timeoutMs, longestTimerMs));
    options.signal?.addEventListener("abort", onAbort, { once: true });

    // With no file descriptors left there is a child object without streams, and an error event.
    child.stdout?.on("data", (chunk: Buffer) => stdout.add(chunk));
    child.stderr?.on("data", (chunk: Buffer) => stderr.add(chunk));
    child.stdin?.on("error", () => {}); // a program that closes its input early is no fault of ours
    child.stdin?.end(options.input ?? "");
    child.on("error", (error: NodeJS.ErrnoException) => {
      end.startError = error.code ?? error.message;
      finish();
    });
    // "close" comes when all output is read, which may be never.
    child.on("exit", (code) => {
      forgetLimits();
      end.exitCode = code ?? undefined;
      finishWithin(drainMs);
    });
    child.on("close", finish);
  });
}

/** Node fires a timer that is longer than this at once. */
const longestTimerMs = 2 ** 31 - 1;

/** The started child, or the code of what Node refuses outright (arguments too long, a NUL byte). */
function start([file = "", ...args]: readonly string[], options: CommandOptions, mark: string): ChildProcess | string {
  try {
    return spawn(file, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env, [marker]: mark },
      // A group of its own: a timeout ends the children of the step's children as well.
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
    });
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

/** Kills a process group and what came from the same command but left the group: by parentage, and by the mark in its environment. */
function killTree(pid: number, mark: string): void {
  const killed = new Set<number>();
  // A tree that forks while it is being killed is looked at again.
  for (let round = 0; round < 5; round++) {
    const found = findTree(pid, mark).filter((member) => !killed.has(member));
    for (const member of round === 0 ? [-pid, ...found] : found) {
      killed.add(member);
      try {
        process.kill(member, "SIGKILL");
      } catch {
        // already gone, or another user's
      }
    }
    if (round > 0 && found.length === 0) return;
  }
}

function findTree(root: number, mark: string): number[] {
  const processes = listProcesses(mark);
  const tree = new Set([root]);
  // Children may have lower numbers than their parents: until nothing is added.
  for (let size = 0; size !== tree.size;) {
    size = tree.size;
    for (const { pid, parent, isMarked } of processes) if (isMarked || tree.has(parent)) tree.add(pid);
  }
  return [...tree].filter((pid) => pid !== root && processes.some((known) => known.pid === pid));
}

function listProcesses(mark: string): { pid: number; parent: number; isMarked: boolean }[] {
  const entries = readOr("/proc", (path) => readdirSync(path), []);
  return entries
    .filter((name) => /^\d+$/.test(name))
    .map((name) => {
      const stat = readOr(`/proc/${name}/stat`, (path) => readFileSync(path, "latin1"), "");
      // pid (name) state parent …; the name may contain anything, parentheses too.
      const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1] ?? 0);
      const environment = readOr(`/proc/${name}/environ`, (path) => readFileSync(path, "latin1"), "");
      return { pid: Number(name), parent, isMarked: environment.includes(`${marker}=${mark}`) };
    });
}

function readOr<Value>(path: string, read: (path: string) => Value, otherwise: Value): Value {
  try {
    return read(path);
  } catch {
    return otherwise;
  }
}

/** Keeps the first and the last half of what a stream says: the cause is at one end or the other. */
class Output {
  readonly #headBytes: number;
  readonly #tailBytes: number;
  readonly #onOutput: CommandOptions["onOutput"];
  readonly #decoder = new StringDecoder("utf8");
  #head = Buffer.alloc(0);
  #tail = Buffer.alloc(0);
  #droppedBytes = 0;
  receivedBytes = 0;

  constructor({ maxOutputBytes = 256 * 1024, onOutput }: CommandOptions) {
    this.#headBytes = Math.floor(maxOutputBytes / 2);
    this.#tailBytes = maxOutputBytes - this.#headBytes;
    this.#onOutput = onOutput;
  }

  add(chunk: Buffer): void {
    // A letter of several bytes may be cut between two chunks.
    this.receivedBytes += chunk.length;
    this.#onOutput?.(this.#decoder.write(chunk));
    const room = Math.max(0, this.#headBytes - this.#head.length);
    this.#head = Buffer.concat([this.#head, chunk.subarray(0, room)]);
    const joined = Buffer.concat([this.#tail, chunk.subarray(room)]);
    const surplus = Math.max(0, joined.length - this.#tailBytes);
    this.#droppedBytes += surplus;
    this.#tail = joined.subarray(surplus);
  }

  text(): string {
    if (this.#droppedBytes === 0) return Buffer.concat([this.#head, this.#tail]).toString("utf8");
    return `${this.#head.toString("utf8")}\n… ${this.#droppedBytes} bytes dropped …\n${this.#tail.toString("utf8")}`;
  }
}
