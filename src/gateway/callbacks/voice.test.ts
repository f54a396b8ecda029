import { expect, test } from "vitest";
import { minutes, seconds } from "../../kernel/clock.ts";
import { Failure } from "../../kernel/failure.ts";
import { message } from "../../kernel/message.ts";
import { actionOf, at, callerNumber, openWorld, praxis, praxisNumber, type World } from "./callback-world.test-support.ts";
import { parseNote, type KeptWish } from "./wish.ts";

const gone = new Failure("spool-failed", message("callback.store-needed"), message("callback.store-needed-next"));
const wishes = (world: World): KeptWish[] => world.kept.map(({ body }) => parseNote(body)).filter((note) => note?.kind === "wish");
const kinds = (world: World): string[] => world.findings.map(({ kind }) => kind);

test("normally a call goes to Retell, with a way back to us when nobody takes it there", async () => {
  const world = openWorld();
  const { status, twiml } = await world.ask("voice");
  expect(status).toBe(200);
  expect(twiml).toContain(`<Sip>sip:${praxisNumber}@sip.retellai.com;transport=tcp</Sip>`);
  expect(actionOf(twiml)).toBe(`https://gw.example.test/twilio/after-dial?at=${world.clock.at}`);
  expect(world.kept).toEqual([]);
});

test.each(["no-answer", "busy", "failed"])(
  "Retell does not take the call (%s): the callback is kept before its announcement is answered",
  async (status) => {
    const world = openWorld();
    const handedOver = await world.ask("voice");
    world.clock.at += seconds(15);
    const { twiml } = await world.ask(actionOf(handedOver.twiml), { DialCallStatus: status });
    expect(wishes(world)).toMatchObject([
      { phone: callerNumber, companyId: "praxis", branchId: "mitte", reason: "retell-down", promisedBy: at("2026-11-23T10:35") },
    ]);
    expect(twiml).toContain("Wir rufen Sie heute bis 10 Uhr 35 unter dieser Nummer zurück.");
    expect(twiml).toContain("Praxis Mitte");
    expect(twiml).not.toContain("<Record");
    expect(kinds(world)).toContain("retell-not-answering");
    expect(world.state.counted[0]).toMatchObject({ code: "vendor-unreachable" });
  },
);

test("what Retell took is not called back, and counts in its favour", async () => {
  const world = openWorld();
  const { twiml } = await world.ask(`after-dial?at=${world.clock.at}`, { DialCallStatus: "completed" });
  expect(twiml).toContain("<Hangup/>");
  expect(world.kept).toEqual([]);
  expect(world.state.counted).toEqual(["ok"]);
});

test("hung up while it rang: after two seconds nothing, after ten a callback", async () => {
  const world = openWorld();
  const action = actionOf((await world.ask("voice")).twiml);
  world.clock.at += seconds(2);
  await world.ask(action, { DialCallStatus: "canceled", CallStatus: "completed" });
  expect(world.kept).toEqual([]);
  world.clock.at += seconds(8);
  await world.ask(action, { DialCallStatus: "canceled", CallStatus: "completed" });
  expect(wishes(world)).toHaveLength(1);
});

test.each([
  ["the queue is on", (world: World) => void (world.state.isQueueMode = true)],
  ["Retell's breaker is open", (world: World) => void (world.state.retell = "open")],
  ["Retell was isolated by hand", (world: World) => void (world.state.retell = "isolated")],
])("%s: nobody waits for Retell to ring out", async (_, arrange) => {
  const world = openWorld();
  arrange(world);
  const { twiml } = await world.ask("voice");
  expect(twiml).not.toContain("<Dial");
  expect(wishes(world)).toHaveLength(1);
});

test("our primary address failed: the fallback address promises as well, and says so to us", async () => {
  const world = openWorld();
  const { twiml } = await world.ask("fallback", { ErrorCode: "11205", ErrorUrl: "https://gw.example.test/twilio/voice" });
  expect(twiml).toContain("zurück");
  expect(wishes(world)).toHaveLength(1);
  expect(world.findings[0]).toMatchObject({ kind: "voice-fallback-used", data: { errorCode: "11205" } });
});

test("the same caller again joins the first promise, and hears it again", async () => {
  const world = openWorld();
  world.state.isQueueMode = true;
  await world.ask("voice");
  world.clock.at += minutes(10);
  const { twiml } = await world.ask("voice", { CallSid: `CA${"1".repeat(32)}` });
  expect(twiml).toContain("Ihr Rückruf ist schon notiert: Wir rufen Sie heute bis 10 Uhr 30 zurück.");
  const [first, second] = wishes(world);
  expect(second?.callbackId).toBe(first?.callbackId);
  expect(second?.promisedBy).toBe(first?.promisedBy);
});

test("a promise that has passed is not repeated: the caller hears a new one", async () => {
  const world = openWorld();
  world.state.isQueueMode = true;
  await world.ask("voice");
  world.clock.at += minutes(40);
  const { twiml } = await world.ask("voice", { CallSid: `CA${"1".repeat(32)}` });
  expect(twiml).toContain("heute bis 11 Uhr 10");
});

test("name and wish are noted; the carrier's repetition of the same request adds nothing", async () => {
  const world = openWorld();
  world.state.isQueueMode = true;
  const action = actionOf((await world.ask("voice")).twiml);
  for (let round = 0; round < 2; round += 1) {
    const { twiml } = await world.ask(action, { SpeechResult: "Erika Muster, ich brauche einen Termin" });
    expect(twiml).toContain("Danke, das haben wir notiert. Wir rufen Sie heute bis 10 Uhr 30 zurück.");
  }
  expect(wishes(world).map(({ wish }) => wish)).toEqual([undefined, "Erika Muster, ich brauche einen Termin"]);
  expect(world.kept.every(({ dedupKey }) => !dedupKey.includes("9018"))).toBe(true);
});

test("nothing is recorded without consent; with it only the carrier's id is kept", async () => {
  const world = openWorld();
  world.state.isQueueMode = true;
  const choice = actionOf((await world.ask("voice")).twiml);
  const asked = await world.ask(choice, { Digits: "1" });
  expect(asked.twiml).not.toContain("<Record");
  const consent = actionOf(asked.twiml);
  const noes: Record<string, string>[] = [{ Digits: "2" }, { SpeechResult: "Nein, ja nicht aufnehmen" }, {}];
  for (const answer of noes) {
    expect((await world.ask(consent, answer)).twiml).not.toContain("<Record");
  }
  const agreed = await world.ask(consent, { SpeechResult: "Ja, gerne." });
  expect(agreed.twiml).toContain("<Record");
  const sid = `RE${"a".repeat(32)}`;
  await world.ask(actionOf(agreed.twiml), { RecordingSid: sid, RecordingUrl: "https://evil.example/x", RecordingDuration: "9" });
  expect(wishes(world).at(-1)).toMatchObject({ recordingSid: sid });
  await world.ask("recorded", { RecordingSid: `RE${"b".repeat(32)}` });
  expect(wishes(world).map(({ recordingSid }) => recordingSid)).not.toContain(`RE${"b".repeat(32)}`);
  expect(JSON.stringify(wishes(world))).not.toContain("evil");
});

test("in an emergency the branch's own number is dialled, while it is open", async () => {
  const world = openWorld();
  world.state.isQueueMode = true;
  const offered = await world.ask("voice");
  expect(offered.twiml).toContain("In dringenden Fällen drücken Sie die 2.");
  expect((await world.ask(actionOf(offered.twiml), { Digits: "2" })).twiml).toContain("<Number>+4930901820112</Number>");
  world.clock.at = at("2026-11-23T19:00");
  const closed = await world.ask("voice");
  expect(closed.twiml).not.toContain("drücken Sie die 2");
  expect((await world.ask(actionOf(closed.twiml), { Digits: "2" })).twiml).not.toContain("<Number>");
});

test("who wants no callback gets none", async () => {
  const world = openWorld();
  world.state.isQueueMode = true;
  const action = actionOf((await world.ask("voice")).twiml);
  expect((await world.ask(action, { Digits: "9" })).twiml).toContain("wir rufen Sie nicht zurück");
  expect(world.kept.at(-1)?.eventType).toBe("callback.withdrawn");
  expect(world.backlog.waiting()).toEqual([]);
});

test("a caller without a number is told so, may type one, and is promised nothing without", async () => {
  const world = openWorld();
  world.state.isQueueMode = true;
  const asked = await world.ask("voice", { From: "+266696687" });
  expect(asked.twiml).toContain("Ihre Rufnummer ist unterdrückt");
  expect(world.kept).toEqual([]);
  const again = await world.ask(actionOf(asked.twiml), { From: "anonymous", Digits: "123" });
  expect(again.twiml).toContain("Diese Nummer können wir nicht anrufen");
  expect((await world.ask(actionOf(again.twiml), { From: "anonymous", Digits: "1" })).twiml).toContain("Ohne Ihre Nummer");
  expect(world.kept).toEqual([]);
  const promised = await world.ask(actionOf(again.twiml), { From: "anonymous", Digits: "030901820077" });
  expect(wishes(world)).toMatchObject([{ phone: "+4930901820077" }]);
  await world.ask(actionOf(promised.twiml), { From: "anonymous", SpeechResult: "Bitte einen Termin" });
  expect(wishes(world).at(-1)).toMatchObject({ phone: "+4930901820077", wish: "Bitte einen Termin" });
});

test("a number nobody has is a finding and a polite sentence, never the first company; the call is kept", async () => {
  const world = openWorld();
  const { twiml } = await world.ask("voice", { To: "+4930901820000" });
  expect(twiml).toContain("nicht eingerichtet");
  expect(kinds(world)).toEqual(["unknown-number"]);
  expect(world.kept).toMatchObject([{ verdict: "verified", eventType: "call.ringing" }]);
  expect(world.kept[0]).not.toHaveProperty("companyId");
});

test("a forged request takes nothing: no promise, nobody's number, and it lies in quarantine", async () => {
  const world = openWorld();
  expect((await world.ask("voice", {}, { signedWith: "wrong" })).twiml).toContain("<Sip>");
  expect(world.kept).toEqual([]);
  world.state.isQueueMode = true;
  for (const step of ["voice", "after-dial", "fallback", "choice", "recorded", "recording-consent"]) {
    const { status, twiml } = await world.ask(step, { Digits: "2", DialCallStatus: "failed" }, { signedWith: "wrong" });
    expect([status, twiml]).toEqual([200, expect.stringContaining("Bitte rufen Sie in einigen Minuten noch einmal an")]);
    expect(twiml).not.toMatch(/<(Dial|Gather|Record)/);
  }
  expect(world.backlog.waiting()).toEqual([]);
  expect(world.kept.every(({ verdict }) => verdict === "unverified")).toBe(true);
  expect(world.state.counted).toEqual([]);
});

test("the query we gave out is part of what is signed", async () => {
  const world = openWorld();
  world.state.isQueueMode = true;
  const sid = `RE${"a".repeat(32)}`;
  const genuine = await world.ask("recorded?consent=given", { RecordingSid: sid });
  expect(genuine.twiml).toContain("notiert");
  const response = await world.app.request("http://127.0.0.1/twilio/recorded?consent=given", {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded", "x-twilio-signature": "AAAAAAAAAAAAAAAAAAAAAAAAAAA=" },
    body: new URLSearchParams({ RecordingSid: sid, To: praxisNumber, From: callerNumber }).toString(),
  });
  expect(await response.text()).toContain("in einigen Minuten");
});

test("neither inbox nor spool takes it: no promise; the carrier is sent to its fallback, and there an honest sentence is said", async () => {
  const world = openWorld();
  world.state.isQueueMode = true;
  world.state.keepFails = gone;
  const { status, twiml } = await world.ask("voice");
  expect([status, twiml]).toEqual([503, ""]);
  const last = await world.ask("fallback");
  expect(last.status).toBe(200);
  expect(last.twiml).toContain("in einigen Minuten noch einmal");
  expect(last.twiml).not.toContain("zurück");
  expect(world.backlog.waiting()).toEqual([]);
  expect((await world.ask("status")).status).toBe(503);
});

test("50 callers at once: every one behind the other, and each is told another truth", async () => {
  const world = openWorld();
  world.state.isQueueMode = true;
  await Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      world.ask("voice", { From: `+49309018201${String(index).padStart(2, "0")}`, CallSid: `CA${String(index).padStart(32, "0")}` }),
    ),
  );
  const promises = wishes(world).map(({ promisedBy }) => (promisedBy - world.clock.at) / minutes(1));
  expect(promises).toHaveLength(50);
  expect(promises).toEqual(promises.toSorted((left, right) => left - right));
  expect(promises[0]).toBe(30);
  expect(promises.at(-1)).toBe(150);
});

test("at night the promise is for the morning, and an English company speaks English", async () => {
  const world = openWorld({ companies: [{ ...praxis, language: "en" }] });
  world.state.isQueueMode = true;
  world.clock.at = at("2026-11-23T22:10");
  const { twiml } = await world.ask("voice");
  expect(twiml).toContain('<Say language="en-GB" voice="Polly.Amy-Neural">');
  expect(twiml).toContain("tomorrow from 8:00, at the latest by 8:30");
});

test("garbage and floods of bytes are no error of ours and take nothing", async () => {
  const world = openWorld();
  for (const body of ["", "%%%", "To=%00", "a".repeat(200_000)]) {
    const response = await world.app.request("http://127.0.0.1/twilio/voice", { method: "POST", body });
    expect([200, 413]).toContain(response.status);
  }
  expect(world.backlog.waiting()).toEqual([]);
});

test("without Retell's SIP address every call is promised a callback, and we hear why", async () => {
  const world = openWorld({ settings: { twilio: { tokens: { main: "${env:AMPEL_TEST_TWILIO_TOKEN}" } } } });
  await world.ask("voice");
  expect(wishes(world)).toHaveLength(1);
  expect(kinds(world)).toContain("retell-sip-missing");
});
