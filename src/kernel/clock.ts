import { setTimeout as wait } from "node:timers/promises";

/** Time as an argument, so that tests move it instead of sleeping. */
export type Clock = {
  /** Epoch milliseconds UTC; may jump. */
  now(): number;
  /** Milliseconds since some start; never jumps. Deadlines and leases use this one. */
  monotonicMs(): number;
  /** Resolves after `ms`, rejects with the signal's reason when it is aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
};

const longestTimerMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: async (ms, signal) => {
    try {
      // A timer takes 31 bits: a longer one would fire at once.
      for (let restMs = ms; restMs > 0; restMs -= longestTimerMs) {
        await wait(Math.min(restMs, longestTimerMs), undefined, signal === undefined ? {} : { signal });
      }
    } catch (error) {
      throw signal?.reason ?? error;
    }
  },
};

export const seconds = (count: number): number => count * 1000;
export const minutes = (count: number): number => count * 60_000;
export const hours = (count: number): number => count * 3_600_000;
