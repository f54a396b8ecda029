import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { hours, minutes, seconds } from "../../kernel/clock.ts";
import { openStore, type Store } from "../../store/store.ts";
import { readWaiting } from "./callback-rows.ts";
import { actionOf, at, callerNumber, drain, insertPraxis, monday } from "./callback-world.test-support.ts";
import { checkPromises, readPromiseFigures } from "./check-promises.ts";
import { decideCallback, listCallbacks } from "./read-callbacks.ts";
import { callerOf, callIn, openRunning, rowsOf } from "./running-callbacks.test-support.ts";
import { maskEndedCallbacks, watchPromises } from "./watch-promises.ts";

let ground: string;
let store: Store;
beforeAll(async () => {
  ground = mkdtempSync(join(tmpdir(), "ampel-callbacks-"));
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

test("a caller who hangs up during the announcement has a callback", async () => {
  const world = openRunning(store.pool);
  world.state.isQueueMode = true;
  await world.ask("voice");
  expect(await drain(store.pool, world)).toEqual(["done"]);
  expect(await rowsOf(store.pool, "callback")).toMatchObject([
    {
      company_id: "praxis",
      branch_id: "mitte",
      phone: callerNumber,
      state: "waiting",
      promised_by: new Date(at("2026-11-23T10:30")),
      attempts: 0,
    },
  ]);
});

test("one waiting callback per number: the second wish joins, adds what is new and never makes the promise later", async () => {
  const world = openRunning(store.pool);
  world.state.isQueueMode = true;
  const action = actionOf((await world.ask("voice")).twiml);
  await world.ask(action, { SpeechResult: "Erika Muster" });
  world.clock.at += minutes(10);
  await world.desk.promise("praxis", { phone: callerNumber, reason: "booking-failed", name: "Erika", wish: "Schnitt am Montag" });
  expect(await drain(store.pool, world)).toEqual(["done", "done", "done"]);
  const [row, ...others] = await rowsOf(store.pool, "callback");
  expect(others).toEqual([]);
  expect(row).toMatchObject({
    name: "Erika",
    wish: "Erika Muster / Schnitt am Montag",
    priority: "high",
    promised_by: new Date(at("2026-11-23T10:30")),
  });
});

test("everything replayed, twice and after the callback has ended: nobody is called for it again", async () => {
  const world = openRunning(store.pool);
  world.state.isQueueMode = true;
  await world.ask(actionOf((await world.ask("voice")).twiml), { SpeechResult: "Termin" });
  await drain(store.pool, world);
  expect(await drain(store.pool, world)).toEqual(["ignored", "ignored"]);
  const [before] = await listCallbacks(store.pool, {});
  await decideCallback(store.pool, before?.callbackId ?? "", { kind: "done", by: "test", at: world.clock.at, why: "by hand" });
  expect(await drain(store.pool, world)).toEqual(["ignored", "ignored"]);
  expect(await listCallbacks(store.pool, {})).toEqual([]);
});

test("a caller who took it back is not called; one who calls again afterwards is", async () => {
  const world = openRunning(store.pool);
  world.state.isQueueMode = true;
  const action = actionOf((await world.ask("voice")).twiml);
  await world.ask(action, { Digits: "9" });
  await drain(store.pool, world);
  expect((await rowsOf(store.pool, "callback")).map(({ state, ended_by }) => [state, ended_by])).toEqual([["cancelled", "caller"]]);
  world.kept.length = 0;
  await world.ask("voice", { CallSid: `CA${"2".repeat(32)}` });
  await drain(store.pool, world);
  expect((await rowsOf(store.pool, "callback")).map(({ state }) => String(state))).toEqual(
    expect.arrayContaining(["cancelled", "waiting"]),
  );
});

test("a genuine call from quarantine becomes a callback when it is released, one that is a day old does not", async () => {
  const world = openRunning(store.pool);
  world.state.isQueueMode = true;
  await world.ask("voice", {}, { signedWith: "rotated" });
  expect(world.kept).toMatchObject([{ verdict: "unverified" }]);
  world.clock.at += hours(2);
  expect(await drain(store.pool, world)).toEqual(["done"]);
  expect(await rowsOf(store.pool, "callback")).toMatchObject([
    { phone: callerNumber, promised_by: new Date(world.clock.at + minutes(30)) },
  ]);
  world.clock.at += hours(30);
  await store.pool.query("truncate gateway.callback_attempt, gateway.callback");
  expect(await drain(store.pool, world)).toEqual(["ignored"]);
});

test("50 callers: the promise grows with the line, and the memory of another process knows it", async () => {
  const world = openRunning(store.pool, { callbacks: { perHour: 20 } });
  await callIn(store.pool, world, ...Array.from({ length: 50 }, (_, index) => callerOf(index)));
  const other = openRunning(store.pool, { callbacks: { perHour: 20 } });
  await other.run("callback-backlog");
  expect(other.backlog.waiting()).toHaveLength(50);
  const { promisedBy } = await other.desk.promise("praxis", { phone: callerOf(77), reason: "asked" });
  expect(promisedBy).toBe(monday + minutes(155));
  expect(await readPromiseFigures(store.pool, monday)).toMatchObject({ waiting: 50, kept: 0, broken: 0 });
});

test("a promise is raised at half of its time and again before it breaks, once each; then it counts as broken", async () => {
  const world = openRunning(store.pool);
  await callIn(store.pool, world, callerOf(1));
  const kindsAfter = async (ms: number): Promise<string[]> => {
    world.clock.at = monday + ms + seconds(1);
    world.findings.length = 0;
    await watchPromises(world.gateway, store.pool);
    return world.findings.map(({ kind }) => kind);
  };
  const stateNow = async (): Promise<unknown> => (await checkPromises(store.pool, { clock: world.clock }))[0]?.state;
  expect(await kindsAfter(minutes(14))).toEqual([]);
  expect(await stateNow()).toBe("ok");
  expect(await kindsAfter(minutes(15))).toEqual(["promise-half"]);
  expect(await stateNow()).toBe("degraded");
  expect(await kindsAfter(minutes(24))).toEqual([]);
  expect(await kindsAfter(minutes(25))).toEqual(["promise-breaking"]);
  expect(await stateNow()).toBe("down");
  expect(await kindsAfter(minutes(40))).toEqual([]);
  expect(await readPromiseFigures(store.pool, world.clock.at)).toMatchObject({ overdue: 1, broken: 1, kept: 0 });
});

test("a promise for the morning is half over in the morning, not at night", async () => {
  const world = openRunning(store.pool);
  world.clock.at = at("2026-11-23T20:00");
  await callIn(store.pool, world, callerOf(1));
  world.clock.at = at("2026-11-24T07:59");
  await watchPromises(world.gateway, store.pool);
  expect(world.findings).toEqual([]);
  world.clock.at = at("2026-11-24T08:15");
  await watchPromises(world.gateway, store.pool);
  expect(world.findings.map(({ kind }) => kind)).toEqual(["promise-half"]);
});

test("a dead database makes the check unknown, not well", async () => {
  expect(await checkPromises(undefined)).toMatchObject([{ state: "unknown" }]);
});

test("numbers and wishes of callbacks that ended long ago are masked, the figures stay", async () => {
  const world = openRunning(store.pool);
  await callIn(store.pool, world, callerOf(1), callerOf(2));
  const [first] = await readWaiting(store.pool);
  await decideCallback(store.pool, first?.callbackId ?? "", { kind: "done", by: "test", at: world.clock.at, why: "done" });
  world.clock.at += hours(24 * 8);
  expect(await maskEndedCallbacks(store.pool, world.clock, hours(24 * 7))).toBe(1);
  expect(await maskEndedCallbacks(store.pool, world.clock, hours(24 * 7))).toBe(0);
  expect((await rowsOf(store.pool, "callback")).filter(({ phone }) => String(phone).startsWith("masked-"))).toHaveLength(1);
});
