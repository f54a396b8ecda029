import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../kernel/clock.ts";
import { seedCompanies } from "../../sandbox/seed.ts";
import { openStore, type Store } from "../../store/store.ts";
import type { GatewayCheck } from "../gateway.ts";
import { checkTenants } from "./tenant-check.ts";
import { asEveryCompany } from "./tenant.ts";

let ground: string;
let store: Store;
const stranger = "kfz-brandt";
const victim = "salon-linde";

beforeAll(async () => {
  ground = mkdtempSync(join(tmpdir(), "ampel-p13-"));
  chmodSync(ground, 0o755);
  store = await openStore({ stateFolder: join(ground, "state") });
  await seedCompanies(store.pool, { now: systemClock.now(), days: 6 });
}, 60_000);
afterAll(async () => {
  await store.close();
  rmSync(ground, { recursive: true, force: true });
});

const look = async (): Promise<readonly GatewayCheck[]> => await checkTenants(store.pool, { clock: systemClock, language: "de" });
const broken = async (): Promise<string[]> => (await look()).filter(({ state }) => state !== "ok").map(({ subject }) => subject);
const one = async (sql: string): Promise<string> =>
  await asEveryCompany(store.pool, async (client) => (await client.query<{ id: string }>(sql)).rows[0]?.id ?? "");

test("days of calls, appointments and callbacks of eight companies lie with the right one", async () => {
  const checks = await look();
  expect(checks.every(({ id, state }) => id === "P13" && state === "ok")).toBe(true);
  expect(checks.map(({ subject }) => subject)).toEqual([
    "guards",
    "call-owner",
    "call-agent",
    "event-type-owner",
    "tool_call-call",
    "callback-call",
    "appointment-call",
    "attempt-callback",
    "conflict-appointment",
    "inbox-owner",
  ]);
});

const callOfVictim = `select call_id as id from gateway.call where company_id = '${victim}' order by started_at desc limit 1`;

test.each<[string, string[], (id: string) => string, string]>([
  [
    "a call given to another company than its number's",
    ["call-owner", "call-agent"],
    (id) => `insert into gateway.call (company_id, call_id, agent_id, to_number, state, started_at)
      select '${stranger}', 'call_wrong', agent_id, to_number, 'ended', now() from gateway.call where call_id = '${id}'`,
    callOfVictim,
  ],
  [
    "an outbound call from another company's number",
    ["call-owner"],
    (id) => `insert into gateway.call (company_id, call_id, direction, from_number, to_number, state, started_at)
      select '${stranger}', 'call_wrong', 'outbound', to_number, '+4917604069999', 'ended', now() from gateway.call where call_id = '${id}'`,
    callOfVictim,
  ],
  [
    "an appointment that names a call of another company",
    ["appointment-call"],
    (
      id,
    ) => `insert into gateway.appointment (company_id, appointment_id, call_id, starts_at, ends_at, state, operation_id, sync_state, source)
      values ('${stranger}', 'apt_wrong', '${id}', now(), now(), 'confirmed', 'wrong', 'synced', 'test')`,
    callOfVictim,
  ],
  [
    "a function call in another company's call",
    ["tool_call-call"],
    (id) =>
      `insert into gateway.tool_call (company_id, call_id, name, at, duration_ms, outcome) values ('${stranger}', '${id}', 'book', now(), 1, 'ok')`,
    callOfVictim,
  ],
  [
    "a callback for another company's call",
    ["callback-call"],
    (id) => `insert into gateway.callback (company_id, callback_id, call_id, phone, reason, state, promised_by, not_before, created_at)
      values ('${stranger}', 'cb_wrong', '${id}', '+4917604069999', 'asked', 'reached', now(), now(), now())`,
    callOfVictim,
  ],
  [
    "a conflict about another company's appointment",
    ["conflict-appointment"],
    (id) => `insert into gateway.booking_conflict (conflict_id, company_id, appointment_id, kind, detail, found_at)
      values ('conflict_wrong', '${stranger}', '${id}', 'test', '{}', now())`,
    `select appointment_id as id from gateway.appointment where company_id = '${victim}' limit 1`,
  ],
  [
    "two companies on one event type",
    ["event-type-owner"],
    (id) => `update gateway.service set calcom_event_type_id = ${id} where company_id = '${stranger}' and service_id = 'inspektion'`,
    `select calcom_event_type_id as id from gateway.service where company_id = '${victim}' limit 1`,
  ],
])("%s is found, with its id", async (_, subjects, wrong, find) => {
  const id = await one(find);
  await asEveryCompany(store.pool, (client) => client.query(wrong(id)));
  try {
    expect(await broken()).toEqual(subjects);
    const found = (await look()).find(({ subject }) => subject === subjects[0]);
    expect(found).toMatchObject({ state: "down", cause: "tenant-mixed" });
    expect(String(found?.evidence["examples"])).toContain(stranger);
  } finally {
    await asEveryCompany(store.pool, async (client) => {
      await client.query("delete from gateway.appointment where appointment_id = 'apt_wrong'");
      await client.query("delete from gateway.callback where callback_id = 'cb_wrong'");
      await client.query("delete from gateway.booking_conflict where conflict_id = 'conflict_wrong'");
      await client.query("delete from gateway.call where call_id = 'call_wrong'");
      await client.query(`delete from gateway.tool_call where company_id = '${stranger}' and name = 'book'`);
      await client.query(
        `update gateway.service set calcom_event_type_id = null where company_id = '${stranger}' and service_id = 'inspektion'`,
      );
    });
  }
  expect(await broken()).toEqual([]);
});

test("an event given to a company nobody knows is found", async () => {
  await store.pool.query(
    `insert into gateway.inbox_event (provider, dedup_key, ordering_key, event_type, company_id, received_at, method, url, headers, body, verdict, status, source)
     values ('retell', 'a', 'a', 'call_ended', 'niemand', now(), 'POST', '/', '{}', '', 'verified', 'done', 'live')`,
  );
  expect(await broken()).toEqual(["inbox-owner"]);
  await store.pool.query("delete from gateway.inbox_event");
});

test("a table whose guard is gone is named", async () => {
  await store.pool.query("alter table gateway.customer no force row level security");
  expect((await look()).find(({ subject }) => subject === "guards")).toMatchObject({
    state: "down",
    evidence: { count: 1, examples: "– customer" },
  });
  await store.pool.query("alter table gateway.customer force row level security");
});
