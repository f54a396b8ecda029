import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openStore, type Store } from "../../store/store.ts";
import type { RunningGateway } from "../start.ts";
import { newGround, retellEvent, send, sendRetell, signRetell, startTestGateway } from "./gateway.test-support.ts";

const ground = newGround();
let store: Store;
let running: RunningGateway;
beforeAll(async () => {
  store = await openStore({ stateFolder: join(ground.folder, "store") });
  running = await startTestGateway(ground, { pool: store.pool });
}, 60_000);
afterAll(async () => {
  await running.stop();
  await store.close();
  ground.remove();
});

async function rows(callId: string): Promise<(Record<string, unknown> & { body: Buffer })[]> {
  return (await store.pool.query("select * from gateway.inbox_event where ordering_key = $1 order by id", [callId])).rows;
}

test("a genuine event is in the inbox when it has been answered, byte for byte", async () => {
  const body = retellEvent("call_1", "call_ended", { note: "Grüße" });
  expect(await sendRetell(running.port, body)).toMatchObject({ status: 204, body: "" });
  const [row, ...others] = await rows("call_1");
  expect(others).toEqual([]);
  expect(row).toMatchObject({
    provider: "retell",
    dedup_key: "call_ended:call_1",
    verdict: "verified",
    key_id: "main",
    source: "live",
    duplicates: 0,
  });
  expect(row?.body.toString("utf8")).toBe(body);
  expect(row?.["headers"]).toMatchObject({ "x-retell-signature": expect.stringMatching(/^v=\d+,d=/) });
});

test("the same event sent three times is kept once and counted", async () => {
  const body = retellEvent("call_2");
  const answers = await Promise.all([1, 2, 3].map(() => sendRetell(running.port, body)));
  expect(answers.map(({ status }) => status)).toEqual([204, 204, 204]);
  expect(await rows("call_2")).toMatchObject([{ duplicates: 2 }]);
});

test("other bytes under the same key leave the first ones alone and are noticed", async () => {
  await sendRetell(running.port, retellEvent("call_3", "call_ended", { note: "first" }));
  await sendRetell(running.port, retellEvent("call_3", "call_ended", { note: "second" }));
  const [row] = await rows("call_3");
  expect(row?.body.toString("utf8")).toContain("first");
  expect(running.health().findings["different-duplicate"]).toBe(1);
});

test("what cannot be verified is quarantined, takes nobody's place and is no error of ours", async () => {
  const forged = retellEvent("call_4", "call_ended", { note: "forged" });
  expect(await sendRetell(running.port, forged, { key: "wrong" })).toMatchObject({ status: 202 });
  expect(await sendRetell(running.port, retellEvent("call_4"), {})).toMatchObject({ status: 204 });
  const { rows: kept } = await store.pool.query(
    "select status, verdict from gateway.inbox_event where encode(body, 'escape') like '%call_4%' order by id",
  );
  expect(kept[0]).toEqual({ status: "quarantined", verdict: "unverified" });
  expect(kept[1]).toMatchObject({ verdict: "verified" });
});

test("a sender whose clock is an hour off is quarantined as stale", async () => {
  const body = retellEvent("call_5");
  expect(await sendRetell(running.port, body, { at: Date.now() - 3_600_000 })).toMatchObject({ status: 202 });
  const { rows: kept } = await store.pool.query("select status from gateway.inbox_event where verdict = 'stale'");
  expect(kept).toEqual([{ status: "quarantined" }]);
});

test("20 MB are refused before they are read, also when the sender does not say how long it is", async () => {
  const big = Buffer.alloc(20 * 1024 * 1024, 32);
  expect(await send(running.port, { body: big, headers: signRetell("") })).toMatchObject({ status: 413 });
  expect(await send(running.port, { body: big, headers: { "transfer-encoding": "chunked" } })).toMatchObject({ status: 413 });
});

test.each([
  ["a gzip bomb", Buffer.alloc(4096, 31), { "content-encoding": "gzip" }],
  [
    "another charset",
    Buffer.from('{"event":"call_ended","call":{"call_id":"call_latin","note":"Gr\u00FC\u00DFe"}}', "latin1"),
    { "content-type": "application/json; charset=iso-8859-1" },
  ],
  ["a document nested 200,000 times", Buffer.from("[".repeat(200_000) + "]".repeat(200_000)), {}],
  ["half a document", Buffer.from('{"event":"call_ended","call":{"call_'), {}],
  ["nothing at all", Buffer.alloc(0), {}],
  ["an id with a zero byte", Buffer.from('{"event":"call_ended","call":{"call_id":"a\\u0000b"}}'), {}],
  ["a prototype", Buffer.from('{"__proto__":{"event":"call_ended"},"constructor":1}'), {}],
])("%s is kept and counted", async (_, body, headers) => {
  const before = running.health().findings["not-kept"];
  expect(await send(running.port, { body, headers: { ...signRetell(body), ...headers } })).toMatchObject({ status: 204 });
  const { rows: kept } = await store.pool.query<{ body: Buffer }>("select body from gateway.inbox_event order by id desc limit 1");
  expect(kept[0]?.body.equals(body)).toBe(true);
  expect(running.health().findings["not-kept"]).toBe(before);
});

test("health says what was looked at and when, live only that the process answers", async () => {
  await expect.poll(() => running.health().writtenAt).toBeGreaterThan(0);
  const health = await send(running.port, { path: "/health", method: "GET" });
  expect(JSON.parse(health.body)).toMatchObject({ database: { configured: true, taking: true }, spool: { bytes: 0 } });
  expect(health.status).toBe(200);
  expect(await send(running.port, { path: "/health/live", method: "GET" })).toMatchObject({ status: 200, body: "ok" });
  const metrics = await send(running.port, { path: "/metrics", method: "GET" });
  expect(metrics.body).toMatch(/ampel_gateway_accepts_total\{provider="retell",verdict="verified",place="stored"\} \d/);
});

test("vendors and people may ping an address, other methods are refused, unknown addresses are not there", async () => {
  expect(await send(running.port, { path: "/api/webhooks/calcom", method: "GET" })).toMatchObject({ status: 200 });
  expect(await send(running.port, { path: "/webhooks/retell", method: "DELETE" })).toMatchObject({ status: 405 });
  expect(await send(running.port, { path: "/webhooks/nobody" })).toMatchObject({ status: 404 });
});
