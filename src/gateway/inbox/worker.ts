import type { PoolClient } from "pg";
import { seconds } from "../../kernel/clock.ts";
import type { EventHandler } from "../event-handler.ts";
import type { Gateway } from "../gateway.ts";
import { defaultRetries, type RetryPolicy } from "./outcome.ts";
import { recordLostAttempt } from "./lost-batch.ts";
import { workBatch, type Batch } from "./work-batch.ts";

export type InboxWorkerOptions = {
  /** Events per transaction; default 500. More is no faster, and holds what it claims for longer. */
  readonly batchSize?: number;
  /** Transactions at a time; default 2: one waits for the database while the other one reads. */
  readonly lanes?: number;
  /** Pause while there is nothing to do, and so the longest wait of an event; default 100 ms. */
  readonly pollMs?: number;
  readonly retries?: RetryPolicy;
  /** A transaction that takes longer is given up and its events are tried in smaller portions; default 10 s. */
  readonly batchLimitMs?: number;
  readonly random?: () => number;
  /** After every committed batch, for figures. */
  onBatch?(batch: Batch): void;
};

export type WorkerCounts = { applied: number; ignored: number; "unknown-shape": number; retried: number; dead: number; unresolved: number };

export type InboxWorker = {
  /** Ends after the transactions in hand; what they had claimed is either done or as it was. */
  stop(): Promise<void>;
  /** There is something to do: looks at once. */
  wake(): void;
  /** What this process did since it started. */
  readonly counts: Readonly<WorkerCounts>;
  /** Why the last look failed; `undefined` when all is well. */
  readonly problem: Error | undefined;
  /** When a look last came through, epoch ms; 0 = never. */
  readonly lookedAt: number;
};

/** Handlers stop while this switch is on; accepting never does. */
export const pauseSwitch = "webhook.processing_paused";

/**
 * Applies what lies in the inbox, in this process and beside others. Claim and effect are one transaction, so a killed
 * process leaves nothing half done and nothing locked. It polls: a NOTIFY per delivery would make every accepting
 * commit wait for the one before (https://www.postgresql.org/docs/18/sql-notify.html, the queue's lock).
 */
export function startInboxWorker(gateway: Gateway, handlers: readonly EventHandler[], options: InboxWorkerOptions = {}): InboxWorker {
  const { batchSize = 500, lanes = 2, pollMs = 100, batchLimitMs = seconds(10) } = options;
  const rules = { retries: options.retries ?? defaultRetries, random: options.random ?? Math.random };
  const counts: WorkerCounts = { applied: 0, ignored: 0, "unknown-shape": 0, retried: 0, dead: 0, unresolved: 0 };
  const stopping = new AbortController();
  let sleeping = new AbortController();
  let problem: Error | undefined;
  let lookedAt = 0;

  const rest = async (ms: number): Promise<void> => {
    const woken = sleeping;
    await gateway.clock.sleep(ms, AbortSignal.any([stopping.signal, woken.signal])).catch(() => {});
    if (woken.signal.aborted && sleeping === woken) sleeping = new AbortController();
  };

  const goRound = async (): Promise<void> => {
    let limit = batchSize;
    let failures = 0;
    while (!stopping.signal.aborted) {
      // A directory that was never read knows nobody: every event would be of no company.
      if (gateway.pool === undefined || gateway.switches.isOn(pauseSwitch) || gateway.directory.asOf === 0) {
        await rest(pollMs);
        continue;
      }
      let hasBegun = false;
      try {
        const { batch, tell } = await inLimitedTransaction(gateway.pool, batchLimitMs, async (client) => {
          hasBegun = true;
          return await workBatch(client, gateway, handlers, { ...rules, limit });
        });
        lookedAt = gateway.clock.now();
        problem = undefined;
        failures = 0;
        tell();
        count(counts, batch);
        options.onBatch?.(batch);
        const wasFull = batch.looked >= limit;
        limit = Math.min(batchSize, limit * 2);
        if (!wasFull) await rest(pollMs);
      } catch (error) {
        problem = error as Error;
        failures += 1;
        // One event that hangs or breaks the connection must not hold up all: it is found by halving, then set back.
        if (hasBegun && limit === 1) await recordLostAttempt(gateway.pool, problem, rules).catch(() => {});
        if (hasBegun) limit = Math.max(1, Math.floor(limit / 4));
        await rest(Math.min(seconds(2), 50 * 2 ** failures));
      }
    }
  };

  const running = Array.from({ length: lanes }, goRound);
  return {
    stop: async () => {
      stopping.abort();
      await Promise.all(running);
    },
    wake: () => sleeping.abort(),
    counts,
    get problem() {
      return problem;
    },
    get lookedAt() {
      return lookedAt;
    },
  };
}

function count(counts: WorkerCounts, { settled }: Batch): void {
  for (const { settled: one } of settled) {
    if (one.status === "retry") counts.retried += 1;
    else if (one.outcome === null) counts.dead += 1;
    else counts[one.outcome] += 1;
  }
}

type Pool = NonNullable<Gateway["pool"]>;

/** One transaction that ends within `limitMs`, whatever the database or a handler does: a connection in doubt is thrown away. */
async function inLimitedTransaction<Value>(pool: Pool, limitMs: number, work: (client: PoolClient) => Promise<Value>): Promise<Value> {
  const { promise: tooLate, reject } = Promise.withResolvers<never>();
  const client = await pool.connect();
  const limit = setTimeout(() => reject(new Error(`a batch took longer than ${limitMs} ms`)), limitMs);
  let isBroken = true;
  try {
    const value = await Promise.race([inside(client, limitMs, work), tooLate]);
    isBroken = false;
    return value;
  } finally {
    clearTimeout(limit);
    client.release(isBroken);
  }
}

async function inside<Value>(client: PoolClient, limitMs: number, work: (client: PoolClient) => Promise<Value>): Promise<Value> {
  // The server ends it as well: a connection that was cut off on the way must not keep its locks.
  await client.query(`begin; set local statement_timeout = ${limitMs}; set local idle_in_transaction_session_timeout = ${limitMs}`);
  const value = await work(client);
  await client.query("commit");
  return value;
}
