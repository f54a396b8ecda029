import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { hours, minutes } from "../../kernel/clock.ts";
import type { CallbackWish } from "../callbacks/callback-desk.ts";
import { asCompany } from "../companies/tenant.ts";
import type { BookingResult } from "./booking-desk.ts";
import { cutType, erika, startDeskWorld, type DeskWorld } from "./desk-world.test-support.ts";
import type { OpenBookingDesk } from "./open-booking-desk.ts";
import type { Desk } from "./settle-push.ts";
import { promiseCallbacks, raiseNear, syncDue } from "./sync-job.ts";

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
  await open.availability("salon", { serviceId: "cut", fromAt: world.at(0), untilAt: world.at(8) }, signal);
});
afterAll(async () => await world.close());

const { signal } = new AbortController();
const book = async (operationId = "op-1", hour = 1): Promise<BookingResult> =>
  await open.book("salon", { serviceId: "cut", startsAt: world.at(hour), attendee: erika, callId: "call_1", operationId }, signal);
const idOf = (result: BookingResult): string => ("appointmentId" in result ? result.appointmentId : "");
const move = async (appointmentId: string, hour: number, operationId = "op-2"): Promise<BookingResult> =>
  await open.reschedule("salon", { appointmentId, startsAt: world.at(hour), callId: "call_2", operationId }, signal);
const drop = async (appointmentId: string, operationId = "op-3") =>
  await open.cancel("salon", { appointmentId, callId: "call_3", operationId }, signal);
const away = (): void => world.breakerIs("open");
const back = (): void => {
  world.breakerIs("closed");
  world.calcom.faults.clear();
  world.advance(minutes(15));
};
const active = () => world.calcom.state.bookings.filter(({ status }) => status === "accepted");
const promised: CallbackWish[] = [];
const callbacks = {
  promise: async (_: string, wish: CallbackWish) => {
    promised.push(wish);
    return { callbackId: `cb-${promised.length}`, promisedBy: 0 };
  },
};

test("what was promised while Cal.com was away is made there when it is back, once, in the order of the wishes", async () => {
  away();
  await book("op-1", 2);
  await book("op-2", 1);
  expect(await syncDue(desk, signal)).toMatchObject({ agreed: 0 });
  back();
  expect(await syncDue(desk, signal)).toMatchObject({ agreed: 2 });
  expect(active().map(({ metadata }) => metadata["ampelOperation"])).toEqual(["op-1", "op-2"]);
  expect((await world.rows()).map(({ state, syncState }) => `${state} ${syncState}`)).toEqual(["confirmed synced", "confirmed synced"]);
  expect(await syncDue(desk, signal)).toMatchObject({ agreed: 0 });
});

test("the slot went to somebody else meanwhile: a conflict, a finding, and one callback promised", async () => {
  away();
  await book();
  world.calcom.add({ eventTypeId: cutType, start: new Date(world.at(1)).toISOString() });
  back();
  expect(await syncDue(desk, signal)).toMatchObject({ taken: 1 });
  expect((await world.conflicts()).map(({ kind }) => kind)).toEqual(["slot-taken"]);
  expect(world.findings).toContainEqual(expect.objectContaining({ kind: "booking-conflict" }));
  promised.length = 0;
  expect(await promiseCallbacks(desk, callbacks, signal)).toBe(1);
  expect(await promiseCallbacks(desk, callbacks, signal)).toBe(0);
  expect(promised).toEqual([expect.objectContaining({ phone: erika.phone, reason: "booking-failed", callId: "call_1" })]);
  expect(promised[0]?.wish).toContain("24. November 2026 um 10:00");
});

test("nobody knows whether it was made: it is looked up, not made again, however often the job comes", async () => {
  world.calcom.faults.set({ kind: "half-body" }, { endpoint: "create" });
  world.calcom.faults.set({ kind: "error" }, { endpoint: "list" });
  await book();
  for (let round = 0; round < 3; round += 1) {
    world.advance(minutes(15));
    expect(await syncDue(desk, signal)).toMatchObject({ unknown: 1 });
  }
  expect(world.calcom.state.bookings).toHaveLength(1);
  back();
  expect(await syncDue(desk, signal)).toMatchObject({ agreed: 1 });
  expect(world.calcom.state.bookings).toHaveLength(1);
  expect((await world.rows())[0]).toMatchObject({ state: "confirmed", calcomUid: world.calcom.state.bookings[0]?.uid });
});

test("Cal.com said yes and never did it: after two minutes of not being there it is made", async () => {
  world.calcom.faults.set({ kind: "lying" }, { endpoint: "create" });
  expect(await book()).toMatchObject({ kind: "provisional" });
  back();
  expect(await syncDue(desk, signal)).toMatchObject({ agreed: 1 });
  expect(active()).toHaveLength(1);
});

test("two processes sync at once: each appointment is made once", async () => {
  away();
  for (const index of [0, 1, 2, 3]) await book(`op-${index}`, index);
  back();
  const other = world.openDesk().desk;
  if (other === undefined) throw new Error("no desk");
  const [mine, theirs] = await Promise.all([syncDue(desk, signal), syncDue(other, signal)]);
  expect(mine.agreed + theirs.agreed).toBe(4);
  expect(active()).toHaveLength(4);
});

test("a move is made, read back, and confirmed under the new uid", async () => {
  const id = idOf(await book());
  expect(await move(id, 3)).toMatchObject({ kind: "confirmed", startsAt: world.at(3) });
  const [row] = await world.rows();
  expect(row).toMatchObject({ state: "confirmed", startsAt: world.at(3), wantedStartsAt: undefined, calcomUid: active()[0]?.uid });
  expect(await move(id, 3)).toMatchObject({ kind: "confirmed" });
  expect(world.calcom.state.bookings).toHaveLength(2);
});

test("a move whose answer is lost is found by following the old booking", async () => {
  const id = idOf(await book());
  world.calcom.faults.set({ kind: "half-body" }, { endpoint: "move" });
  expect(await move(id, 3)).toMatchObject({ kind: "confirmed", startsAt: world.at(3) });
  expect(active()).toHaveLength(1);
});

test("a move to a taken time leaves the appointment where it was", async () => {
  const id = idOf(await book());
  world.calcom.add({ eventTypeId: cutType, start: new Date(world.at(3)).toISOString() });
  expect(await move(id, 3)).toMatchObject({ kind: "taken" });
  expect((await world.rows())[0]).toMatchObject({ state: "confirmed", startsAt: world.at(1), wantedStartsAt: undefined });
});

test("moved while Cal.com is away: provisional at the new time, made later; moved again before that, only the last counts", async () => {
  const id = idOf(await book());
  await open.availability("salon", { serviceId: "cut", fromAt: world.at(0), untilAt: world.at(8) }, signal);
  away();
  expect(await move(id, 3)).toEqual({ kind: "provisional", appointmentId: id, startsAt: world.at(3) });
  expect(await open.find("salon", { phone: erika.phone, fromAt: world.now() }, signal)).toMatchObject([
    { state: "provisional", startsAt: world.at(3) },
  ]);
  expect(await move(id, 4, "op-9")).toMatchObject({ kind: "provisional", startsAt: world.at(4) });
  back();
  expect(await syncDue(desk, signal)).toMatchObject({ agreed: 1 });
  expect(active().map(({ start }) => Date.parse(start))).toEqual([world.at(4)]);
});

test("a cancellation reaches Cal.com; asked for again it is still cancelled", async () => {
  const id = idOf(await book());
  expect(await drop(id)).toEqual({ kind: "cancelled" });
  expect(await drop(id)).toEqual({ kind: "cancelled" });
  expect(await drop(id, "op-8")).toEqual({ kind: "cancelled" });
  expect(active()).toEqual([]);
  expect(await move(id, 3)).toEqual({ kind: "refused", why: "not-changeable" });
});

test("cancelled while Cal.com is away: gone for the customer at once, at Cal.com later", async () => {
  const id = idOf(await book());
  away();
  expect(await drop(id)).toEqual({ kind: "cancelling" });
  expect(await open.find("salon", { phone: erika.phone, fromAt: world.now() }, signal)).toEqual([]);
  back();
  expect(await syncDue(desk, signal)).toMatchObject({ gone: 1 });
  expect(active()).toEqual([]);
  expect((await world.rows())[0]).toMatchObject({ state: "cancelled", syncState: "synced" });
});

test("cancelled before it was ever made: Cal.com never hears of it", async () => {
  away();
  const id = idOf(await book());
  expect(await drop(id)).toEqual({ kind: "cancelling" });
  back();
  expect(await syncDue(desk, signal)).toMatchObject({ gone: 1 });
  expect(world.calcom.state.bookings).toEqual([]);
});

test("cancelled in the very moment the job makes it: it does not stay booked", async () => {
  away();
  const id = idOf(await book());
  back();
  world.calcom.faults.set({ kind: "slow", delayMs: 200 }, { endpoint: "create" });
  const syncing = syncDue(desk, signal);
  await expect.poll(() => world.calcom.state.reservations.size).toBe(1);
  expect(await drop(id)).toEqual({ kind: "cancelling" });
  expect(await syncing).toMatchObject({ agreed: 1 });
  expect(await syncDue(desk, signal)).toMatchObject({ gone: 1 });
  expect(active()).toEqual([]);
  expect((await world.rows())[0]).toMatchObject({ state: "cancelled", syncState: "synced" });
});

test("the job was killed between sending and writing: the next one looks first and finds it", async () => {
  away();
  const id = idOf(await book());
  back();
  world.calcom.add({
    eventTypeId: cutType,
    start: new Date(world.at(1)).toISOString(),
    metadata: { ampelOperation: "op-1", ampelCompany: "salon" },
  });
  await asCompany(world.store.pool, "salon", async (client) => {
    await client.query("update gateway.appointment set sent_at = $2, sync_state = 'unknown' where appointment_id = $1", [
      id,
      new Date(world.now()),
    ]);
  });
  world.advance(minutes(15));
  expect(await syncDue(desk, signal)).toMatchObject({ agreed: 1 });
  expect(world.calcom.state.bookings).toHaveLength(1);
});

test("an appointment that begins soon and is still unknown at Cal.com is a human's business, once", async () => {
  away();
  await book();
  world.advance(world.at(1) - world.now() - minutes(60));
  expect(await raiseNear(desk)).toBe(1);
  expect(await raiseNear(desk)).toBe(0);
  expect((await world.conflicts()).map(({ kind }) => kind)).toEqual(["not-confirmed-in-time"]);
});

test("Cal.com is away again at the first of many: the others wait and none overtakes", async () => {
  away();
  for (const index of [0, 1, 2]) await book(`op-${index}`, index);
  back();
  world.calcom.faults.set({ kind: "error" }, { endpoint: "reserve" });
  expect(await syncDue(desk, signal)).toMatchObject({ away: 1, agreed: 0 });
  world.calcom.faults.clear();
  world.advance(hours(1));
  expect(await syncDue(desk, signal)).toMatchObject({ agreed: 3 });
});

test.each([
  ["reschedule", async (id: string) => await move(id, 3)],
  ["cancel", async (id: string) => await drop(id)],
])("%s of an appointment that this company does not have is refused", async (_, act) => {
  expect(await act("apt-nothing")).toEqual({ kind: "refused", why: "unknown-appointment" });
});
