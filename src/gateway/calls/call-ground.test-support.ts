import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Secret } from "../../kernel/secret.ts";
import { minutes } from "../../kernel/clock.ts";
import { startRetell, type RetellStandIn } from "../../sandbox/vendors/retell.ts";
import { openStore, type Store } from "../../store/store.ts";
import { insertDeliveries } from "../accept/insert-deliveries.ts";
import { asCompany, asEveryCompany } from "../companies/tenant.ts";
import type { Delivery } from "../delivery.ts";
import type { EventOutcome, InboxEvent } from "../event-handler.ts";
import type { Gateway } from "../gateway.ts";
import { callEventHandler } from "./call-events.ts";
import { testGateway, wednesday, type TestGateway } from "./calls.test-support.ts";

/** A real store with two companies, a Retell on this machine and a clock that is set by hand. */
export type CallGround = {
  readonly store: Store;
  readonly retell: RetellStandIn;
  now: number;
  gateway(given?: Partial<Gateway>): TestGateway;
  /** Applies events as the worker does. */
  apply(events: readonly InboxEvent[], companyId?: string): Promise<readonly EventOutcome[]>;
  /** Applies what lies in the inbox; returns how many events. */
  applyInbox(): Promise<number>;
  calls(): Promise<Record<string, unknown>[]>;
  addRetellCall(callId: string, given?: Record<string, unknown>): void;
  empty(): Promise<void>;
  close(): Promise<void>;
};

export async function openCallGround(): Promise<CallGround> {
  process.env["AMPEL_TEST_RETELL_API"] = "key_sandbox";
  const folder = mkdtempSync(join(tmpdir(), "ampel-calls-"));
  chmodSync(folder, 0o755);
  const store = await openStore({ stateFolder: join(folder, "state") });
  const retell = await startRetell({ key: "key_sandbox" });
  await seed(store);
  const ground: CallGround = {
    store,
    retell,
    now: wednesday,
    gateway: (given = {}) =>
      testGateway({
        now: () => ground.now,
        pool: store.pool,
        access: (vendor) => (vendor === "retell" ? { baseUrl: retell.url, key: new Secret("${env:AMPEL_TEST_RETELL_API}") } : undefined),
        keep: async (delivery: Delivery) => (await insertDeliveries(store.pool, [delivery], 5000))[0]?.kept ?? "duplicate",
        ...given,
      }),
    apply: async (events, companyId = "eins") =>
      await asCompany(store.pool, companyId, async (client) => await callEventHandler.apply(events, client, companyId)),
    applyInbox: async () => {
      const { rows } = await store.pool.query<InboxRow>(
        "select event_type, dedup_key, ordering_key, body from gateway.inbox_event where status = 'ready' order by id",
      );
      const events = rows.map(toEvent);
      for (const event of events) await ground.apply([event], callEventHandler.companyOf(event, ground.gateway().directory));
      await store.pool.query("update gateway.inbox_event set status = 'done'");
      return events.length;
    },
    calls: async () =>
      (await asEveryCompany(store.pool, async (client) => await client.query("select * from gateway.call order by call_id")))
        .rows as Record<string, unknown>[],
    addRetellCall: (callId, given = {}) => void retell.state.calls.set(callId, retellCall(callId, ground.now, given) as never),
    empty: async () => {
      ground.now = wednesday;
      retell.state.calls.clear();
      retell.faults.clear();
      await store.pool.query("truncate gateway.call, gateway.tool_call, gateway.inbox_event, gateway.cursor, gateway.finding");
    },
    close: async () => {
      await retell.close();
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return ground;
}

async function seed(store: Store): Promise<void> {
  await asEveryCompany(store.pool, async (client) => {
    for (const [company, number] of [
      ["eins", "+4930111111"],
      ["zwei", "+4930222222"],
    ]) {
      await client.query("insert into gateway.company (company_id, name) values ($1, $1)", [company]);
      await client.query("insert into gateway.branch (company_id, branch_id, name) values ($1, 'mitte', 'Mitte')", [company]);
      await client.query("insert into gateway.phone_number (company_id, branch_id, number) values ($1, 'mitte', $2)", [company, number]);
      await client.query(
        "insert into gateway.customer (company_id, customer_id, name, phone) values ($1, 'kundin', 'Erika', '+4915112345678')",
        [company],
      );
    }
  });
}

type InboxRow = { event_type: string; dedup_key: string; ordering_key: string; body: Buffer };

const toEvent = (row: InboxRow, index: number): InboxEvent => ({
  ...blank,
  id: String(index),
  eventType: row.event_type,
  dedupKey: row.dedup_key,
  orderingKey: row.ordering_key,
  body: row.body,
});

const blank = { provider: "retell", receivedAt: wednesday, attempts: 0, url: "", headers: {} } as const;
let eventId = 0;

/** An event of a call as Retell sends it; `flat`: as it did before July 2025. */
export function eventOf(event: string, call: Record<string, unknown>, flat = false): InboxEvent {
  const full = {
    call_id: "call_0123456789abcdef",
    from_number: "+4915112345678",
    to_number: "+4930111111",
    direction: "inbound",
    agent_id: "agent_1",
    agent_version: 4,
    ...call,
  };
  const body = Buffer.from(JSON.stringify(flat ? { event_type: event, ...full } : { event, call: full }));
  eventId += 1;
  return { ...blank, id: String(eventId), eventType: event, dedupKey: `${event}:${full.call_id}`, orderingKey: full.call_id, body };
}

function retellCall(callId: string, now: number, given: Record<string, unknown>): Record<string, unknown> {
  return {
    call_id: callId,
    call_type: "phone_call",
    agent_id: "agent_1",
    agent_version: 4,
    agent_name: "Empfang",
    direction: "inbound",
    from_number: "+4915112345678",
    to_number: "+4930111111",
    call_status: "ended",
    start_timestamp: now - minutes(10),
    end_timestamp: now - minutes(8),
    duration_ms: 120_000,
    disconnection_reason: "user_hangup",
    call_analysis: { call_summary: "s", call_successful: true, in_voicemail: false, user_sentiment: "Neutral", custom_analysis_data: {} },
    ...given,
  };
}
