import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeAll, expect, test } from "vitest";
import { startFaultyServer } from "../../test/faulty-server.ts";
import { lookOnce, mapMemory, type LookOptions } from "../../test/network-look.ts";
import { calcomMeSchema } from "../integrations/calcom.ts";
import { UntrustedFault } from "../integrations/http-client.ts";
import { NetworkFault } from "../integrations/http-client-fault.ts";
import { retellKeyInfoSchema } from "../integrations/retell.ts";
import type { VendorReply } from "../integrations/vendor-call.ts";
import { say } from "../kernel/message.ts";
import { decideVendor, type VendorProfile } from "./vendor-decision.ts";
import { vendorProbe } from "./vendor.ts";

const retell: VendorProfile = { name: "Retell", host: "api.retellai.com", answer: retellKeyInfoSchema, isForbiddenLock: false };
const calcom: VendorProfile = { name: "Cal.com", host: "api.cal.com", answer: calcomMeSchema, isForbiddenLock: true };

function reply(status: number, body: unknown, more: Partial<VendorReply> = {}): VendorReply {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const json = typeof body === "string" ? undefined : body;
  return {
    url: "https://api.retellai.com/get-api-key-info",
    status,
    json,
    body: text,
    contentType: "",
    location: "",
    retryAfterMs: undefined,
    latencyMs: 80,
    ...more,
  };
}

const keyInfo = { api_key_name: "a", org_name: "b" };
const page = "<!doctype html><h1>Welcome to the guest network</h1>";
const wrongHost = { url: "https://api.retell.ai/get-api-key-info" };
const plain = { url: "http://api.retellai.com/get-api-key-info" };

test.each<[string, VendorProfile, VendorReply, string, string | undefined]>([
  ["its own answer", retell, reply(200, keyInfo), "ok", undefined],
  ["its own answer, late", retell, reply(200, keyInfo, { latencyMs: 2500 }), "degraded", "slow-response"],
  ["an HTML page from its own host", retell, reply(200, page), "down", "vendor-down"],
  ["an HTML page from a wrong host", retell, reply(200, page, wrongHost), "unknown", undefined],
  ["a page over plain http, as of a captive portal", retell, reply(200, page, plain), "unknown", undefined],
  ["a redirect from its own host", retell, reply(302, "", { location: "https://status.retellai.com" }), "down", "vendor-down"],
  ["a redirect from a portal", retell, reply(302, "", { ...plain, location: "http://portal.local/" }), "unknown", undefined],
  ["JSON of another shape from its own host", retell, reply(200, { ok: true }), "down", "vendor-down"],
  ["JSON of another shape from a wrong host", retell, reply(200, { healthy: true }, wrongHost), "unknown", undefined],
  ["an empty 200", retell, reply(200, "", wrongHost), "unknown", undefined],
  ["a bare null", retell, reply(200, null, wrongHost), "unknown", undefined],
  ["not found at a wrong base", retell, reply(404, { message: "Not found" }, wrongHost), "unknown", undefined],
  ["our key refused", retell, reply(401, { status: "error", message: "Invalid API key" }), "down", "vendor-auth"],
  ["our key refused, undocumented shape", retell, reply(401, { error_message: "Authorization header required" }), "down", "vendor-auth"],
  ["a login page of a portal", retell, reply(401, page, plain), "unknown", undefined],
  ["no payment", retell, reply(402, { status: "error", message: "Payment required" }), "down", "vendor-auth"],
  [
    "throttling",
    retell,
    reply(429, { status: "error", message: "Account rate limited, please throttle your requests." }),
    "degraded",
    "vendor-throttled",
  ],
  ["a server error with a page", retell, reply(503, page), "down", "vendor-down"],
  ["an edge that lost its origin", retell, reply(522, page), "down", "vendor-down"],
  [
    "Cal.com: suspended",
    calcom,
    reply(403, { status: "error", error: { message: "This account has been suspended" } }),
    "down",
    "vendor-auth",
  ],
  [
    "Cal.com: shut out after too many requests",
    calcom,
    reply(403, { status: "error", error: { message: "Too many requests" } }),
    "down",
    "vendor-throttled",
  ],
  ["Cal.com: blocked at its edge", calcom, reply(403, page, { url: "https://api.cal.com/v2/me" }), "down", "vendor-auth"],
  ["Cal.com: a proxy's 403 page on the way", calcom, reply(403, page, { url: "http://api.cal.com/v2/me" }), "unknown", undefined],
  ["Retell's answer from Cal.com's address", calcom, reply(200, keyInfo, { url: "https://api.cal.com/v2/me" }), "down", "vendor-down"],
])("%s", (_, profile, given, state, cause) => {
  const seen = decideVendor({ reply: given }, profile, 2000);
  expect(seen.state).toBe(state);
  expect(seen.cause).toBe(cause);
});

const certificate = { subject: "", issuer: "", names: "", validFrom: 0, validTo: 0, fingerprint256: "", isNameRight: false };

test.each<[string, NetworkFault, string]>([
  ["no route from here", new NetworkFault("connect", "ENETUNREACH", "x"), "unknown"],
  ["no resolver here", new NetworkFault("lookup", "EAI_AGAIN", "x"), "unknown"],
  ["somebody in between shows a certificate", new UntrustedFault(certificate, "SELF_SIGNED_CERT_IN_CHAIN", "x"), "unknown"],
  ["a certificate for another name", new UntrustedFault(certificate, "ERR_TLS_CERT_ALTNAME_INVALID", "x"), "unknown"],
  ["the vendor let its certificate expire", new UntrustedFault(certificate, "CERT_HAS_EXPIRED", "x"), "down"],
  ["a closed port", new NetworkFault("connect", "ECONNREFUSED", "x"), "down"],
  ["a cut connection", new NetworkFault("answer", "ECONNRESET", "x"), "down"],
])("%s", (_, fault, state) => {
  const seen = decideVendor({ fault, baseUrl: "https://api.retellai.com" }, retell, 2000);
  expect(seen).toMatchObject({ state });
  expect(seen.cause).toBe(state === "down" ? "vendor-down" : undefined);
});

test("a lock-out of the account reads differently from a refused key", () => {
  const locked = decideVendor({ reply: reply(403, { error: "suspended" }) }, calcom, 2000);
  const refused = decideVendor({ reply: reply(401, { error: "no" }) }, calcom, 2000);
  expect(say(locked.message, "de")).toMatch(/sperrt uns aus \(403\)/);
  expect(say(refused.message, "de")).toMatch(/weist unseren Schlüssel ab \(401\)/);
});

let server: Server | undefined;
let calls: string[] = [];

async function serve(answer: (path: string, response: ServerResponse) => void): Promise<string> {
  calls = [];
  server = createServer((request, response) => {
    calls.push(request.url ?? "");
    answer(request.url ?? "", response);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

beforeAll(() => {
  process.env["AMPEL_TEST_KEY"] = "key-of-ours";
});

afterEach(() => {
  server?.close().closeAllConnections();
  server = undefined;
});

const json = (response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void =>
  void response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
const sickPage = { status: { indicator: "major" }, components: [{ name: "Phone Call", status: "degraded_performance" }] };

async function look(baseUrl: string, more: Record<string, unknown> = {}, options: LookOptions = {}) {
  return await lookOnce(vendorProbe, { vendor: "retell", key: "${env:AMPEL_TEST_KEY}", baseUrl, ...more }, options);
}

test("the status page is a hint in the message and never changes the verdict", async () => {
  const base = await serve((path, response) => json(response, 200, path === "/status" ? sickPage : keyInfo));
  const memory = mapMemory();
  const first = await look(base, { statusUrl: `${base}/status` }, { memory });
  expect(first).toMatchObject({
    state: "ok",
    measures: { statusPageTroubles: 1 },
    text: expect.stringMatching(/status page says: Phone Call degraded performance/),
  });
  await look(base, { statusUrl: `${base}/status` }, { memory });
  expect(calls.filter((path) => path === "/status")).toHaveLength(1);
});

test("a silent vendor is down with the hint, inside the deadline", async () => {
  const base = await serve((path, response) => (path === "/status" ? json(response, 200, sickPage) : undefined));
  const seen = await look(base, { statusUrl: `${base}/status` }, { deadlineMs: 1500 });
  expect(seen).toMatchObject({
    state: "down",
    cause: "vendor-down",
    text: expect.stringMatching(/does not answer within 1250 ms; status page says: Phone Call/),
  });
  expect(seen.durationMs).toBeLessThan(1500);
});

test.each(["silent", "huge-body", "garbage", "closes-at-once"] as const)(
  "a status page that is %s delays and breaks nothing",
  async (fault) => {
    const base = await serve((_, response) => json(response, 200, keyInfo));
    const page = await startFaultyServer(fault);
    const seen = await look(base, { statusUrl: `http://127.0.0.1:${page.port}/` }, { deadlineMs: 1500 });
    await page.stop();
    expect(seen.state).toBe("ok");
    expect(seen.durationMs).toBeLessThan(1500);
  },
);

test.each(["silent", "drip-body", "huge-body", "garbage", "closes-at-once", "slow-headers", "endless-headers"] as const)(
  "a vendor that is %s is down inside the deadline",
  async (fault) => {
    const faulty = await startFaultyServer(fault);
    const seen = await look(`http://127.0.0.1:${faulty.port}`, { statusUrl: false }, { deadlineMs: 900 });
    await faulty.stop();
    expect(seen).toMatchObject({ state: "down", cause: "vendor-down" });
    expect(seen.durationMs).toBeLessThan(4000);
  },
);

test("after throttling nothing is asked until the time is over, and the verdict stands", async () => {
  let isThrottling = true;
  const base = await serve((_, response) =>
    isThrottling ? json(response, 429, {}, { "retry-after": "20" }) : json(response, 200, keyInfo),
  );
  const memory = mapMemory();
  let now = 1_800_000_000_000;
  const states: string[] = [];
  for (const pauseMs of [0, 5000, 14_999, 2]) {
    now += pauseMs;
    if (pauseMs === 2) isThrottling = false;
    states.push((await look(base, {}, { memory, now: () => now })).state);
  }
  expect(states).toEqual(["degraded", "degraded", "degraded", "ok"]);
  expect(calls).toHaveLength(2);
});

test("no key and no personal data reach the evidence", async () => {
  const base = await serve((_, response) => json(response, 401, { message: "Invalid key-of-ours, ask ada@example.org" }));
  const seen = await look(base);
  expect(seen.evidence).toMatch(/\[secret\], ask \[mail\]/);
  expect(JSON.stringify(seen)).not.toMatch(/key-of-ours/);
});

test("a missing key is our mistake: unknown, not down", async () => {
  expect(await look("http://127.0.0.1:1", { key: "${env:AMPEL_TEST_NOT_SET}" })).toMatchObject({ state: "unknown" });
});
