import { expect, test } from "vitest";
import { compareClaim, readClaim, type Agreement } from "./agreement.ts";

const startsAt = Date.parse("2026-12-01T09:00:00Z");
const booking = {
  uid: "bk_1",
  status: "accepted",
  startsAt,
  endsAt: startsAt + 1_800_000,
  eventTypeId: 7,
  metadata: { ampelOperation: "op-1" },
  attendee: { name: "Erika Muster", email: "erika@example.test", phoneNumber: "+4915112345678" },
};
const payload = {
  uid: "bk_1",
  eventTypeId: 7,
  startTime: "2026-12-01T10:00:00+01:00",
  endTime: "2026-12-01T09:30:00.000Z",
  attendees: [{ name: "Erika Muster", email: "erika@example.test", timeZone: "Europe/Berlin" }],
  metadata: { ampelOperation: "op-1" },
  responses: {
    name: { label: "Name", value: "Erika Muster" },
    attendeePhoneNumber: { value: "+4915112345678" },
    guests: { value: [] },
    notes: { value: "" },
  },
};

function judge(changedPayload: object, changedBooking: object = {}, triggerEvent = "BOOKING_CREATED"): Agreement {
  const claim = readClaim(
    "calcom",
    Buffer.from(JSON.stringify({ triggerEvent, createdAt: "2026-11-23T01:00:00Z", payload: { ...payload, ...changedPayload } })),
  );
  if (claim === undefined) throw new Error("no claim");
  return compareClaim("calcom", claim, { ...booking, ...changedBooking });
}

test("a booking that says the same agrees, whatever the way its times are written", () => {
  expect(judge({})).toEqual({ kind: "agrees" });
  expect(judge({}, { status: "cancelled" }, "BOOKING_CANCELLED")).toEqual({ kind: "agrees" });
});

test.each<[string, object, object, string, string]>([
  ["another time", { startTime: "2026-12-01T10:00:00Z" }, {}, "BOOKING_CREATED", "startTime"],
  ["no time at all", { startTime: undefined }, {}, "BOOKING_CREATED", "startTime"],
  ["another service", { eventTypeId: 8 }, {}, "BOOKING_CREATED", "eventTypeId"],
  ["another person", { attendees: [{ name: "Max", email: "max@example.test" }] }, {}, "BOOKING_CREATED", "attendees"],
  ["one person more", { attendees: [...payload.attendees, { name: "Max" }] }, {}, "BOOKING_CREATED", "attendees"],
  [
    "another number to call",
    { responses: { attendeePhoneNumber: { value: "+491590000000" } } },
    {},
    "BOOKING_CREATED",
    "responses.attendeePhoneNumber",
  ],
  ["an answer nobody gave", { responses: { vip: { value: true } } }, {}, "BOOKING_CREATED", "responses.vip"],
  ["metadata of its own", { metadata: { ampelOperation: "op-2" } }, {}, "BOOKING_CREATED", "metadata"],
  ["a cancellation that has not happened", {}, {}, "BOOKING_CANCELLED", "status"],
])("with %s it differs", (_, changedPayload, changedBooking, trigger, field) => {
  expect(judge(changedPayload, changedBooking, trigger)).toEqual({ kind: "differs", field });
});

test("what no object of the vendor can prove is left to people", () => {
  expect(judge({}, {}, "FORM_SUBMITTED")).toEqual({ kind: "not-comparable" });
  expect(readClaim("twilio", Buffer.from("CallSid=CA1"))).toBeUndefined();
  expect(readClaim("retell", Buffer.from("{"))).toBeUndefined();
  expect(readClaim("retell", Buffer.from('{"event":"call_ended","call":{"call_id":7}}'))).toBeUndefined();
});
