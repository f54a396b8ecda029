import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { validateRequest } from "twilio";
import { parseTwiml } from "../../src/sandbox/vendors/twilio/twiml.ts";
import { signTwilio } from "../../src/sandbox/vendors/twilio/twilio-signature.ts";
import { startTwilio, type TwilioStandIn } from "../../src/sandbox/vendors/twilio.ts";
import { startCustomerServer, type CustomerServer, type Received } from "./customer-server.ts";
import { readSpecification, type Specification } from "./specification.ts";

const authToken = "token_of_the_contract";
const us = "+493012345678";
const them = "+491701234567";
let specification: Specification;
let customer: CustomerServer;
let twilio: TwilioStandIn;

beforeAll(async () => {
  specification = await readSpecification("twilio.openapi.json");
});
beforeEach(async () => {
  customer = await startCustomerServer();
  twilio = await startTwilio({
    authToken,
    numbers: [{ phoneNumber: us, voiceUrl: `${customer.url}/voice`, statusCallback: `${customer.url}/status` }],
    ringMs: 1,
    messageStepMs: 1,
    limits: { connectMs: 200, readMs: 300, totalMs: 600 },
  });
});
afterEach(async () => {
  const inBook = twilio.exchanges.filter((exchange) => exchange.fault === undefined && specification.knows(exchange));
  expect(inBook.flatMap((exchange) => specification.problemsOf(exchange))).toEqual([]);
  for (const { status, body } of twilio.exchanges) {
    if (status < 400) continue;
    expect(body).toEqual({ code: expect.any(Number), message: expect.any(String), more_info: expect.any(String), status });
  }
  await twilio.settled();
  for (const request of customer.received) expect(isSignedByTwilio(request)).toBe(true);
  await twilio.close();
  await customer.close();
});

const formOf = ({ body }: Received): Record<string, string> => Object.fromEntries(new URLSearchParams(body));

function isSignedByTwilio(request: Received): boolean {
  const signature = String(request.headers["x-twilio-signature"]);
  const parameters = request.method === "GET" ? {} : formOf(request);
  return validateRequest(authToken, signature, customer.url + request.path, parameters);
}

async function ask(method: string, path: string, form?: Record<string, string> | [string, string][], token = authToken) {
  const answer = await fetch(`${twilio.url}/2010-04-01/Accounts/${twilio.accountSid}${path}`, {
    method,
    headers: { authorization: `Basic ${Buffer.from(`${twilio.accountSid}:${token}`).toString("base64")}` },
    ...(form === undefined ? {} : { body: new URLSearchParams(form) }),
  });
  const text = await answer.text();
  return { status: answer.status, json: (text === "" ? {} : JSON.parse(text)) as Record<string, unknown> };
}
const numberSid = (): string => twilio.state.numbers.get(us)?.sid ?? "";
const say = (text: string): { twiml: string } => ({ twiml: `<Response><Say language="de-DE">${text}</Say></Response>` });

describe("the interface", () => {
  test.each([
    ["POST", "/Calls.json", { To: them, From: us, Twiml: "<Response/>" }, 201, { status: "queued", direction: "outbound-api" }],
    ["POST", "/Calls.json", { From: us, Twiml: "<Response/>" }, 400, { code: 21_201 }],
    ["POST", "/Calls.json", { To: "0170", From: us, Twiml: "<Response/>" }, 400, { code: 21_211 }],
    ["POST", "/Calls.json", { To: them, From: "+4930000000", Twiml: "<Response/>" }, 400, { code: 21_210 }],
    ["POST", "/Calls.json", { To: them, From: us }, 400, { code: 21_205 }],
    ["GET", "/Calls.json?PageSize=5", undefined, 200, { calls: [], next_page_uri: null }],
    ["GET", "/Calls/CA00000000000000000000000000000000.json", undefined, 404, { code: 20_404 }],
    ["POST", "/Messages.json", { To: them, From: us, Body: "Rückruf um zehn" }, 201, { status: "queued", error_code: null }],
    ["POST", "/Messages.json", { To: them, From: us }, 400, { code: 21_602 }],
    ["POST", "/Messages.json", { To: them, From: us, Body: "a".repeat(1601) }, 400, { code: 21_617 }],
    ["POST", "/Messages.json", { To: them, Body: "a" }, 400, { code: 21_603 }],
    [
      "GET",
      `/IncomingPhoneNumbers.json?PhoneNumber=${encodeURIComponent(us)}`,
      undefined,
      200,
      { incoming_phone_numbers: [{ phone_number: us }] },
    ],
    ["GET", "/IncomingPhoneNumbers.json?PhoneNumber=999", undefined, 200, { incoming_phone_numbers: [] }],
    ["GET", "/Balance.json", undefined, 200, { currency: "USD" }],
    ["GET", "/Nothing.json", undefined, 404, { code: 20_404 }],
  ] as const)("%s %s %j is answered with %i", async (method, path, form, status, expected) => {
    expect(await ask(method, path, form)).toMatchObject({ status, json: expected });
  });

  test("a wrong token is refused", async () => {
    expect(await ask("GET", "/Calls.json", undefined, "other")).toMatchObject({ status: 401, json: { code: 20_003 } });
  });

  test("a number takes new addresses, but no fallback without a first one", async () => {
    const path = `/IncomingPhoneNumbers/${numberSid()}.json`;
    const fallback = "https://backup.example.test/voice";
    expect((await ask("POST", path, { VoiceFallbackUrl: fallback })).json).toMatchObject({ voice_fallback_url: fallback });
    expect((await ask("GET", path)).json).toMatchObject({ voice_url: `${customer.url}/voice`, voice_fallback_url: fallback });
    expect(await ask("POST", path, { VoiceUrl: "" })).toMatchObject({ status: 400, json: { code: 21_405 } });
    expect((await ask("GET", path)).json).toMatchObject({ voice_url: `${customer.url}/voice` });
  });

  test("lists come in pages, each naming the next", async () => {
    for (let count = 0; count < 3; count += 1) await ask("POST", "/Messages.json", { To: them, From: us, Body: String(count) });
    await twilio.settled();
    const first = (await ask("GET", "/Messages.json?PageSize=2")).json;
    const next = String(first["next_page_uri"]).replace(`/2010-04-01/Accounts/${twilio.accountSid}`, "");
    const second = (await ask("GET", next)).json;
    expect([first["messages"], second["messages"]].map((page) => (page as unknown[]).length)).toEqual([2, 1]);
    expect(second["next_page_uri"]).toBeNull();
  });
});

describe("a call that comes in", () => {
  test("asks the number's address, follows keys and words, records, and ends with a status; every request is signed", async () => {
    customer.at("/voice", {
      twiml:
        '<Response><Gather input="dtmf speech" numDigits="1" action="/choice"><Say language="de-DE" voice="Polly.Vicki-Neural">Drücken Sie die 1 &amp; warten Sie.</Say></Gather></Response>',
    });
    customer.at("/choice", {
      twiml: '<Response><Say>Bitte sprechen Sie.</Say><Record action="/recorded?step=2" recordingStatusCallback="/recording"/></Response>',
    });
    customer.at("/recorded", { twiml: "<Response><Say>Danke.</Say><Hangup/><Say>Nie.</Say></Response>" });
    const call = await twilio.simulateCaller({ from: them, to: us, answers: [{ digits: "12#" }, { speech: "Ich brauche einen Termin." }] });
    await twilio.settled();
    expect(call.heard).toEqual(["Drücken Sie die 1 & warten Sie.", "Bitte sprechen Sie.", "Danke."]);
    expect(call).toMatchObject({ endedBy: "document", status: "completed", errors: [] });
    expect(customer.received[0]).toMatchObject({ method: "POST", path: "/voice" });
    expect(formOf(customer.received[0] as Received)).toMatchObject({
      CallSid: call.callSid,
      From: them,
      To: us,
      CallStatus: "ringing",
      Direction: "inbound",
    });
    expect(formOf(customer.requestsTo("/choice")[0] as Received)).toMatchObject({ Digits: "1" });
    const recorded = formOf(customer.requestsTo("/recorded")[0] as Received);
    expect(recorded).toMatchObject({ RecordingSid: expect.stringMatching(/^RE[0-9a-f]{32}$/), RecordingDuration: "2" });
    expect((await ask("GET", `/Recordings/${recorded["RecordingSid"]}.json`)).json).toMatchObject({
      call_sid: call.callSid,
      status: "completed",
    });
    expect(customer.requestsTo("/recording").map(formOf)).toMatchObject([
      { RecordingStatus: "completed", RecordingSid: recorded["RecordingSid"] },
    ]);
    expect(customer.requestsTo("/status").map(formOf)).toMatchObject([{ CallStatus: "completed" }]);
  });

  test.each([
    ["a server error", { status: 500 }, "11200"],
    ["no document", { json: { ok: true } }, "12300"],
    ["half a document", { twiml: "<Response><Say>Gut" }, "12100"],
    ["a line that is cut", "cut", "11205"],
    ["silence", "hang", "11205"],
  ] as const)("after %s the fallback is asked at once and told why", async (_what, answer, code) => {
    await ask("POST", `/IncomingPhoneNumbers/${numberSid()}.json`, { VoiceFallbackUrl: `${customer.url}/fallback` });
    customer.at("/voice", answer);
    customer.at("/fallback", say("Wir rufen zurück."));
    const call = await twilio.simulateCaller({ from: them, to: us });
    expect(call).toMatchObject({ heard: ["Wir rufen zurück."], errors: [Number(code)] });
    expect(formOf(customer.requestsTo("/fallback")[0] as Received)).toMatchObject({ ErrorCode: code, ErrorUrl: `${customer.url}/voice` });
  });

  test("without a fallback the caller hears an error message in English, and that is all", async () => {
    customer.at("/voice", { status: 503 });
    expect(await twilio.simulateCaller({ from: them, to: us })).toMatchObject({
      heard: [expect.stringMatching(/application error/)],
      endedBy: "error",
    });
  });

  test("the address's fragment shortens the wait, and is not signed", async () => {
    await ask("POST", `/IncomingPhoneNumbers/${numberSid()}.json`, {
      VoiceUrl: `${customer.url}/voice?x=1#ct=100&rt=50`,
      VoiceFallbackUrl: `${customer.url}/fallback`,
    });
    customer.at("/voice", "hang");
    customer.at("/fallback", say("Schnell."));
    const call = await twilio.simulateCaller({ from: them, to: us });
    expect(call.requests[0]?.tookMs).toBeLessThan(250);
    expect(call.heard).toEqual(["Schnell."]);
  });

  test("a dialled SIP address that is not there leads to the action with what became of it", async () => {
    customer.at("/voice", { twiml: '<Response><Dial timeout="15" action="/after"><Sip>sip:+49@sip.example.test</Sip></Dial></Response>' });
    customer.at("/after", say("Unser Assistent ist gestört."));
    const call = await twilio.simulateCaller({ from: them, to: us });
    expect(call.dialled).toMatchObject([{ kind: "sip", status: "failed", timeoutSeconds: 15 }]);
    expect(formOf(customer.requestsTo("/after")[0] as Received)).toMatchObject({ DialCallStatus: "failed" });
    expect(call.heard).toEqual(["Unser Assistent ist gestört."]);
  });

  test("a caller who hangs up in the first sentence is asked nothing more, and the end is told", async () => {
    customer.at("/voice", { twiml: "<Response><Say>Wir rufen Sie zurück.</Say><Redirect>/next</Redirect></Response>" });
    const call = await twilio.simulateCaller({ from: them, to: us, hangUpAfter: 1 });
    await twilio.settled();
    expect(call).toMatchObject({ endedBy: "caller", heard: ["Wir rufen Sie zurück."] });
    expect(customer.received.map(({ path }) => path)).toEqual(["/voice", "/status"]);
  });

  test("silence asks the action only where the document wants it", async () => {
    customer.at("/voice", {
      twiml: '<Response><Gather action="/choice"><Say>Eins?</Say></Gather><Gather action="/empty" actionOnEmptyResult="true"/></Response>',
    });
    customer.at("/empty", say("Nichts gehört."));
    const call = await twilio.simulateCaller({ from: them, to: us });
    expect(call.heard).toEqual(["Eins?", "Nichts gehört."]);
    expect(customer.requestsTo("/choice")).toEqual([]);
  });

  test("with a trunk the number's own addresses are not looked at", async () => {
    await ask("POST", `/IncomingPhoneNumbers/${numberSid()}.json`, { TrunkSid: "TK00000000000000000000000000000001" });
    await twilio.simulateCaller({ from: them, to: us });
    expect(customer.received).toEqual([]);
  });

  test("a voice that does not speak German makes the sentence fail", async () => {
    customer.at("/voice", { twiml: '<Response><Say language="de-DE" voice="Polly.Joanna">Guten Tag</Say></Response>' });
    expect(await twilio.simulateCaller({ from: them, to: us })).toMatchObject({ endedBy: "error", errors: [13_512] });
  });
});

describe("a call that goes out", () => {
  const order = (extra: Record<string, string> = {}): [string, string][] => [
    ...Object.entries({ To: them, From: us, Url: `${customer.url}/page`, StatusCallback: `${customer.url}/status`, ...extra }),
    ...["initiated", "ringing", "answered", "completed"].map((event): [string, string] => ["StatusCallbackEvent", event]),
  ];

  test("is told step by step, and the key that was pressed arrives", async () => {
    twilio.callees.set(them, { kind: "answers", answers: [{ digits: "1" }] });
    customer.at("/page", { twiml: '<Response><Gather numDigits="1" action="/pressed"><Say>Drücken Sie die 1.</Say></Gather></Response>' });
    customer.at("/pressed", say("Danke."));
    const { json } = await ask("POST", "/Calls.json", order());
    await twilio.settled();
    expect(customer.requestsTo("/status").map((request) => formOf(request)["CallStatus"])).toEqual([
      "queued",
      "ringing",
      "in-progress",
      "completed",
    ]);
    expect(formOf(customer.requestsTo("/pressed")[0] as Received)).toMatchObject({ Digits: "1", CallSid: json["sid"] });
    expect(twilio.rung).toMatchObject([{ to: them, played: { heard: ["Drücken Sie die 1.", "Danke."] } }]);
    expect((await ask("GET", `/Calls/${String(json["sid"])}.json`)).json).toMatchObject({
      status: "completed",
      duration: expect.any(String),
    });
  });

  test.each(["busy", "no-answer"] as const)("to somebody who is %s ends like that, without asking for a document", async (kind) => {
    twilio.callees.set(them, { kind });
    const { json } = await ask("POST", "/Calls.json", order());
    await twilio.settled();
    expect((await ask("GET", `/Calls/${String(json["sid"])}.json`)).json).toMatchObject({ status: kind });
    expect(customer.requestsTo("/page")).toEqual([]);
  });

  test("can be called back before it rings, and never rings then", async () => {
    await ask("POST", "/Calls.json", order());
    const second = await ask("POST", "/Calls.json", order());
    await ask("POST", `/Calls/${String(second.json["sid"])}.json`, { Status: "canceled" });
    await twilio.settled();
    expect(twilio.rung).toHaveLength(1);
    expect(await ask("POST", `/Calls/${String(second.json["sid"])}.json`, { Status: "canceled" })).toMatchObject({ status: 400 });
  });

  test("waits its turn: one call starts in a second", async () => {
    await Promise.all([1, 2].map(async () => await ask("POST", "/Calls.json", order())));
    await twilio.settled();
    const [first, second] = twilio.rung;
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(900);
  });
});

describe("a text message", () => {
  test.each([
    ["delivered", ["sent", "delivered"], 1],
    ["undelivered", ["sent", "undelivered"], 0],
    ["failed", ["failed"], 0],
    ["swallowed", ["sent"], 0],
  ] as const)("to a number where it is %s is told as %j", async (recipient, states, shown) => {
    twilio.recipients.set(them, recipient);
    const { json } = await ask("POST", "/Messages.json", { To: them, From: us, Body: "Grüße", StatusCallback: `${customer.url}/sms` });
    await twilio.settled();
    expect(customer.requestsTo("/sms").map((request) => formOf(request)["MessageStatus"])).toEqual(states);
    expect(twilio.received).toHaveLength(shown);
    expect((await ask("GET", `/Messages/${String(json["sid"])}.json`)).json).toMatchObject({ status: states.at(-1) });
  });

  test("can be told twice", async () => {
    twilio.webhooks.set({ kind: "doubled" }, "message:delivered");
    await ask("POST", "/Messages.json", { To: them, From: us, Body: "a", StatusCallback: `${customer.url}/sms` });
    await twilio.settled();
    const told = customer.requestsTo("/sms").map((request) => formOf(request)["MessageStatus"]);
    expect(told).toEqual(["sent", "delivered", "delivered"]);
  });
});

test("the signature is that of the published vector", () => {
  const parameters = {
    CallSid: `CA${"0".repeat(32)}`,
    From: "+15550100001",
    To: "+15550100002",
    CallStatus: "ringing",
    Direction: "inbound",
  };
  expect(signTwilio("https://gw.example.test/twilio/voice?x=1", parameters, "test_token")).toBe("1J/eeyL6zmDQsBYV+6lUroCZaFw=");
});

test.each([
  "",
  "<Response>",
  "<Response></Respons>",
  "<Say>a</Say>",
  "<Response/><Response/>",
  "text",
  "<Response><Say>a & b</Say></Response>",
  "<Response a=1/>",
])("%j is no document", (source) => {
  expect(() => parseTwiml(source)).toThrow(/./);
});
