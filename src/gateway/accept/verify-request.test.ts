import { createHash, createHmac } from "node:crypto";
import { writeFileSync } from "node:fs";
import fc from "fast-check";
import { symmetric as theirs } from "retell-sdk/lib/webhook_auth";
import twilio from "twilio";
import { afterAll, expect, test } from "vitest";
import { newGround, testSettings } from "../server/gateway.test-support.ts";
import { verifyCalcom } from "./verify-calcom.ts";
import { publicAddress, verifyRequest } from "./verify-request.ts";
import { verifyRetell } from "./verify-retell.ts";
import { verifyTwilio } from "./verify-twilio.ts";
import type { NamedKey } from "./verification.ts";

const ground = newGround();
afterAll(ground.remove);

const at = 1_800_000_000_000;
const one = (value: string): NamedKey[] => [{ id: "main", value }];
const none = { verdict: "unverified" };

const retellBody = Buffer.from('{"event":"call_ended","call":{"call_id":"call_test","note":"Grüße"}}');
const retellSignature = "v=1800000000000,d=638eee95d92315ab1d55daea343a1b332cc59057acefc0951bf66666bedf8174";
const retell = (signature: string, body = retellBody, now = at, keys = one("test_key_not_real")): unknown =>
  verifyRetell({ url: "", headers: { "x-retell-signature": signature }, body }, keys, now);

test.each([
  ["at its own moment", retellSignature, at, { verdict: "verified", keyId: "main" }],
  ["five minutes later", retellSignature, at + 300_000, { verdict: "verified", keyId: "main" }],
  ["five minutes earlier", retellSignature, at - 300_000, { verdict: "verified", keyId: "main" }],
  ["a millisecond too late", retellSignature, at + 300_001, { verdict: "stale", keyId: "main" }],
  ["a millisecond too early", retellSignature, at - 300_001, { verdict: "stale", keyId: "main" }],
  ["in capitals", retellSignature.toUpperCase().replace("V=", "v=").replace("D=", "d="), at, { verdict: "verified", keyId: "main" }],
  ["one digit wrong", retellSignature.replace("8174", "8175"), at, none],
  ["another time than the signed one", retellSignature.replace("v=18", "v=19"), at, none],
  ["too short", retellSignature.slice(0, -2), at, none],
  ["with something behind it", `${retellSignature},x`, at, none],
  ["empty", "", at, none],
  ["a time beyond all numbers", `v=${"9".repeat(400)},d=${"a".repeat(64)}`, at, none],
])("Retell's published vector %s", (_, signature, now, verdict) => {
  expect(retell(signature, retellBody, now)).toEqual(verdict);
});

test("Retell signs an empty body too", () => {
  const signature = "v=1800000000000,d=c5cca58edb1b606905626b84513e9eee11c78633dae926fc8c9f769da0c1630b";
  expect(retell(signature, Buffer.alloc(0))).toEqual({ verdict: "verified", keyId: "main" });
});

test("without a key nothing is verified and nothing is called forged", () => {
  expect(retell(retellSignature, retellBody, at, [])).toEqual({ verdict: "unknown_provider" });
});

test("two keys at once: the one that fits is named", () => {
  expect(retell(retellSignature, retellBody, at, [...one("other"), { id: "new", value: "test_key_not_real" }])).toEqual({
    verdict: "verified",
    keyId: "new",
  });
});

test("Retell's own package and we agree on what it signs and on what is changed afterwards", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: "grapheme" }),
      fc.string({ minLength: 1, unit: "binary" }),
      fc.boolean(),
      fc.integer({ min: -400_000, max: 400_000 }),
      async (body, key, isChanged, driftMs) => {
        const signature = await theirs.sign(body, key, at);
        const seen = isChanged ? `${body} ` : body;
        const isTheirs = await theirs.verify(seen, key, signature, { timestamp: at + driftMs });
        const { verdict } = verifyRetell(
          { url: "", headers: { "x-retell-signature": signature }, body: Buffer.from(seen) },
          one(key),
          at + driftMs,
        );
        expect(verdict === "verified").toBe(isTheirs);
        expect(verdict).toBe(isChanged ? "unverified" : Math.abs(driftMs) <= 300_000 ? "verified" : "stale");
      },
    ),
    { numRuns: 200 },
  );
});

test("Cal.com's vector, its missing secret, and a changed body", () => {
  const body = Buffer.from(
    '{"triggerEvent":"BOOKING_CREATED","createdAt":"2027-01-15T08:00:00.000Z","payload":{"uid":"u1","title":"Prüfung"}}',
  );
  const signature = "daa801e80392ea6f480c556af768050c55ae99dcbdb819d87a886d8f57ee521a";
  const check = (given: string, seen = body): unknown =>
    verifyCalcom({ url: "", headers: { "x-cal-signature-256": given }, body: seen }, one("test_secret"));
  expect(check(signature)).toEqual({ verdict: "verified", keyId: "main" });
  expect(check("no-secret-provided")).toEqual(none);
  expect(check(signature, Buffer.concat([body, Buffer.from(" ")]))).toEqual(none);
});

const form = { "content-type": "application/x-www-form-urlencoded" };
const twilioUrl = "https://gw.example.test/twilio/voice?x=1";
const twilioBody = Buffer.from(
  new URLSearchParams({
    CallSid: `CA${"0".repeat(32)}`,
    From: "+15550100001",
    To: "+15550100002",
    CallStatus: "ringing",
    Direction: "inbound",
  }).toString(),
);

test("Twilio's vector, also when the sender signed with the port", () => {
  const check = (signature: string): unknown =>
    verifyTwilio({ url: twilioUrl, headers: { ...form, "x-twilio-signature": signature }, body: twilioBody }, one("test_token"));
  expect(check("1J/eeyL6zmDQsBYV+6lUroCZaFw=")).toEqual({ verdict: "verified", keyId: "main" });
  const withPort = twilio.getExpectedTwilioSignature(
    "test_token",
    twilioUrl.replace(".test/", ".test:443/"),
    Object.fromEntries(new URLSearchParams(twilioBody.toString())),
  );
  expect(check(withPort)).toEqual({ verdict: "verified", keyId: "main" });
  expect(check("1J/eeyL6zmDQsBYV+6lUroCZaFx=")).toEqual(none);
});

test("Twilio's own package and we agree on any form and any query", () => {
  const word = fc.string({ maxLength: 12 });
  fc.assert(
    fc.property(
      fc.dictionary(word, word),
      fc.dictionary(fc.stringMatching(/^[a-z]{1,6}$/), word),
      fc.boolean(),
      (fields, query, isChanged) => {
        const search = new URLSearchParams(query).toString();
        const url = `https://gw.example.test/twilio/voice${search === "" ? "" : `?${search}`}`;
        const signature = twilio.getExpectedTwilioSignature("token", url, fields);
        const seen = isChanged ? { ...fields, added: "1" } : fields;
        const body = Buffer.from(new URLSearchParams(seen).toString());
        const ours = verifyTwilio({ url, headers: { ...form, "x-twilio-signature": signature }, body }, one("token"));
        expect(ours.verdict === "verified").toBe(twilio.validateRequest("token", signature, url, seen));
      },
    ),
    { numRuns: 300 },
  );
});

test("a form field that comes twice is signed once per value, sorted", () => {
  const fields = { Media: ["b", "a", "b"] };
  const signature = twilio.getExpectedTwilioSignature("token", twilioUrl, fields);
  const body = Buffer.from("Media=b&Media=a&Media=b");
  expect(verifyTwilio({ url: twilioUrl, headers: { ...form, "x-twilio-signature": signature }, body }, one("token"))).toMatchObject({
    verdict: "verified",
  });
});

test("another body than a form is bound by its hash in the address", () => {
  const body = Buffer.from('{"a":1}');
  const url = `https://gw.example.test/webhooks/twilio?bodySHA256=${createHash("sha256").update(body).digest("hex")}`;
  const signature = createHmac("sha1", "token").update(url).digest("base64");
  const headers = { "content-type": "application/json", "x-twilio-signature": signature };
  expect(twilio.validateRequestWithBody("token", signature, url, body.toString())).toBe(true);
  expect(verifyTwilio({ url, headers, body }, one("token"))).toMatchObject({ verdict: "verified" });
  expect(verifyTwilio({ url, headers, body: Buffer.from('{"a":2}') }, one("token"))).toEqual(none);
});

test("a key that is rotated on disk counts at once, and its absence for a moment changes nothing", () => {
  const settings = testSettings(ground, { retell: { keys: { main: ground.keyFile("rotating", "old") } } });
  const check = (key: string): string => {
    const body = Buffer.from("{}");
    const digest = createHmac("sha256", key).update(body).update(String(at)).digest("hex");
    return verifyRequest("retell", { url: "", headers: { "x-retell-signature": `v=${at},d=${digest}` }, body }, settings, at).verdict;
  };
  expect(check("old")).toBe("verified");
  writeFileSync(`${ground.folder}/keys/rotating`, "");
  expect(check("old")).toBe("verified");
  const until = performance.now() + 150;
  while (performance.now() < until); // a key is read at most ten times a second
  writeFileSync(`${ground.folder}/keys/rotating`, "new");
  expect(check("new")).toBe("verified");
});

test("the address is the configured one, whatever is asked for", () => {
  expect(publicAddress("https://gw.example.test/base/", "/twilio/voice?x=1")).toBe("https://gw.example.test/base/twilio/voice?x=1");
});
