import { afterEach, expect, test } from "vitest";
import { startDnsServer, type DnsReply, type DnsScript, type DnsServerStandIn } from "../../test/dns-server.ts";
import { startFaultyServer } from "../../test/faulty-server.ts";
import { lookOnce } from "../../test/network-look.ts";
import { dnsProbe } from "./dns.ts";

const running: DnsServerStandIn[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()));
});

async function serve(...scripts: readonly DnsScript[]): Promise<string[]> {
  const started = await Promise.all(scripts.map((script) => startDnsServer(script)));
  running.push(...started);
  return started.map(({ address }) => address);
}

/** An authoritative server of one zone with one address. */
function zone(address: string, { serial = 1, ttl = 60, more = {} }: { serial?: number; ttl?: number; more?: DnsReply } = {}): DnsScript {
  const soa = { name: "example.org", type: "SOA", ttl: 60, value: `ns1.example.org ${serial}` } as const;
  return ({ name, type }) => {
    if (name !== "www.example.org") return { rcode: 3, authority: [soa], ...more };
    return type === "A" ? { answers: [{ name, type, ttl, value: address }], ...more } : { authority: [soa], ...more };
  };
}

const good = zone("203.0.113.7");
const spec = { name: "www.example.org", expect: ["203.0.113.7"], maxTtl: 300 };

test("all servers agree with each other and with what is expected", async () => {
  const servers = await serve(good, good);
  expect(await lookOnce(dnsProbe, { ...spec, servers })).toMatchObject({
    state: "ok",
    measures: { servers: 2, serversAnswering: 2, ttlSeconds: 60 },
  });
});

test.each<[string, DnsScript, string, RegExp]>([
  ["another address", zone("203.0.113.8"), "down", /answers 203.0.113.8, expected is 203.0.113.7/],
  ["no such name", () => ({ rcode: 3 }), "down", /knows no record \(NXDOMAIN\)/],
  ["no such record", () => ({}), "down", /knows no record \(NODATA\)/],
  [
    "an alias",
    ({ name }) => ({ answers: [{ name, type: "CNAME", ttl: 60, value: "other.example.net" }] }),
    "down",
    /answers CNAME other.example.net/,
  ],
  ["a refusal", () => ({ rcode: 5 }), "degraded", /not authoritative for www.example.org or is failing \(REFUSED\)/],
  ["a failure", () => ({ rcode: 2 }), "degraded", /SERVFAIL/],
  ["hearsay", zone("203.0.113.7", { more: { isAuthoritative: false } }), "degraded", /no AA/],
  ["an older zone", zone("203.0.113.7", { serial: 2 }), "degraded", /different serials \(1, 2\)/],
  ["a long TTL", zone("203.0.113.7", { ttl: 86_400 }), "degraded", /TTL 86400 s, limit 300 s/],
  ["silence", () => undefined, "degraded", /TIMEOUT/],
  ["garbage", () => Buffer.from("garbage that is no packet at all"), "degraded", /TIMEOUT/],
])("one of two servers gives %s", async (_, script, state, text) => {
  const servers = await serve(good, script);
  const seen = await lookOnce(dnsProbe, { ...spec, servers }, { deadlineMs: 1200 });
  expect(seen).toMatchObject({ state, cause: state === "down" ? "dns-wrong" : "dns-drift", text: expect.stringMatching(text) });
  expect(seen.durationMs).toBeLessThan(4000);
  expect(seen.evidence?.split("\n")).toHaveLength(2);
});

test("without an expectation, servers that differ are still wrong", async () => {
  const servers = await serve(good, zone("203.0.113.8"));
  expect(await lookOnce(dnsProbe, { name: "www.example.org", servers })).toMatchObject({
    state: "down",
    text: expect.stringMatching(/answers 203.0.113.7, but .* 203.0.113.8/),
  });
});

test("when no server answers the name is down", async () => {
  const closed = await startFaultyServer("silent");
  await closed.stop();
  const servers = [`127.0.0.1:${closed.port}`];
  expect(await lookOnce(dnsProbe, { ...spec, servers })).toMatchObject({
    state: "down",
    text: expect.stringMatching(/none of 1 name servers answers \(ECONNREFUSED\)/),
  });
});

test("a lost datagram is asked again", async () => {
  let lost = 0;
  const servers = await serve((question) => (lost++ < 2 ? undefined : good(question)));
  expect(await lookOnce(dnsProbe, { ...spec, servers })).toMatchObject({ state: "ok" });
});

test("an answer that does not fit a datagram is fetched by TCP", async () => {
  const [server] = await serve((question) => ({ isCut: true, ...(good(question) as DnsReply) }));
  expect(await lookOnce(dnsProbe, { ...spec, servers: [server] })).toMatchObject({ state: "ok" });
  expect(running[0]?.asked()).toContain("tcp www.example.org A");
});

test("a forged answer with another id is passed over", async () => {
  const servers = await serve((question) => {
    const forged = Buffer.from([0xff, 0xff, 0x84, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1]);
    return question.type === "A" ? forged : good(question);
  });
  expect(await lookOnce(dnsProbe, { ...spec, servers }, { deadlineMs: 800 })).toMatchObject({
    state: "down",
    text: expect.stringMatching(/TIMEOUT/),
  });
});

test.each([
  [{ name: "-bad name-" }],
  [{ name: `${"a".repeat(64)}.example.org` }],
  [{ name: "www.example.org", servers: ["ns1.example.org:53"] }],
  [{ name: "www.example.org", servers: ["127.0.0.1:99999"] }],
  [{ name: "www.example.org", type: "ANY" }],
])("a specification like %j is refused", async (bad) => {
  await expect(lookOnce(dnsProbe, bad)).rejects.toThrow();
});
