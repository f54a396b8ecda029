import { afterEach, expect, test } from "vitest";
import { startFaultyServer, type Fault, type FaultyServer } from "../../test/faulty-server.ts";
import { lookOnce } from "../../test/network-look.ts";
import { certificateProbe } from "./certificate.ts";
import { httpProbe } from "./http.ts";
import { tcpProbe } from "./tcp.ts";

let server: FaultyServer | undefined;

afterEach(async () => {
  await server?.stop();
  server = undefined;
});

const deadlineMs = 800;
// Far above any deadline here: a hint that something hung, no claim about speed.
const hungMs = 4000;

const httpTable: readonly [Fault, string, RegExp][] = [
  ["silent", "unreachable", /No answer within 0.8 s/],
  ["closes-at-once", "http-error", /no usable answer/],
  ["closes-after-request", "http-error", /no usable answer \((ECONNRESET|CLOSED)\)/],
  ["garbage", "http-error", /no usable answer \(HPE_/],
  ["endless-headers", "http-error", /no usable answer \(HPE_HEADER_OVERFLOW\)/],
  ["slow-headers", "unreachable", /No answer/],
  ["drip-body", "unreachable", /No answer/],
  ["cut-body", "http-error", /no usable answer/],
  ["unasked-upgrade", "http-error", /no usable answer/],
];

test.each(httpTable)("an http target that is %s is down within the deadline", async (fault, cause, text) => {
  server = await startFaultyServer(fault);
  const seen = await lookOnce(httpProbe, { url: `http://127.0.0.1:${server.port}/` }, { deadlineMs });
  expect(seen).toMatchObject({ state: "down", cause, text: expect.stringMatching(text) });
  expect(seen.durationMs).toBeLessThan(hungMs);
});

test("a target that says 'continue' for ever is down within the deadline", async () => {
  server = await startFaultyServer("endless-continue");
  const seen = await lookOnce(httpProbe, { url: `http://127.0.0.1:${server.port}/` }, { deadlineMs });
  expect(seen.state).toBe("down");
  expect(seen.durationMs).toBeLessThan(hungMs);
});

test("of a body of 1 GB only the allowed part is fetched", async () => {
  server = await startFaultyServer("huge-body");
  const before = process.memoryUsage().rss;
  const seen = await lookOnce(httpProbe, { url: `http://127.0.0.1:${server.port}/`, expectBody: "needle" }, { deadlineMs: 5000 });
  expect(seen).toMatchObject({
    state: "down",
    cause: "http-error",
    text: expect.stringMatching(/needle is missing in the 65536 bytes read/),
  });
  expect(server.sentBytes()).toBeLessThan(32 * 1024 ** 2);
  expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 ** 2);
  expect(await lookOnce(httpProbe, { url: `http://127.0.0.1:${server.port}/` })).toMatchObject({ state: "ok" });
});

test.each(["silent", "closes-at-once", "garbage", "slow-headers", "huge-body"] as const)(
  "an https and a certificate target that is %s is down within the deadline",
  async (fault) => {
    server = await startFaultyServer(fault);
    for (const seen of [
      await lookOnce(httpProbe, { url: `https://127.0.0.1:${server.port}/` }, { deadlineMs }),
      await lookOnce(certificateProbe, { address: "127.0.0.1", port: server.port }, { deadlineMs }),
    ]) {
      expect(seen).toMatchObject({ state: "down" });
      expect(seen.durationMs).toBeLessThan(hungMs);
    }
  },
);

test.each(["silent", "closes-at-once", "garbage", "slow-headers", "huge-body"] as const)(
  "a tcp target that is %s does not give the expected greeting",
  async (fault) => {
    server = await startFaultyServer(fault);
    const seen = await lookOnce(tcpProbe, { address: "127.0.0.1", port: server.port, expectGreeting: "SSH-2.0" }, { deadlineMs });
    expect(seen).toMatchObject({ state: "down", cause: "unreachable", text: expect.stringMatching(/SSH-2.0/) });
    expect(seen.durationMs).toBeLessThan(hungMs);
  },
);

test("a port where nothing listens is unreachable for every kind", async () => {
  const gone = await startFaultyServer("silent");
  await gone.stop();
  const [http, certificate, tcp] = [
    await lookOnce(httpProbe, { url: `http://127.0.0.1:${gone.port}/` }),
    await lookOnce(certificateProbe, { address: "127.0.0.1", port: gone.port }),
    await lookOnce(tcpProbe, { address: "127.0.0.1", port: gone.port }),
  ];
  for (const seen of [http, certificate, tcp]) {
    expect(seen).toMatchObject({ state: "down", cause: "unreachable", text: expect.stringMatching(/ECONNREFUSED/) });
  }
});

test("an interrupted check leaves no connection behind", async () => {
  server = await startFaultyServer("silent");
  const interrupt = new AbortController();
  const looking = lookOnce(httpProbe, { url: `http://127.0.0.1:${server.port}/` }, { signal: interrupt.signal });
  await expect.poll(() => server?.taken()).toBe(1);
  interrupt.abort();
  expect(await looking).toMatchObject({ state: "unknown" });
  await expect.poll(() => server?.open()).toBe(0);
});
