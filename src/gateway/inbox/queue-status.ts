import type { Pool } from "pg";
import { minutes } from "../../kernel/clock.ts";
import type { EventState } from "./inbox-row.ts";
import { filterCondition, type EventFilter } from "./event-filter.ts";

/** One vendor and company. `companyId` is absent until a handler has looked. Ages in ms. */
export type QueueGroup = {
  readonly provider: string;
  readonly companyId?: string;
  readonly counts: Readonly<Partial<Record<EventState, number>>>;
  /** Of the events that wait to be applied. */
  readonly oldestAgeMs?: number;
};

/** A key whose later events wait behind an event that will not go on by itself. */
export type BlockedKey = {
  readonly orderingKey: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly status: EventState;
  readonly waiting: number;
  readonly error?: string;
};

export type QueueStatus = {
  readonly groups: readonly QueueGroup[];
  readonly waiting: number;
  readonly oldestAgeMs?: number;
  /** Events that were over per second, in the last five minutes. */
  readonly finishedPerSecond: number;
  readonly arrivedPerSecond: number;
  /** At the present rate, new arrivals included; absent when it would never be done, or nothing waits. */
  readonly drainMs?: number;
  readonly unknownShapes: number;
  readonly unresolved: number;
  readonly blockedKeys: readonly BlockedKey[];
};

const rateWindowMs = minutes(5);
const mostBlockedKeys = 20;

/** The inbox as it is now. Reads only. */
export async function readQueueStatus(pool: Pool, filter: EventFilter): Promise<QueueStatus> {
  const { sql, values } = filterCondition(filter);
  const [counts, rates, strange, blocked] = await Promise.all([
    pool.query<{ provider: string; company_id: string | null; status: EventState; count: string; oldest_ms: number | null }>(
      `select provider, company_id, status, count(*), (extract(epoch from now() - min(received_at)) * 1000)::float8 as oldest_ms
       from gateway.inbox_event where ${sql} group by provider, company_id, status order by provider, company_id nulls last`,
      values,
    ),
    pool.query<{ finished: string; arrived: string; window_ms: number }>(
      `select count(*) filter (where finished_at > now() - interval '5 minutes' and status = 'done') as finished,
         count(*) filter (where received_at > now() - interval '5 minutes') as arrived
       from gateway.inbox_event where finished_at > now() - interval '5 minutes' or received_at > now() - interval '5 minutes'`,
    ),
    pool.query<{ unknown_shapes: string; unresolved: string }>(
      `select count(*) filter (where outcome = 'unknown-shape') as unknown_shapes, count(*) filter (where outcome = 'unresolved') as unresolved
       from gateway.inbox_event where ${sql} and outcome in ('unknown-shape', 'unresolved')`,
      values,
    ),
    readBlockedKeys(pool),
  ]);
  const waitingRows = counts.rows.filter(({ status }) => status === "ready" || status === "retry");
  const waiting = waitingRows.reduce((sum, { count }) => sum + Number(count), 0);
  const oldest = Math.max(0, ...waitingRows.map(({ oldest_ms }) => oldest_ms ?? 0));
  const finishedPerSecond = (Number(rates.rows[0]?.finished) * 1000) / rateWindowMs;
  const arrivedPerSecond = (Number(rates.rows[0]?.arrived) * 1000) / rateWindowMs;
  const drainMs = decideDrainMs(waiting, finishedPerSecond, arrivedPerSecond);
  return {
    groups: toGroups(counts.rows),
    waiting,
    ...(waiting > 0 ? { oldestAgeMs: Math.round(oldest) } : {}),
    finishedPerSecond,
    arrivedPerSecond,
    ...(drainMs === undefined ? {} : { drainMs }),
    unknownShapes: Number(strange.rows[0]?.unknown_shapes),
    unresolved: Number(strange.rows[0]?.unresolved),
    blockedKeys: blocked,
  };
}

/** Milliseconds until nothing waits; `undefined` when nothing waits or more comes than goes. */
export function decideDrainMs(waiting: number, finishedPerSecond: number, arrivedPerSecond: number): number | undefined {
  const net = finishedPerSecond - arrivedPerSecond;
  return waiting === 0 || net <= 0 ? undefined : Math.round((waiting / net) * 1000);
}

function toGroups(
  rows: readonly { provider: string; company_id: string | null; status: EventState; count: string; oldest_ms: number | null }[],
): QueueGroup[] {
  const groups = new Map<
    string,
    { provider: string; companyId?: string; counts: Partial<Record<EventState, number>>; oldestAgeMs?: number }
  >();
  for (const { provider, company_id, status, count, oldest_ms } of rows) {
    const key = JSON.stringify([provider, company_id]);
    const group = groups.get(key) ?? { provider, ...(company_id === null ? {} : { companyId: company_id }), counts: {} };
    group.counts[status] = Number(count);
    if (status === "ready" || status === "retry") group.oldestAgeMs = Math.round(Math.max(group.oldestAgeMs ?? 0, oldest_ms ?? 0));
    groups.set(key, group);
  }
  return [...groups.values()];
}

async function readBlockedKeys(pool: Pool): Promise<BlockedKey[]> {
  const { rows } = await pool.query<{
    ordering_key: string;
    id: string;
    event_type: string;
    status: EventState;
    waiting: string;
    last_error: string | null;
  }>(
    // Of several on one key the first holds back the others as well.
    `select first.*, held.waiting from (
       select distinct on (ordering_key) ordering_key, id, event_type, status, last_error
       from gateway.inbox_event where status in ('dead', 'parked') order by ordering_key, id) first
     join lateral (
       select count(*) as waiting from gateway.inbox_event held
       where held.ordering_key = first.ordering_key and held.id > first.id and held.status in ('ready', 'retry')) held on held.waiting > 0
     order by held.waiting desc, first.id limit ${mostBlockedKeys}`,
  );
  return rows.map(({ ordering_key, id, event_type, status, waiting, last_error }) => ({
    orderingKey: ordering_key,
    eventId: id,
    eventType: event_type,
    status,
    waiting: Number(waiting),
    ...(last_error === null ? {} : { error: last_error }),
  }));
}
