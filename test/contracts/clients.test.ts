import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openCalcomApi, operationOf, type Calcom, type NewBooking } from "../../src/integrations/calcom-api.ts";
import { sendToCalcom } from "../../src/integrations/calcom-send.ts";
import * as retellApi from "../../src/integrations/retell-api.ts";
import * as twilioApi from "../../src/integrations/twilio-api.ts";
import { Secret } from "../../src/kernel/secret.ts";
import { startCalcom, type CalcomStandIn } from "../../src/sandbox/vendors/calcom.ts";
import { startRetell, type RetellStandIn } from "../../src/sandbox/vendors/retell.ts";
import { startTwilio, type TwilioStandIn } from "../../src/sandbox/vendors/twilio.ts";
import type { Exchange } from "../../src/sandbox/vendors/vendor-server.ts";
import { readSpecification, type Specification } from "./specification.ts";

process.env["CONTRACT_TOKEN"] = "token";
const us = "+493012345678";
const them = "+491701234567";
const signal = new AbortController().signal;

/** What our clients sent and got is by the vendor's specification, as far as it reaches. */
function expectByTheBook(specification: Specification, exchanges: readonly Exchange[]): void {
  const inBook = exchanges.filter((exchange) => exchange.fault === undefined && specification.knows(exchange));
  expect(inBook.flatMap((exchange) => specification.problemsOf(exchange))).toEqual([]);
}

describe("our Retell client", () => {
  let specification: Specification;
  let retell: RetellStandIn;
  const access = () => ({ baseUrl: retell.url, key: "key" });
  beforeAll(async () => {
    specification = await readSpecification("retell.openapi.json");
  });
  beforeEach(async () => {
    const bound = [{ agent_id: "agent_one", weight: 1 }];
    retell = await startRetell({
      key: "key",
      agents: [{ agent_id: "agent_one" }],
      numbers: [us, "+493012345679", "+493012345680"].map((number) => ({
        phone_number: number,
        inbound_agents: bound,
        outbound_agents: bound,
      })),
      ringMs: 1,
    });
  });
  afterEach(async () => {
    expectByTheBook(specification, retell.exchanges);
    await retell.close();
  });

  test("dials once and finds its call again by our own id, also when the answer was lost", async () => {
    const order = { from: us, to: them, operationId: "callback-1", variables: { datum: "heute" } };
    const call = await retellApi.createPhoneCall(access(), order, signal);
    await retell.settled();
    expect(await retellApi.findPhoneCall(access(), "callback-1", signal)).toMatchObject({ call_id: call.call_id });
    retell.faults.set({ kind: "half-body" }, { endpoint: "create-phone-call", times: 1 });
    await expect(retellApi.createPhoneCall(access(), { ...order, operationId: "callback-2" }, signal)).rejects.toThrow(/./);
    await retell.settled();
    expect(await retellApi.findPhoneCall(access(), "callback-2", signal)).toMatchObject({ to_number: them });
    expect(retell.dialled).toHaveLength(2);
  });

  test("a yes without a call is believed for what it says, and a look afterwards shows that there is none", async () => {
    retell.faults.set({ kind: "lying" }, { endpoint: "create-phone-call" });
    await retellApi.createPhoneCall(access(), { from: us, to: them, operationId: "callback-3" }, signal);
    expect(await retellApi.findPhoneCall(access(), "callback-3", signal)).toBeUndefined();
    expect(retell.dialled).toEqual([]);
  });

  test("reads every page of calls, and one call with its transcript", async () => {
    for (let count = 0; count < 7; count += 1) await retell.simulateCall({ from: them, to: us, script: [{ agent: "Guten Tag" }] });
    const ids: string[] = [];
    for await (const call of retellApi.eachCall(access(), { startedFrom: Date.now() - 60_000 }, signal, 3)) ids.push(call.call_id);
    expect(new Set(ids).size).toBe(7);
    expect(await retellApi.getCall(access(), ids[0] ?? "", signal)).toMatchObject({ transcript: "Agent: Guten Tag" });
    expect((await retellApi.listCalls(access(), { statuses: ["ongoing"] }, {}, signal)).calls).toEqual([]);
  });

  test.each([404, 422] as const)("an unknown call is no call, whether the vendor says so by %i", async (status) => {
    retell.state.missingStatus = status;
    expect(await retellApi.getCall(access(), "call_nobody", signal)).toBeUndefined();
  });

  test("reads numbers over all pages, changes one and its agent, and notices a vendor that only says so", async () => {
    expect(await retellApi.listPhoneNumbers(access(), signal)).toHaveLength(3);
    const change = { inbound_webhook_url: "https://gw.example.test/inbound", fallback_number: them };
    expect(await retellApi.updatePhoneNumber(access(), us, change, signal)).toMatchObject(change);
    const hook = "https://gw.example.test/retell";
    expect(await retellApi.setAgentWebhook(access(), "agent_one", hook, signal)).toMatchObject({ webhook_url: hook });
    retell.faults.set({ kind: "lying" });
    await expect(retellApi.updatePhoneNumber(access(), us, { fallback_number: null }, signal)).rejects.toThrow(/not-done/);
    await expect(retellApi.setAgentWebhook(access(), "agent_one", null, signal)).rejects.toThrow(/not-done/);
  });

  test.each([
    [{ kind: "throttled" }, "throttled"],
    [{ kind: "suspended" }, "unpaid"],
    [{ kind: "error" }, "broken"],
    [{ kind: "html" }, "not-json"],
  ] as const)("%j is told apart as %s", async (fault, problem) => {
    retell.faults.set(fault);
    await expect(retellApi.getConcurrency(access(), signal)).rejects.toMatchObject({ problem });
  });
});

describe("our Cal.com client", () => {
  let calcom: CalcomStandIn;
  let client: Calcom;
  const day = Temporal.Now.plainDateISO("Europe/Berlin").add({ days: 7 });
  const monday = day.subtract({ days: day.dayOfWeek - 1 });
  const nine = monday.toZonedDateTime({ timeZone: "Europe/Berlin", plainTime: "09:00" }).epochMilliseconds + 7 * 86_400_000;
  beforeEach(async () => {
    calcom = await startCalcom({ key: "key", eventTypes: [{ id: 101 }] });
    client = openCalcomApi(sendToCalcom({ baseUrl: calcom.url, key: () => "key", timeoutMs: 400 }));
  });
  afterEach(async () => {
    await calcom.close();
  });
  const wish = (operationId = "op-1"): NewBooking => ({
    eventTypeId: 101,
    startsAt: nine,
    operationId,
    companyId: "company-1",
    attendee: { name: "Frau Muster", timeZone: "Europe/Berlin", email: "muster@example.org" },
  });

  test("asks every endpoint for the shape it reads: no answer came in an older one", async () => {
    const firstDay = new Date(nine).toISOString().slice(0, 10);
    expect(await client.slots({ eventTypeId: 101, firstDay, lastDay: firstDay }, signal)).toContain(nine);
    const held = await client.reserveSlot({ eventTypeId: 101, startsAt: nine, minutes: 5 }, signal);
    expect(await client.slots({ eventTypeId: 101, firstDay, lastDay: firstDay }, signal)).not.toContain(nine);
    await client.releaseSlot(held.reservationUid, signal);
    const booking = await client.createBooking(wish(), signal);
    expect(operationOf(booking)).toBe("op-1");
    const moved = await client.rescheduleBooking(booking.uid, { startsAt: nine + 1_800_000, reason: "später" }, signal);
    expect(moved.uid).not.toBe(booking.uid);
    expect(await client.cancelBooking(moved.uid, "krank", signal)).toMatchObject({ status: "cancelled" });
    expect(await client.getBooking(booking.uid, signal)).toMatchObject({ status: "cancelled" });
    expect(await client.getEventType(101, signal)).toMatchObject({ id: 101 });
    expect(await client.listEventTypes(signal)).toHaveLength(1);
    expect((await client.me(signal)).username).toBe("askproai-sandbox");
    expect((await client.listBookings({}, signal)).bookings).toHaveLength(2);
  });

  test("reads more bookings than one page holds", async () => {
    for (let count = 0; count < 205; count += 1) calcom.bookElsewhere({ eventTypeId: 101, startAt: nine + count * 86_400_000 });
    const { bookings, strange } = await client.listBookings({ updatedAfter: Date.now() - 60_000 }, signal);
    expect([bookings.length, strange]).toEqual([205, 0]);
  });

  test("a time that somebody else took is told apart as taken", async () => {
    calcom.bookElsewhere({ eventTypeId: 101, startAt: nine });
    await expect(client.createBooking(wish(), signal)).rejects.toMatchObject({ kind: "taken" });
  });

  test.each([
    [{ kind: "suspended" }, "suspended"],
    [{ kind: "throttled" }, "throttled"],
    [{ kind: "error", status: 502 }, "unavailable"],
    [{ kind: "html" }, "garbled"],
    [{ kind: "half-body" }, "lost"],
    [{ kind: "done-but-silent" }, "lost"],
  ] as const)("%j is told apart as %s", async (fault, kind) => {
    calcom.faults.set(fault);
    await expect(client.createBooking(wish(), signal)).rejects.toMatchObject({ kind });
  });

  test("after a lost answer the booking is found by our own id", async () => {
    calcom.faults.set({ kind: "done-but-silent" }, { endpoint: "create-booking", times: 1 });
    await expect(client.createBooking(wish("op-9"), signal)).rejects.toMatchObject({ kind: "lost" });
    const { bookings } = await client.listBookings({ updatedAfter: Date.now() - 60_000 }, signal);
    expect(bookings.map(operationOf)).toEqual(["op-9"]);
  });

  test("a vendor that lies is found out by looking", async () => {
    calcom.faults.set({ kind: "lying" }, { endpoint: "create-booking" });
    const { uid } = await client.createBooking(wish(), signal);
    await expect(client.getBooking(uid, signal)).rejects.toMatchObject({ kind: "not-found" });
  });
});

describe("our Twilio client", () => {
  let specification: Specification;
  let twilio: TwilioStandIn;
  const access = (): twilioApi.TwilioAccess => ({
    baseUrl: twilio.url,
    accountSid: twilio.accountSid,
    token: new Secret("${env:CONTRACT_TOKEN}"),
    timeoutMs: 400,
  });
  beforeAll(async () => {
    specification = await readSpecification("twilio.openapi.json");
  });
  beforeEach(async () => {
    twilio = await startTwilio({
      authToken: "token",
      numbers: [{ phoneNumber: us, voiceUrl: "https://gw.example.test/voice" }],
      ringMs: 1,
      messageStepMs: 1,
    });
  });
  afterEach(async () => {
    expectByTheBook(specification, twilio.exchanges);
    await twilio.close();
  });

  test("dials, and finds its call again", async () => {
    const call = await twilioApi.createTwilioCall(
      access(),
      { to: them, from: us, twiml: "<Response><Say>Alarm</Say></Response>", timeoutS: 20 },
      signal,
    );
    await twilio.settled();
    expect(await twilioApi.getTwilioCall(access(), call.sid, signal)).toMatchObject({ status: "completed" });
    expect(await twilioApi.listTwilioCalls(access(), { to: them, since: Date.now() - 60_000 }, signal)).toMatchObject({
      calls: [{ sid: call.sid }],
      isComplete: true,
    });
    expect(await twilioApi.getTwilioCall(access(), `CA${"f".repeat(32)}`, signal)).toBeUndefined();
    expect(twilio.rung).toMatchObject([{ to: them, played: { heard: ["Alarm"] } }]);
  });

  test("sends a text message once, and is told no in the carrier's words", async () => {
    await twilioApi.sendTwilioMessage(access(), { to: them, from: us, body: "Rückruf" }, signal);
    await expect(twilioApi.sendTwilioMessage(access(), { to: "0170", from: us, body: "a" }, signal)).rejects.toMatchObject({
      code: "vendor-refused",
      twilioCode: 21_211,
    });
    await twilio.settled();
    expect(twilio.received).toMatchObject([{ to: them, body: "Rückruf" }]);
  });

  test("sets a number's addresses and reads them back; a trunk, a lone fallback and a carrier that only says so are found", async () => {
    const number = await twilioApi.findIncomingNumber(access(), us, signal);
    if (number === undefined) throw new Error("the number is not there");
    const urls = { voiceUrl: "https://gw.example.test/new", voiceFallbackUrl: "https://backup.example.test/voice" };
    expect(await twilioApi.updateIncomingNumber(access(), number, urls, signal)).toMatchObject({
      voice_fallback_url: urls.voiceFallbackUrl,
    });
    twilio.faults.set({ kind: "lying" }, { endpoint: "update-number" });
    await expect(twilioApi.updateIncomingNumber(access(), number, { voiceUrl: "https://gw.example.test/other" }, signal)).rejects.toThrow(
      /./,
    );
    twilio.faults.clear();
    Object.assign(twilio.state.numbers.get(us) ?? {}, { trunkSid: `TK${"0".repeat(32)}` });
    await expect(twilioApi.updateIncomingNumber(access(), number, urls, signal)).rejects.toMatchObject({ code: "refused-unsafe" });
  });

  test.each([
    [{ kind: "throttled" }, { code: "vendor-refused", twilioCode: 20_429 }],
    [{ kind: "error" }, { code: "vendor-unreachable", isOutcomeUnknown: true }],
    [{ kind: "html" }, { code: "vendor-unreachable", isOutcomeUnknown: true }],
    [{ kind: "suspended" }, { code: "vendor-refused", twilioCode: 20_005 }],
  ] as const)("%j is told apart", async (fault, expected) => {
    twilio.faults.set(fault);
    await expect(twilioApi.sendTwilioMessage(access(), { to: them, from: us, body: "a" }, signal)).rejects.toMatchObject(expected);
  });
});
