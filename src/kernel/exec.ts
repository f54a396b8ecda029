import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { randomUUID } from "node:crypto";

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
const drainMs = 200;

/**
 * Runs a program without a shell and never throws for what the program does.
 * On timeout or abort its whole process group is killed, and every descendant that left the group too.
 */
export async function runCommand(argv: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const [file = "", ...args] = argv;
  const startedAt = performance.now();
  const mark = randomUUID();
  const stdout = new Output(options.maxOutputBytes);
  const stderr = new Output(options.maxOutputBytes);

  return await new Promise((resolve) => {
    let isTimedOut = false;
    let isAborted = false;
    const finish = (exitCode: number | undefined, startError?: string): void => {
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", onAbort);
      const durationMs = performance.now() - startedAt;
      resolve({ exitCode, stdout: stdout.text(), stderr: stderr.text(), isTimedOut, isAborted, startError, durationMs });
    };
    if (options.signal?.aborted) {
      resolve({ exitCode: undefined, stdout: "", stderr: "", isTimedOut, isAborted: true, startError: undefined, durationMs: 0 });
      return;
    }
    const child = spawn(file, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env, [marker]: mark },
      // A group of its own: a timeout ends the children of the step's children as well.
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
    });
    const end = (): void => {
      if (child.pid !== undefined) killGroup(child.pid, mark);
      // A descendant that still holds the pipes must not keep us waiting.
      child.stdout.destroy();
      child.stderr.destroy();
    };
    const onAbort = (): void => {
      isAborted = true;
      end();
    };
    const timer =
      options.timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            isTimedOut = true;
            end();
          }, options.timeoutMs);
    options.signal?.addEventListener("abort", onAbort, { once: true });

    child.stdout.on("data", (chunk: Buffer) => stdout.add(chunk, options.onOutput));
    child.stderr.on("data", (chunk: Buffer) => stderr.add(chunk, options.onOutput));
    child.stdin.on("error", () => {}); // a program that closes its input early is no fault of ours
    child.stdin.end(options.input ?? "");
    child.on("error", (error: NodeJS.ErrnoException) => finish(undefined, error.code ?? error.message));
    // "close" comes when all output is read; a service left running by the command may hold the pipes open for ever.
    let exitCode: number | undefined;
    const ended = (): void => finish(isTimedOut || isAborted ? undefined : exitCode);
    child.on("exit", (code) => {
      exitCode = code ?? undefined;
      setTimeout(ended, drainMs).unref();
    });
    child.on("close", ended);
  });
}

/** Kills a process group and whatever of the same command moved into another group (found by its environment mark). */
function killGroup(pid: number, mark: string): void {
  const strays = processesMarked(mark);
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // already gone
  }
  for (const stray of new Set([...strays, ...processesMarked(mark)])) {
    try {
      process.kill(stray, "SIGKILL");
    } catch {
      // already gone
    }
  }
}

function processesMarked(mark: string): number[] {
  try {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .filter((name) => {
        try {
          return readFileSync(`/proc/${name}/environ`, "latin1").includes(`${marker}=${mark}`);
        } catch {
          return false;
        }
      })
      .map(Number);
  } catch {
    return [];
  }
}

/** Keeps the first and the last half of what a stream says: the cause is at one end or the other. */
class Output {
  readonly #half: number;
  #head = Buffer.alloc(0);
  #tail = Buffer.alloc(0);
  #droppedBytes = 0;

  constructor(maxBytes = 256 * 1024) {
    this.#half = Math.floor(maxBytes / 2);
  }

  add(chunk: Buffer, onOutput?: (text: string) => void): void {
    onOutput?.(chunk.toString("utf8"));
    const room = this.#half - this.#head.length;
    this.#head = Buffer.concat([this.#head, chunk.subarray(0, Math.max(0, room))]);
    const joined = Buffer.concat([this.#tail, chunk.subarray(Math.max(0, room))]);
    const surplus = Math.max(0, joined.length - this.#half);
    this.#droppedBytes += surplus;
    this.#tail = joined.subarray(surplus);
  }

  text(): string {
    const gap = this.#droppedBytes === 0 ? "" : `\n… ${this.#droppedBytes} bytes dropped …\n`;
    return this.#head.toString("utf8") + gap + this.#tail.toString("utf8");
  }
}
