import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { minutes } from "../../kernel/clock.ts";
import { asCompany } from "../companies/tenant.ts";
import type { EventOutcome, InboxEvent } from "../event-handler.ts";
import { calcomEventHandler } from "./calcom-event-handler.ts";
import { cutType, erika, startDeskWorld, type DeskWorld } from "./desk-world.test-support.ts";

let world: DeskWorld;
beforeAll(async () => {
  world = await startDeskWorld();
});
beforeEach(async () => await world.reset());
afterAll(async () => await world.close());

const { signal } = new AbortController();
type Told = { trigger: string; uid: string; after?: number; hour?: number; former?: string; operation?: string; status?: string };
const bodyOf = ({ trigger, uid, after = 0, hour = 1, former, operation, status }: Told): Buffer =>
  Buffer.from(
    JSON.stringify({
      triggerEvent: trigger,
      createdAt: new Date(world.now() + after * 1000).toISOString(),
      payload: {
        uid,
        eventTypeId: cutType,
        startTime: new Date(world.at(hour)).toISOString(),
        endTime: new Date(world.at(hour) + minutes(30)).toISOString(),
        attendees: [{ name: "Max", email: "max@example.org", phoneNumber: "+4930777777" }],
        ...(former === undefined ? {} : { rescheduleUid: former }),
        ...(operation === undefined ? {} : { metadata: { ampelOperation: operation, ampelCompany: "salon" } }),
        ...(status === undefined ? {} : { status }),
      },
    }),
  );
const eventOf = (body: Buffer): InboxEvent => ({
  id: "1",
  provider: "calcom",
  eventType: "x",
  dedupKey: "d",
  orderingKey: "o",
  receivedAt: 0,
  attempts: 0,
  url: "",
  headers: {},
  body,
});
const tell = async (...told: (Told | Buffer)[]): Promise<readonly EventOutcome[]> => {
  const handler = calcomEventHandler(world.gateway);
  const events = told.map((each) => eventOf(Buffer.isBuffer(each) ? each : bodyOf(each)));
  return await asCompany(world.store.pool, "salon", async (client) => await handler.apply(events, client, "salon"));
};
const states = async (): Promise<string[]> =>
  (await world.rows()).map(({ state, calcomUid, startsAt }) => `${state} ${calcomUid} ${(startsAt - world.at(0)) / minutes(60)}`);

test("booked at Cal.com by somebody else: it is here, confirmed, with its service", async () => {
  expect(await tell({ trigger: "BOOKING_CREATED", uid: "a" })).toEqual([{ kind: "done" }]);
  expect((await world.rows())[0]).toMatchObject({
    state: "confirmed",
    serviceId: "cut",
    source: "calcom",
    attendee: { phone: "+4930777777" },
  });
  expect(await tell({ trigger: "BOOKING_CREATED", uid: "a" })).toEqual([{ kind: "ignored", why: "same" }]);
  expect(await world.rows()).toHaveLength(1);
});

const story: Told[] = [
  { trigger: "BOOKING_CREATED", uid: "a", after: 1, hour: 1 },
  { trigger: "BOOKING_RESCHEDULED", uid: "b", former: "a", after: 2, hour: 2 },
  { trigger: "BOOKING_RESCHEDULED", uid: "c", former: "b", after: 3, hour: 3 },
];
test("in whatever order, and however often, word of a booking arrives: nothing is resurrected", async () => {
  const ends: Told[] = [
    { trigger: "BOOKING_CREATED", uid: "z", after: 1, hour: 5 },
    { trigger: "BOOKING_CANCELLED", uid: "z", after: 2, hour: 5 },
  ];
  await fc.assert(
    fc.asyncProperty(fc.shuffledSubarray([...ends, ...ends], { minLength: 4 }), async (told) => {
      await world.reset();
      for (const each of told) await tell(each);
      expect(await states()).toEqual(["cancelled z 5"]);
    }),
    { numRuns: 10 },
  );
});

test.each([
  ["with our own mark on it", "op-x"],
  ["without one", undefined],
])("moved twice, told in any order, %s: it stands where it was moved last", async (_, operation) => {
  for (const order of [
    [0, 1, 2],
    [2, 1, 0],
    [1, 0, 2],
    [2, 0, 1],
    [0, 2, 1],
    [1, 2, 0],
  ]) {
    await world.reset();
    const marked = story.map((each) => (operation === undefined ? each : { ...each, operation }));
    for (const index of order) await tell(...marked.slice(index, index + 1));
    expect(
      (await states()).filter((state) => !state.startsWith("cancelled")),
      `order ${order.join("")}`,
    ).toEqual(["confirmed c 3"]);
  }
});

test("our own booking is known by its mark: the provisional one becomes confirmed, no second one appears", async () => {
  const desk = world.openDesk();
  await desk.availability("salon", { serviceId: "cut", fromAt: world.at(0), untilAt: world.at(8) }, signal);
  world.breakerIs("open");
  await desk.book("salon", { serviceId: "cut", startsAt: world.at(1), attendee: erika, callId: "c", operationId: "op-1" }, signal);
  await tell({ trigger: "BOOKING_CREATED", uid: "a", operation: "op-1" });
  expect(await states()).toEqual(["confirmed a 1"]);
  expect((await world.rows())[0]).toMatchObject({ syncState: "synced", attendee: { phone: erika.phone } });
});

test("made after we had told the caller no: a human hears of it, the caller's no stands", async () => {
  const desk = world.openDesk();
  world.breakerIs("open");
  await desk.book("salon", { serviceId: "cut", startsAt: world.at(1), attendee: erika, callId: "c", operationId: "op-1" }, signal);
  await tell({ trigger: "BOOKING_CREATED", uid: "a", operation: "op-1" });
  expect((await world.conflicts()).map(({ kind }) => kind)).toEqual(["made-after-giving-up"]);
});

test("one wish that stands twice at Cal.com is a conflict, not a move", async () => {
  await tell(
    { trigger: "BOOKING_CREATED", uid: "a", operation: "op-1" },
    { trigger: "BOOKING_CREATED", uid: "b", operation: "op-1", after: 5, hour: 2 },
  );
  expect((await world.conflicts()).map(({ kind }) => kind)).toEqual(["made-twice"]);
  expect(await states()).toEqual(["confirmed a 1"]);
});

test("a booking that waits for its host is provisional, then confirmed, or rejected", async () => {
  await tell({ trigger: "BOOKING_REQUESTED", uid: "a" });
  expect(await states()).toEqual(["provisional a 1"]);
  await tell({ trigger: "BOOKING_CREATED", uid: "a", after: 1 });
  expect(await states()).toEqual(["confirmed a 1"]);
  await tell({ trigger: "BOOKING_REQUESTED", uid: "b" }, { trigger: "BOOKING_REJECTED", uid: "b", after: 1 });
  expect(await states()).toContain("rejected b 1");
});

test.each([
  [
    "flat meeting events",
    Buffer.from(JSON.stringify({ triggerEvent: "MEETING_ENDED", createdAt: "2026-11-23T12:00:00Z", uid: "a" })),
    "ignored",
  ],
  [
    "triggers that concern no appointment",
    Buffer.from(JSON.stringify({ triggerEvent: "FORM_SUBMITTED", createdAt: "2026-11-23T12:00:00Z", payload: {} })),
    "ignored",
  ],
  [
    "dotted names of old guides",
    Buffer.from(JSON.stringify({ triggerEvent: "booking.created", createdAt: "x", payload: {} })),
    "unknown-shape",
  ],
  ["no JSON", Buffer.from("<html>"), "unknown-shape"],
  ["a list", Buffer.from("[]"), "unknown-shape"],
  [
    "a booking without a time",
    Buffer.from(JSON.stringify({ triggerEvent: "BOOKING_CREATED", createdAt: "2026-11-23T12:00:00Z", payload: { uid: "a" } })),
    "unknown-shape",
  ],
])("%s", async (_, body, kind) => {
  expect(await tell(body)).toEqual([expect.objectContaining({ kind })]);
  expect(await world.rows()).toEqual([]);
});

test("whose it is: the event type's company; nobody's is nobody's, whatever the body claims", () => {
  const handler = calcomEventHandler(world.gateway);
  const { directory } = world.gateway;
  expect(handler.companyOf(eventOf(bodyOf({ trigger: "BOOKING_CREATED", uid: "a" })), directory)).toBe("salon");
  const foreign = JSON.parse(bodyOf({ trigger: "BOOKING_CREATED", uid: "a", operation: "o" }).toString()) as {
    payload: { eventTypeId: number };
  };
  foreign.payload.eventTypeId = 999;
  expect(handler.companyOf(eventOf(Buffer.from(JSON.stringify(foreign))), directory)).toBeUndefined();
  expect(handler.companyOf(eventOf(Buffer.from("garbage")), directory)).toBeUndefined();
});
