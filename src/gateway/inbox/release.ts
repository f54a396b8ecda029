import type { ClientBase, Pool } from "pg";
import { inTransaction } from "../../store/store.ts";
import { describeRequest } from "../accept/describe-delivery.ts";
import type { Provider, Verdict } from "../delivery.ts";

/** What lies in quarantine, with all that is needed to look at its signature again. */
export type QuarantinedEvent = {
  readonly id: string;
  readonly provider: Provider;
  readonly eventType: string;
  readonly verdict: Verdict;
  readonly receivedAt: number;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
};

/** Why an event may be processed after all. Kept with the event; `verdict` stays what was found at receipt. */
export type ReleaseGround =
  | { readonly by: "key"; readonly keyId: string }
  | { readonly by: "vendor" }
  | { readonly by: "two-persons"; readonly persons: readonly [string, string]; readonly reason: string };

export type Release = { readonly event: QuarantinedEvent; readonly ground: ReleaseGround };

type Row = {
  id: string;
  provider: Provider;
  event_type: string;
  verdict: Verdict;
  received_at: Date;
  url: string;
  headers: Record<string, string>;
  body: Buffer;
};

/** One page of the quarantine in the order of keeping, after `afterId`; with `ids` only those. Locked until the transaction ends. */
export async function lockQuarantined(
  client: ClientBase,
  { afterId = "0", limit, ids }: { readonly afterId?: string; readonly limit: number; readonly ids?: readonly string[] },
): Promise<QuarantinedEvent[]> {
  const { rows } = await client.query<Row>(
    `select id, provider, event_type, verdict, received_at, url, headers, body from gateway.inbox_event
     where status = 'quarantined' and id > $1 and ($3::bigint[] is null or id = any($3)) order by id limit $2 for update`,
    [afterId, limit, ids ?? null],
  );
  return rows.map(({ event_type, received_at, ...row }) => ({ ...row, eventType: event_type, receivedAt: received_at.getTime() }));
}

/** How many became ready, and how many were there already under their genuine key and were put aside as duplicates. */
export type Released = { readonly released: number; readonly duplicates: number };

/**
 * Makes events ready under the keys that a verified delivery has; in quarantine they had keys of their own, so that no
 * forger could take a genuine event's place. Inside the caller's transaction.
 */
export async function releaseEvents(client: ClientBase, releases: readonly Release[]): Promise<Released> {
  if (releases.length === 0) return { released: 0, duplicates: 0 };
  const described = releases.map(({ event }) => describeRequest(event.provider, { ...event, path: pathOf(event.url) }));
  const { rowCount } = await client.query(
    `with given as (
       select distinct on (provider, dedup_key) * from
         unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::jsonb[], $8::text[])
           as given (id, provider, dedup_key, ordering_key, event_type, occurred_at, released, key_id)
       order by provider, dedup_key, id)
     update gateway.inbox_event event
     set status = 'ready', next_at = now(), attempts = 0, dedup_key = given.dedup_key, ordering_key = given.ordering_key,
       event_type = given.event_type, occurred_at = given.occurred_at, key_id = given.key_id,
       released = given.released || jsonb_build_object('at', now())
     from given
     where event.id = given.id and event.status = 'quarantined' and not exists (
       select 1 from gateway.inbox_event other
       where other.provider = given.provider and other.dedup_key = given.dedup_key and other.id <> given.id)`,
    [
      releases.map(({ event }) => event.id),
      releases.map(({ event }) => event.provider),
      described.map(({ dedupKey }) => dedupKey),
      described.map(({ orderingKey }) => orderingKey),
      described.map(({ eventType }) => eventType),
      described.map(({ occurredAt }) => (occurredAt === undefined ? null : new Date(occurredAt))),
      releases.map(({ ground }) => JSON.stringify(ground)),
      releases.map(({ ground }) => (ground.by === "key" ? ground.keyId : null)),
    ],
  );
  // What is left of them is genuine, but was delivered again and verified meanwhile.
  const { rowCount: duplicates } = await client.query(
    `update gateway.inbox_event set status = 'discarded', finished_at = now(), last_error = 'the same event came in verified'
     where id = any($1::bigint[]) and status = 'quarantined'`,
    [releases.map(({ event }) => event.id)],
  );
  return { released: rowCount ?? 0, duplicates: duplicates ?? 0 };
}

/** A verified event that came in at the same moment breaks the unique key: the second look sees it. */
export async function inTransactionAgain<Value>(pool: Pool, work: (client: ClientBase) => Promise<Value>): Promise<Value> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await inTransaction(pool, work);
    } catch (error) {
      if ((error as { code?: string }).code !== "23505" || attempt === 5) throw error;
    }
  }
}

function pathOf(url: string): string {
  if (!URL.canParse(url)) return url;
  const { pathname, search } = new URL(url);
  return pathname + search;
}
