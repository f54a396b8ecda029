import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { hours } from "../../kernel/clock.ts";
import { keepAll, openGround, statusCounts, testDelivery, type Ground } from "./inbox.test-support.ts";
import { maskBody } from "./mask-body.ts";
import { retainEvents } from "./retention.ts";

let ground: Ground;
beforeAll(async () => {
  ground = await openGround();
}, 60_000);
afterAll(() => ground.close());
beforeEach(async () => {
  await ground.pool.query("truncate gateway.inbox_event restart identity");
});

const person = {
  from_number: "+4915112345678",
  transcript: "User: Ich heiße Erika Muster",
  name: "Erika Muster",
  email: "erika@example.test",
};
const body = {
  event: "call_analyzed",
  call: {
    call_id: "call_1",
    agent_id: "agent_9",
    agent_name: "Empfang",
    duration_ms: 60_000,
    ...person,
    to_number: "+493012345",
    transcript_object: [{ role: "user", content: "Erika Muster", words: [{ word: "Erika", start: 1.5 }] }],
    call_analysis: { call_summary: "Erika will einen Termin", call_successful: true, custom_analysis_data: { geburtstag: "01.02.1980" } },
    disconnection_reason: "user_hangup",
  },
};

test("masking keeps the structure and what belongs to nobody, and no word of a person", () => {
  const masked = JSON.parse(maskBody(Buffer.from(JSON.stringify(body)), "application/json").toString()) as typeof body;
  expect(masked).toEqual({
    event: "call_analyzed",
    call: {
      call_id: "call_1",
      agent_id: "agent_9",
      agent_name: "Empfang",
      duration_ms: 60_000,
      from_number: "[masked]",
      transcript: "[masked]",
      name: "[masked]",
      email: "[masked]",
      to_number: "[masked]",
      transcript_object: [{ role: "[masked]", content: "[masked]", words: [{ word: "[masked]", start: 0 }] }],
      call_analysis: { call_summary: "[masked]", call_successful: true, custom_analysis_data: { geburtstag: "[masked]" } },
      disconnection_reason: "user_hangup",
    },
  });
});

test.each([
  [
    "application/x-www-form-urlencoded",
    "CallSid=CA1&From=%2B4915112345678&CallerName=Erika&SpeechResult=Erika+Muster",
    "CallSid=CA1&From=%5Bmasked%5D&CallerName=%5Bmasked%5D&SpeechResult=%5Bmasked%5D",
  ],
  ["application/json", "not json +4915112345678", "[masked 23 bytes]"],
  [
    "application/json",
    JSON.stringify({
      triggerEvent: "BOOKING_CREATED",
      payload: { uid: "u1", eventTypeId: 7, attendees: [{ name: "Erika", email: "e@x.test" }], startTime: "2026-11-23T08:00:00Z" },
    }),
    JSON.stringify({
      triggerEvent: "BOOKING_CREATED",
      payload: { uid: "u1", eventTypeId: 7, attendees: [{ name: "[masked]", email: "[masked]" }], startTime: "2026-11-23T08:00:00Z" },
    }),
  ],
])("a body of %s", (contentType, given, expected) => {
  expect(maskBody(Buffer.from(given), contentType).toString()).toBe(expected);
});

test("what is over is masked and later deleted; what was never applied expires, is counted and stays", async () => {
  const at = (days: number): number => Date.now() - hours(24 * days);
  const make = (call: string, days: number, status: string): Parameters<typeof keepAll>[1][number] => ({
    ...testDelivery({
      call,
      sequence: 0,
      receivedAt: at(days),
      body: Buffer.from(JSON.stringify(body)),
      url: "https://gw.example.test/x?phone=%2B4915112345678",
    }),
    status,
  });
  await keepAll(ground.pool, [
    make("young", 1, "done"),
    make("week", 8, "done"),
    make("old", 31, "done"),
    make("dead-week", 8, "dead"),
    make("dead-old", 31, "dead"),
    make("forged-old", 31, "quarantined"),
    make("parked-old", 31, "parked"),
    make("waiting-old", 31, "ready"),
  ]);
  const ages = { personalData: hours(24 * 7), events: hours(24 * 30) };
  const signal = AbortSignal.timeout(30_000);
  expect(await retainEvents(ground.pool, ages, signal)).toEqual({ masked: 4, deleted: 1, expired: 3 });
  expect(await retainEvents(ground.pool, ages, signal)).toEqual({ masked: 0, deleted: 0, expired: 0 });
  expect(await statusCounts(ground.pool)).toEqual({ dead: 1, done: 2, expired: 3, ready: 1 });
  const { rows } = await ground.pool.query<{
    ordering_key: string;
    text: string;
    url: string;
    is_masked: boolean;
    last_error: string | null;
  }>(
    "select ordering_key, convert_from(body, 'utf8') as text, url, masked_at is not null as is_masked, last_error from gateway.inbox_event order by id",
  );
  for (const { ordering_key, text, url, is_masked } of rows) {
    const isKept = ["young", "dead-week", "waiting-old"].some((name) => ordering_key.endsWith(name));
    expect([ordering_key, is_masked, /Erika|4915112345678/.test(text + url)]).toEqual([ordering_key, !isKept, isKept]);
  }
  expect(rows.filter(({ last_error }) => last_error !== null).map(({ last_error }) => last_error)).toEqual([
    "expired while dead",
    "expired while quarantined",
    "expired while parked",
  ]);
});
