import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeAll, expect, test } from "vitest";
import { lookOnce } from "../../test/network-look.ts";
import { NetworkFault } from "../integrations/http-client-fault.ts";
import { decideHttp, percentile, type HttpSample } from "./http-decision.ts";
import { httpProbe } from "./http.ts";

const servers: Server[] = [];

async function serve(listener: RequestListener, host = "127.0.0.1"): Promise<string> {
  const server = createServer(listener).listen(0, host);
  await once(server, "listening");
  servers.push(server);
  const { port } = server.address() as AddressInfo;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

beforeAll(() => {
  process.env["AMPEL_TEST_KEY"] = "key-of-ours";
});

afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

test.each<[number, unknown, string]>([
  [200, undefined, "ok"],
  [204, undefined, "ok"],
  [500, undefined, "down"],
  [404, 404, "ok"],
  [401, [200, "401-403"], "ok"],
  [404, [200, "401-403"], "down"],
  [301, 301, "ok"],
])("status %i with the expectation %j is %s", async (status, expectStatus, state) => {
  const base = await serve((_, response) => response.writeHead(status, { location: "/elsewhere" }).end());
  const seen = await lookOnce(httpProbe, { url: `${base}/`, ...(expectStatus === undefined ? {} : { expectStatus }) });
  expect(seen).toMatchObject({ state, measures: { status } });
  expect(seen.cause).toBe(state === "ok" ? undefined : "http-error");
});

test.each([
  ["healthy", "ok"],
  ["/database: (ok|fine)/", "ok"],
  ["a.b", "down"],
  ["/^nothing/m", "down"],
])("the body is searched for %s: %s", async (expectBody, state) => {
  const base = await serve((_, response) => response.end("healthy\ndatabase: ok\naxb"));
  expect(await lookOnce(httpProbe, { url: base, expectBody })).toMatchObject({ state });
});

test("a redirect is not ok, followed only as often as allowed, and a loop ends", async () => {
  const base = await serve((request, response) => {
    if (request.url === "/end") return response.end("the end");
    const next = request.url === "/loop" ? "/loop" : "/end";
    return response.writeHead(302, { location: next }).end();
  });
  expect(await lookOnce(httpProbe, { url: `${base}/start` })).toMatchObject({
    state: "down",
    cause: "http-error",
    text: expect.stringMatching(/redirects with 302 to \/end; redirects allowed: 0/),
  });
  expect(await lookOnce(httpProbe, { url: `${base}/start`, redirects: 1, expectBody: "the end" })).toMatchObject({ state: "ok" });
  expect(await lookOnce(httpProbe, { url: `${base}/loop`, redirects: 5 })).toMatchObject({
    state: "down",
    text: expect.stringMatching(/redirects allowed: 5/),
  });
});

test("a secret is never carried to another host", async () => {
  const heard: (string | undefined)[] = [];
  const other = await serve((request, response) => {
    heard.push(request.headers.authorization);
    response.end("welcome");
  });
  const base = await serve((_, response) => response.writeHead(302, { location: `${other}/take?token=abc` }).end());
  const seen = await lookOnce(httpProbe, { url: base, redirects: 3, bearer: "${env:AMPEL_TEST_KEY}" });
  expect(seen).toMatchObject({ state: "down", text: expect.stringMatching(/no secret is sent there/) });
  expect(seen.text).not.toMatch(/token=abc/);
  expect(heard).toEqual([]);
  expect(await lookOnce(httpProbe, { url: base, redirects: 3 })).toMatchObject({ state: "ok" });
  expect(heard).toEqual([undefined]);
});

test("headers are sent, secrets are revealed only on the wire, and masked when echoed", async () => {
  const base = await serve((request, response) =>
    response.writeHead(500).end(`you sent ${String(request.headers["x-token"])} from ada@example.org`),
  );
  const seen = await lookOnce(httpProbe, {
    url: `${base}/path?secret=1`,
    headers: { "x-token": "${env:AMPEL_TEST_KEY}", accept: "text/html" },
  });
  expect(seen.evidence).toMatch(/you sent \[secret\] from \[mail\]/);
  expect(JSON.stringify(seen)).not.toMatch(/key-of-ours|secret=1/);
});

test.each<[string, Record<string, unknown>]>([
  ["a password in the address", { url: "https://ada:secret@example.org/" }],
  ["a plain authorization header", { url: "https://example.org/", headers: { authorization: "Bearer abc" } }],
  ["half a reference", { url: "https://example.org/", headers: { "x-token": "Bearer ${env:KEY}" } }],
  ["another protocol", { url: "ftp://example.org/" }],
  ["a broken expression", { url: "https://example.org/", expectBody: "/(/" }],
  ["a status that is none", { url: "https://example.org/", expectStatus: 99 }],
  ["an unknown key", { url: "https://example.org/", expectstatus: 200 }],
  ["a header name with a line break", { url: "https://example.org/", headers: { "x\r\ny": "1" } }],
])("%s is refused", async (_, spec) => {
  await expect(lookOnce(httpProbe, spec)).rejects.toThrow();
});

test("a secret with a line break is our mistake and is not shown", async () => {
  process.env["AMPEL_TEST_BROKEN"] = "top\nsecret";
  const seen = await lookOnce(httpProbe, { url: "http://127.0.0.1:1/", bearer: "${env:AMPEL_TEST_BROKEN}" });
  expect(seen).toMatchObject({ state: "unknown", text: expect.stringMatching(/header authorization/) });
  expect(JSON.stringify(seen)).not.toMatch(/top/);
});

test("a missing secret is our mistake: unknown, not down", async () => {
  expect(await lookOnce(httpProbe, { url: "http://127.0.0.1:1/", bearer: "${env:AMPEL_TEST_NOT_SET}" })).toMatchObject({
    state: "unknown",
  });
});

test("slow answers degrade at one limit and go down at the other", async () => {
  const base = await serve((_, response) => void setTimeout(() => response.end(), 120));
  expect(await lookOnce(httpProbe, { url: base, slowMs: 50 })).toMatchObject({ state: "degraded", cause: "slow-response" });
  expect(await lookOnce(httpProbe, { url: base, slowMs: 50, downMs: 100 })).toMatchObject({ state: "down", cause: "slow-response" });
  expect(await lookOnce(httpProbe, { url: base, slowMs: 5000 })).toMatchObject({ state: "ok" });
});

test("several requests give percentiles, and one slow one of twenty stays outside p95", async () => {
  let count = 0;
  const base = await serve((_, response) => void setTimeout(() => response.end(), count++ === 7 ? 300 : 0));
  const seen = await lookOnce(httpProbe, { url: base, samples: 20, slowMs: 200 });
  expect(seen).toMatchObject({ state: "ok", measures: { samples: 20 } });
});

test("when a later request hangs, the verdict still comes inside the deadline", async () => {
  let count = 0;
  const base = await serve((_, response) => void (count++ < 2 ? response.end() : undefined));
  const seen = await lookOnce(httpProbe, { url: base, samples: 5 }, { deadlineMs: 1500 });
  expect(seen).toMatchObject({
    state: "degraded",
    cause: "unreachable",
    text: expect.stringMatching(/1 of 3 requests fail: .*after 2 of/),
  });
  expect(seen.durationMs).toBeLessThan(1500);
});

test("an answer by IPv6 is as good", async () => {
  const base = await serve((_, response) => response.end(), "::1");
  expect(await lookOnce(httpProbe, { url: base })).toMatchObject({ state: "ok" });
});

test("localhost is found without DNS", async () => {
  const base = await serve((_, response) => response.end());
  expect(await lookOnce(httpProbe, { url: base.replace("127.0.0.1", "localhost") })).toMatchObject({ state: "ok" });
});

test.each<[string, NetworkFault, string, string | undefined]>([
  ["a name that does not exist", new NetworkFault("lookup", "ENOTFOUND", "x"), "down", "dns-wrong"],
  ["a resolver that is not there", new NetworkFault("lookup", "ECONNREFUSED", "x"), "unknown", undefined],
  ["a resolver that says try again", new NetworkFault("lookup", "EAI_AGAIN", "x"), "unknown", undefined],
  ["no route from here", new NetworkFault("connect", "ENETUNREACH", "x"), "unknown", undefined],
  ["no sockets left here", new NetworkFault("connect", "EMFILE", "x"), "unknown", undefined],
  ["a closed port", new NetworkFault("connect", "ECONNREFUSED", "x"), "down", "unreachable"],
  ["a cut line", new NetworkFault("answer", "ECONNRESET", "x"), "down", "http-error"],
])("%s is judged as what it is", (_, fault, state, cause) => {
  const seen = decideHttp([{ fault, latencyMs: 1 }], { expectStatus: [{ from: 200, to: 299 }], redirects: 0 }, "x", 0);
  expect(seen.state).toBe(state);
  expect(seen.cause).toBe(cause);
});

test("of some failing requests the majority decides", () => {
  const bad: HttpSample = { fault: new NetworkFault("connect", "ECONNREFUSED", "x"), latencyMs: 1 };
  const answer = {
    status: 200,
    headers: {},
    body: "",
    isBodyCut: false,
    remoteAddress: "",
    lookupMs: 0,
    connectMs: 0,
    tlsMs: 0,
    firstByteMs: 0,
    totalMs: 0,
  };
  const good: HttpSample = { answer, latencyMs: 1, isRedirectWithheld: false };
  const decide = (...samples: HttpSample[]): string =>
    decideHttp(samples, { expectStatus: [{ from: 200, to: 299 }], redirects: 0 }, "x", 0).state;
  expect([decide(good, good), decide(good, bad), decide(good, bad, bad), decide(bad)]).toEqual(["ok", "degraded", "down", "down"]);
});

test.each([
  [[5], 95, 5],
  [[1, 2, 3, 4], 50, 2],
  [[4, 3, 2, 1], 95, 4],
  [Array.from({ length: 20 }, (_, index) => index + 1), 95, 19],
])("of %j the %i th percentile is %i", (values, share, expected) => {
  expect(percentile(values, share)).toBe(expected);
});
