import type { Pool } from "pg";
import { maskPersonalData } from "../../kernel/mask.ts";
import type { Provider, Verdict } from "../delivery.ts";
import { maskBody } from "./mask-body.ts";

export type QuarantineLine = {
  readonly id: string;
  readonly provider: Provider;
  readonly eventType: string;
  readonly verdict: Verdict;
  readonly receivedAt: number;
  readonly bytes: number;
  readonly duplicates: number;
};

/** Newest first. `count`: all that match, not only those listed. */
export async function listQuarantined(
  pool: Pool,
  { provider, limit }: { readonly provider?: string; readonly limit: number },
): Promise<{ count: number; events: QuarantineLine[] }> {
  const { rows } = await pool.query<{
    id: string;
    provider: Provider;
    event_type: string;
    verdict: Verdict;
    received_at: Date;
    bytes: number;
    duplicates: number;
    count: string;
  }>(
    `select id, provider, event_type, verdict, received_at, length(body) as bytes, duplicates, count(*) over () as count
     from gateway.inbox_event where status = 'quarantined' and ($1::text is null or provider = $1)
     order by received_at desc, id desc limit $2`,
    [provider ?? null, limit],
  );
  const events = rows.map(({ event_type, received_at, id, verdict, bytes, duplicates, provider: from }) => ({
    id,
    provider: from,
    verdict,
    bytes,
    duplicates,
    eventType: event_type,
    receivedAt: received_at.getTime(),
  }));
  return { count: Number(rows[0]?.count ?? 0), events };
}

/** One event with its body masked; `undefined` when there is none of that id, in quarantine or not. */
export async function showEvent(pool: Pool, id: string): Promise<Record<string, unknown> | undefined> {
  const { rows } = await pool.query<{ headers: Record<string, string>; body: Buffer } & Record<string, unknown>>(
    `select id, provider, event_type, status, outcome, verdict, key_id, company_id, received_at, occurred_at, attempts, last_error, source, duplicates,
       released, finished_at, masked_at, method, headers, body from gateway.inbox_event where id = $1`,
    [id],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  const { headers, body, ...facts } = row;
  return {
    ...facts,
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, /auth|cookie|token|key/i.test(name) ? "[secret]" : maskPersonalData(value)]),
    ),
    body: maskBody(body, headers["content-type"] ?? "")
      .toString("utf8")
      .slice(0, 20_000),
  };
}

/** Puts quarantined events aside for good; they stay readable until retention. Returns how many. */
export async function discardQuarantined(
  pool: Pool,
  { ids, reason, by }: { readonly ids: readonly string[]; readonly reason: string; readonly by: string },
): Promise<number> {
  const { rowCount } = await pool.query(
    `update gateway.inbox_event set status = 'discarded', finished_at = now(), last_error = $2
     where id = any($1::bigint[]) and status = 'quarantined'`,
    [ids, `discarded by ${by}: ${reason}`],
  );
  return rowCount ?? 0;
}
