import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { BookingResult } from "./booking-desk.ts";
import { cutType, erika, startDeskWorld, type DeskWorld } from "./desk-world.test-support.ts";
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
const book = async (operationId = "op-1", { from = desk, hour = 1, phone = erika.phone } = {}): Promise<BookingResult> =>
  await from.book(
    "salon",
    { serviceId: "cut", startsAt: world.at(hour), attendee: { ...erika, phone }, callId: "call_1", operationId },
    signal,
  );
const knowTimes = async (): Promise<void> => {
  await desk.availability("salon", { serviceId: "cut", fromAt: world.at(0), untilAt: world.at(8) }, signal);
  await desk.table.flush();
};
const posts = (): number => world.calcom.exchanges.filter(({ endpoint }) => endpoint === "create").length;

test("a booking is held, made, read back, and only then called confirmed", async () => {
  const before = world.calcom.exchanges.length;
  const result = await book();
  expect(result).toMatchObject({ kind: "confirmed", startsAt: world.at(1) });
  expect(world.calcom.exchanges.slice(before).map(({ endpoint }) => endpoint)).toEqual(["reserve", "create", "get"]);
  const [row] = await world.rows();
  expect(row).toMatchObject({ state: "confirmed", syncState: "synced", calcomUid: world.calcom.state.bookings[0]?.uid, sentAt: undefined });
  expect(world.calcom.state.bookings[0]?.metadata).toEqual({ ampelOperation: "op-1", ampelCompany: "salon" });
});

test("the same wish again has the same answer and makes no second booking, at once or later, in another process too", async () => {
  const other = world.openDesk();
  const answers = await Promise.all([book("op-1"), book("op-1", { from: other }), book("op-1")]);
  answers.push(await book("op-1", { from: other }));
  for (const answer of answers) expect(answer).toEqual(answers[0]);
  expect(answers[0]).toMatchObject({ kind: "confirmed" });
  expect(world.calcom.state.bookings).toHaveLength(1);
});

test("of two processes that want the same slot one wins, and the other is offered times that are free", async () => {
  await knowTimes();
  const answers = await Promise.all([book("op-1"), book("op-2", { from: world.openDesk(), phone: "+4930999999" })]);
  expect(answers.map(({ kind }) => kind).sort()).toEqual(["confirmed", "taken"]);
  const taken = answers.find((each) => each.kind === "taken");
  expect(taken?.alternatives).toHaveLength(3);
  expect(taken?.alternatives).not.toContain(world.at(1));
  expect(world.calcom.state.bookings).toHaveLength(1);
});

test("a slot that somebody took at Cal.com meanwhile is taken, with what Cal.com lists now", async () => {
  await knowTimes();
  world.calcom.add({ eventTypeId: cutType, start: new Date(world.at(1)).toISOString() });
  expect(await book()).toEqual({ kind: "taken", alternatives: [world.at(0.5), world.at(1.5), world.at(0)] });
  expect((await world.rows())[0]).toMatchObject({ state: "rejected" });
  expect(await world.conflicts()).toEqual([]);
});

test("the answer is lost after the booking was made: it is found by its mark, confirmed, and not made twice", async () => {
  world.calcom.faults.set({ kind: "half-body" }, { endpoint: "create", times: 1 });
  expect(await book()).toMatchObject({ kind: "confirmed" });
  expect(world.calcom.state.bookings).toHaveLength(1);
});

test("no answer and no way to look: the caller hears provisional, the row says unknown, and nothing is sent again", async () => {
  const before = posts();
  world.calcom.faults.set({ kind: "half-body" }, { endpoint: "create" });
  world.calcom.faults.set({ kind: "error" }, { endpoint: "list" });
  expect(await book()).toMatchObject({ kind: "provisional" });
  expect((await world.rows())[0]).toMatchObject({ state: "provisional", syncState: "unknown" });
  expect(world.calcom.state.bookings).toHaveLength(1);
  expect(await book()).toMatchObject({ kind: "provisional" });
  expect(posts() - before).toBe(1);
});

test("Cal.com says yes without doing it: the read-back finds nothing, so it is not called booked", async () => {
  world.calcom.faults.set({ kind: "lying" }, { endpoint: "create" });
  expect(await book()).toMatchObject({ kind: "provisional" });
  expect((await world.rows())[0]).toMatchObject({ syncState: "unknown" });
});

test("an event type whose host has to agree is not called booked either", async () => {
  world.calcom.state.needsHost = true;
  expect(await book()).toMatchObject({ kind: "provisional" });
  expect((await world.rows())[0]).toMatchObject({ state: "provisional", syncState: "synced" });
});

test.each([
  ["throttles us", { kind: "throttled", retryAfterSeconds: 30 }],
  ["has suspended us", { kind: "suspended" }],
  ["is down", { kind: "down" }],
  ["fails", { kind: "error" }],
  ["answers a page", { kind: "html" }],
] as const)("Cal.com %s, the slot was free a moment ago: provisional, nothing made there", async (_, fault) => {
  await knowTimes();
  world.calcom.faults.set(fault);
  expect(await book()).toMatchObject({ kind: "provisional", startsAt: world.at(1) });
  expect((await world.rows())[0]).toMatchObject({ state: "provisional", syncState: "pending" });
  expect(world.calcom.state.bookings).toHaveLength(0);
});

test("Cal.com is down and nothing is known of the times: no promise is made", async () => {
  world.calcom.faults.set({ kind: "down" });
  expect(await book()).toEqual({ kind: "unavailable" });
  expect((await world.rows())[0]).toMatchObject({ state: "rejected" });
});

test("Cal.com is down: the slot is promised to one of two callers in two processes", async () => {
  await knowTimes();
  const other = world.openDesk();
  world.breakerIs("open");
  const answers = await Promise.all([book("op-1"), book("op-2", { from: other, phone: "+4930999999" })]);
  expect(answers.map(({ kind }) => kind).sort()).toEqual(["provisional", "taken"]);
  const { slots } = await other.availability("salon", { serviceId: "cut", fromAt: world.at(0), untilAt: world.at(8) }, signal);
  expect(slots).not.toContain(world.at(1));
});

test("an event type that demands an e-mail gets one nobody receives, because the caller has none", async () => {
  world.calcom.state.needsEmail = true;
  expect(await book()).toMatchObject({ kind: "confirmed" });
  expect(world.calcom.state.bookings[0]?.attendees[0]?.email).toMatch(/^caller-[0-9a-f]{16}@no-mail\.invalid$/);
});

test("our own reservation does not stand in our way: it is given back and the booking tried once more", async () => {
  world.calcom.faults.set({ kind: "error", status: 409 }, { endpoint: "create", times: 1 });
  const answer = await book();
  expect(["confirmed", "unavailable"]).toContain(answer.kind);
  expect(world.calcom.state.bookings.length).toBeLessThanOrEqual(1);
});

test.each([
  ["a past time", { startsAt: -1 }, { kind: "refused", why: "past-date" }],
  ["an unknown service", { serviceId: "gone" }, { kind: "refused", why: "unknown-service" }],
])("%s is refused", async (_, change, answer) => {
  const wish = { serviceId: "cut", startsAt: world.at(1), attendee: erika, callId: "call_1", operationId: "op-1", ...change };
  expect(await desk.book("salon", wish, signal)).toEqual(answer);
  expect(await world.rows()).toEqual([]);
});

test("a caller who hangs up in the middle does not leave the booking in the dark", async () => {
  world.calcom.faults.set({ kind: "slow", delayMs: 150 }, { endpoint: "create" });
  const caller = new AbortController();
  const answer = desk.book(
    "salon",
    { serviceId: "cut", startsAt: world.at(1), attendee: erika, callId: "c", operationId: "op-1" },
    caller.signal,
  );
  await expect.poll(() => world.calcom.state.reservations.size).toBe(1);
  caller.abort();
  expect(await answer).toEqual({ kind: "unavailable" });
  await expect.poll(async () => (await world.rows())[0]?.state).toBe("confirmed");
  expect(await book()).toMatchObject({ kind: "confirmed" });
});

test("booked, cancelled, and wished for again in the same words: it is booked anew, not called booked from memory", async () => {
  const first = await book();
  if (first.kind !== "confirmed") throw new Error("not booked");
  await desk.cancel("salon", { appointmentId: first.appointmentId, callId: "call_1", operationId: "op-cancel" }, signal);
  const second = await book();
  expect(second).toMatchObject({ kind: "confirmed" });
  expect(second).not.toEqual(first);
  expect(world.calcom.state.bookings.map(({ status }) => status)).toEqual(["cancelled", "accepted"]);
});

test("a no is repeated to a repetition, and asked anew when the same wish comes later", async () => {
  world.calcom.faults.set({ kind: "down" });
  expect(await book()).toEqual({ kind: "unavailable" });
  world.calcom.faults.clear();
  expect(await book()).toEqual({ kind: "unavailable" });
  world.advance(20_000);
  expect(await book()).toMatchObject({ kind: "confirmed" });
});
