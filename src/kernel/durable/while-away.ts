import type { Clock } from "../clock.ts";

export type Patience = {
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** After this long the last error is thrown. Default: never, somebody is bringing the database back. */
  readonly giveUpMs?: number;
};

const firstPauseMs = 50;
const longestPauseMs = 1000;

/**
 * Runs `work` until it no longer fails for want of a database; every other error is thrown at once.
 * A connection may break between a commit and its answer, so `work` must be safe to repeat.
 */
export async function untilDatabaseReturns<Value>(
  work: () => Promise<Value>,
  { clock, signal, giveUpMs = Infinity }: Patience,
): Promise<Value> {
  const startedMs = clock.monotonicMs();
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    signal?.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      if (!isDatabaseAway(error) || clock.monotonicMs() - startedMs + pauseMs > giveUpMs) throw error;
    }
    // Processes that lost the database together should not come back in step.
    await clock.sleep(pauseMs * (0.75 + Math.random() / 4), signal);
  }
}

const awayErrnos = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EAI_AGAIN",
]);
// PostgreSQL manual, appendix A: connection exceptions, insufficient resources (a full disk may be emptied), operator intervention.
const awayStates = /^(08...|53...|57P0[1-5]|25P03|40003)$/;
// node-postgres reports these without a code.
const awayTexts =
  /Connection terminated|connection error and is not queryable|Client was closed|timeout exceeded when trying to connect|Query read timeout/;

/** True when an error means that the database cannot be reached now, not that it refused what was asked. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code !== undefined && (awayErrnos.has(code) || awayStates.test(code))) return true;
  if (code === "ENOENT" && syscall === "connect") return true; // no socket: the server is between two lives
  if (awayTexts.test(error.message)) return true;
  const inner: unknown[] = error instanceof AggregateError ? error.errors : [error.cause];
  return inner.some(isDatabaseAway);
}
