import type pg from "pg";
import type { Clock } from "../../kernel/clock.ts";
import type { Delivery } from "../delivery.ts";
import { insertDeliveries, type Insertion } from "./insert-deliveries.ts";

/** The database did not take a batch in time, or not at all. It may still commit it later: the key makes that harmless. */
export class StoreUnavailable extends Error {
  override name = "StoreUnavailable";
}

export type InboxWriter = {
  /** Durably in the inbox when it resolves. @throws {StoreUnavailable} at the latest after `waitMs` */
  write(delivery: Delivery): Promise<Insertion>;
  /** Holds deliveries back until `resume`; their time runs on. */
  pause(): void;
  resume(): void;
  /** Gives up everything that waits. */
  giveUp(reason: string): void;
  /** Batches that were sent and not answered. */
  readonly inFlight: number;
};

export type InboxWriterOptions = {
  readonly pool: pg.Pool;
  readonly clock: Clock;
  /** The slice a delivery may wait for the database. */
  readonly waitMs: number;
};

/** Two, so that one batch is made ready while the other is being synced. */
const mostInFlight = 2;
const mostRows = 256;
const mostBytes = 4 * 1024 * 1024;
/** A statement that was given up may still commit; after this long its connection is thrown away. */
const connectionLimitMs = 5000;

type Waiting = {
  readonly delivery: Delivery;
  readonly deadlineMs: number;
  resolve(insertion: Insertion): void;
  reject(error: Error): void;
};

/** Collects deliveries that arrive together into one statement: a commit costs the same for one row and for a hundred. */
export function openInboxWriter({ pool, clock, waitMs }: InboxWriterOptions): InboxWriter {
  let waiting: Waiting[] = [];
  let inFlight = 0;
  let isPaused = false;
  let isPlanned = false;

  const plan = (): void => {
    if (isPlanned) return;
    isPlanned = true;
    // Not at once: requests that arrived in the same turn of the loop share a batch.
    setImmediate(() => {
      isPlanned = false;
      while (!isPaused && waiting.length > 0 && inFlight < mostInFlight) send(takeBatch()).catch(() => {});
    });
  };
  const takeBatch = (): Waiting[] => {
    const now = clock.monotonicMs();
    waiting = waiting.filter(({ deadlineMs }) => deadlineMs > now);
    let bytes = 0;
    let count = 0;
    while (count < waiting.length && count < mostRows) {
      bytes += waiting[count]?.delivery.body.length ?? 0;
      if (count > 0 && bytes > mostBytes) break;
      count += 1;
    }
    const batch = waiting.slice(0, count);
    waiting = waiting.slice(count);
    return batch;
  };
  const send = async (batch: readonly Waiting[]): Promise<void> => {
    if (batch.length === 0) return;
    inFlight += 1;
    let client: pg.PoolClient | undefined;
    let isBroken = false;
    try {
      client = await pool.connect();
      const insertions = await insertDeliveries(
        client,
        batch.map(({ delivery }) => delivery),
        connectionLimitMs,
      );
      for (const [index, each] of batch.entries()) {
        const insertion = insertions[index];
        if (insertion !== undefined) each.resolve(insertion);
      }
    } catch (error) {
      isBroken = true;
      for (const each of batch) each.reject(new StoreUnavailable((error as Error).message, { cause: error }));
    } finally {
      client?.release(isBroken);
      inFlight -= 1;
      if (waiting.length > 0) plan();
    }
  };
  return {
    write: (delivery) =>
      new Promise<Insertion>((resolve, reject) => {
        const deadlineMs = clock.monotonicMs() + waitMs;
        const timer = setTimeout(() => reject(new StoreUnavailable("no answer in time")), waitMs);
        const settle =
          <Value>(settleWith: (value: Value) => void) =>
          (value: Value): void => {
            clearTimeout(timer);
            settleWith(value);
          };
        waiting.push({ delivery, deadlineMs, resolve: settle(resolve), reject: settle(reject) });
        plan();
      }),
    pause: () => {
      isPaused = true;
    },
    resume: () => {
      isPaused = false;
      plan();
    },
    giveUp: (reason) => {
      const given = waiting;
      waiting = [];
      for (const each of given) each.reject(new StoreUnavailable(reason));
    },
    get inFlight() {
      return inFlight;
    },
  };
}
