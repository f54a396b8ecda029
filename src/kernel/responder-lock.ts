import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { resolve } from "node:path";

/** Held by one responder on this machine; the kernel releases it when the process dies, however it dies. */
export type ResponderLock = { release(): Promise<void> };

/**
 * Takes the lock of a folder, or returns `undefined` when another process holds it.
 * Without `flock`, and where the folder cannot even be made, a socket name in the kernel takes its place: it needs no
 * disk at all, but does not reach out of a container.
 */
export async function holdResponderLock(folder: string): Promise<ResponderLock | undefined> {
  const answer = isThere(folder) ? await lockFolder(folder) : "impossible";
  return answer === "impossible" ? await lockName(folder) : answer;
}

function isThere(folder: string): boolean {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    return true;
  } catch {
    return statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true; // full or read-only, but it can be locked
  }
}

/** flock(1) says that somebody else has it with this status; its own default, 1, may as well come from the shell. */
const busyStatus = 75;

/**
 * Node has no flock(2): a child holds it and ends with our end of its input, also after `kill -9`.
 * The folder itself is locked: on a full disk no lock file could be made.
 */
async function lockFolder(folder: string): Promise<ResponderLock | undefined | "impossible"> {
  const holder = spawn(
    "flock",
    ["--nonblock", "--conflict-exit-code", String(busyStatus), folder, "sh", "-c", "echo held; exec cat >/dev/null"],
    {
      stdio: ["pipe", "pipe", "ignore"],
      // Ctrl-C goes to the whole foreground group: the lock must outlive it until we have cleaned up.
      detached: true,
    },
  );
  const answer = await new Promise<"held" | "busy" | "impossible">((settle) => {
    holder.stdout.once("data", () => settle("held"));
    holder.once("error", () => settle("impossible"));
    holder.once("exit", (status) => settle(status === busyStatus ? "busy" : "impossible"));
  });
  if (answer !== "held") return answer === "busy" ? undefined : "impossible";
  const ended = new Promise<void>((settle) => void holder.once("exit", () => settle()));
  for (const part of [holder, holder.stdin, holder.stdout]) (part as { unref?(): void }).unref?.();
  return {
    release: async () => {
      holder.ref();
      holder.stdin.end();
      await ended;
    },
  };
}

/** An abstract socket (unix(7)): it has no file, and one process can be bound to it. */
async function lockName(folder: string): Promise<ResponderLock | undefined> {
  const name = createHash("sha256").update(resolve(folder)).digest("hex");
  const server = createServer((visitor) => visitor.destroy());
  const isHeld = await new Promise<boolean>((settle, fail) => {
    server.once("error", (error: NodeJS.ErrnoException) => (error.code === "EADDRINUSE" ? settle(false) : fail(error)));
    server.listen(`\0ampel-responder-${name}`, () => settle(true));
  });
  if (!isHeld) return undefined;
  server.unref();
  return { release: () => new Promise((settle) => void server.close(() => settle())) };
}
