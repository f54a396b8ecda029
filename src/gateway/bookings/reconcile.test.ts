import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { hours, minutes } from "../../kernel/clock.ts";
import { asCompany } from "../companies/tenant.ts";
import { bookingChecks, checkBookedClaims, checkCanary, checkConflictRate, checkServiceSetup } from "./booking-checks.ts";
import { bookingJobs } from "./booking-jobs.ts";
import { cutType, erika, startDeskWorld, washType, type DeskWorld } from "./desk-world.test-support.ts";
import { diffBookings, emergencySync, isInStep } from "./emergency-sync.ts";
import type { OpenBookingDesk } from "./open-booking-desk.ts";
import { backfillBookings, findEmptyClaims, raiseEmptyClaims } from "./reconcile.ts";
import { checkServices } from "./service-check.ts";
import type { Desk } from "./settle-push.ts";

let world: DeskWorld;
let open: OpenBookingDesk;
let desk: Desk;
beforeAll(async () => {
  world = await startDeskWorld();
});
beforeEach(async () => {
  await world.reset();
  open = world.openDesk();
  if (open.desk === undefined) throw new Error("no desk");
  desk = open.desk;
});
afterAll(async () => await world.close());

const { signal } = new AbortController();
const iso = (at: number): string => new Date(at).toISOString();
const book = async (operationId: string, hour: number) => {
  const result = await open.book(
    "salon",
    { serviceId: "cut", startsAt: world.at(hour), attendee: erika, callId: "call_1", operationId },
    signal,
  );
  return "appointmentId" in result ? result.appointmentId : "";
};
const states = async (): Promise<string[]> => (await world.rows()).map(({ state, source }) => `${state} ${source}`);
const claim = async (callId: string, agoMs: number): Promise<void> =>
  await asCompany(world.store.pool, "salon", async (client) => {
    await client.query(
      "insert into gateway.call (company_id, call_id, state, outcome, ended_at) values ('salon', $1, 'ended', 'booked', $2)",
      [callId, new Date(world.now() - agoMs)],
    );
  });

test("what the webhooks did not bring is fetched: new, moved and cancelled, once, from where the last look ended", async () => {
  await book("op-1", 1);
  const there = world.calcom.state.bookings[0];
  if (there === undefined) throw new Error("not booked");
  world.calcom.add({ eventTypeId: cutType, start: iso(world.at(4)), updatedAt: iso(world.now()) });
  Object.assign(there, { status: "cancelled", updatedAt: iso(world.now() + 1) });
  expect(await backfillBookings(desk, signal)).toMatchObject({ created: 1, updated: 1 });
  expect(await states()).toEqual(["cancelled retell", "confirmed calcom"]);
  world.advance(hours(1));
  expect(await backfillBookings(desk, signal)).toMatchObject({ created: 0, updated: 0 });
  const list = world.calcom.exchanges.findLast(({ endpoint }) => endpoint === "list");
  expect(list?.request.query.get("afterUpdatedAt")).toBe(iso(Date.parse(there.updatedAt) - minutes(5)));
});

test("a booking of an event type that is nobody's is counted and reported, and given to nobody", async () => {
  world.calcom.add({ eventTypeId: 999, start: iso(world.at(4)) });
  expect(await backfillBookings(desk, signal)).toMatchObject({ unassigned: 1, created: 0 });
  expect(await world.rows()).toEqual([]);
  expect(world.findings).toEqual([expect.objectContaining({ kind: "calcom-unknown-event-type", subject: "999" })]);
});

test("a list of several pages is read to its end", async () => {
  for (let index = 0; index < 230; index += 1) world.calcom.add({ eventTypeId: washType, start: iso(world.at(24) + index * minutes(30)) });
  expect(await backfillBookings(desk, signal)).toMatchObject({ created: 230 });
}, 30_000);

test("a call said booked with nothing behind it is found after two minutes, told once, and seen by P5", async () => {
  await book("op-1", 1);
  await claim("call_1", minutes(3));
  await claim("call_2", minutes(3));
  await claim("call_3", minutes(1));
  expect((await findEmptyClaims(desk)).map(({ callId }) => callId)).toEqual(["call_2"]);
  await raiseEmptyClaims(desk);
  await raiseEmptyClaims(desk);
  expect((await world.conflicts()).map(({ kind, subject }) => `${kind} ${subject}`)).toEqual(["claim-without-appointment call_2"]);
  expect(await checkBookedClaims(desk)).toEqual([
    expect.objectContaining({ id: "P5", state: "degraded", evidence: expect.objectContaining({ emptyClaims: 1 }) }),
  ]);
});

test("P5 is fine without anything, and unknown without a database", async () => {
  expect(await checkBookedClaims(desk)).toEqual([expect.objectContaining({ state: "ok" })]);
  const broken = {
    ...desk,
    pool: { connect: () => Promise.reject(Object.assign(new Error("gone"), { code: "ECONNREFUSED" })) } as unknown as Desk["pool"],
  };
  expect(await checkBookedClaims(broken)).toEqual([expect.objectContaining({ state: "unknown", evidence: { reason: "ECONNREFUSED" } })]);
});

test("many wishes that meet a busy host are a pattern", async () => {
  await open.availability("salon", { serviceId: "cut", fromAt: world.at(0), untilAt: world.at(8) }, signal);
  for (const hour of [0, 1, 2]) world.calcom.add({ eventTypeId: cutType, start: iso(world.at(hour)) });
  expect(await checkConflictRate(desk)).toMatchObject([{ state: "ok" }]);
  for (const hour of [0, 1, 2]) await book(`op-${hour}`, hour);
  expect(await checkConflictRate(desk)).toMatchObject([{ state: "degraded", evidence: { booked: 3, taken: 3 } }]);
});

test("services are held against Cal.com: right, another duration, gone, without times, not looked at", async () => {
  expect(await checkServices(desk, signal)).toEqual({ checked: 2, problems: [] });
  world.calcom.state.minutes.set(cutType, 45);
  world.calcom.state.minutes.delete(washType);
  expect((await checkServices(desk, signal)).problems.map(({ serviceId, kind }) => `${serviceId} ${kind}`)).toEqual([
    "cut duration-differs",
    "wash event-type-gone",
  ]);
  world.calcom.state.minutes.set(cutType, 30).set(washType, 30);
  world.calcom.state.offered.set(washType, [world.now() - 1, world.now() + hours(24 * 8)]);
  expect((await checkServices(desk, signal)).problems.map(({ kind }) => kind)).toEqual(["no-slots"]);
  world.calcom.faults.set({ kind: "error" });
  expect((await checkServices(desk, signal)).problems.map(({ kind }) => kind)).toEqual(["not-looked", "not-looked"]);
  expect(await checkServiceSetup(desk, signal)).toMatchObject([{ state: "unknown" }]);
});

test("the canary: our answer agrees with raw Cal.com, an own provisional booking is no disagreement, an hour's shift is", async () => {
  expect(await checkCanary(open, world.gateway, signal)).toMatchObject([
    { id: "P20", subject: "salon", state: "ok", evidence: { hidden: 0, invented: 0 } },
  ]);
  world.calcom.faults.set({ kind: "error" }, { endpoint: "create" });
  world.calcom.faults.set({ kind: "error" }, { endpoint: "reserve" });
  await book("op-1", 1);
  world.calcom.faults.clear();
  expect(await checkCanary(open, world.gateway, signal)).toMatchObject([{ state: "ok" }]);
  const offered = world.calcom.state.offered.get(cutType) ?? [];
  world.calcom.state.offered.set(
    cutType,
    offered.map((slot) => slot + hours(5)),
  );
  expect(await checkCanary(open, world.gateway, signal)).toMatchObject([{ state: "down" }]);
});

test("emergency sync: the difference first, both ways, then done, then looked at again", async () => {
  await open.availability("salon", { serviceId: "cut", fromAt: world.at(0), untilAt: world.at(8) }, signal);
  const gone = await book("op-gone", 3);
  world.calcom.state.bookings.length = 0;
  world.breakerIs("open");
  await book("op-1", 1);
  await book("op-2", 2);
  world.breakerIs("closed");
  world.calcom.add({ eventTypeId: cutType, start: iso(world.at(2)) });
  world.calcom.add({ eventTypeId: washType, start: iso(world.at(4)) });
  world.calcom.add({ eventTypeId: washType, start: iso(world.at(40)) });

  const span = { fromAt: world.now(), untilAt: world.now() + hours(30) };
  const before = await diffBookings(desk, span, signal);
  expect(before.toCalcom.map(({ what }) => what)).toEqual(["create", "create"]);
  expect(before.fromCalcom.map(({ what }) => what)).toEqual(["new", "new"]);
  expect(before.missing.map(({ subject }) => subject)).toEqual([gone]);
  expect(await diffBookings(desk, span, signal)).toEqual(before);
  expect(world.calcom.state.bookings).toHaveLength(3);

  const report = await emergencySync(desk, 30, signal);
  expect(report).toMatchObject({ pushed: { agreed: 1, taken: 1 }, applied: { created: 2 }, missing: 1, isResumed: false });
  expect(isInStep(report.rest)).toBe(true);
  expect(report.conflicts.map(({ kind }) => kind).sort()).toEqual(["missing-at-calcom", "slot-taken"]);
  expect(await emergencySync(desk, 30, signal)).toMatchObject({ pushed: { agreed: 0 }, applied: { created: 0 }, missing: 0 });
});

test("emergency sync that is cut off goes on, and while Cal.com does not answer nothing is called in step", async () => {
  world.calcom.add({ eventTypeId: cutType, start: iso(world.at(2)) });
  world.calcom.faults.set({ kind: "error" }, { endpoint: "list" });
  const report = await emergencySync(desk, 30, signal);
  expect(report.rest.unseen).toEqual(["calcom:main"]);
  expect(isInStep(report.rest)).toBe(false);
  world.calcom.faults.clear();
  expect(await emergencySync(desk, 30, signal)).toMatchObject({ isResumed: true, applied: { created: 1 } });
});

test("every job runs through, with work and without", async () => {
  const jobs = bookingJobs(open, { promise: async () => ({ callbackId: "cb", promisedBy: 0 }) });
  expect(jobs.map(({ name }) => name)).toEqual([
    "booking-sync",
    "booking-backfill",
    "booking-compare",
    "service-check",
    "availability-warm",
  ]);
  await book("op-1", 1);
  for (let round = 0; round < 2; round += 1) {
    for (const job of jobs) await job.run(signal);
    world.calcom.state.bookings.length = 0;
  }
  expect((await world.conflicts()).map(({ kind }) => kind)).toEqual(["missing-at-calcom"]);
});

test("the round of checks asks our own data each time and Cal.com seldom", async () => {
  const round = bookingChecks(open);
  if (round === undefined) throw new Error("no round");
  expect((await round(signal)).map(({ id, state }) => `${id} ${state}`)).toEqual([
    "P5 ok",
    "booking-conflict-rate ok",
    "P20 ok",
    "services ok",
  ]);
  const before = world.calcom.exchanges.length;
  await round(signal);
  expect(world.calcom.exchanges.length).toBe(before);
  world.advance(minutes(10));
  await round(signal);
  expect(world.calcom.exchanges.length).toBeGreaterThan(before);
});
