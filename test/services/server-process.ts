import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { accessSync, chownSync, constants, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

/** Brings every program the service tests need. */
export const installCommand = "sudo scripts/install-test-services.sh";

/** Postgres refuses to run as root: `nobody`, whose number is the same on every Debian. */
export const unprivilegedId = 65_534;
export const isRoot = process.getuid?.() === 0;

/** A test group's name, and why it is skipped: the program that is missing and the command that brings it. */
export function needs(title: string, ...programs: readonly string[]): { title: string; isMissing: boolean } {
  const absent = programs.filter((program) => findProgram(program) === undefined);
  if (absent.length === 0) return { title, isMissing: false };
  return { title: `${title} (skipped, no ${absent.join(", ")}: ${installCommand})`, isMissing: true };
}

/** Absolute path of a program, also of Debian's Postgres, which is in no PATH. */
export function findProgram(program: string): string | undefined {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? readdirSync(debian).toSorted((left, right) => Number(right) - Number(left)) : [];
  const folders = [
    ...versions.map((version) => join(debian, version, "bin")),
    ...(process.env["PATH"] ?? "").split(":"),
    "/usr/sbin",
    "/usr/local/sbin",
  ];
  return folders
    .map((folder) => join(folder, program))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** @throws {Error} when the program is missing; tests that use `needs` never get here then. */
export function requireProgram(program: string): string {
  const path = findProgram(program);
  if (path === undefined) throw new Error(`${program} is missing, bring it with: ${installCommand}`);
  return path;
}

/** A private folder under /tmp; short, because a socket's path has at most 107 bytes. */
export function newFolder(prefix: string, ownerId?: number): string {
  const folder = mkdtempSync(join(tmpdir(), `${prefix}-`));
  if (ownerId !== undefined && isRoot) chownSync(folder, ownerId, ownerId);
  return folder;
}

/** A loopback port that was free a moment ago. */
export async function findFreePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

export type ServerProcess = {
  readonly processId: number;
  /** Everything it wrote so far, for a failure's message. */
  output(): string;
  /** Ends with SIGTERM, then SIGKILL after 5 s; resolves when it is gone. */
  stop(): Promise<void>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGSTOP and SIGCONT: a hang. */
  freeze(): void;
  thaw(): void;
};

/** Starts a server and waits until `isReady`. Ends with the test process, whatever happens to that. */
export async function startServer(
  argv: readonly string[],
  isReady: () => Promise<boolean>,
  options: { userId?: number; folder: string; readyWithinMs?: number },
): Promise<ServerProcess> {
  const [file = "", ...args] = argv;
  const identity = options.userId === undefined || !isRoot ? {} : { uid: options.userId, gid: options.userId };
  const child = spawn(file, args, { ...identity, cwd: options.folder, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => (output = (output + chunk.toString()).slice(-8000)));
  }
  const endWithUs = (): void => void child.kill("SIGKILL");
  process.once("exit", endWithUs);
  child.once("exit", () => process.off("exit", endWithUs));
  const deadline = Date.now() + (options.readyWithinMs ?? 30_000);
  while (!(await isReady().catch(() => false))) {
    if (hasEnded(child) || Date.now() > deadline) {
      child.kill("SIGKILL");
      throw new Error(`${file} did not get ready:\n${output}`);
    }
    await wait(25);
  }
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (hasEnded(child)) return;
    const gone = once(child, "exit");
    child.kill("SIGCONT");
    child.kill(signal);
    const last = setTimeout(() => child.kill("SIGKILL"), 5000);
    await gone;
    clearTimeout(last);
  };
  return {
    processId: child.pid ?? 0,
    output: () => output,
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
    freeze: () => void child.kill("SIGSTOP"),
    thaw: () => void child.kill("SIGCONT"),
  };
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}
