import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { hours, minutes, seconds } from "../../kernel/clock.ts";
import { openStore, type Store } from "../../store/store.ts";
import { asEveryCompany } from "../companies/tenant.ts";
import { at, insertPraxis } from "./callback-world.test-support.ts";
import { readPromiseFigures } from "./check-promises.ts";
import { NotDialled } from "./line.ts";
import { decideCallback } from "./read-callbacks.ts";
import { callerOf, callIn, endCall, openRunning, rowsOf } from "./running-callbacks.test-support.ts";

let ground: string;
let store: Store;
beforeAll(async () => {
  ground = mkdtempSync(join(tmpdir(), "ampel-dialling-"));
  chmodSync(ground, 0o755);
  store = await openStore({ stateFolder: join(ground, "state") });
  await insertPraxis(store.pool);
}, 60_000);
beforeEach(async () => {
  await store.pool.query("truncate gateway.callback_attempt, gateway.callback, gateway.call");
});
afterAll(async () => {
  await store.close();
  rmSync(ground, { recursive: true, force: true });
});

test("Retell is well again: each is dialled once, in order, at the set rate, and reached", async () => {
  const world = openRunning(store.pool);
  await callIn(store.pool, world, callerOf(1), callerOf(2), callerOf(3));
  world.line.isUp = false;
  for (let round = 0; round < 5; round += 1) await world.pass(minutes(1));
  expect(world.line.calls).toEqual([]);
  world.line.isUp = true;
  for (let round = 0; round < 3; round += 1) {
    await world.pass(seconds(60));
    await world.pass(seconds(2));
  }
  expect(world.line.calls.map(({ to }) => to)).toEqual([callerOf(1), callerOf(2), callerOf(3)]);
  for (const call of world.line.calls) await endCall(store.pool, `call_${call.operationId}`, "user_hangup");
  await world.pass(seconds(2));
  expect((await rowsOf(store.pool, "callback")).map(({ state }) => state)).toEqual(["reached", "reached", "reached"]);
  expect(await readPromiseFigures(store.pool, world.clock.at + hours(1))).toMatchObject({ waiting: 0, kept: 3, broken: 0 });
  for (let round = 0; round < 5; round += 1) await world.pass(minutes(5));
  expect(world.line.calls).toHaveLength(3);
});

test("nobody picks up: tried again after the pause, in open hours, then given up and shown to a person", async () => {
  const world = openRunning(store.pool, { callbacks: { perHour: 60, attempts: 2, pause: "10m" } });
  world.clock.at = at("2026-11-23T17:40");
  await callIn(store.pool, world, callerOf(1));
  await world.pass(minutes(2));
  await endCall(store.pool, `call_${world.line.calls[0]?.operationId}`, "dial_no_answer");
  world.clock.at = at("2026-11-23T17:55");
  await world.pass(0);
  const [row] = await rowsOf(store.pool, "callback");
  expect(row).toMatchObject({ state: "waiting", not_before: new Date(at("2026-11-24T08:00")) });
  world.clock.at = at("2026-11-24T08:00");
  await world.pass(0);
  await endCall(store.pool, `call_${world.line.calls[1]?.operationId}`, "voicemail_reached");
  await world.pass(seconds(2));
  expect(world.line.calls).toHaveLength(2);
  expect((await rowsOf(store.pool, "callback"))[0]).toMatchObject({ state: "gave-up", last_error: "voicemail_reached" });
  expect(world.findings).toContainEqual(expect.objectContaining({ kind: "callback-gave-up" }));
});

test("not in the night: what is due after closing time is dialled when the branch opens", async () => {
  const world = openRunning(store.pool);
  await callIn(store.pool, world, callerOf(1));
  world.clock.at = at("2026-11-23T19:00");
  await world.pass(0);
  expect(world.line.calls).toEqual([]);
  world.clock.at = at("2026-11-24T08:00");
  await world.pass(0);
  expect(world.line.calls).toHaveLength(1);
});

test("who rang again and was served meanwhile is not called", async () => {
  const world = openRunning(store.pool);
  await callIn(store.pool, world, callerOf(1));
  await asEveryCompany(store.pool, (client) =>
    client.query(
      `insert into gateway.call (company_id, call_id, from_number, state, started_at) values ('praxis', 'later', $1, 'ended', $2)`,
      [callerOf(1), new Date(world.clock.at + minutes(5))],
    ),
  );
  await world.pass(minutes(6));
  expect(world.line.calls).toEqual([]);
  expect((await rowsOf(store.pool, "callback"))[0]).toMatchObject({ state: "cancelled", ended_by: "called-again" });
});

test("a hand-over that timed out is looked for at the vendor, never dialled a second time", async () => {
  const world = openRunning(store.pool);
  await callIn(store.pool, world, callerOf(1));
  world.line.dialFails = new Error("socket hang up");
  await expect(world.pass(minutes(2))).rejects.toThrow("hang up");
  world.line.dialFails = undefined;
  for (let round = 0; round < 4; round += 1) await world.pass(seconds(30));
  expect(world.line.calls).toHaveLength(1);
  expect(await rowsOf(store.pool, "callback_attempt")).toMatchObject([
    { state: "handed", provider_id: `call_${world.line.calls[0]?.operationId}` },
  ]);
});

test("whether it was dialled cannot be told: a person is asked, and only a person or the caller releases it", async () => {
  const world = openRunning(store.pool);
  await callIn(store.pool, world, callerOf(1));
  world.line.dialFails = new Error("socket hang up");
  await expect(world.pass(minutes(2))).rejects.toThrow("hang up");
  world.line.dialFails = undefined;
  world.line.findFails = true;
  for (let round = 0; round < 20; round += 1) await world.pass(minutes(1));
  expect(world.line.calls).toHaveLength(1);
  const [row] = await rowsOf(store.pool, "callback");
  expect(row).toMatchObject({ state: "unclear" });
  expect(world.findings).toContainEqual(expect.objectContaining({ kind: "callback-unclear", subject: row?.["callback_id"] }));
  const id = String(row?.["callback_id"]);
  expect(await decideCallback(store.pool, id, { kind: "retry", by: "test", at: world.clock.at, why: "not in Retell's list" })).toBe(true);
  await world.pass(minutes(1));
  expect(world.line.calls).toHaveLength(2);
});

test("a line that is down costs no attempt; a number it refuses does", async () => {
  const world = openRunning(store.pool);
  await callIn(store.pool, world, callerOf(1));
  world.line.dialFails = new NotDialled("breaker open", { isLineDown: true });
  await world.pass(minutes(2));
  expect((await rowsOf(store.pool, "callback"))[0]).toMatchObject({ state: "waiting", attempts: 0 });
  world.line.dialFails = new NotDialled("no such number", { isLineDown: false });
  await world.pass(minutes(2));
  expect((await rowsOf(store.pool, "callback"))[0]).toMatchObject({ state: "waiting", attempts: 1, last_error: "no such number" });
  expect((await rowsOf(store.pool, "callback_attempt")).map(({ state }) => state)).toEqual(["failed", "failed"]);
});

test("no events of a call come: after ten minutes the vendor is asked", async () => {
  const world = openRunning(store.pool);
  await callIn(store.pool, world, callerOf(1));
  await world.pass(minutes(2));
  world.line.outcome = { kind: "reached" };
  await world.pass(minutes(5));
  expect((await rowsOf(store.pool, "callback"))[0]).toMatchObject({ state: "dialling" });
  await world.pass(minutes(6));
  expect((await rowsOf(store.pool, "callback"))[0]).toMatchObject({ state: "reached" });
});

test("eight diallers at once: one call per turn, nobody twice", async () => {
  const world = openRunning(store.pool);
  await callIn(store.pool, world, ...Array.from({ length: 6 }, (_, index) => callerOf(index)));
  world.clock.at += minutes(2);
  for (let round = 0; round < 8; round += 1) {
    await Promise.all(Array.from({ length: 8 }, () => world.pass(0)));
    expect(world.line.calls).toHaveLength(Math.min(round + 1, 6));
    world.clock.at += minutes(1);
  }
  expect(new Set(world.line.calls.map(({ to }) => to)).size).toBe(6);
});
