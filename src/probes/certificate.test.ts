import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { createServer as createSecureServer, type Server as SecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { lookOnce } from "../../test/network-look.ts";
import { hasOpenssl, openTestAuthority, type TestCertificate } from "../../test/test-certificate.ts";
import { certificateProbe } from "./certificate.ts";
import { httpProbe } from "./http.ts";

const dayMs = 86_400_000;
const servers: SecureServer[] = [];

async function serve({ cert, key }: TestCertificate): Promise<number> {
  const server = createSecureServer(
    { cert, key },
    (request, response) => void response.end(`hello ${request.headers.host} ${request.headers["authorization"] ?? ""}`),
  );
  server.on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  servers.push(server);
  return (server.address() as AddressInfo).port;
}

afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

describe.skipIf(!hasOpenssl)("certificates (needs: apt-get install openssl)", () => {
  // A minute on: certificates made in between are valid by then.
  const now = Date.now() + 60_000;
  let authority: ReturnType<typeof openTestAuthority>;
  let good: TestCertificate;
  let expired: TestCertificate;
  let soon: TestCertificate;
  let shortLived: TestCertificate;
  let lonely: TestCertificate;

  beforeAll(() => {
    authority = openTestAuthority();
    good = authority.issue("gateway.example.org", "DNS:gateway.example.org,IP:127.0.0.1", now - dayMs, now + 90 * dayMs);
    expired = authority.issue("gateway.example.org", "DNS:gateway.example.org", now - 90 * dayMs, now - dayMs);
    soon = authority.issue("gateway.example.org", "DNS:gateway.example.org", now - 80 * dayMs, now + 10 * dayMs + 3_600_000);
    shortLived = authority.issue("gateway.example.org", "DNS:gateway.example.org", now - dayMs, now + 5 * dayMs + 3_600_000);
    lonely = authority.selfSigned("gateway.example.org", "DNS:gateway.example.org", 365);
  });
  afterAll(() => authority.remove());

  const look = async (certificate: TestCertificate, spec: Record<string, unknown> = {}, at = now) =>
    await lookOnce(
      certificateProbe,
      { address: "127.0.0.1", port: await serve(certificate), servername: "gateway.example.org", ca: authority.caFile, ...spec },
      { now: () => at },
    );

  test("a good one is ok, with the days it has left", async () => {
    expect(await look(good)).toMatchObject({ state: "ok", measures: { certificateDaysLeft: 89 } });
  });

  test("near its end it degrades, and close to it goes down", async () => {
    expect(await look(soon)).toMatchObject({
      state: "degraded",
      cause: "certificate-expiring",
      text: expect.stringMatching(/expires in 10 days, limit 14 days/),
    });
    expect(await look(soon, { warnDays: 5 })).toMatchObject({ state: "ok" });
    expect(await look(soon, {}, now + 8 * dayMs)).toMatchObject({
      state: "down",
      text: expect.stringMatching(/expires in 2 days, limit 3 days/),
    });
  });

  test("one that lives only six days is not complained about from its first day on", async () => {
    expect(await look(shortLived)).toMatchObject({ state: "ok" });
  });

  test("an expired one is definitely down", async () => {
    expect(await look(expired)).toMatchObject({
      state: "down",
      isDefinite: true,
      text: expect.stringMatching(/expired on \d{4}-\d\d-\d\d/),
    });
  });

  test("one for another name is down and says for which", async () => {
    expect(await look(good, { servername: "other.example.org" })).toMatchObject({
      state: "down",
      text: expect.stringMatching(/not for this name but for DNS:gateway.example.org/),
    });
  });

  test("a self-signed one is down unless exactly it is pinned", async () => {
    const { fingerprint256 } = new X509Certificate(lonely.cert);
    expect(await look(lonely)).toMatchObject({ state: "down", text: expect.stringMatching(/not trusted \(DEPTH_ZERO_SELF_SIGNED_CERT\)/) });
    expect(await look(lonely, { fingerprint: fingerprint256 })).toMatchObject({ state: "ok" });
    expect(await look(lonely, { fingerprint: fingerprint256, servername: "any.example.org" })).toMatchObject({ state: "ok" });
    expect(await look(good, { fingerprint: fingerprint256 })).toMatchObject({
      state: "down",
      text: expect.stringMatching(/another certificate than the pinned one/),
    });
    expect(await look(lonely, { fingerprint: fingerprint256 }, now + 400 * dayMs)).toMatchObject({
      state: "down",
      text: expect.stringMatching(/expired/),
    });
  });

  test("one of an unknown authority is down", async () => {
    const port = await serve(good);
    expect(await lookOnce(certificateProbe, { address: "127.0.0.1", port, servername: "gateway.example.org" })).toMatchObject({
      state: "down",
      text: expect.stringMatching(/not trusted \(UNABLE_TO_(VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT_LOCALLY)\)/),
    });
  });

  test("a missing authority file is our mistake: unknown, not down", async () => {
    expect(await look(good, { ca: "/nowhere/ca.pem" })).toMatchObject({
      state: "unknown",
      text: expect.stringMatching(/\/nowhere\/ca.pem is not usable \(ENOENT\)/),
    });
  });

  test("https on a fixed address keeps Host and TLS name, and measures the certificate", async () => {
    const port = await serve(good);
    const spec = {
      url: `https://gateway.example.org:${port}/`,
      resolve: "127.0.0.1",
      ca: authority.caFile,
      expectBody: `hello gateway.example.org:${port}`,
    };
    expect(await lookOnce(httpProbe, spec, { now: () => now })).toMatchObject({
      state: "ok",
      measures: { certificateDaysLeft: 89, status: 200 },
    });
    expect(await lookOnce(httpProbe, { ...spec, certificateWarnDays: 100 })).toMatchObject({
      state: "degraded",
      cause: "certificate-expiring",
    });
    expect(
      await lookOnce(httpProbe, { ...spec, url: `https://127.0.0.1:${port}/`, expectBody: "hello", resolve: undefined }),
    ).toMatchObject({ state: "ok" });
  });

  test("over a distrusted certificate no header is sent", async () => {
    process.env["AMPEL_TEST_KEY"] = "key-of-ours";
    let requests = 0;
    const port = await serve(lonely);
    servers.at(-1)?.on("request", () => (requests += 1));
    const spec = { url: `https://gateway.example.org:${port}/`, resolve: "127.0.0.1", bearer: "${env:AMPEL_TEST_KEY}" };
    const seen = await lookOnce(httpProbe, spec);
    expect(seen).toMatchObject({
      state: "down",
      cause: "http-error",
      text: expect.stringMatching(/is rejected \(DEPTH_ZERO_SELF_SIGNED_CERT\)/),
    });
    expect(requests).toBe(0);
    const { fingerprint256 } = new X509Certificate(lonely.cert);
    expect(await lookOnce(httpProbe, { ...spec, fingerprint: fingerprint256 })).toMatchObject({ state: "ok" });
    expect(requests).toBe(1);
  });
});
