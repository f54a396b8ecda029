import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Secret } from "../../kernel/secret.ts";
import { startCalcom, type CalcomStandIn } from "../../sandbox/vendors/calcom.ts";
import { openBreakers, type BreakersKeeper } from "../breakers/keep-breakers.ts";
import { asCompany } from "../companies/tenant.ts";
import type { Gateway } from "../gateway.ts";
import { openEgress, type EgressKeeper } from "../vendors/open-egress.ts";
import { live } from "./calcom-door.ts";
import { calcomEventHandler } from "./calcom-event-handler.ts";
import { cutType, erika, startDeskWorld, washType, type DeskWorld } from "./desk-world.test-support.ts";
import { emergencySync, isInStep } from "./emergency-sync.ts";
import { openBookingDesk, type OpenBookingDesk } from "./open-booking-desk.ts";
import { backfillBookings } from "./reconcile.ts";
import { checkServices } from "./service-check.ts";

// The sandbox's Cal.com, which obeys the vendor's contract, with the real limit and the real breaker in between.
let world: DeskWorld;
let calcom: CalcomStandIn;
let egress: EgressKeeper;
let breakers: BreakersKeeper;
let gateway: Gateway;
let open: OpenBookingDesk;
beforeAll(async () => {
  world = await startDeskWorld(Date.now());
});
beforeEach(async () => {
  await world.reset();
  const { clock } = world.gateway;
  calcom = await startCalcom({
    key: "cal_test",
    clock,
    eventTypes: [
      { id: cutType, lengthInMinutes: 30 },
      { id: washType, lengthInMinutes: 30 },
    ],
  });
  calcom.state.webhooks.set(1, {
    id: 1,
    active: true,
    subscriberUrl: "http://127.0.0.1:1/",
    triggers: ["BOOKING_CREATED", "BOOKING_RESCHEDULED", "BOOKING_CANCELLED"],
    secret: "s",
    payloadTemplate: null,
  });
  await world.store.pool.query("truncate gateway.breaker, gateway.egress, gateway.egress_count");
  egress = openEgress({ pool: world.store.pool, clock, limits: { calcom: 100 } });
  breakers = await openBreakers({ pool: world.store.pool, clock });
  const key = new Secret("${env:AMPEL_TEST_CALCOM_KEY}");
  gateway = { ...world.gateway, egress, breakers, access: () => ({ baseUrl: calcom.url, key }) };
  open = openBookingDesk(gateway);
  return async () => {
    await open.table.flush();
    await egress.close();
    await breakers.close();
    await calcom.close();
  };
});
afterAll(async () => await world.close());

const { signal } = new AbortController();
const active = () => [...calcom.state.bookings.values()].filter(({ status }) => status === "accepted");
const book = async (operationId = "op-1", hour = 1) =>
  await open.book("salon", { serviceId: "cut", startsAt: world.at(hour), attendee: erika, callId: "call_1", operationId }, signal);

test("booked, moved and cancelled, each step agreed and read back", async () => {
  const { slots } = await open.availability("salon", { serviceId: "cut", fromAt: world.at(0), untilAt: world.at(8) }, signal);
  expect(slots.length).toBeGreaterThan(12);
  const booked = await book();
  if (booked.kind !== "confirmed") throw new Error(`not booked: ${booked.kind}`);
  const { appointmentId } = booked;
  expect(await open.reschedule("salon", { appointmentId, startsAt: world.at(3), callId: "c", operationId: "op-2" }, signal)).toMatchObject({
    kind: "confirmed",
  });
  expect(active().map(({ startAt }) => startAt)).toEqual([world.at(3)]);
  expect(await open.cancel("salon", { appointmentId, callId: "c", operationId: "op-3" }, signal)).toEqual({ kind: "cancelled" });
  expect(active()).toEqual([]);
  expect(await checkServices({ gateway, door: open.door }, signal)).toEqual({ checked: 2, problems: [] });
});

test("the webhooks of all that, backwards, leave it as it was; a backfill afterwards finds nothing new", async () => {
  const booked = await book();
  if (booked.kind !== "confirmed") throw new Error("not booked");
  await open.reschedule("salon", { appointmentId: booked.appointmentId, startsAt: world.at(3), callId: "c", operationId: "op-2" }, signal);
  await calcom.settled();
  const bodies = calcom.webhooks.sent.map(({ body }) => Buffer.from(body)).toReversed();
  expect(bodies).toHaveLength(2);
  const before = await world.rows();
  const handler = calcomEventHandler(gateway);
  const events = bodies.map((body) => ({ body }) as never);
  await asCompany(world.store.pool, "salon", async (client) => await handler.apply(events, client, "salon"));
  const after = await world.rows();
  expect(after.map(({ calcomUid, startsAt, state }) => ({ calcomUid, startsAt, state }))).toEqual(
    before.map(({ calcomUid, startsAt, state }) => ({ calcomUid, startsAt, state })),
  );
  if (open.desk === undefined) throw new Error("no desk");
  expect(await backfillBookings(open.desk, signal)).toMatchObject({ created: 0, conflict: 0, unassigned: 0, strange: 0 });
  expect(await world.conflicts()).toEqual([]);
});

test("a suspended account: what is known is offered, a wish is provisional, and Cal.com is left alone", async () => {
  await open.availability("salon", { serviceId: "cut", fromAt: world.at(0), untilAt: world.at(8) }, signal);
  calcom.faults.set({ kind: "suspended" });
  expect(await book()).toMatchObject({ kind: "provisional" });
  const before = calcom.exchanges.length;
  expect(await book("op-2", 2)).toMatchObject({ kind: "provisional" });
  expect(calcom.exchanges.length).toBe(before);
  expect(world.findings).toContainEqual(expect.objectContaining({ kind: "calcom-suspended" }));
});

test("Cal.com fails until the breaker opens; when it is back the emergency sync makes what was promised, and looks again", async () => {
  await open.availability("salon", { serviceId: "cut", fromAt: world.at(0), untilAt: world.at(8) }, signal);
  calcom.faults.set({ kind: "error" });
  for (let hour = 0; hour < 6; hour += 1) expect(await book(`op-${hour}`, hour)).toMatchObject({ kind: "provisional" });
  expect(breakers.state("calcom")).toBe("open");
  const before = calcom.exchanges.length;
  expect(await book("op-6", 6)).toMatchObject({ kind: "provisional" });
  expect(calcom.exchanges.length).toBe(before);
  calcom.faults.clear();
  calcom.bookElsewhere({ eventTypeId: cutType, startAt: world.at(2) });
  world.advance(20 * 60_000);
  await breakers.change("calcom", { kind: "proven", by: "test" });
  if (open.desk === undefined) throw new Error("no desk");
  const report = await emergencySync(open.desk, 96, signal);
  expect(isInStep(report.rest)).toBe(true);
  expect(report.conflicts.map(({ kind }) => kind)).toEqual(["slot-taken"]);
  expect(active()).toHaveLength(7);
});

test("two processes and one key: together they stay within the limit", async () => {
  const other = openEgress({ pool: world.store.pool, clock: gateway.clock, limits: { calcom: 100 } });
  const doors = [open.door, openBookingDesk({ ...gateway, egress: other }).door];
  const calls = Array.from({ length: 130 }, async (_, index) => await doors[index % 2]?.of("salon", { ...live, waitMs: 200 }).me(signal));
  const ended = await Promise.allSettled(calls);
  await other.close();
  const answered = ended.filter(({ status }) => status === "fulfilled").length;
  expect(answered).toBeLessThanOrEqual(100);
  expect(answered).toBeGreaterThan(40);
  expect(calcom.exchanges.filter(({ status }) => status === 429)).toEqual([]);
}, 30_000);
