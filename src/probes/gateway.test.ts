import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { openHost } from "../integrations/host.ts";
import { systemClock } from "../kernel/clock.ts";
import { decideCheck, gatewayProbe } from "./gateway.ts";
import { runProbe, type Probe } from "./probe.ts";

const check = { id: "P1", subject: "retell", state: "ok", summary: "5 von 5", evidence: {}, seenAt: 1000 } as const;

test.each([
  ["good", [check], { state: "ok" }],
  [
    "the worst of several",
    [check, { ...check, state: "down", cause: "webhooks-missing", evidence: { missingCount: 4 } }],
    { state: "down", cause: "webhooks-missing", measures: { missingCount: 4 } },
  ],
  [
    "bad before unseen",
    [
      { ...check, state: "unknown" },
      { ...check, state: "degraded", cause: "calls-failing" },
    ],
    { state: "degraded", cause: "calls-failing" },
  ],
  ["a cause that nobody knows", [{ ...check, state: "down", cause: "made-up" }], { state: "down", cause: "http-error" }],
  ["never run", [{ ...check, id: "P9" }], { state: "unknown" }],
  ["too long ago", [{ ...check, seenAt: 499 }], { state: "unknown" }],
  ["bad, but too long ago", [{ ...check, seenAt: 499, state: "down" }], { state: "unknown" }],
] as const)("a check that is %s", (_, checks, wanted) => {
  const seen = decideCheck(checks, "P1", 500);
  expect(seen).toMatchObject(wanted);
  if (seen.state === "ok" || seen.state === "unknown") expect(seen.cause).toBeUndefined();
});

let server: Server | undefined;
afterEach(() => void server?.close());

async function look(body: string, spec: Record<string, unknown> = {}): Promise<unknown> {
  server = createServer((_, answer) => void answer.end(body)).listen(0, "127.0.0.1");
  await new Promise((resolve) => server?.once("listening", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/health`;
  const probe: Probe = {
    ...{ id: "gateway.x", kind: "gateway", host: "local", subject: "gateway", dependsOn: [], everyMs: 1000, deadlineMs: 2000 },
    spec: { url, maxAge: 1000, ...spec },
  };
  const memory = { get: () => undefined, set: () => {} };
  return await runProbe(probe, gatewayProbe, { clock: systemClock, host: openHost("local", { via: "local" }), memory });
}

const health = (state: string, ...reasons: object[]): string =>
  JSON.stringify({ state, reasons, checks: [{ ...check, seenAt: new Date().toISOString() }] });

test("a gateway that keeps what arrives is ok; one that refuses is red, one that limps yellow, and a vendor's trouble is not its own", async () => {
  const reason = (what: string, state = "degraded"): object => ({ what, state });
  expect(await look(health("ok"))).toMatchObject({ state: "ok" });
  expect(await look(health("down", reason("deliveries-refused", "down")))).toMatchObject({ state: "down", cause: "http-error" });
  expect(await look(health("degraded", reason("database-not-taking")))).toMatchObject({ state: "degraded", cause: "job-failed" });
  expect(await look(health("degraded", reason("breaker-open retell"), reason("check-down P1 main")))).toMatchObject({ state: "ok" });
  expect(await look(health("degraded"), { check: "P1" })).toMatchObject({ state: "ok" });
});

test.each(["<h1>It works!</h1>", "", "[]", '{"state":"healthy"}', "{".repeat(50_000)])(
  "a constant answer is no health: %.20s",
  async (body) => {
    expect(await look(body)).toMatchObject({ state: "down", cause: "http-error" });
  },
);
