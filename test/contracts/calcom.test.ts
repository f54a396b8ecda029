import { createHmac } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Clock } from "../../src/kernel/clock.ts";
import { signCalcom } from "../../src/sandbox/vendors/calcom/calcom-webhooks.ts";
import { startCalcom, type CalcomStandIn } from "../../src/sandbox/vendors/calcom.ts";
import { startCustomerServer, type CustomerServer } from "./customer-server.ts";

const key = "cal_key_of_the_contract";
const bookings = "2026-02-25";
let now = Date.parse("2026-11-23T12:00:00Z");
const clock: Clock = { now: () => now, monotonicMs: () => performance.now(), sleep: async () => {} };
let customer: CustomerServer;
let calcom: CalcomStandIn;

beforeEach(async () => {
  now = Date.parse("2026-11-23T12:00:00Z");
  customer = await startCustomerServer();
  calcom = await startCalcom({
    key,
    clock,
    eventTypes: [
      { id: 101, lengthInMinutes: 30 },
      { id: 102, requiresConfirmation: true },
      { id: 103, teamSlug: "praxis" },
    ],
    hosts: [{ id: 1, name: "Dr. Beispiel", email: "team@example.org", timeZone: "Europe/Berlin" }],
  });
});
afterEach(async () => {
  await calcom.close();
  await customer.close();
});

type Json = Record<string, unknown>;
async function ask(
  method: string,
  path: string,
  body?: unknown,
  { version = bookings, token = key }: { version?: string; token?: string | null } = {},
) {
  const answer = await fetch(calcom.url + path, {
    method,
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(version === "" ? {} : { "cal-api-version": version }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const json = (await answer.json()) as Json;
  return { status: answer.status, json, data: json["data"] as Json };
}
const attendee = { name: "Frau Muster", timeZone: "Europe/Berlin", email: "muster@example.org" };
const wish = (start: string, extra: Json = {}): Json => ({ eventTypeId: 101, start, attendee, ...extra });
const nine = "2026-11-24T08:00:00Z";
const book = async (start = nine, extra: Json = {}) => await ask("POST", "/v2/bookings", wish(start, extra));
const slotsOf = async (day: string, query = "") =>
  (await ask("GET", `/v2/slots?eventTypeId=101&start=${day}&end=${day}${query}`, undefined, { version: "2024-09-04" })).data;

test.each([
  ["GET", "/v2/me", undefined, "", 200, { data: { timeZone: "Europe/Berlin" } }],
  ["GET", "/v1/me", undefined, "", 404, { message: "Cannot GET /v1/me" }],
  ["GET", "/v2/event-types/101", undefined, "2024-06-14", 200, { data: { id: 101, lengthInMinutes: 30 } }],
  ["GET", "/v2/event-types/9", undefined, "2024-06-14", 404, { error: { code: "NotFoundException" } }],
  ["GET", "/v2/schedules", undefined, "2024-06-11", 200, { data: [{ timeZone: "Europe/Berlin" }] }],
  ["POST", "/v2/bookings", wish(nine), bookings, 201, { data: { status: "accepted", start: "2026-11-24T08:00:00.000Z", duration: 30 } }],
  ["POST", "/v2/bookings", wish(nine), "2024-08-13", 201, { data: { status: "accepted" } }],
  ["POST", "/v2/bookings", wish(nine), "", 400, { error: { message: "responses must be an object" } }],
  ["POST", "/v2/bookings", wish("2026-11-23T08:00:00Z"), bookings, 400, { error: { message: /past/ } }],
  ["POST", "/v2/bookings", wish("2026-11-24T20:00:00Z"), bookings, 400, { error: { message: /not available/ } }],
  ["POST", "/v2/bookings", wish(nine, { eventTypeId: 103 }), bookings, 404, { error: { message: "eventTypeUser.notFound" } }],
  ["POST", "/v2/bookings", wish(nine, { eventTypeId: 103, teamSlug: "praxis" }), bookings, 201, { data: { eventTypeId: 103 } }],
  ["POST", "/v2/bookings", wish(nine, { metadata: { operation: 5 } }), bookings, 400, { error: { message: /strings/ } }],
  ["POST", "/v2/bookings", wish(nine, { metadata: { ["k".repeat(41)]: "a" } }), bookings, 400, { error: { message: /40/ } }],
  [
    "POST",
    "/v2/bookings",
    wish(nine, { attendee: { ...attendee, timeZone: "Berlin" } }),
    bookings,
    400,
    { error: { message: /time-zone/ } },
  ],
  ["POST", "/v2/bookings", wish(nine, { eventTypeId: 102 }), bookings, 201, { data: { status: "pending" } }],
  ["GET", "/v2/bookings/nobody", undefined, bookings, 404, { status: "error" }],
  ["POST", "/v2/slots/reservations", { eventTypeId: 101, slotStart: nine }, "2024-09-04", 201, { data: { reservationDuration: 5 } }],
] as const)("%s %s %j under version %j is answered with %i", async (method, path, body, version, status, expected) => {
  const answer = await ask(method, path, body, { version });
  expect({ status: answer.status, json: answer.json }).toMatchObject({ status, json: asMatcher(expected) });
});

function asMatcher(expected: unknown): unknown {
  if (expected instanceof RegExp) return expect.stringMatching(expected);
  if (Array.isArray(expected)) return expected.map(asMatcher);
  if (typeof expected !== "object" || expected === null) return expected;
  return Object.fromEntries(Object.entries(expected).map(([name, value]) => [name, asMatcher(value)]));
}

test("slots and a new booking need no key; everything else does", async () => {
  expect((await ask("GET", "/v2/slots?eventTypeId=101&start=2026-11-24&end=2026-11-24", undefined, { token: null })).status).toBe(200);
  expect((await ask("POST", "/v2/bookings", wish(nine), { token: null })).status).toBe(201);
  for (const token of [null, "cal_other"]) expect((await ask("GET", "/v2/bookings", undefined, { token })).status).toBe(401);
});

test("free starts stand under their day in the zone that was asked for; a booking, a reservation and the weekend take them away", async () => {
  const berlin = await slotsOf("2026-11-24", "&timeZone=Europe/Berlin");
  expect(Object.keys(berlin)).toEqual(["2026-11-24"]);
  expect(berlin["2026-11-24"]).toHaveLength(16);
  expect((berlin["2026-11-24"] as { start: string }[])[0]).toEqual({ start: "2026-11-24T09:00:00.000+01:00" });
  expect(((await slotsOf("2026-11-24"))["2026-11-24"] as { start: string }[])[0]).toEqual({ start: "2026-11-24T08:00:00.000Z" });
  expect(await slotsOf("2026-11-28")).toEqual({});
  await book();
  const { data } = await ask(
    "POST",
    "/v2/slots/reservations",
    { eventTypeId: 101, slotStart: "2026-11-24T09:00:00Z" },
    { version: "2024-09-04" },
  );
  expect((await slotsOf("2026-11-24"))["2026-11-24"]).toHaveLength(14);
  expect(
    (await ask("POST", "/v2/slots/reservations", { eventTypeId: 101, slotStart: "2026-11-24T09:00:00Z" }, { version: "2024-09-04" }))
      .status,
  ).toBe(422);
  await ask("DELETE", `/v2/slots/reservations/${String(data["reservationUid"])}`, undefined, { version: "2024-09-04" });
  expect((await slotsOf("2026-11-24"))["2026-11-24"]).toHaveLength(15);
  now += 60 * 60_000 * 23;
  expect((await slotsOf("2026-11-24"))["2026-11-24"]).toHaveLength(10);
});

test("a reservation ends by itself", async () => {
  await ask("POST", "/v2/slots/reservations", { eventTypeId: 101, slotStart: nine }, { version: "2024-09-04" });
  now += 5 * 60_000;
  expect((await slotsOf("2026-11-24"))["2026-11-24"]).toHaveLength(16);
});

test.each([
  ["2026-10-23", "2026-10-26", ["07:00", "08:00"]],
  ["2026-03-27", "2026-03-30", ["08:00", "07:00"]],
])("between %s and %s the clock changes, and the practice still opens at nine", async (before, after, utc) => {
  now = Date.parse("2026-01-05T08:00:00Z");
  const first = async (day: string) => ((await slotsOf(day))[day] as { start: string }[])[0]?.start.slice(11, 16);
  expect([await first(before), await first(after)]).toEqual(utc);
});

test("a missing or unknown version gets the older shape, without a word", async () => {
  const { data } = await book();
  const uid = String(data["uid"]);
  for (const version of ["", "2020-01-01"]) {
    expect((await ask("GET", `/v2/bookings/${uid}`, undefined, { version })).data).toMatchObject({
      startTime: "2026-11-24T08:00:00.000Z",
      status: "ACCEPTED",
    });
    expect((await ask("GET", "/v2/bookings", undefined, { version })).data).toMatchObject({ bookings: [{ uid }] });
    const slots = await ask("GET", "/v2/slots?eventTypeId=101&startTime=2026-11-25&endTime=2026-11-25", undefined, { version });
    expect(slots.data).toMatchObject({ slots: { "2026-11-25": expect.arrayContaining([{ time: "2026-11-25T08:00:00.000Z" }]) } });
  }
  const old = {
    eventTypeId: 101,
    start: "2026-11-24T10:00:00Z",
    responses: { name: "A", email: "a@example.org" },
    timeZone: "Europe/Berlin",
  };
  expect((await ask("POST", "/v2/bookings", old, { version: "" })).data).toMatchObject({ startTime: "2026-11-24T10:00:00.000Z" });
});

test("nobody is booked twice: of twenty at once one gets the time", async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, async () => await book()));
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
  expect(answers.filter(({ status, json }) => status === 400 && JSON.stringify(json).includes("already has booking"))).toHaveLength(19);
});

test("a moved booking has a new uid, the old one is cancelled and points to it; a foreign field or a cancelled one is refused", async () => {
  const { data } = await book(nine, { metadata: { operation: "op-1" } });
  const uid = String(data["uid"]);
  expect((await ask("POST", `/v2/bookings/${uid}/reschedule`, { start: "2026-11-24T09:00:00Z", end: "x" })).status).toBe(400);
  const moved = await ask("POST", `/v2/bookings/${uid}/reschedule`, { start: "2026-11-24T09:00:00Z", reschedulingReason: "später" });
  expect(moved).toMatchObject({
    status: 201,
    data: { rescheduledFromUid: uid, metadata: { operation: "op-1" }, start: "2026-11-24T09:00:00.000Z" },
  });
  expect((await ask("GET", `/v2/bookings/${uid}`)).data).toMatchObject({ status: "cancelled", rescheduledToUid: moved.data["uid"] });
  expect((await ask("POST", `/v2/bookings/${uid}/reschedule`, { start: nine })).status).toBe(400);
  const cancel = async () => await ask("POST", `/v2/bookings/${String(moved.data["uid"])}/cancel`, { cancellationReason: "krank" });
  expect(await cancel()).toMatchObject({ status: 200, data: { status: "cancelled", cancellationReason: "krank" } });
  expect((await cancel()).status).toBe(400);
});

test("a booking that waits for its host is confirmed or declined, once", async () => {
  const { data } = await book(nine, { eventTypeId: 102 });
  const path = `/v2/bookings/${String(data["uid"])}`;
  expect((await ask("POST", `${path}/confirm`)).data).toMatchObject({ status: "accepted" });
  expect((await ask("POST", `${path}/decline`, { reason: "nein" })).status).toBe(400);
});

test("the list pages by cursor in the newest version and by skip in the older one, and shows what changed since", async () => {
  for (let hour = 8; hour < 13; hour += 1) await book(`2026-11-24T${String(hour).padStart(2, "0")}:00:00Z`);
  const uids: string[] = [];
  let cursor = "";
  do {
    const { json, data } = await ask("GET", `/v2/bookings?limit=2${cursor}`, undefined, { version: "2026-05-01" });
    uids.push(...(data as unknown as { uid: string }[]).map(({ uid }) => uid));
    const page = json["pagination"] as { nextCursor: string | null; hasMore: boolean };
    expect(page.hasMore).toBe(page.nextCursor !== null);
    cursor = page.nextCursor === null ? "" : `&cursor=${page.nextCursor}`;
  } while (cursor !== "");
  expect(new Set(uids).size).toBe(5);
  expect((await ask("GET", "/v2/bookings?take=2&skip=4", undefined, { version: "2024-08-13" })).json).toMatchObject({
    pagination: { totalItems: 5, returnedItems: 1, hasNextPage: false, hasPreviousPage: true },
  });
  now += 60_000;
  await ask("POST", `/v2/bookings/${uids[3]}/cancel`, {});
  const changed = await ask("GET", `/v2/bookings?afterUpdatedAt=${new Date(now).toISOString()}`, undefined, { version: "2026-05-01" });
  expect(changed.json["data"]).toMatchObject([{ uid: uids[3], status: "cancelled" }]);
  expect((await ask("GET", "/v2/bookings?limit=101", undefined, { version: "2026-05-01" })).status).toBe(400);
  expect((await ask("GET", "/v2/bookings?status=upcoming", undefined, { version: "2026-05-01" })).json["data"]).toHaveLength(4);
});

test("webhooks are told once of what happened, signed over the raw bytes, and never repeated", async () => {
  const hook = {
    active: true,
    subscriberUrl: `${customer.url}/cal`,
    triggers: ["BOOKING_CREATED", "BOOKING_CANCELLED"],
    secret: "test_secret",
  };
  const created = await ask("POST", "/v2/webhooks", hook);
  expect(created).toMatchObject({ status: 201, data: { id: expect.any(Number), active: true } });
  expect((await ask("POST", "/v2/webhooks", hook)).status).toBe(400);
  expect((await ask("POST", "/v2/webhooks", { ...hook, subscriberUrl: `${customer.url}/two`, triggers: ["BOOKING.CREATED"] })).status).toBe(
    400,
  );
  customer.at("/cal", { status: 500 });
  const { data } = await book(nine, { attendee: { ...attendee, name: "Frau Prüß" } });
  await calcom.settled();
  const [event] = customer.requestsTo("/cal");
  expect(customer.requestsTo("/cal")).toHaveLength(1);
  expect(JSON.parse(event?.body ?? "")).toMatchObject({
    triggerEvent: "BOOKING_CREATED",
    payload: { uid: data["uid"], status: "ACCEPTED", eventTypeId: 101 },
  });
  expect(event?.headers["x-cal-signature-256"]).toBe(
    createHmac("sha256", "test_secret")
      .update(event?.body ?? "")
      .digest("hex"),
  );
  await ask("PATCH", `/v2/webhooks/${String(created.data["id"])}`, { active: false });
  await ask("POST", `/v2/bookings/${String(data["uid"])}/cancel`, {});
  await calcom.settled();
  expect(customer.requestsTo("/cal")).toHaveLength(1);
  await ask("PATCH", `/v2/webhooks/${String(created.data["id"])}`, { active: true });
  calcom.sendEvent("BOOKING_CANCELLED", String(data["uid"]));
  await calcom.settled();
  expect(JSON.parse(customer.requestsTo("/cal")[1]?.body ?? "")).toMatchObject({ triggerEvent: "BOOKING_CANCELLED" });
  expect((await ask("DELETE", `/v2/webhooks/${String(created.data["id"])}`)).status).toBe(200);
  expect((await ask("GET", "/v2/webhooks")).json["data"]).toEqual([]);
});

test("the signature is that of the published vector, and says so where there is no secret", () => {
  const body = '{"triggerEvent":"BOOKING_CREATED","createdAt":"2027-01-15T08:00:00.000Z","payload":{"uid":"u1","title":"Prüfung"}}';
  expect(signCalcom(body, "test_secret")).toBe("daa801e80392ea6f480c556af768050c55ae99dcbdb819d87a886d8f57ee521a");
  expect(signCalcom(body, undefined)).toBe("no-secret-provided");
});

test("120 requests in a minute are answered, no more; three such minutes suspend the account", async () => {
  const burst = async (): Promise<number[]> =>
    await Promise.all(Array.from({ length: 121 }, async () => (await ask("GET", "/v2/me")).status));
  const first = await burst();
  expect(first.filter((status) => status === 200)).toHaveLength(120);
  expect(first.filter((status) => status === 429)).toHaveLength(1);
  now += 60_000;
  expect((await ask("GET", "/v2/me")).status).toBe(200);
  await burst();
  now += 60_000;
  await burst();
  now += 60_000;
  expect(await ask("GET", "/v2/me")).toMatchObject({ status: 403, json: { error: { message: expect.stringMatching(/suspended/) } } });
  calcom.limit.lift();
  expect((await ask("GET", "/v2/me")).status).toBe(200);
});
