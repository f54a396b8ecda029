import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { InboxEvent } from "../event-handler.ts";
import { hours } from "../../kernel/clock.ts";
import { asCompany, asEveryCompany } from "../companies/tenant.ts";
import { callEventHandler } from "./call-events.ts";
import { eventOf, openCallGround, type CallGround } from "./call-ground.test-support.ts";
import { testGateway, wednesday } from "./calls.test-support.ts";
import { groupFailures, listFailedCalls } from "./failed-calls.ts";
import { checkCallQuality } from "./quality-check.ts";
import { openToolCallLog } from "./tool-call-log.ts";

let ground: CallGround;
beforeAll(async () => {
  ground = await openCallGround();
}, 60_000);
afterAll(() => ground.close());
beforeEach(() => ground.empty());

const started = eventOf("call_started", { call_status: "ongoing", start_timestamp: wednesday });
const ended = eventOf("call_ended", {
  call_status: "ended",
  start_timestamp: wednesday,
  end_timestamp: wednesday + 95_000,
  duration_ms: 95_000,
  disconnection_reason: "agent_hangup",
});
const analyzed = eventOf("call_analyzed", {
  call_status: "ended",
  start_timestamp: wednesday,
  end_timestamp: wednesday + 95_000,
  duration_ms: 95_000,
  disconnection_reason: "agent_hangup",
  call_analysis: { call_summary: "Termin vereinbart", call_successful: true, custom_analysis_data: { appointment_booked: true } },
});

test.each([
  ["as it happened", [started, ended, analyzed]],
  ["the start last", [ended, analyzed, started]],
  ["everything twice and mixed", [analyzed, started, ended, ended, started, analyzed]],
  ["without a start", [ended, analyzed]],
])("a call is the same row, events %s", async (_, events) => {
  expect((await ground.apply(events)).every(({ kind }) => kind === "done")).toBe(true);
  expect(await ground.calls()).toMatchObject([
    {
      company_id: "eins",
      state: "ended",
      branch_id: "mitte",
      customer_id: "kundin",
      duration_ms: 95_000,
      outcome: "booked",
      summary: "Termin vereinbart",
      is_dead_end: false,
      agent_version: 4,
      started_at: new Date(wednesday),
    },
  ]);
});

test("one batch and one event at a time end the same", async () => {
  for (const event of [started, ended, started]) await ground.apply([event]);
  expect(await ground.calls()).toMatchObject([{ state: "ended", duration_ms: 95_000 }]);
});

test("the flat shape with times as text is understood; strange shapes are kept aside, one bad event spoils no other", async () => {
  const flat = eventOf(
    "call_ended",
    {
      start_timestamp: "2026-11-25T09:00:00Z",
      end_timestamp: "2026-11-25T09:01:00Z",
      disconnection_reason: "error_llm_websocket_open",
      call_status: "ended",
    },
    true,
  );
  const strange = { ...started, body: Buffer.from('{"event":"call_started","call":{"id":7}}') };
  const torn = { ...started, body: Buffer.from('{"event":') };
  expect((await ground.apply([strange, flat, torn, eventOf("transcript_updated", {})])).map(({ kind }) => kind)).toEqual([
    "unknown-shape",
    "done",
    "unknown-shape",
    "ignored",
  ]);
  expect(await ground.calls()).toMatchObject([
    { state: "failed", failure: "error_llm_websocket_open", outcome: "failed", duration_ms: 60_000 },
  ]);
});

test("an event belongs to the owner of the number, never to what the payload says", () => {
  const { directory } = testGateway();
  expect(callEventHandler.companyOf(eventOf("call_started", { metadata: { company_id: "zwei" } }), directory)).toBe("eins");
  expect(callEventHandler.companyOf(eventOf("call_started", { to_number: "+4930999999" }), directory)).toBeUndefined();
  expect(callEventHandler.companyOf(eventOf("call_started", { agent_id: "agent_2" }), directory)).toBeUndefined();
  expect(
    callEventHandler.companyOf(
      eventOf("call_started", { direction: "outbound", from_number: "+4930222222", to_number: "+4915112345678", agent_id: "agent_2" }),
      directory,
    ),
  ).toBe("zwei");
});

test("a customer of another company with the same number is not linked, and the other company sees no call", async () => {
  await ground.apply([ended]);
  const seen = await asCompany(ground.store.pool, "zwei", async (client) => await client.query("select 1 from gateway.call"));
  expect(seen.rowCount).toBe(0);
});

test("a caller who hangs up on a silent agent met a dead end; one whose function was called did not", async () => {
  const silent = {
    call_status: "ended",
    start_timestamp: wednesday,
    end_timestamp: wednesday + 37_000,
    duration_ms: 37_000,
    disconnection_reason: "user_hangup",
    llm_token_usage: { num_requests: 1 },
  };
  await ground.apply([
    eventOf("call_ended", silent),
    eventOf("call_ended", { ...silent, call_id: "call_fedcba9876543210", transcript_with_tool_calls: [{ role: "tool_call_invocation" }] }),
  ]);
  expect((await ground.calls()).map(({ is_dead_end }) => is_dead_end)).toEqual([true, false]);
  const log = openToolCallLog(ground.gateway());
  log.add({
    companyId: "eins",
    callId: "call_0123456789abcdef",
    name: "book_appointment",
    at: wednesday,
    durationMs: 12,
    outcome: "failed",
    agentVersion: 4,
  });
  await log.flush();
  expect((await ground.calls()).map(({ is_dead_end, tool_errors }) => [is_dead_end, tool_errors])).toEqual([
    [false, 1],
    [false, 0],
  ]);
});

test("what our functions did stands in a call that is only heard of afterwards", async () => {
  const log = openToolCallLog(ground.gateway());
  for (const outcome of ["ok", "confirmed", "deadline"] as const) {
    log.add({ companyId: "eins", callId: "call_0123456789abcdef", name: "book", at: wednesday, durationMs: 1, outcome });
  }
  await log.flush();
  await ground.apply([ended]);
  expect(await ground.calls()).toMatchObject([{ tool_calls: 3, tool_errors: 1, outcome: "booked" }]);
});

test("two thousand events of a thousand calls are applied in one batch", async () => {
  const events = Array.from({ length: 1000 }, (_, index) => `call_${String(index).padStart(16, "0")}`).flatMap((call_id) => [
    eventOf("call_started", { call_id, call_status: "ongoing", start_timestamp: wednesday }),
    eventOf("call_ended", {
      call_id,
      call_status: "ended",
      start_timestamp: wednesday,
      end_timestamp: wednesday + 1000,
      disconnection_reason: "user_hangup",
      transcript: "x".repeat(1500),
    }),
  ]);
  await ground.apply(events);
  const { rows } = await asEveryCompany(
    ground.store.pool,
    async (client) => await client.query("select count(*)::int as count from gateway.call where state = 'ended'"),
  );
  expect(rows).toEqual([{ count: 1000 }]);
});

test("failed calls are grouped by cause with whose fault it looks like, and a broken agent version shows", async () => {
  const gateway = ground.gateway();
  const bad = (call_id: string, disconnection_reason: string, more: Record<string, unknown> = {}): InboxEvent =>
    eventOf("call_ended", {
      call_id,
      call_status: "ended",
      start_timestamp: wednesday - 60_000,
      end_timestamp: wednesday - 30_000,
      disconnection_reason,
      ...more,
    });
  await ground.apply([
    bad("call_aaaaaaaaaaaa", "error_retell"),
    bad("call_bbbbbbbbbbbb", "error_retell"),
    bad("call_cccccccccccc", "no_valid_payment"),
    ...[1, 2, 3].map((index) => bad(`call_deadend00000${index}`, "user_hangup", { llm_token_usage: { num_requests: 1 } })),
    bad("call_good000000000", "agent_hangup"),
    eventOf("call_started", { call_id: "call_stuck00000000", call_status: "ongoing", start_timestamp: wednesday - hours(3) }),
  ]);
  await ground.store.pool.query(
    "insert into gateway.finding (kind, subject, first_at, last_at) values ('unknown-number', '+493…99', to_timestamp($1::float8/1000), to_timestamp($1::float8/1000))",
    [wednesday],
  );
  const found = await listFailedCalls(ground.store.pool, { since: wednesday - hours(1), now: ground.now });
  expect(found.all).toBe(7);
  expect(
    groupFailures(found.calls, 1).map(({ kind, reason, blame, count, calls: shown }) => [kind, reason, blame, count, shown.length]),
  ).toEqual([
    ["dead-end", "user_hangup", "agent", 3, 1],
    ["failed", "error_retell", "retell", 2, 1],
    ["failed", "no_valid_payment", "bill", 1, 1],
    ["stuck", "stuck", "ours", 1, 1],
    ["unknown-number", "unknown-number", "ours", 1, 1],
  ]);
  expect((await listFailedCalls(ground.store.pool, { since: wednesday - hours(1), now: ground.now, companyId: "zwei" })).calls).toEqual([]);
  expect(await checkCallQuality(gateway)).toMatchObject([
    { id: "P9", subject: "eins/agent_1@4", state: "degraded", cause: "calls-failing", evidence: { calls: 7, deadEnds: 3 } },
  ]);
});

test("records of function calls wait for a database that is away, and none is lost", async () => {
  const log = openToolCallLog({ pool: undefined, report: () => {} });
  log.add({ companyId: "eins", callId: "call_0123456789abcdef", name: "book", at: wednesday, durationMs: 1, outcome: "ok" });
  await log.flush();
  expect(log.waiting).toBe(1);
});
