import type { ClientBase, Pool } from "pg";
import { minutes } from "../../kernel/clock.ts";
import { inTransaction } from "../../store/store.ts";
import type { Gateway, GatewayJob } from "../gateway.ts";
import { maskBody } from "./mask-body.ts";

/** What a round did. `expired`: events nobody ever applied, now past the time of retention; they stay, masked, and are counted. */
export type Retained = { readonly masked: number; readonly deleted: number; readonly expired: number };

const pageSize = 200;

/**
 * Masks personal data of what is over, deletes what is over and old, and lets what was never applied expire. Until then an
 * unapplied event keeps its data: it may be a promise to a caller. In small transactions, as it runs beside the accept path.
 */
export async function retainEvents(
  pool: Pool,
  ages: { readonly personalData: number; readonly events: number },
  signal: AbortSignal,
): Promise<Retained> {
  const deleted = await untilNone(signal, () => deleteOld(pool, ages.events));
  const expired = await untilNone(signal, () => expireOld(pool, ages.events));
  const masked = await untilNone(signal, () => inTransaction(pool, (client) => maskOld(client, ages.personalData)));
  return { masked, deleted, expired };
}

export function retentionJob({ pool, settings, report }: Pick<Gateway, "pool" | "settings" | "report">): GatewayJob {
  return {
    name: "inbox: retention",
    everyMs: minutes(10),
    runsOn: "leader",
    run: async (signal) => {
      if (pool === undefined) return;
      const { expired } = await retainEvents(pool, settings.retention, signal);
      if (expired > 0) report({ kind: "event-expired", subject: "inbox", data: { count: expired } });
    },
  };
}

async function untilNone(signal: AbortSignal, work: () => Promise<number>): Promise<number> {
  let total = 0;
  for (;;) {
    signal.throwIfAborted();
    const count = await work();
    if (count === 0) return total;
    total += count;
  }
}

const old = "received_at < now() - $1 * interval '1 millisecond'";

/** The dedup key goes with the row: a vendor does not send anything again after the time of retention. */
async function deleteOld(pool: Pool, ageMs: number): Promise<number> {
  const { rowCount } = await pool.query(
    `delete from gateway.inbox_event where id = any(array(
       select id from gateway.inbox_event where ${old} and status in ('done', 'discarded') and outcome is distinct from 'unknown-shape'
       limit ${pageSize} for update skip locked))`,
    [ageMs],
  );
  return rowCount ?? 0;
}

async function expireOld(pool: Pool, ageMs: number): Promise<number> {
  const { rowCount } = await pool.query(
    `update gateway.inbox_event set status = 'expired', finished_at = now(), last_error = concat_ws(': ', 'expired while ' || status, last_error)
     where id = any(array(
       select id from gateway.inbox_event where ${old} and (status in ('quarantined', 'dead', 'parked') or status = 'done' and outcome = 'unknown-shape')
       limit ${pageSize} for update skip locked))`,
    [ageMs],
  );
  return rowCount ?? 0;
}

async function maskOld(client: ClientBase, ageMs: number): Promise<number> {
  const { rows } = await client.query<{ id: string; headers: Record<string, string>; body: Buffer }>(
    `select id, headers, body from gateway.inbox_event
     where ${old} and masked_at is null and status in ('done', 'discarded', 'expired') limit ${pageSize} for update skip locked`,
    [ageMs],
  );
  if (rows.length === 0) return 0;
  await client.query(
    `update gateway.inbox_event event
     set body = masked.body, headers = masked.headers, url = split_part(url, '?', 1), source_address = null, masked_at = now()
     from unnest($1::bigint[], $2::bytea[], $3::jsonb[]) as masked (id, body, headers) where event.id = masked.id`,
    [
      rows.map(({ id }) => id),
      rows.map(({ body, headers }) => maskBody(body, headers["content-type"] ?? "")),
      rows.map(({ headers }) => JSON.stringify(keptHeaders(headers))),
    ],
  );
  return rows.length;
}

/** Enough to read the body; addresses and signatures of the sender go. */
function keptHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => ["content-type", "content-length", "user-agent"].includes(name)));
}
