import { createHash } from "node:crypto";
import type { ClientBase, QueryConfig } from "pg";
import type { Delivery } from "../delivery.ts";

/** What became of one delivery of a batch. `differs`: the same key was there already with other bytes; the first ones stay. */
export type Insertion = { readonly kept: "stored" | "duplicate"; readonly differs: boolean };

type Row = { provider: string; dedup_key: string; is_new: boolean; kept_hash: string | null };

/**
 * Rows come in the order of `ordering_key`, which is the same in every process: two that hold the same events in different
 * order would lock each other out. `xmax = 0` is true of a row that this statement made.
 */
const statement = `
  insert into gateway.inbox_event (
    provider, dedup_key, ordering_key, event_type, company_id, occurred_at, received_at, method, url, headers, body,
    verdict, key_id, source_address, status, source, duplicates)
  select provider, dedup_key, ordering_key, event_type, company_id, to_timestamp(occurred_at / 1000.0), to_timestamp(received_at / 1000.0),
    method, url, headers, substring($2::bytea from body_start + 1 for body_length),
    verdict, key_id, source_address, case when verdict = 'verified' then 'ready' else 'quarantined' end, source, duplicates
  from json_to_recordset($1::json) as given (
    provider text, dedup_key text, ordering_key text, event_type text, company_id text, occurred_at float8, received_at float8,
    method text, url text, headers jsonb, body_start integer, body_length integer,
    verdict text, key_id text, source_address text, source text, duplicates integer)
  on conflict (provider, dedup_key) do update set duplicates = inbox_event.duplicates + 1 + excluded.duplicates
  returning provider, dedup_key, xmax = 0 as is_new, case when xmax <> 0 then encode(sha256(body), 'hex') end as kept_hash`;

/**
 * Puts a batch into the inbox in one statement, durably once it resolves; one result per delivery, in the order given.
 * A key that is there already is counted, within the batch too. `timeoutMs` ends the wait, not the statement.
 */
export async function insertDeliveries(
  client: Pick<ClientBase, "query">,
  deliveries: readonly Delivery[],
  timeoutMs: number,
): Promise<Insertion[]> {
  const groups = groupByKey(deliveries);
  const ordered = [...groups.values()].sort((left, right) => compare(left.first.orderingKey, right.first.orderingKey));
  let bodyStart = 0;
  const rows = ordered.map(({ first, members }) => {
    const row = toRow(first, bodyStart, members.length - 1);
    bodyStart += first.body.length;
    return row;
  });
  const values = [JSON.stringify(rows), Buffer.concat(ordered.map(({ first }) => first.body))];
  const query = { name: "keep-deliveries", text: statement, values, query_timeout: timeoutMs } as QueryConfig;
  const answer = await client.query<Row>(query);
  const found = new Map(answer.rows.map((row) => [keyOf(row.provider, row.dedup_key), row]));
  return deliveries.map((delivery) => judge(delivery, groups, found));
}

type Group = { readonly first: Delivery; readonly members: Delivery[] };

function groupByKey(deliveries: readonly Delivery[]): Map<string, Group> {
  const groups = new Map<string, Group>();
  for (const delivery of deliveries) {
    const key = keyOf(delivery.provider, delivery.dedupKey);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { first: delivery, members: [delivery] });
    else group.members.push(delivery);
  }
  return groups;
}

function judge(delivery: Delivery, groups: ReadonlyMap<string, Group>, found: ReadonlyMap<string, Row>): Insertion {
  const key = keyOf(delivery.provider, delivery.dedupKey);
  const first = groups.get(key)?.first ?? delivery;
  const row = found.get(key);
  if (row === undefined) throw new Error("the database did not name a row it was given");
  if (row.is_new && first === delivery) return { kept: "stored", differs: false };
  const keptHash = row.is_new ? sha256(first.body) : row.kept_hash;
  return { kept: "duplicate", differs: keptHash !== sha256(delivery.body) };
}

function toRow(delivery: Delivery, bodyStart: number, duplicates: number): Record<string, unknown> {
  return {
    provider: delivery.provider,
    dedup_key: delivery.dedupKey,
    ordering_key: delivery.orderingKey,
    event_type: delivery.eventType,
    company_id: delivery.companyId,
    occurred_at: delivery.occurredAt,
    received_at: delivery.receivedAt,
    method: delivery.method,
    url: delivery.url,
    headers: delivery.headers,
    body_start: bodyStart,
    body_length: delivery.body.length,
    verdict: delivery.verdict,
    key_id: delivery.keyId,
    source_address: delivery.sourceAddress,
    source: delivery.source,
    duplicates,
  };
}

const keyOf = (provider: string, dedupKey: string): string => `${provider} ${dedupKey}`;
const compare = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);
const sha256 = (body: Buffer): string => createHash("sha256").update(body).digest("hex");
