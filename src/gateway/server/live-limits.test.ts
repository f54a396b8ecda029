import { Agent } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../kernel/clock.ts";
import { keepWithin } from "../accept/keep-within.ts";
import { openQuarantineLimits } from "../accept/quarantine-limits.ts";
import type { Delivery } from "../delivery.ts";
import type { RunningGateway } from "../start.ts";
import { newGround, retellEvent, send, sendRetell, signRetell, startTestGateway, testSettings } from "./gateway.test-support.ts";

const ground = newGround();
/** Stands still, so that no bucket fills again during a test. */
const clock = { ...systemClock, monotonicMs: () => 1 };
const agent = new Agent({ keepAlive: true, maxSockets: 32 });
let direct: RunningGateway;
let proxied: RunningGateway;
beforeAll(async () => {
  direct = await startTestGateway(ground, { clock });
  const settings = testSettings(ground, { trustedProxies: ["127.0.0.1"], spool: `${ground.folder}/proxied` });
  proxied = await startTestGateway(ground, { settings, trustedProxies: settings.trustedProxies, clock });
});
afterAll(async () => {
  agent.destroy();
  await Promise.all([direct.stop(), proxied.stop()]);
  ground.remove();
});

/** How often each status was answered to `count` requests, all at once. */
async function flood(count: number, ask: () => Promise<{ status: number }>): Promise<Record<number, number>> {
  const answers = await Promise.all(Array.from({ length: count }, ask));
  return Object.fromEntries([...Map.groupBy(answers, ({ status }) => status)].map(([status, all]) => [status, all.length]));
}

const call = JSON.stringify({ name: "current_time", args: {}, call: { call_id: "call_1", agent_id: "agent_1", to_number: "+4930111111" } });

test("fifteen hundred live calls and as many webhooks at once from the one address of a vendor: none is refused", async () => {
  const live = await flood(1500, async () =>
    send(direct.port, { path: "/retell/functions", body: call, headers: signRetell(call), agent }),
  );
  expect(live).toEqual({ 200: 1500 });
  const events = await flood(1500, async () => sendRetell(direct.port, retellEvent(), { agent }));
  expect(events).toEqual({ 204: 1500 });
});

test("whoever looks around is limited, and what cannot be verified is", async () => {
  const pages = await flood(1500, async () => send(direct.port, { path: "/health/live", method: "GET", agent }));
  expect(pages).toEqual({ 200: 1000, 429: 500 });
  const forged = await flood(900, async () => sendRetell(direct.port, retellEvent(), { key: "a guess", agent }));
  expect(forged).toEqual({ 202: 600, 429: 300 });
  expect(await sendRetell(direct.port, retellEvent())).toMatchObject({ status: 204 });
});

test("behind a proxy of ours the sender is who the proxy says; without one nobody's word is taken", async () => {
  const ask = async (port: number, from: string) =>
    await sendRetell(port, retellEvent(), { headers: { ...signRetell("x", { key: "a guess" }), "x-forwarded-for": from }, agent });
  const flooded = await flood(900, async () => ask(proxied.port, "198.51.100.1"));
  expect(flooded).toEqual({ 202: 600, 429: 300 });
  expect(await ask(proxied.port, "198.51.100.2")).toMatchObject({ status: 202 });
  expect(await ask(proxied.port, "198.51.100.3, 198.51.100.1")).toMatchObject({ status: 429 });
  let hop = 0;
  const pretended = await flood(900, async () => ask(direct.port, `198.51.100.${(hop += 1) % 250}`));
  expect(pretended[429]).toBeGreaterThanOrEqual(300);
});

test("unsigned questions about ringing calls are answered, and kept only as far as is kept of strangers", async () => {
  const body = JSON.stringify({ event: "call_inbound", call_inbound: { from_number: "+4915112345678", to_number: "+4930111111" } });
  const headers = { "content-type": "application/json", "x-forwarded-for": "198.51.100.9" };
  const answered = await flood(700, async () => send(proxied.port, { path: "/retell/inbound", body, headers, agent }));
  expect(answered).toEqual({ 200: 700 });
  await expect.poll(() => proxied.health().findings["inbound-not-kept"]).toBe(100);
});

test("a stranger who rings all day does not fill the store; verified calls and what we fetched ourselves are always kept", async () => {
  let kept = 0;
  const keep = keepWithin(openQuarantineLimits(), { monotonicMs: () => 0 }, async () => {
    kept += 1;
    return "stored";
  });
  const delivery = (given: Partial<Delivery>): Delivery =>
    ({
      provider: "retell",
      verdict: "unverified",
      source: "live",
      sourceAddress: "198.51.100.1",
      body: Buffer.alloc(100),
      ...given,
    }) as Delivery;
  const outcomes = await Promise.allSettled(Array.from({ length: 1000 }, () => keep(delivery({}))));
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(600);
  await keep(delivery({ sourceAddress: "198.51.100.2" }));
  await keep(delivery({ verdict: "verified" }));
  await keep(delivery({ source: "backfill" }));
  expect(kept).toBe(603);
});
