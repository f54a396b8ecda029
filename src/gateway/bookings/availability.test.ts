import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { hours, minutes } from "../../kernel/clock.ts";
import { Failure } from "../../kernel/failure.ts";
import type { Availability } from "./booking-desk.ts";
import { cutType, erika, startDeskWorld, type DeskWorld } from "./desk-world.test-support.ts";
import { answerFrom, byDay, daysOf } from "./free-times.ts";
import type { OpenBookingDesk } from "./open-booking-desk.ts";

let world: DeskWorld;
let desk: OpenBookingDesk;
beforeAll(async () => {
  world = await startDeskWorld();
});
beforeEach(async () => {
  await world.reset();
  desk = world.openDesk();
});
afterAll(async () => await world.close());

const { signal } = new AbortController();
const free = async (from: OpenBookingDesk = desk): Promise<Availability> =>
  await from.availability("salon", { serviceId: "cut", fromAt: world.at(0), untilAt: world.at(8) }, signal);
const asked = (): number => world.calcom.exchanges.filter(({ endpoint }) => endpoint === "slots").length;
const storedDays = async (): Promise<number> =>
  (await world.store.pool.query("select count(*)::int as count from gateway.availability")).rows[0].count as number;

test("fifty callers with one question are one question to Cal.com; the next ones are answered from memory", async () => {
  const before = asked();
  const answers = await Promise.all(Array.from({ length: 50 }, async () => await free()));
  expect(answers.every(({ slots, isStale }) => slots.length === 16 && !isStale)).toBe(true);
  await free();
  expect(asked() - before).toBe(1);
});

test("another process takes it from the store, and asks Cal.com again after five minutes", async () => {
  await free();
  await expect.poll(storedDays).toBe(1);
  const other = world.openDesk();
  const before = asked();
  await free(other);
  expect(asked()).toBe(before);
  world.advance(minutes(5));
  await free(other);
  expect(asked()).toBe(before + 1);
});

test("a day without free times is asked again after a minute", async () => {
  world.calcom.state.offered.set(cutType, []);
  expect((await free()).slots).toEqual([]);
  world.calcom.state.offered.set(cutType, [world.at(1)]);
  expect((await free()).slots).toEqual([]);
  world.advance(minutes(1));
  expect((await free()).slots).toEqual([world.at(1)]);
});

test("every booking path makes the known times stale, in the other processes too", async () => {
  const other = world.openDesk();
  await free();
  await free(other);
  const booked = await desk.book(
    "salon",
    { serviceId: "cut", startsAt: world.at(1), attendee: erika, callId: "c", operationId: "op" },
    signal,
  );
  if (booked.kind !== "confirmed") throw new Error("not booked");
  expect((await free()).slots).not.toContain(world.at(1));
  world.advance(1100);
  expect((await free(other)).slots).not.toContain(world.at(1));
  const { appointmentId } = booked;
  await desk.reschedule("salon", { appointmentId, startsAt: world.at(2), callId: "c", operationId: "op-2" }, signal);
  world.advance(1100);
  for (const each of [desk, other]) {
    const { slots } = await free(each);
    expect(slots).toContain(world.at(1));
    expect(slots).not.toContain(world.at(2));
  }
  await desk.cancel("salon", { appointmentId, callId: "c", operationId: "op-3" }, signal);
  world.advance(1100);
  for (const each of [desk, other]) expect((await free(each)).slots).toContain(world.at(2));
});

test.each([
  ["is down", (): void => world.calcom.faults.set({ kind: "down" })],
  ["answers a page", (): void => world.calcom.faults.set({ kind: "html" })],
  ["has its breaker open", (): void => world.breakerIs("open")],
  ["is not to be asked by the operator's switch", (): void => void world.switches.add("calcom.use_cache_fallback")],
])("Cal.com %s: what was known is answered with its age, up to two hours, then nothing", async (_, go) => {
  const { asOf } = await free();
  world.advance(minutes(30));
  go();
  expect(await free()).toMatchObject({ asOf, isStale: true });
  await expect.poll(storedDays).toBe(1);
  // A process that has just been started knows it from the store.
  expect(await free(world.openDesk())).toMatchObject({ asOf, isStale: true });
  world.advance(hours(2));
  await expect(free()).rejects.toMatchObject({ code: "vendor-unreachable" });
});

test("an unknown service is a failure, not an empty day", async () => {
  const asking = desk.availability("salon", { serviceId: "gone", fromAt: world.at(0), untilAt: world.at(8) }, signal);
  await expect(asking).rejects.toBeInstanceOf(Failure);
  await expect(desk.availability("other", { serviceId: "cut", fromAt: world.at(0), untilAt: world.at(8) }, signal)).rejects.toMatchObject({
    code: "not-found",
  });
});

test("answers hold while the database hangs", async () => {
  await free();
  world.advance(2000);
  const clients = await Promise.all(Array.from({ length: 10 }, async () => await world.store.pool.connect()));
  try {
    expect(await free()).toMatchObject({ isStale: false });
  } finally {
    for (const client of clients) client.release();
  }
});

test("the jobs keep the times warm, once in half an hour", async () => {
  const service = world.gateway.directory.company("salon")?.services[0];
  if (service === undefined) throw new Error("no service");
  const before = asked();
  await desk.table.keepWarm("salon", service, signal);
  await expect.poll(storedDays).toBe(15);
  await desk.table.keepWarm("salon", service, signal);
  expect(asked() - before).toBe(1);
  world.calcom.faults.set({ kind: "down" });
  world.advance(hours(1));
  expect(await free(world.openDesk())).toMatchObject({ isStale: true });
});

const wish = { serviceId: "cut", durationMs: minutes(30) };
test.each([
  ["spring, 02:00 to 03:00 does not exist in Berlin", "2027-03-27T22:00Z", "2027-03-28T22:00Z", 24 * 2],
  ["autumn, 02:00 to 03:00 comes twice", "2026-10-24T22:00Z", "2026-10-25T23:00Z", 25 * 2],
])("the night the clocks change in %s: each half hour is one slot of its own", (_, from, until, count) => {
  const [fromAt, untilAt] = [Date.parse(from), Date.parse(until)];
  const slots = Array.from({ length: (untilAt - fromAt) / minutes(30) }, (__, index) => fromAt + index * minutes(30));
  const known = byDay(slots, daysOf(fromAt, untilAt), 5);
  const answer = answerFrom([...known.values()], [], { ...wish, fromAt, untilAt }, { now: 0, isStale: false });
  expect(answer.slots).toEqual(slots);
  expect(answer.slots).toHaveLength(count);
});

test("whatever the span and the slots, the answer is what lies inside, in order, once, and clear of what is ours", () => {
  const time = fc.integer({ min: 0, max: 400 }).map((quarter) => quarter * minutes(15));
  fc.assert(
    fc.property(
      fc.array(time),
      time,
      time,
      fc.array(fc.record({ start: time, isUnsynced: fc.boolean(), changedAt: fc.constantFrom(1, 9) })),
      (slots, left, right, own) => {
        const [fromAt, untilAt] = [Math.min(left, right), Math.max(left, right) + 1];
        const blocks = own.map(({ start, isUnsynced, changedAt }, index) => ({
          appointmentId: String(index),
          createdAt: 0,
          serviceIds: new Set(["cut"]),
          startsAt: start,
          endsAt: start + wish.durationMs,
          isUnsynced,
          changedAt,
        }));
        const days = [...byDay(slots, daysOf(fromAt, untilAt), 5).values()];
        const answer = answerFrom(days, blocks, { ...wish, fromAt, untilAt }, { now: -1, isStale: false });
        const blocking = blocks.filter(({ isUnsynced, changedAt }) => isUnsynced || changedAt > 5);
        const expected = slots.filter(
          (slot) =>
            slot >= fromAt && slot < untilAt && !blocking.some((each) => slot < each.endsAt && slot + wish.durationMs > each.startsAt),
        );
        expect(answer.slots).toEqual([...new Set(expected)].sort((one, two) => one - two));
      },
    ),
  );
});
