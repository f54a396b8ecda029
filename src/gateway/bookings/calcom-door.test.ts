import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Calcom } from "../../integrations/calcom-api.ts";
import { CalcomFault } from "../../integrations/calcom-fault.ts";
import { minutes } from "../../kernel/clock.ts";
import { live, openCalcomDoor } from "./calcom-door.ts";
import { cutType, startDeskWorld, type DeskWorld } from "./desk-world.test-support.ts";

let world: DeskWorld;
beforeAll(async () => {
  world = await startDeskWorld();
});
beforeEach(async () => await world.reset());
afterAll(async () => await world.close());

const { signal } = new AbortController();
const startsAt = (): number => world.at(1);
/** One call of every method there is: the compiler demands the ones that are added later. */
const methods: { readonly [Name in keyof Calcom]: (calcom: Calcom) => Promise<unknown> } = {
  me: (calcom) => calcom.me(signal),
  slots: (calcom) => calcom.slots({ eventTypeId: cutType, firstDay: "2026-11-24", lastDay: "2026-11-24" }, signal),
  reserveSlot: (calcom) => calcom.reserveSlot({ eventTypeId: cutType, startsAt: startsAt(), minutes: 5 }, signal),
  releaseSlot: (calcom) => calcom.releaseSlot("r", signal),
  createBooking: (calcom) =>
    calcom.createBooking(
      { eventTypeId: cutType, startsAt: startsAt(), operationId: "o", companyId: "salon", attendee: { name: "x", timeZone: "UTC" } },
      signal,
    ),
  getBooking: (calcom) => calcom.getBooking("u", signal),
  listBookings: (calcom) => calcom.listBookings({}, signal),
  cancelBooking: (calcom) => calcom.cancelBooking("u", "x", signal),
  rescheduleBooking: (calcom) => calcom.rescheduleBooking("u", { startsAt: startsAt(), reason: "x" }, signal),
  listEventTypes: (calcom) => calcom.listEventTypes(signal),
  getEventType: (calcom) => calcom.getEventType(cutType, signal),
};

test.each(Object.entries(methods))("%s passes the limit and then the breaker, once per request", async (_, call) => {
  const before = world.calcom.exchanges.length;
  await call(openCalcomDoor(world.gateway).of("salon", live)).catch(() => {});
  expect(world.calcom.exchanges.length - before).toBe(1);
  expect(world.taken).toEqual(["calcom:main", "breaker"]);
});

test.each(Object.entries(methods))("%s reaches nobody while the limit is used up or the breaker is open", async (_, call) => {
  const before = world.calcom.exchanges.length;
  const calcom = openCalcomDoor(world.gateway).of("salon", live);
  world.egressIsFull(true);
  await expect(call(calcom)).rejects.toMatchObject({ kind: "throttled", reason: "own limit" });
  world.egressIsFull(false);
  world.breakerIs("open");
  await expect(call(calcom)).rejects.toMatchObject({ kind: "unreachable", reason: "breaker open" });
  expect(world.calcom.exchanges.length).toBe(before);
});

test.each([
  [30, 30_000],
  [undefined, 60_000],
])("after a 429 with Retry-After %s nobody sends on this key for that long", async (retryAfterSeconds, pauseMs) => {
  world.calcom.faults.set({ kind: "throttled", ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) });
  const before = world.now();
  await expect(openCalcomDoor(world.gateway).of("salon", live).me(signal)).rejects.toMatchObject({ kind: "throttled" });
  expect(world.blocked[0]?.untilAt).toBeGreaterThanOrEqual(before + pauseMs);
  expect(world.blocked[0]?.untilAt).toBeLessThan(before + pauseMs + minutes(1));
});

test("a suspended account is recognised by its words, the key rests, and a human hears of it", async () => {
  world.calcom.faults.set({ kind: "suspended" });
  await expect(openCalcomDoor(world.gateway).of("salon", live).me(signal)).rejects.toMatchObject({ kind: "suspended" });
  expect(world.blocked).toHaveLength(1);
  expect(world.findings).toEqual([expect.objectContaining({ kind: "calcom-suspended", subject: "calcom:main" })]);
});

test("and by three refused keys within a minute; two are a slip", async () => {
  const { me } = openCalcomDoor(world.gateway).of("salon", live);
  process.env["AMPEL_TEST_CALCOM_KEY"] = "cal_wrong";
  try {
    for (const kind of ["denied", "denied", "suspended"]) await expect(me(signal)).rejects.toMatchObject({ kind });
  } finally {
    process.env["AMPEL_TEST_CALCOM_KEY"] = "cal_test";
  }
  expect(world.findings.map(({ kind }) => kind)).toEqual(["calcom-suspended"]);
});

test("a caller who hangs up is not held against Cal.com", async () => {
  const blames: unknown[] = [];
  const { breakers } = world.gateway;
  const run: typeof breakers.run = async (vendor, work, given) => {
    try {
      return await breakers.run(vendor, work, given);
    } catch (error) {
      blames.push(error);
      throw error;
    }
  };
  const caller = new AbortController();
  world.calcom.faults.set({ kind: "silent" });
  const asking = openCalcomDoor({ ...world.gateway, breakers: { ...breakers, run } })
    .of("salon", live)
    .me(caller.signal);
  const outcome = asking.catch((error: unknown) => error);
  await expect.poll(() => world.taken).toContain("breaker");
  caller.abort();
  expect(await outcome).toBeInstanceOf(CalcomFault);
  expect(blames).toEqual([expect.objectContaining({ name: "AbortError" })]);
});
