import { createHash } from "node:crypto";
import { connect, createServer, type Server } from "node:net";
import { userInfo } from "node:os";
import { systemClock } from "../kernel/clock.ts";

export type Lock = { release(): Promise<void> };

/**
 * Takes a lock among the processes of this machine, or gives `undefined` when another one holds it.
 * It is a socket in the abstract name space (unix(7)): the kernel drops it with its process, so it is never stale.
 */
export async function takeLock(name: string): Promise<Lock | undefined> {
  const server = createServer((socket) => socket.destroy());
  const isTaken = await new Promise<boolean>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => (error.code === "EADDRINUSE" ? resolve(false) : reject(error)));
    server.listen(address(name), () => resolve(true));
  });
  if (!isTaken) return undefined;
  server.unref();
  return { release: () => close(server) };
}

/** Waits for the lock for at most `limitMs`. */
export async function waitForLock(name: string, limitMs: number, signal?: AbortSignal): Promise<Lock | undefined> {
  const deadlineMs = systemClock.monotonicMs() + limitMs;
  for (;;) {
    const lock = await takeLock(name);
    if (lock !== undefined || systemClock.monotonicMs() >= deadlineMs) return lock;
    await systemClock.sleep(20, signal);
  }
}

export async function isLocked(name: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(address(name));
    const answer = (isHeld: boolean): void => {
      socket.destroy();
      resolve(isHeld);
    };
    socket.once("connect", () => answer(true)).once("error", () => answer(false));
  });
}

function address(name: string): string {
  const digest = createHash("sha256").update(name).digest("hex").slice(0, 32);
  return `\0ampel-sandbox-${userInfo().uid}-${digest}`;
}

async function close(server: Server): Promise<void> {
  await new Promise<void>((resolve) => server.close(() => resolve()));
}
