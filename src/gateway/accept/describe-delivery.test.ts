import fc from "fast-check";
import { expect, test } from "vitest";
import { providers, type Provider } from "../delivery.ts";
import { composeDelivery, describeRequest } from "./describe-delivery.ts";

function describe(provider: Provider, body: unknown, given: { path?: string; headers?: Record<string, string> } = {}) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return describeRequest(provider, { path: given.path ?? "/", headers: given.headers ?? {}, body: Buffer.from(text) });
}

const started = 1_795_000_000_000;
const call = { call_id: "call_1", start_timestamp: started, end_timestamp: started + 60_000 };

test.each([
  ["a call's end", { event: "call_ended", call }, "call_ended:call_1", started + 60_000],
  ["its start", { event: "call_started", call }, "call_started:call_1", started],
  ["its analysis", { event: "call_analyzed", call: { call_id: "call_1" } }, "call_analyzed:call_1", undefined],
  [
    "the flat shape of before July 2025",
    { event_type: "call_ended", call_id: "call_1", end_timestamp: new Date(started).toISOString() },
    "call_ended:call_1",
    started,
  ],
  [
    "a call that rings",
    { event: "call_inbound", call_inbound: { call_id: "call_1", to_number: "+49301" } },
    "call_inbound:call_1",
    undefined,
  ],
])("%s has the vendor's own key", (_, body, dedupKey, occurredAt) => {
  expect(describe("retell", body)).toMatchObject({ dedupKey, orderingKey: "call_1", isKnownShape: true });
  expect(describe("retell", body).occurredAt).toBe(occurredAt);
});

test("two transfers of one call are two events, and no telephone number stands in a key", () => {
  const transfer = (number: string): string =>
    describe("retell", { event: "transfer_started", call, transfer_destination: { number } }).dedupKey;
  expect(transfer("+4930111")).not.toBe(transfer("+4930222"));
  expect(transfer("+4930111")).toBe(transfer("+4930111"));
  expect(transfer("+4930111")).not.toContain("4930111");
});

test("a booking moved twice is two events; dotted names and the flat shape mean the same", () => {
  const moved = (createdAt: string): unknown => ({ triggerEvent: "BOOKING_RESCHEDULED", createdAt, payload: { uid: "u1" } });
  expect(describe("calcom", moved("2026-11-23T08:00:00Z"))).toMatchObject({
    dedupKey: "BOOKING_RESCHEDULED:u1:2026-11-23T08:00:00.000Z",
    orderingKey: "u1",
  });
  expect(describe("calcom", moved("2026-11-23T09:00:00Z")).dedupKey).not.toBe(describe("calcom", moved("2026-11-23T08:00:00Z")).dedupKey);
  expect(describe("calcom", { triggerEvent: "BOOKING.CREATED", payload: { uid: "u1" } }).eventType).toBe("BOOKING_CREATED");
  expect(describe("calcom", { triggerEvent: "MEETING_ENDED", uid: "u1", createdAt: "2026-11-23T08:00:00Z" })).toMatchObject({
    orderingKey: "u1",
    isKnownShape: true,
  });
});

test("a carrier's form: the same step again is the same event, another answer is another", () => {
  const form = (more: Record<string, string>): string =>
    new URLSearchParams({ CallSid: "CA1", CallStatus: "in-progress", ...more }).toString();
  const key = (more: Record<string, string>, headers = {}): string =>
    describe("twilio", form(more), { path: "/twilio/choice", headers }).dedupKey;
  expect(key({})).toBe(key({}));
  expect(key({ Digits: "1" })).not.toBe(key({ Digits: "2" }));
  expect(key({}, { "i-twilio-idempotency-token": "t1" })).not.toBe(key({}, { "i-twilio-idempotency-token": "t2" }));
  expect(describe("twilio", form({ RecordingSid: "RE1", RecordingStatus: "completed" }))).toMatchObject({
    eventType: "recording.completed",
    orderingKey: "CA1",
  });
});

test.each([
  ["no JSON", "hello"],
  ["half of it", '{"event":"call_end'],
  ["a number", "7"],
  ["null", "null"],
  ["an id that is no word", { event: "call_ended", call: { call_id: "a b\u0000" } }],
  ["an id that is an object", { event: "call_ended", call: { call_id: {} } }],
  ["nested beyond reason", `${'{"call":'.repeat(100)}1${"}".repeat(100)}`],
])("%s is described by its bytes", (_, body) => {
  const described = describe("retell", body);
  expect(described.isKnownShape).toBe(false);
  expect(described.orderingKey).toBe(described.dedupKey);
  expect(describe("retell", body).dedupKey).toBe(described.dedupKey);
});

test("any bytes are described, with keys that are short and printable, always the same way", () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.json().map((text) => new TextEncoder().encode(text)),
  );
  fc.assert(
    fc.property(fc.constantFrom(...providers), bytes, (provider, body) => {
      const request = { path: "/webhooks/x", headers: {}, body: Buffer.from(body) };
      const described = describeRequest(provider, request);
      expect(described).toEqual(describeRequest(provider, request));
      for (const key of [described.dedupKey, described.orderingKey, described.eventType]) expect(key).toMatch(/^[\x21-\x7e]{1,700}$/);
    }),
  );
});

test("what is not verified cannot take the place of the genuine event", () => {
  const received = {
    provider: "retell",
    method: "POST",
    url: "https://x/",
    path: "/",
    headers: {},
    receivedAt: 1,
    source: "live",
  } as const;
  const body = Buffer.from(JSON.stringify({ event: "call_ended", call }));
  const genuine = composeDelivery({ ...received, body }, { verdict: "verified", keyId: "main" });
  const keys = (["unverified", "stale", "unknown_provider"] as const).map((verdict) => composeDelivery({ ...received, body }, { verdict }));
  expect(genuine.dedupKey).toBe("call_ended:call_1");
  expect(new Set([genuine, ...keys].map(({ dedupKey }) => dedupKey)).size).toBe(4);
  expect(new Set(keys.map(({ orderingKey }) => orderingKey))).not.toContain("call_1");
});
