import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { hours } from "../../kernel/clock.ts";
import { confirmQuarantined } from "../inbox/confirm.ts";
import { vendorConfirmation } from "../inbox/vendor-confirmation.ts";
import { ourNumber, startVendorWorld, type VendorWorld } from "../inbox/vendor-world.test-support.ts";
import { send, signRetell } from "../server/gateway.test-support.ts";

let world: VendorWorld;
beforeAll(async () => {
  world = await startVendorWorld("theirs");
}, 60_000);
afterAll(async () => await world.close());
beforeEach(async () => {
  world.retell.webhooks.clear();
  world.retell.skewClock(0);
  await world.retell.settled();
  await world.store.pool.query("truncate gateway.inbox_event, gateway.call");
});

const kinds = ["call_started", "call_ended", "call_analyzed"];
const simulateCall = async (): Promise<void> => {
  await world.retell.simulateCall({ from: "+4915112345678", to: ourNumber, script: [{ user: "Guten Tag" }, { agent: "Guten Tag" }] });
};
/** The call as it is kept once all three events are applied; what our clock wrote is left out. */
async function finalRow(): Promise<Record<string, unknown>> {
  await world.retell.settled();
  const done = async (): Promise<string[]> =>
    (await world.inbox()).filter(({ status }) => status === "done").map(({ event_type }) => event_type);
  await expect.poll(async () => (await done()).toSorted(), { timeout: 10_000 }).toEqual(kinds.toSorted());
  const rows = await world.rows("call");
  expect(rows).toHaveLength(1);
  const { changed_at: _, ...row } = rows[0] ?? {};
  return row;
}
/** The same three events once more, byte for byte, one after the other, each applied before the next one comes. */
async function inOrder(): Promise<Record<string, unknown>> {
  const bodies = kinds.map((kind) => world.retell.webhooks.sent.findLast(({ event }) => event === kind)?.body ?? "");
  await world.store.pool.query("truncate gateway.inbox_event, gateway.call");
  for (const [index, body] of bodies.entries()) {
    const headers = signRetell(body, { key: world.webhookKey });
    expect(await send(world.running.port, { body, headers })).toMatchObject({ status: 204 });
    await expect.poll(async () => (await world.inbox()).filter(({ status }) => status === "done").length).toBe(index + 1);
  }
  return await finalRow();
}

test("swapped on their way, they leave the row that the right order leaves", async () => {
  world.retell.webhooks.set({ kind: "swapped" });
  await simulateCall();
  world.retell.webhooks.clear();
  const row = await finalRow();
  expect(row).toMatchObject({ state: "ended", summary: expect.any(String), duration_ms: expect.any(Number) });
  expect(row).toEqual(await inOrder());
});

test("the start comes last, long after the end was applied: the call stays ended", async () => {
  world.retell.webhooks.set({ kind: "late", delayMs: 1200 }, "call_started");
  await simulateCall();
  const row = await finalRow();
  expect((await world.inbox()).map(({ event_type }) => event_type).at(-1)).toBe("call_started");
  expect(row).toEqual(await inOrder());
});

test("each of them twice at once, and all of them replayed afterwards: kept once, applied once", async () => {
  world.retell.webhooks.set({ kind: "doubled" });
  await simulateCall();
  const row = await finalRow();
  world.retell.webhooks.clear();
  const before = await world.rows("call");
  for (const webhook of world.retell.webhooks.sent.slice(-6)) world.retell.webhooks.resend(webhook);
  await world.retell.settled();
  expect(await world.inbox()).toHaveLength(3);
  expect(await world.rows("call")).toEqual(before);
  expect(row).toEqual(await inOrder());
});

test.each([
  ["an hour behind", -hours(1)],
  ["an hour ahead", hours(1)],
])("a sender's clock that is %s: stale, quarantined, and released by what Retell itself says", async (_, offsetMs) => {
  world.retell.skewClock(offsetMs);
  await simulateCall();
  await world.retell.settled();
  expect((await world.inbox()).map(({ status, verdict }) => `${status} ${verdict}`)).toEqual(Array(3).fill("quarantined stale"));
  expect(await world.rows("call")).toEqual([]);
  const { gateway } = world.running;
  const results = await confirmQuarantined(world.store.pool, vendorConfirmation(gateway), { signal: AbortSignal.timeout(20_000) });
  expect(results.map(({ result }) => result)).toEqual(["released", "released", "released"]);
  expect(await finalRow()).toMatchObject({ company_id: "eins", state: "ended" });
});
