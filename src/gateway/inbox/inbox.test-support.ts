import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type pg from "pg";
import { gatewaySection } from "../../config/gateway-schema.ts";
import { systemClock } from "../../kernel/clock.ts";
import { openStore } from "../../store/store.ts";
import { emptyContent, toDirectory, type Directory } from "../companies/directory.ts";
import type { Delivery } from "../delivery.ts";
import type { EventHandler, EventOutcome, InboxEvent } from "../event-handler.ts";
import type { Gateway, GatewayFinding } from "../gateway.ts";

export type Ground = { readonly pool: pg.Pool; readonly url: string; readonly folder: string; close(): Promise<void> };

/** A store of the test's own, with a table of effects that no two applications of one event can both enter unseen. */
export async function openGround(): Promise<Ground> {
  const folder = mkdtempSync(join(tmpdir(), "ampel-inbox-"));
  chmodSync(folder, 0o755);
  const store = await openStore({ stateFolder: join(folder, "state") });
  await store.pool.query(`
    create table gateway.test_effect (
      id bigint generated always as identity primary key, company_id text not null, event_id bigint not null,
      ordering_key text not null, event_type text not null, sequence integer not null);
    select gateway.protect('gateway.test_effect')`);
  return {
    pool: store.pool,
    url: store.url,
    folder,
    close: async () => {
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export function fakeGateway(
  pool: pg.Pool | undefined,
  given: Partial<Gateway> & { readonly onFinding?: (finding: GatewayFinding) => void } = {},
): Gateway & { directory: Directory } {
  const unused = (): never => {
    throw new Error("not part of this test");
  };
  const { onFinding, ...parts } = given;
  return {
    clock: systemClock,
    language: "de",
    timeZone: "Europe/Berlin",
    settings: gatewaySection.parse({ publicUrl: "https://gw.example.test" }) as Gateway["settings"],
    pool,
    directory: toDirectory({ ...emptyContent, asOf: 1 }),
    switches: { isOn: () => false },
    breakers: { state: () => "closed", run: unused },
    egress: { take: unused, block: unused },
    keep: unused,
    access: () => undefined,
    report: onFinding ?? ((): void => {}),
    ...parts,
  };
}

/** A delivery of the test: its body says which company, call and place in the call it is. */
export function testDelivery(given: { company?: string; call: string; sequence: number; type?: string } & Partial<Delivery>): Delivery {
  const { company = "praxis", call, sequence, type = "call_ended", ...rest } = given;
  return {
    provider: "retell",
    eventType: type,
    dedupKey: `${type}:${call}:${sequence}`,
    orderingKey: `retell:call:${call}`,
    receivedAt: Date.now(),
    verdict: "verified",
    source: "live",
    method: "POST",
    url: "https://gw.example.test/retell",
    headers: { "content-type": "application/json" },
    body: Buffer.from(JSON.stringify({ event: type, call: { call_id: call, to_number: "+493012345", company, sequence } })),
    ...rest,
  };
}

type Kept = Delivery & { readonly status?: string };

/** Keeps deliveries as the accept path does: the first of a key wins. Returns how many were new. */
export async function keepAll(pool: pg.Pool, deliveries: readonly Kept[]): Promise<number> {
  const { rowCount } = await pool.query(
    `insert into gateway.inbox_event (provider, event_type, dedup_key, ordering_key, company_id, received_at, verdict, status, source, method, url, headers, body)
     select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::jsonb[], $13::bytea[])
     on conflict (provider, dedup_key) do nothing`,
    [
      deliveries.map(({ provider }) => provider),
      deliveries.map(({ eventType }) => eventType),
      deliveries.map(({ dedupKey }) => dedupKey),
      deliveries.map(({ orderingKey }) => orderingKey),
      deliveries.map(({ companyId }) => companyId ?? null),
      deliveries.map(({ receivedAt }) => new Date(receivedAt)),
      deliveries.map(({ verdict }) => verdict),
      deliveries.map(({ status }) => status ?? "ready"),
      deliveries.map(({ source }) => source),
      deliveries.map(({ method }) => method),
      deliveries.map(({ url }) => url),
      deliveries.map(({ headers }) => JSON.stringify(headers)),
      deliveries.map(({ body }) => body),
    ],
  );
  return rowCount ?? 0;
}

/** Where an event belongs and its place in its call, as the test's body says. */
export function readTestBody({ body }: Pick<InboxEvent, "body">): { company: string; call_id: string; sequence: number } {
  return (JSON.parse(body.toString("utf8")) as { call: { company: string; call_id: string; sequence: number } }).call;
}

/** Writes one effect per event, all in one statement. `decide` may throw or answer otherwise for an event. */
export function effectHandler(
  decide: (event: InboxEvent) => EventOutcome | Promise<EventOutcome> = () => ({ kind: "done" }),
): EventHandler {
  return {
    name: "test effects",
    handles: ({ provider }) => provider === "retell",
    companyOf: (event) => {
      const { company } = readTestBody(event);
      return company === "nobody" ? undefined : company;
    },
    apply: async (events, client, companyId) => {
      const outcomes: EventOutcome[] = [];
      for (const event of events) outcomes.push(await decide(event));
      const applied = events.filter((_, index) => outcomes[index]?.kind === "done");
      await client.query(
        `insert into gateway.test_effect (company_id, event_id, ordering_key, event_type, sequence)
         select $1, * from unnest($2::bigint[], $3::text[], $4::text[], $5::int[])`,
        [
          companyId,
          applied.map(({ id }) => id),
          applied.map(({ orderingKey }) => orderingKey),
          applied.map(({ eventType }) => eventType),
          applied.map((event) => readTestBody(event).sequence),
        ],
      );
      return outcomes;
    },
  };
}

/** Resolves once the query's first value is `wanted`; the caller's test has its own time limit. */
export async function untilCount(pool: pg.Pool, sql: string, wanted: number, values: readonly unknown[] = []): Promise<void> {
  let seen: unknown;
  for (const until = Date.now() + 60_000; Date.now() < until; await systemClock.sleep(25)) {
    const { rows } = await pool.query<Record<string, unknown>>(sql, [...values]);
    seen = Object.values(rows[0] ?? {})[0];
    if (Number(seen) === wanted) return;
  }
  throw new Error(`${sql} stayed at ${String(seen)}, wanted ${wanted}`);
}

export const statusCounts = async (pool: pg.Pool): Promise<Record<string, number>> => {
  const { rows } = await pool.query<{ status: string; count: string }>(
    "select status, count(*) from gateway.inbox_event group by status order by status",
  );
  return Object.fromEntries(rows.map(({ status, count }) => [status, Number(count)]));
};
