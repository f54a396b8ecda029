import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";

/** Held by one responder on this machine; the kernel releases it when the process dies, however it dies. */
export type ResponderLock = { release(): Promise<void> };

/**
 * Takes the lock of a folder, or returns `undefined` when another process holds it.
 * Node has no flock(2): a child holds it and ends with our end of its input, also after `kill -9`.
 */
export async function holdResponderLock(folder: string): Promise<ResponderLock | undefined> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const holder = spawn("flock", ["--nonblock", join(folder, "responder.lock"), "sh", "-c", "echo held; exec cat >/dev/null"], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  const isHeld = await new Promise<boolean>((resolve) => {
    holder.stdout.once("data", () => resolve(true));
    holder.once("error", () => resolve(false));
    holder.once("exit", () => resolve(false));
  });
  if (!isHeld) return undefined;
  holder.unref();
  return {
    release: async () => {
      const ended = new Promise((resolve) => holder.once("exit", resolve));
      holder.stdin.end();
      await ended;
    },
  };
}
