import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Secret } from "../kernel/secret.ts";
import { startTwilio, type TwilioStandIn } from "../sandbox/vendors/twilio.ts";
import {
  createTwilioCall,
  findIncomingNumber,
  getTwilioCall,
  listTwilioCalls,
  sendTwilioMessage,
  TwilioRefusal,
  updateIncomingNumber,
  type TwilioAccess,
} from "./twilio-api.ts";

const ours = "+4930901820001";
const theirs = "+4930901820099";
process.env["AMPEL_TEST_TWILIO"] = "token_of_nobody";
let twilio: TwilioStandIn;
let access: TwilioAccess;
let bare: Server | undefined;
beforeEach(async () => {
  twilio = await startTwilio({ authToken: "token_of_nobody", numbers: [{ phoneNumber: ours }], callsPerSecond: 100 });
  access = { baseUrl: twilio.url, accountSid: twilio.accountSid, token: new Secret("${env:AMPEL_TEST_TWILIO}"), timeoutMs: 1000 };
});
afterEach(async () => {
  await twilio.close();
  bare?.closeAllConnections();
  bare?.close();
});
const signal = (): AbortSignal => AbortSignal.timeout(5000);

async function faultOf(work: Promise<unknown>): Promise<TwilioRefusal> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(TwilioRefusal);
  return error as TwilioRefusal;
}

test("a call is dialled once, found again by its number, and read back", async () => {
  const since = Date.now();
  const call = await createTwilioCall(access, { to: theirs, from: ours, twiml: "<Response><Hangup/></Response>" }, signal());
  await twilio.settled();
  expect(twilio.rung.map(({ to }) => to)).toEqual([theirs]);
  expect((await listTwilioCalls(access, { to: theirs, since }, signal())).calls.map(({ sid }) => sid)).toEqual([call.sid]);
  expect((await listTwilioCalls(access, { to: theirs, since: since + 60_000 }, signal())).calls).toEqual([]);
  expect((await getTwilioCall(access, call.sid, signal()))?.status).toBe("completed");
  expect(await getTwilioCall(access, `CA${"9".repeat(32)}`, signal())).toBeUndefined();
});

test.each(["down", "silent", "done-but-silent", "half-body"] as const)(
  "an answer that never comes (%s) is not asked for twice",
  async (kind) => {
    twilio.faults.set({ kind });
    await expect(
      createTwilioCall({ ...access, timeoutMs: 300 }, { to: theirs, from: ours, twiml: "<Response/>" }, signal()),
    ).rejects.toThrow();
    expect(twilio.exchanges.length).toBeLessThanOrEqual(1);
  },
);

test.each([
  [{ kind: "error", status: 500 }, "vendor-unreachable", true],
  [{ kind: "html" }, "vendor-unreachable", true],
  [{ kind: "throttled" }, "vendor-refused", false],
  [{ kind: "suspended" }, "vendor-refused", false],
] as const)("%o is told apart: %s", async (fault, code, isOutcomeUnknown) => {
  twilio.faults.set(fault);
  expect(await faultOf(findIncomingNumber(access, ours, signal()))).toMatchObject({ code, isOutcomeUnknown });
});

test("a wrong key is refused in Twilio's own words, and stands in no message", async () => {
  process.env["AMPEL_TEST_TWILIO_WRONG"] = "another_token_entirely";
  const refusal = await faultOf(findIncomingNumber({ ...access, token: new Secret("${env:AMPEL_TEST_TWILIO_WRONG}") }, ours, signal()));
  expect(refusal).toMatchObject({ httpStatus: 401, twilioCode: 20003 });
  expect(JSON.stringify(refusal) + refusal.message + refusal.stack).not.toContain("another_token");
});

test("addresses of a number are set and read back; one that is not ours is not found", async () => {
  const number = await findIncomingNumber(access, ours, signal());
  expect(await findIncomingNumber(access, "+4930901820000", signal())).toBeUndefined();
  if (number === undefined) throw new Error("not found");
  const urls = {
    voiceUrl: "https://gw.example.test/twilio/voice#ct=2000&rt=4000",
    voiceFallbackUrl: "https://other.example.test/twilio/fallback",
  };
  expect(await updateIncomingNumber(access, number, urls, signal())).toMatchObject({
    voice_url: urls.voiceUrl,
    voice_fallback_url: urls.voiceFallbackUrl,
  });
});

test("a change that was promised and not made is noticed", async () => {
  const number = await findIncomingNumber(access, ours, signal());
  if (number === undefined) throw new Error("not found");
  twilio.faults.set({ kind: "lying" });
  const change = updateIncomingNumber(access, number, { voiceUrl: "https://gw.example.test/twilio/voice" }, signal());
  expect((await faultOf(change)).code).toBe("vendor-unreachable");
});

test("a number whose calls a trunk takes is refused, since its VoiceUrl would count for nothing", async () => {
  await twilio.close();
  twilio = await startTwilio({ authToken: "token_of_nobody", numbers: [{ phoneNumber: ours, trunkSid: `TK${"1".repeat(32)}` }] });
  const here = { ...access, baseUrl: twilio.url };
  const number = await findIncomingNumber(here, ours, signal());
  if (number === undefined) throw new Error("not found");
  const change = updateIncomingNumber(here, number, { voiceUrl: "https://gw.example.test/twilio/voice" }, signal());
  await expect(change).rejects.toMatchObject({ code: "refused-unsafe", message: expect.stringContaining("TK1111") });
});

test("a fallback address without a primary one is refused before Twilio has to", async () => {
  const number = await findIncomingNumber(access, ours, signal());
  if (number === undefined) throw new Error("not found");
  const asked = twilio.exchanges.length;
  await expect(updateIncomingNumber(access, number, { voiceFallbackUrl: "https://other.example.test/" }, signal())).rejects.toMatchObject({
    code: "refused-unsafe",
  });
  expect(twilio.exchanges.slice(asked).every(({ request }) => request.method === "GET")).toBe(true);
});

test("a text message is sent", async () => {
  expect(await sendTwilioMessage(access, { to: theirs, from: ours, body: "Größe ✓" }, signal())).toMatchObject({
    sid: expect.stringMatching(/^SM/),
  });
  await twilio.settled();
  expect(JSON.stringify(twilio.received)).toContain("Größe ✓");
});

test("a server that trickles for ever is left at the time limit", async () => {
  bare = createServer((_, response) => void setInterval(() => response.write(" "), 20).unref());
  bare.listen(0, "127.0.0.1");
  await once(bare, "listening");
  const { port } = bare.address() as AddressInfo;
  const startedMs = performance.now();
  await expect(findIncomingNumber({ ...access, baseUrl: `http://127.0.0.1:${port}`, timeoutMs: 200 }, ours, signal())).rejects.toThrow();
  expect(performance.now() - startedMs).toBeLessThan(2000);
});
