import type pg from "pg";
import type { Clock } from "../../kernel/clock.ts";
import { newBucket, noNews, type Bucket, type Waiter } from "./bucket.ts";
import { within } from "./within.ts";
import { addEgress, egressWindowMs, forgetOldMinutes, readEgress, takeToken, type StoredEgress } from "./egress-rows.ts";
import { EgressFull, type Egress } from "./egress.ts";
import { decideFreeAt, limitFor, patientWaitMs } from "./next-token.ts";

/** A key's window as this process last saw it. `isShared`: the store answered at the last look. */
export type EgressView = {
  readonly bucket: string;
  readonly limitPerMinute: number;
  readonly sentLastMinute: number;
  readonly blockedUntil: number;
  readonly waiting: number;
  readonly isShared: boolean;
};

export type EgressKeeper = Egress & {
  /** What status a vendor answered with; 401 and 403 are counted: a burst of them is how a suspended account looks. */
  note(bucket: string, status: number): void;
  list(): readonly EgressView[];
  /** What was counted here is in the store afterwards, or kept for the next try. */
  flush(): Promise<void>;
  close(): Promise<void>;
};

export type EgressOptions = {
  readonly pool: pg.Pool | undefined;
  readonly clock: Clock;
  /** Calls in any 60 seconds, by bucket (`calcom:main`) or by vendor (`calcom`). */
  readonly limits: Readonly<Record<string, number>>;
  /** What this process may use of a limit while nobody can be asked; four processes together stay within it. */
  readonly localShare?: number;
  readonly pollMs?: number;
};

const defaultLimit = 60;
const longestBlockMs = 3_600_000;
const forgetEveryMs = 3_600_000;
/** A caller on the phone waits no longer than this for a database that hangs. */
const storeWaitMs = 500;

/**
 * The one door towards a vendor. A sliding window of 60 seconds per key, kept in one row: unlike a token bucket it grants the
 * whole limit at once and still never more than it in any 60 seconds. A call to a vendor takes 300 ms, the row about one.
 */
export function openEgress({ pool, clock, limits, localShare = 0.25, pollMs = 1000 }: EgressOptions): EgressKeeper {
  const buckets = new Map<string, Bucket>();
  const closing = new AbortController();
  let isShared = false;
  // Until the next look finds the store again, nobody waits for it once more.
  let isLost = false;
  let offsetMs = 0;
  const now = (): number => clock.now() + offsetMs;

  const lose = (): void => {
    isShared = false;
    isLost = true;
  };

  const bucketOf = (name: string): Bucket => {
    const known = buckets.get(name);
    if (known !== undefined) return known;
    const limit = limits[name] ?? limits[name.split(":")[0] ?? ""] ?? defaultLimit;
    const made = newBucket(name, limit);
    buckets.set(name, made);
    return made;
  };

  const see = (bucket: Bucket, stored: StoredEgress): void => {
    offsetMs = stored.at - clock.now();
    bucket.sentAt = stored.sentAt;
    bucket.blockedUntil = Math.max(stored.blockedUntil, bucket.news.blockedUntil, bucket.onTheWay.blockedUntil);
    isShared = true;
  };

  /** @returns when to try again, or `undefined` when the token is taken */
  const tryTake = async (bucket: Bucket, waitMs: number): Promise<number | undefined> => {
    if (bucket.blockedUntil > now()) return bucket.blockedUntil;
    const limit = limitFor(bucket.limit, waitMs);
    if (pool !== undefined && !isLost) {
      try {
        const answer = await within(
          tell(bucket, pool).then(() => takeToken(pool, bucket.name, limit)),
          storeWaitMs,
        );
        see(bucket, answer);
        if (!answer.isTaken) return decideFreeAt(bucket, limit, now());
        bucket.sentAt = [...answer.sentAt, answer.at];
        return undefined;
      } catch {
        lose();
      }
    }
    return takeLocally(bucket, limit);
  };
  const takeLocally = (bucket: Bucket, limit: number): number | undefined => {
    const at = now();
    const own = [...bucket.onTheWay.sentAt, ...bucket.news.sentAt].filter((moment) => moment > at - egressWindowMs);
    // What was seen in the shared window before it was lost still counts in full; only the rest is divided.
    const others = bucket.sentAt.filter((moment) => moment > at - egressWindowMs);
    const share = Math.max(1, Math.floor((limit - others.length) * localShare));
    const freeAt = limit > others.length ? decideFreeAt({ sentAt: own, blockedUntil: bucket.blockedUntil }, share, at) : at + 1000;
    if (freeAt > at) return freeAt;
    bucket.news.sentAt = [...bucket.news.sentAt.filter((moment) => moment > at - egressWindowMs), at];
    bucket.news.sent += 1;
    return undefined;
  };

  /** Brings what happened here to the store, one after the other; until it is there it counts here. */
  const tell = async (bucket: Bucket, open: pg.Pool): Promise<void> => {
    const telling = bucket.telling.then(() => tellNow(bucket, open));
    bucket.telling = telling.catch(() => {});
    await telling;
  };
  const tellNow = async (bucket: Bucket, open: pg.Pool): Promise<void> => {
    const { news } = bucket;
    if (news.sent + news.throttled + news.refused === 0 && news.blockedUntil <= now()) return;
    bucket.news = noNews();
    bucket.onTheWay = news;
    try {
      await addEgress(open, bucket.name, news);
    } catch (error) {
      const later = bucket.news;
      bucket.news = {
        sentAt: [...news.sentAt, ...later.sentAt],
        sent: news.sent + later.sent,
        blockedUntil: Math.max(news.blockedUntil, later.blockedUntil),
        throttled: news.throttled + later.throttled,
        refused: news.refused + later.refused,
      };
      throw error;
    } finally {
      bucket.onTheWay = noNews();
    }
  };

  const pump = async (bucket: Bucket): Promise<void> => {
    if (bucket.isPumping) return;
    bucket.isPumping = true;
    try {
      for (;;) {
        const queue = bucket.urgent.length > 0 ? bucket.urgent : bucket.patient;
        const [waiter] = queue;
        if (waiter === undefined || closing.signal.aborted) return;
        if (waiter.signal.aborted) {
          queue.shift();
          waiter.reject(waiter.signal.reason);
          continue;
        }
        const freeAt = await tryTake(bucket, waiter.waitMs);
        if (freeAt === undefined) {
          queue.splice(queue.indexOf(waiter), 1);
          waiter.resolve();
          continue;
        }
        const pauseMs = freeAt - now();
        // Nothing frees earlier: whoever cannot wait that long hears it at once instead of at the end of their patience.
        for (const each of [bucket.urgent, bucket.patient]) {
          for (const hopeless of each.filter(({ deadlineMs }) => deadlineMs < clock.monotonicMs() + pauseMs)) {
            each.splice(each.indexOf(hopeless), 1);
            hopeless.reject(new EgressFull(bucket.name));
          }
        }
        if (bucket.urgent.length + bucket.patient.length === 0) return;
        // Processes that wait for the same moment do not come in step.
        await clock.sleep(Math.min(Math.max(pauseMs, 5) + Math.random() * 20, pollMs), closing.signal).catch(() => {});
      }
    } finally {
      bucket.isPumping = false;
    }
  };

  const look = async (): Promise<void> => {
    if (pool === undefined) return;
    try {
      for (const bucket of buckets.values()) await tell(bucket, pool);
      for (const stored of await readEgress(pool)) see(bucketOf(stored.bucket), stored);
      isLost = false;
    } catch {
      lose();
    }
  };
  const keepLooking = async (): Promise<void> => {
    let forgottenMs = -Infinity;
    while (!closing.signal.aborted) {
      await look();
      if (pool !== undefined && clock.monotonicMs() - forgottenMs > forgetEveryMs) {
        forgottenMs = clock.monotonicMs();
        await forgetOldMinutes(pool).catch(() => {});
      }
      await clock.sleep(pollMs, closing.signal).catch(() => {});
    }
  };
  const looking = keepLooking();

  const block = (bucket: Bucket, untilAt: number): void => {
    const until = Math.min(untilAt, now() + longestBlockMs);
    bucket.blockedUntil = Math.max(bucket.blockedUntil, until);
    bucket.news.blockedUntil = Math.max(bucket.news.blockedUntil, until);
  };
  const tellSoon = (bucket: Bucket): void => {
    if (pool !== undefined) void tell(bucket, pool).catch(() => {});
  };

  return {
    take: async (name, { waitMs, signal }) => {
      signal.throwIfAborted();
      const bucket = bucketOf(name);
      const queue = waitMs < patientWaitMs ? bucket.urgent : bucket.patient;
      await new Promise<void>((resolve, reject) => {
        const leave = (): void => {
          const place = queue.indexOf(waiter);
          if (place >= 0) queue.splice(place, 1);
          reject(signal.reason);
        };
        const settle = (end: () => void) => (): void => {
          signal.removeEventListener("abort", leave);
          end();
        };
        const waiter: Waiter = {
          waitMs,
          deadlineMs: clock.monotonicMs() + waitMs,
          signal,
          resolve: settle(resolve),
          reject: (error) => settle(() => reject(error))(),
        };
        signal.addEventListener("abort", leave, { once: true });
        queue.push(waiter);
        void pump(bucket);
      });
    },
    block: (name, untilAt) => {
      const bucket = bucketOf(name);
      block(bucket, untilAt);
      bucket.news.throttled += 1;
      tellSoon(bucket);
    },
    note: (name, status) => {
      if (status !== 401 && status !== 403) return;
      const bucket = bucketOf(name);
      bucket.news.refused += 1;
      tellSoon(bucket);
    },
    list: () =>
      [...buckets.values()].map(({ name, limit, sentAt, news, onTheWay, blockedUntil, urgent, patient }) => ({
        bucket: name,
        limitPerMinute: limit,
        sentLastMinute: [...sentAt, ...onTheWay.sentAt, ...news.sentAt].filter((at) => at > now() - egressWindowMs).length,
        blockedUntil,
        waiting: urgent.length + patient.length,
        isShared,
      })),
    flush: look,
    close: async () => {
      closing.abort();
      await looking;
      if (pool !== undefined) for (const bucket of buckets.values()) await tell(bucket, pool).catch(() => {});
      for (const { name, urgent, patient } of buckets.values()) {
        for (const waiter of [...urgent.splice(0), ...patient.splice(0)]) waiter.reject(new EgressFull(name));
      }
    },
  };
}
