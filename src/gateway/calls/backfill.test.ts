import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { hours, minutes } from "../../kernel/clock.ts";
import type { InboxEvent } from "../event-handler.ts";
import { backfillCalls } from "./backfill.ts";
import { eventOf, openCallGround, type CallGround } from "./call-ground.test-support.ts";
import { wednesday } from "./calls.test-support.ts";
import { checkEventGap } from "./event-gap-check.ts";
import { checkOpenCalls } from "./quality-check.ts";
import { closeStuckCalls } from "./stuck-calls.ts";

const signal = AbortSignal.timeout(120_000);
const ended = eventOf("call_ended", {
  call_status: "ended",
  start_timestamp: wednesday,
  end_timestamp: wednesday + 95_000,
  disconnection_reason: "agent_hangup",
});
let ground: CallGround;
beforeAll(async () => {
  ground = await openCallGround();
}, 60_000);
afterAll(() => ground.close());
beforeEach(() => ground.empty());

test("what an outage of hours swallowed is fetched once, under the key of the live events, and the cursor moves on", async () => {
  const gateway = ground.gateway();
  for (let index = 0; index < 250; index += 1) {
    ground.addRetellCall(`call_missing${String(index).padStart(6, "0")}`, {
      start_timestamp: ground.now - hours(5) + index * 1000,
      end_timestamp: ground.now - hours(4),
    });
  }
  await ground.apply([ended]);
  ground.addRetellCall("call_0123456789abcdef", { start_timestamp: wednesday - hours(3), call_analysis: undefined });
  ground.addRetellCall("call_justended0000", { end_timestamp: ground.now - 5000 });
  const [report] = await backfillCalls(gateway, {}, signal);
  expect(report).toMatchObject({ account: "main", compared: 252, missing: 500, stored: 500 });
  expect(await ground.applyInbox()).toBe(500);
  expect((await ground.calls()).filter(({ state }) => state === "ended")).toHaveLength(251);
  ground.now += minutes(15);
  expect(await backfillCalls(gateway, {}, signal)).toMatchObject([{ missing: 2, stored: 2, callIds: ["call_justended0000"] }]);
  expect(await backfillCalls(gateway, { since: ground.now - hours(20) }, signal)).toMatchObject([{ compared: 252, missing: 0 }]);
}, 60_000);

test("a dry run counts and changes nothing", async () => {
  ground.addRetellCall("call_missing000001");
  expect(await backfillCalls(ground.gateway(), { isDryRun: true }, signal)).toMatchObject([{ missing: 2, stored: 0 }]);
  expect((await ground.store.pool.query("select 1 from gateway.inbox_event union all select 1 from gateway.cursor")).rowCount).toBe(0);
});

test.each([
  ["down", { kind: "down" }],
  ["a page of HTML", { kind: "html", status: 200 }],
  ["half a body", { kind: "half-body" }],
  ["429", { kind: "throttled" }],
] as const)("a Retell that answers %s in the middle of the comparison moves no cursor past what is kept", async (_, fault) => {
  const gateway = ground.gateway();
  ground.addRetellCall("call_missing000001");
  ground.retell.faults.set(fault, { endpoint: "get-call" });
  await expect(backfillCalls(gateway, {}, signal)).rejects.toThrow();
  expect((await ground.store.pool.query("select 1 from gateway.cursor")).rowCount).toBe(0);
  ground.retell.faults.clear();
  expect(await backfillCalls(gateway, {}, signal)).toMatchObject([{ missing: 2, stored: 2 }]);
});

test("a call whose end never came is ended by Retell's word, closed by us when Retell knows none, and left while it may go on", async () => {
  const gateway = ground.gateway();
  const open = (call_id: string): InboxEvent =>
    eventOf("call_started", { call_id, call_status: "ongoing", start_timestamp: wednesday - hours(3) });
  await ground.apply([open("call_endedatretell"), open("call_unknownthere0"), open("call_stillrunning0")]);
  ground.addRetellCall("call_endedatretell", { start_timestamp: wednesday - hours(3), end_timestamp: wednesday - hours(2) });
  ground.addRetellCall("call_stillrunning0", { call_status: "ongoing", end_timestamp: undefined, disconnection_reason: undefined });
  expect(await closeStuckCalls(gateway, signal)).toEqual({ taken: 1, closed: 1, left: 1 });
  await ground.applyInbox();
  expect((await ground.calls()).map(({ call_id, state, is_closed_by_us }) => [call_id, state, is_closed_by_us])).toEqual([
    ["call_endedatretell", "ended", false],
    ["call_stillrunning0", "ongoing", false],
    ["call_unknownthere0", "ended", true],
  ]);
  await ground.apply([
    eventOf("call_ended", { call_id: "call_unknownthere0", call_status: "ended", disconnection_reason: "agent_hangup" }),
  ]);
  expect((await ground.calls()).at(-1)).toMatchObject({ state: "ended", is_closed_by_us: false, disconnection_reason: "agent_hangup" });
});

test("while Retell cannot be asked no call is closed, until a day has passed", async () => {
  await ground.apply([eventOf("call_started", { call_status: "ongoing", start_timestamp: wednesday - hours(3) })]);
  ground.retell.faults.set({ kind: "error", status: 500 });
  expect(await closeStuckCalls(ground.gateway(), signal)).toEqual({ taken: 0, closed: 0, left: 1 });
  expect(await checkOpenCalls(ground.gateway())).toMatchObject([
    { id: "P10", state: "degraded", evidence: { open: 1, oldestMinutes: 180 } },
  ]);
  ground.now += hours(22);
  expect(await closeStuckCalls(ground.gateway(), signal)).toMatchObject({ closed: 1 });
});

test("calls that Retell had and we never heard of are the gap; what was fetched later does not close it", async () => {
  const gateway = ground.gateway();
  expect(await checkEventGap(gateway, signal)).toMatchObject([{ id: "P1", state: "ok", evidence: { calls: 0 } }]);
  ground.addRetellCall("call_missing000001");
  ground.addRetellCall("call_missing000002");
  expect(await checkEventGap(gateway, signal)).toMatchObject([
    { state: "down", cause: "webhooks-missing", evidence: { calls: 2, missing: 2 } },
  ]);
  await backfillCalls(gateway, {}, signal);
  expect(await checkEventGap(gateway, signal)).toMatchObject([{ state: "down" }]);
  ground.addRetellCall("call_0123456789abcdef");
  const { body, headers, url } = ended;
  await gateway.keep({ ...ended, body, headers, url, verdict: "verified", source: "live", method: "POST" });
  expect(await checkEventGap(gateway, signal)).toMatchObject([{ state: "degraded", evidence: { calls: 3, missing: 2 } }]);
  ground.retell.faults.set({ kind: "down" });
  expect(await checkEventGap(gateway, signal)).toMatchObject([{ state: "unknown" }]);
});
