import { createHmac } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { gatewaySection, type GatewaySettings } from "../../config/gateway-schema.ts";
import { Failure } from "../../kernel/failure.ts";
import { composeDelivery } from "../accept/describe-delivery.ts";
import { insertDeliveries } from "../accept/insert-deliveries.ts";
import { verifyRequest } from "../accept/verify-request.ts";
import type { Delivery, Provider } from "../delivery.ts";
import { confirmDue, readConfirmations, wantConfirmation } from "./confirmation-job.ts";
import { effectHandler, fakeGateway, openGround, statusCounts, untilCount, type Ground } from "./inbox.test-support.ts";
import { grantRelease, requestRelease } from "./override.ts";
import { discardQuarantined, listQuarantined, showEvent } from "./quarantine.ts";
import { reverifyJob, reverifyQuarantine, reverifyWith } from "./reverify.ts";
import { startInboxWorker } from "./worker.ts";

const signal = AbortSignal.timeout(60_000);
let ground: Ground;
beforeAll(async () => {
  ground = await openGround();
  process.env["AMPEL_TEST_OLD_KEY"] = "key_old_not_real";
  process.env["AMPEL_TEST_NEW_KEY"] = "key_new_not_real";
}, 60_000);
afterAll(() => ground.close());
beforeEach(async () => {
  await ground.pool.query("truncate gateway.inbox_event, gateway.test_effect, gateway.release_request restart identity");
});

const settingsWith = (...keys: ("old" | "new")[]): GatewaySettings =>
  gatewaySection.parse({
    publicUrl: "https://gw.example.test",
    retell: { keys: Object.fromEntries(keys.map((key) => [key, `\${env:AMPEL_TEST_${key.toUpperCase()}_KEY}`])) },
  }) as GatewaySettings;

/** A request as it comes in, signed with `key` (or by a forger's), judged with the keys that `settings` has. */
function receive(
  settings: GatewaySettings,
  call: string,
  key: string,
  given: { sequence?: number; type?: string; signedAt?: number; provider?: Provider } = {},
): Delivery {
  const { sequence = 0, type = "call_ended", provider = "retell" } = given;
  const receivedAt = Date.now();
  const signedAt = given.signedAt ?? receivedAt;
  const body = Buffer.from(
    JSON.stringify({
      event: type,
      call: { call_id: call, agent_id: "agent_1", company: "praxis", sequence, call_status: "ended", duration_ms: 60_000 },
    }),
  );
  const digest = createHmac("sha256", key).update(body).update(String(signedAt)).digest("hex");
  const headers = { "content-type": "application/json", "x-retell-signature": `v=${signedAt},d=${digest}` };
  const url = "https://gw.example.test/webhooks/retell";
  const verification = verifyRequest(provider, { url, headers, body }, settings, receivedAt);
  return composeDelivery(
    { provider, method: "POST", url, path: "/webhooks/retell", headers, body, receivedAt, source: "live" },
    verification,
  );
}

test("a key that was missing is added: every genuine event is released, none of a thousand forged ones", async () => {
  const before = settingsWith("old");
  const genuine = Array.from({ length: 300 }, (_, index) => receive(before, `call_${index}`, "key_new_not_real"));
  const forged = Array.from({ length: 1000 }, (_, index) => receive(before, `call_${index}`, `guess ${index}`, { sequence: 1 }));
  await insertDeliveries(ground.pool, [...forged, ...genuine], 10_000);
  expect(await statusCounts(ground.pool)).toEqual({ quarantined: 1300 });

  const worker = startInboxWorker(fakeGateway(ground.pool), [effectHandler()], { pollMs: 5 });
  const gateway = { pool: ground.pool, settings: settingsWith("old") };
  const done: unknown[] = [];
  const withOldKey = reverifyJob(gateway, (result) => done.push(result));
  await withOldKey.run(signal);
  const withNewKey = reverifyJob({ ...gateway, settings: settingsWith("old", "new") }, (result) => done.push(result));
  await withNewKey.run(signal);
  await withNewKey.run(signal); // the keys are the same: nothing is looked at again
  expect(done).toEqual([
    { looked: 1300, released: 0, duplicates: 0 },
    { looked: 1300, released: 300, duplicates: 0 },
  ]);
  await untilCount(ground.pool, "select count(*) from gateway.inbox_event where status = 'done'", 300);
  await worker.stop();
  expect(await statusCounts(ground.pool)).toEqual({ done: 300, quarantined: 1000 });
  const { rows } = await ground.pool.query("select count(*)::int as effects from gateway.test_effect where sequence = 1");
  expect(rows).toEqual([{ effects: 0 }]);
});

test("what was too old when it came in is not made young by looking later", async () => {
  const stale = receive(settingsWith("old"), "call_1", "key_old_not_real", { signedAt: Date.now() - 3_600_000 });
  expect(stale.verdict).toBe("stale");
  await insertDeliveries(ground.pool, [stale], 10_000);
  expect(await reverifyQuarantine(ground.pool, reverifyWith(settingsWith("old")), signal)).toMatchObject({ released: 0 });
});

test("a genuine event that was sent again and verified meanwhile takes effect once", async () => {
  const early = receive(settingsWith("old"), "call_1", "key_new_not_real");
  const again = receive(settingsWith("old", "new"), "call_1", "key_new_not_real");
  await insertDeliveries(ground.pool, [early, again], 10_000);
  expect(await statusCounts(ground.pool)).toEqual({ quarantined: 1, ready: 1 });
  expect(await reverifyQuarantine(ground.pool, reverifyWith(settingsWith("old", "new")), signal)).toEqual({
    looked: 1,
    released: 0,
    duplicates: 1,
  });
  expect(await statusCounts(ground.pool)).toEqual({ discarded: 1, ready: 1 });
});

const vendorCall = {
  call_id: "call_1",
  agent_id: "agent_1",
  company: "praxis",
  sequence: 0,
  call_status: "ended",
  duration_ms: 60_000,
  call_cost: { combined: 3 },
};

test.each([
  ["agrees", vendorCall, "ready", { id: "1", result: "released" }],
  ["has no such call", undefined, "quarantined", { id: "1", result: "absent" }],
  ["says another length", { ...vendorCall, duration_ms: 1 }, "quarantined", { id: "1", result: "differs", detail: "duration_ms" }],
  [
    "lacks what the event claims",
    { ...vendorCall, agent_id: undefined },
    "quarantined",
    { id: "1", result: "differs", detail: "agent_id" },
  ],
  [
    "says the call goes on",
    { ...vendorCall, call_status: "ongoing" },
    "quarantined",
    { id: "1", result: "differs", detail: "call_status" },
  ],
])("Retell %s", async (_, object, status, expected) => {
  await insertDeliveries(ground.pool, [receive(settingsWith(), "call_1", "whoever")], 10_000);
  const results = await confirmDue(ground.pool, async () => object, signal);
  expect(results).toEqual([expected]);
  expect(await statusCounts(ground.pool)).toEqual({ [status]: 1 });
});

test("a vendor that does not answer confirms and denies nothing, and is asked again when an operator wants it", async () => {
  await insertDeliveries(ground.pool, [receive(settingsWith(), "call_1", "whoever")], 10_000);
  const broken = async (): Promise<never> => {
    throw new Error("503");
  };
  expect(await confirmDue(ground.pool, broken, signal)).toEqual([{ id: "1", result: "unanswered", detail: "503" }]);
  expect(await confirmDue(ground.pool, broken, signal)).toEqual([]); // not at once
  expect(await wantConfirmation(ground.pool, ["1"])).toBe(1);
  expect(await readConfirmations(ground.pool, ["1"])).toEqual([{ id: "1", result: "asking" }]);
  await confirmDue(ground.pool, async () => vendorCall, signal);
  expect(await readConfirmations(ground.pool, ["1"])).toEqual([{ id: "1", result: "ready" }]);
});

test("two persons release what one may not: exactly what the first one saw, and in time", async () => {
  await insertDeliveries(ground.pool, [receive(settingsWith(), "call_1", "x"), receive(settingsWith(), "call_2", "x")], 10_000);
  const now = Date.now();
  const { requestId } = await requestRelease(ground.pool, { ids: ["1", "2"], reason: "fax from the vendor", by: "Anna", now });
  await expect(grantRelease(ground.pool, { requestId, by: " anna ", now })).rejects.toThrow(Failure);
  await expect(grantRelease(ground.pool, { requestId, by: "ben", now: now + 3_600_000 })).rejects.toThrow(/expired/);
  expect(await statusCounts(ground.pool)).toEqual({ quarantined: 2 });
  expect(await grantRelease(ground.pool, { requestId, by: "ben", now })).toEqual({ released: 2, duplicates: 0 });
  expect(await grantRelease(ground.pool, { requestId, by: "ben", now })).toEqual({ released: 0, duplicates: 0 });
  const shown = await showEvent(ground.pool, "1");
  expect(shown).toMatchObject({
    verdict: "unverified" === shown?.["verdict"] ? "unverified" : "unknown_provider",
    released: { by: "two-persons", persons: ["Anna", "ben"], reason: "fax from the vendor" },
  });
});

test("a release is refused when one of its events was discarded in between", async () => {
  await insertDeliveries(ground.pool, [receive(settingsWith(), "call_1", "x"), receive(settingsWith(), "call_2", "x")], 10_000);
  const { requestId } = await requestRelease(ground.pool, { ids: ["1", "2"], reason: "because", by: "anna", now: Date.now() });
  expect(await discardQuarantined(ground.pool, { ids: ["2"], reason: "forged", by: "anna" })).toBe(1);
  await expect(grantRelease(ground.pool, { requestId, by: "ben", now: Date.now() })).rejects.toThrow(/no longer lies in quarantine/);
  await expect(requestRelease(ground.pool, { ids: ["2"], reason: "because", by: "anna", now: Date.now() })).rejects.toThrow(
    /Not in quarantine: 2/,
  );
  expect((await listQuarantined(ground.pool, { limit: 10 })).events.map(({ id }) => id)).toEqual(["1"]);
});
