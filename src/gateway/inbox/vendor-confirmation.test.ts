import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { hours } from "../../kernel/clock.ts";
import { send, signRetell } from "../server/gateway.test-support.ts";
import { confirmQuarantined, type ConfirmationResult } from "./confirm.ts";
import { vendorConfirmation } from "./vendor-confirmation.ts";
import { eventTypeId, ourNumber, startVendorWorld, type VendorWorld } from "./vendor-world.test-support.ts";

// The gateway lacks the vendors' webhook key: all that arrives lies in quarantine until they confirm it.
let world: VendorWorld;
beforeAll(async () => {
  world = await startVendorWorld("another");
}, 60_000);
afterAll(async () => await world.close());
beforeEach(async () => {
  await world.store.pool.query("truncate gateway.inbox_event, gateway.call");
  await world.store.pool.query("truncate gateway.appointment cascade");
  world.retell.state.calls.clear();
});

const signal = AbortSignal.timeout(60_000);
const confirm = async (): Promise<ConfirmationResult[]> =>
  await confirmQuarantined(world.store.pool, vendorConfirmation(world.running.gateway), { signal });
const results = (all: readonly ConfirmationResult[]): string[] =>
  all.map(({ result, detail }) => (detail === undefined ? result : `${result} ${detail}`));
const states = async (): Promise<string[]> => (await world.inbox()).map(({ event_type, status }) => `${event_type} ${status}`);
const forge = async (provider: string, body: unknown): Promise<number> => {
  const text = JSON.stringify(body);
  return (await send(world.running.port, { path: `/webhooks/${provider}`, body: text, headers: signRetell(text, { key: "a guess" }) }))
    .status;
};
const simulateCall = async (): Promise<string> => {
  const { call } = await world.retell.simulateCall({ from: "+4915112345678", to: ourNumber, script: [{ agent: "Guten Tag" }] });
  await world.retell.settled();
  return call?.call_id ?? "no call";
};

test("a genuine call that could not be verified is confirmed by Retell and becomes a row", async () => {
  const callId = await simulateCall();
  expect(await states()).toEqual(
    expect.arrayContaining(["call_started quarantined", "call_ended quarantined", "call_analyzed quarantined"]),
  );
  expect(await world.rows("call")).toEqual([]);
  expect(results(await confirm())).toEqual(["released", "released", "released"]);
  await expect
    .poll(states, { timeout: 10_000 })
    .toEqual(expect.arrayContaining(["call_started done", "call_ended done", "call_analyzed done"]));
  expect(await world.rows("call")).toMatchObject([{ call_id: callId, company_id: "eins", state: "ended", branch_id: "mitte" }]);
});

test("a call that Retell does not know, or knows otherwise, stays where it is", async () => {
  const callId = await simulateCall();
  const genuine = world.retell.state.calls.get(callId) ?? {};
  await world.store.pool.query("truncate gateway.inbox_event");
  const forged = [
    { event: "call_ended", call: { ...genuine, call_id: "call_ffffffffffffffffffffffffffff" } },
    { event: "call_ended", call: { ...genuine, duration_ms: 7_200_000 } },
    { event: "call_ended", call: { ...genuine, metadata: { company_id: "zwei" } } },
    { event: "call_analyzed", call: { ...genuine, call_analysis: { custom_analysis_data: { appointment_booked: true } } } },
    { event: "call_ended", call: { ...genuine, to_number: "+4930222222" } },
  ];
  for (const each of forged) expect(await forge("retell", each)).toBe(202);
  expect(results(await confirm())).toEqual([
    "absent",
    "differs duration_ms",
    "differs metadata",
    "differs call_analysis",
    "differs to_number",
  ]);
  expect(new Set((await world.inbox()).map(({ status }) => status))).toEqual(new Set(["quarantined"]));
  expect(await world.rows("call")).toEqual([]);
});

test("a vendor that is away is no verdict: the event waits and is confirmed afterwards", async () => {
  await simulateCall();
  world.retell.faults.set({ kind: "error" });
  expect((await confirm()).map(({ result }) => result)).toEqual(["unanswered", "unanswered", "unanswered"]);
  world.retell.faults.clear();
  expect(results(await confirm())).toEqual(["released", "released", "released"]);
});

test("a genuine booking is confirmed by Cal.com and becomes an appointment", async () => {
  const startAt = Math.ceil(Date.now() / hours(1)) * hours(1) + hours(24);
  const { uid } = world.calcom.bookElsewhere({ eventTypeId, startAt });
  await world.calcom.settled();
  expect(await states()).toEqual(["BOOKING_CREATED quarantined"]);
  expect(results(await confirm())).toEqual(["released"]);
  await expect.poll(states, { timeout: 10_000 }).toEqual(["BOOKING_CREATED done"]);
  expect(await world.rows("appointment")).toMatchObject([
    { company_id: "eins", calcom_uid: uid, starts_at: new Date(startAt), state: "confirmed" },
  ]);
});

test("a booking that Cal.com does not know, or knows otherwise, stays where it is", async () => {
  const startAt = Math.ceil(Date.now() / hours(1)) * hours(1) + hours(48);
  world.calcom.bookElsewhere({ eventTypeId, startAt });
  await world.calcom.settled();
  const [sent] = world.calcom.webhooks.sent.slice(-1);
  const genuine = JSON.parse(sent?.body ?? "{}") as { createdAt: string; payload: Record<string, unknown> };
  await world.store.pool.query("truncate gateway.inbox_event");
  const forged = [
    { ...genuine, payload: { ...genuine.payload, uid: "made-up" } },
    { ...genuine, triggerEvent: "BOOKING_CANCELLED" },
    { ...genuine, payload: { ...genuine.payload, startTime: new Date(startAt + hours(1)).toISOString() } },
    { ...genuine, payload: { ...genuine.payload, metadata: { ampel_company: "zwei" } } },
    { ...genuine, payload: { ...genuine.payload, rescheduleUid: "somebody-elses" } },
    { ...genuine, payload: { ...genuine.payload, status: "PENDING" } },
    { ...genuine, createdAt: "2099-01-01T00:00:00.000Z" },
  ];
  for (const each of forged) expect(await forge("calcom", each)).toBe(202);
  expect(results(await confirm())).toEqual([
    "absent",
    "differs status",
    "differs startTime",
    "differs metadata",
    "differs rescheduleUid",
    "differs status",
    "differs createdAt",
  ]);
  expect(await world.rows("appointment")).toEqual([]);
});
