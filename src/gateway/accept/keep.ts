import type pg from "pg";
import type { Clock } from "../../kernel/clock.ts";
import { Failure } from "../../kernel/failure.ts";
import type { Delivery, Kept } from "../delivery.ts";
import { adoptOrphans } from "../spool/adopt.ts";
import { drainSegment, type Drained } from "../spool/drain.ts";
import type { Segment } from "../spool/spool-files.ts";
import type { Spool } from "../spool/spool.ts";
import { afterRefusal, afterTrial, trialMs, type Place } from "./decide-place.ts";
import { openInboxWriter, StoreUnavailable, type InboxWriter } from "./inbox-writer.ts";
import { insertDeliveries } from "./insert-deliveries.ts";

/** Keeps what arrives, in the inbox or in the spool, and brings the one into the other. */
export type Keeper = {
  keep(delivery: Delivery): Promise<Kept>;
  readonly place: Place;
  /** When the database last took a write of ours, epoch ms; 0 = never. */
  readonly writtenAt: number;
  /** After the last delivery in hand; what is spooled stays for the next process. */
  close(): Promise<void>;
};

export type KeeperOptions = {
  readonly pool: pg.Pool | undefined;
  readonly spool: Spool;
  readonly clock: Clock;
  /** The slice of time the database has for one delivery. */
  readonly waitMs: number;
  onSwitch?(place: Place): void;
  onDrained?(drained: Drained): void;
  /** The same key came again with other bytes. */
  onDifference?(delivery: Delivery): void;
};

/** So little is brought over while senders wait, that order is kept across the switch and nobody notices. */
const handoverBytes = 1024 * 1024;
const adoptEveryMs = 5000;
/** One statement of a drain; the senders do not wait for it. */
const drainLimitMs = 10_000;

export function openKeeper(options: KeeperOptions): Keeper {
  const { pool, spool, clock, waitMs } = options;
  const writer = pool === undefined ? undefined : openInboxWriter({ pool, clock, waitMs });
  const stopping = new AbortController();
  let place: Place = pool === undefined ? { at: "spool", since: clock.monotonicMs(), reason: "no database" } : { at: "store" };
  let writtenAt = 0;

  const move = (next: Place): void => {
    if (next === place) return;
    place = next;
    if (next.at === "spool") writer?.giveUp(next.reason);
    options.onSwitch?.(next);
  };
  const store = async (inbox: InboxWriter, delivery: Delivery): Promise<Kept> => {
    const { kept, differs } = await inbox.write(delivery);
    writtenAt = clock.now();
    if (differs) options.onDifference?.(delivery);
    return kept;
  };
  const keep = async (delivery: Delivery): Promise<Kept> => {
    if (writer !== undefined && place.at === "store") {
      try {
        return await store(writer, delivery);
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) throw error;
        move(afterRefusal(place, error.message, clock.monotonicMs()));
      }
    }
    try {
      await spool.append({ ...delivery, source: delivery.source === "live" ? "spool" : delivery.source });
      return "spooled";
    } catch (error) {
      // The disk is full or gone: the database may be back already, and is the last place there is.
      if (writer === undefined || !(error instanceof Failure)) throw error;
      return await store(writer, delivery).catch(() => {
        throw error;
      });
    }
  };

  const recovery = pool === undefined || writer === undefined ? undefined : { pool, writer };
  const drain = async (segment: Segment): Promise<void> => {
    if (recovery === undefined) return;
    const insert = (deliveries: readonly Delivery[]): Promise<void> => insertAll(recovery.pool, deliveries);
    const drained = await drainSegment(spool.root, segment, insert, stopping.signal);
    writtenAt = clock.now();
    options.onDrained?.(drained);
  };
  const drainOwn = async (): Promise<void> => {
    for (const segment of await spool.seal()) {
      await drain(segment);
      spool.forget(segment);
    }
  };
  /** Senders that arrive meanwhile wait in the writer, each within its own slice. */
  const handOver = async (inbox: InboxWriter): Promise<void> => {
    inbox.pause();
    try {
      move(afterTrial(place, { isTaken: true, isDrained: true }));
      await drainOwn();
    } finally {
      inbox.resume();
    }
  };
  const tryToReturn = async (): Promise<void> => {
    if (recovery === undefined) return;
    await tryToWrite(recovery.pool, waitMs);
    writtenAt = clock.now();
    // A statement that hangs from before still holds a connection; what is new must not queue behind it.
    if (recovery.writer.inFlight > 0) return;
    while (spool.bytes > handoverBytes && !stopping.signal.aborted) await drainOwn();
    await handOver(recovery.writer);
  };
  const rounds = recovery === undefined ? Promise.resolve() : goRound();

  async function goRound(): Promise<void> {
    let adoptedMs = -Infinity;
    while (!stopping.signal.aborted) {
      try {
        if (place.at === "spool") await tryToReturn();
        else {
          if (spool.bytes > 0) await drainOwn();
          if (clock.monotonicMs() - adoptedMs >= adoptEveryMs) {
            await adoptOrphans(spool.root, spool.folder, drain);
            adoptedMs = clock.monotonicMs();
          }
        }
      } catch (error) {
        move(afterRefusal(place, (error as Error).message, clock.monotonicMs()));
      }
      await clock.sleep(trialMs, stopping.signal).catch(() => {});
    }
  }

  return {
    keep,
    get place() {
      return place;
    },
    get writtenAt() {
      return writtenAt;
    },
    close: async () => {
      stopping.abort();
      await rounds;
      await spool.close();
    },
  };
}

async function insertAll(pool: pg.Pool, deliveries: readonly Delivery[]): Promise<void> {
  await withClient(pool, (client) => insertDeliveries(client, deliveries, drainLimitMs));
}

/** A write, since a database that can only be read takes nothing. */
export async function tryToWrite(pool: pg.Pool, timeoutMs: number): Promise<void> {
  const text = `insert into gateway.cursor (name, value, changed_at) values ('canary', '{}', clock_timestamp())
    on conflict (name) do update set changed_at = excluded.changed_at`;
  await withClient(pool, (client) => client.query({ text, query_timeout: timeoutMs } as pg.QueryConfig));
}

async function withClient<Value>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<Value>): Promise<Value> {
  const client = await pool.connect();
  let isBroken = true;
  try {
    const value = await work(client);
    isBroken = false;
    return value;
  } finally {
    client.release(isBroken);
  }
}
