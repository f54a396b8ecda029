import type pg from "pg";
import { timedQuery } from "../../kernel/timed-query.ts";

/** What left on one key: `sentAt` of the last 60 seconds, oldest first, by the database's clock (epoch ms). */
export type StoredEgress = {
  readonly bucket: string;
  readonly sentAt: readonly number[];
  readonly blockedUntil: number;
  readonly at: number;
};

/** Calls of one minute, as the vendor answered them. */
export type EgressMinute = {
  readonly bucket: string;
  readonly minute: number;
  readonly sent: number;
  readonly throttled: number;
  readonly refused: number;
};

export const egressWindowMs = 60_000;
const queryLimitMs = 1500;
const timed = (text: string, values: unknown[]): pg.QueryConfig => timedQuery(text, values, queryLimitMs);
const keptDays = 7;

type EgressRow = { bucket: string; sent: number[]; blocked_until: number | null; at: number; is_taken?: boolean };

const nowMs = "(extract(epoch from clock_timestamp()) * 1000)::float8";
const blockedMs = "(extract(epoch from blocked_until) * 1000)::float8";

// The row is locked first, so that the clock is read after whoever came before is done.
const takeOne = `
  with held as (select bucket, sent, blocked_until from gateway.egress where bucket = $1 for update),
  seen as materialized (select held.*, ${nowMs} as at from held),
  recent as (
    select seen.bucket, seen.blocked_until, seen.at,
      coalesce((select array_agg(moment order by moment) from unnest(seen.sent) as moment where moment > seen.at - ${egressWindowMs}), '{}') as sent
    from seen
  ),
  judged as (select *, cardinality(sent) < $2::int and coalesce(${blockedMs} <= at, true) as is_taken from recent),
  written as (
    update gateway.egress as row set sent = judged.sent || judged.at from judged
    where row.bucket = judged.bucket and judged.is_taken returning row.bucket
  ),
  counted as (
    insert into gateway.egress_count as row (bucket, minute, sent)
    select bucket, date_trunc('minute', clock_timestamp()), 1 from written
    on conflict (bucket, minute) do update set sent = row.sent + 1
  )
  select bucket, sent, ${blockedMs} as blocked_until, at, is_taken from judged`;

const addMissing = "insert into gateway.egress (bucket) values ($1) on conflict do nothing";

/** One token, for exactly one of all who ask. `isTaken` is false when the window is full or the vendor asked to wait. */
export async function takeToken(pool: pg.Pool, bucket: string, limit: number): Promise<StoredEgress & { readonly isTaken: boolean }> {
  for (;;) {
    const { rows } = await pool.query<EgressRow>(timed(takeOne, [bucket, limit]));
    const [row] = rows;
    if (row !== undefined) return { ...fromRow(row), isTaken: row.is_taken === true };
    await pool.query(timed(addMissing, [bucket]));
  }
}

export async function readEgress(pool: pg.Pool): Promise<StoredEgress[]> {
  const { rows } = await pool.query<EgressRow>(
    timed(`select bucket, sent, ${blockedMs} as blocked_until, ${nowMs} as at from gateway.egress`, []),
  );
  return rows.map(fromRow);
}

/** What was sent and heard without the store; added to what is there, a block is only ever made longer. */
export async function addEgress(
  pool: pg.Pool,
  bucket: string,
  news: {
    readonly sentAt: readonly number[];
    readonly sent: number;
    readonly blockedUntil: number;
    readonly throttled: number;
    readonly refused: number;
  },
): Promise<void> {
  await pool.query(
    timed(
      `insert into gateway.egress as row (bucket, sent, blocked_until) values ($1, $2, to_timestamp(nullif($3::float8, 0) / 1000))
       on conflict (bucket) do update set sent = row.sent || excluded.sent, blocked_until = greatest(row.blocked_until, excluded.blocked_until)`,
      [bucket, news.sentAt, news.blockedUntil],
    ),
  );
  await pool.query(
    timed(
      `insert into gateway.egress_count as row (bucket, minute, sent, throttled, refused)
       values ($1, date_trunc('minute', clock_timestamp()), $2, $3, $4) on conflict (bucket, minute)
       do update set sent = row.sent + excluded.sent, throttled = row.throttled + excluded.throttled, refused = row.refused + excluded.refused`,
      [bucket, news.sent, news.throttled, news.refused],
    ),
  );
}

/** After the vendor has answered well again, by hand. */
export async function liftBlock(pool: pg.Pool, vendor: string): Promise<void> {
  await pool.query(timed("update gateway.egress set blocked_until = null where bucket = $1 or starts_with(bucket, $1 || ':')", [vendor]));
}

export async function readMinutes(pool: pg.Pool, minutes: number): Promise<EgressMinute[]> {
  const { rows } = await pool.query<EgressMinute>(
    timed(
      `select bucket, (extract(epoch from minute) * 1000)::float8 as minute, sent, throttled, refused from gateway.egress_count
       where minute > clock_timestamp() - make_interval(mins => $1) order by minute`,
      [minutes],
    ),
  );
  return rows;
}

export async function forgetOldMinutes(pool: pg.Pool): Promise<void> {
  await pool.query(timed("delete from gateway.egress_count where minute < now() - make_interval(days => $1)", [keptDays]));
}

function fromRow({ bucket, sent, blocked_until, at }: EgressRow): StoredEgress {
  return { bucket, at, blockedUntil: blocked_until ?? 0, sentAt: sent.filter((moment) => moment > at - egressWindowMs) };
}
