import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openStore, type Store } from "../../store/store.ts";
import { systemClock } from "../../kernel/clock.ts";
import type { GatewayJob } from "../gateway.ts";
import { newGround } from "./gateway.test-support.ts";
import { startJobs } from "./jobs.ts";
import { openLeaderLease } from "./leader-lease.ts";

const ground = newGround();
let store: Store;
beforeAll(async () => {
  store = await openStore({ stateFolder: join(ground.folder, "store") });
}, 60_000);
afterAll(async () => {
  await store.close();
  ground.remove();
});

function job(given: Partial<GatewayJob> & { runs?: string[] } = {}): GatewayJob {
  const { runs = [], ...rest } = given;
  return { name: "job", everyMs: 20, runsOn: "each", run: async () => void runs.push("run"), ...rest };
}

test("one of two processes leads, and the other takes over when it lets go", async () => {
  const lease = (owner: string): ReturnType<typeof openLeaderLease> =>
    openLeaderLease({ pool: store.pool, clock: systemClock, owner, name: "handed" });
  const first = lease("first");
  await expect.poll(() => first.isHeld()).toBe(true);
  const second = lease("second");
  await systemClock.sleep(300);
  expect(second.isHeld()).toBe(false);
  await first.release();
  expect(first.isHeld()).toBe(false);
  expect(first.lost.aborted).toBe(true);
  await expect.poll(() => second.isHeld(), { timeout: 10_000 }).toBe(true);
  await second.release();
});

test("a leader that died is replaced within ten seconds", async () => {
  await store.pool.query(`insert into gateway.cursor (name, value, changed_at) values ('orphaned', '{"owner": "dead"}', now())`);
  const startedMs = performance.now();
  const heir = openLeaderLease({ pool: store.pool, clock: systemClock, owner: "heir", name: "orphaned" });
  await expect.poll(() => heir.isHeld(), { timeout: 12_000 }).toBe(true);
  expect(performance.now() - startedMs).toBeLessThan(10_000);
  await heir.release();
});

test("a job that fails is told, counted and tried again; its last success stays", async () => {
  let runs = 0;
  const told: string[] = [];
  const failing = job({
    run: async () => {
      runs += 1;
      if (runs === 2) throw new Error("not this time");
    },
  });
  const schedule = startJobs([failing], { clock: systemClock, lease: undefined, onFailure: (_, { message }) => told.push(message) });
  await expect.poll(() => runs).toBeGreaterThan(3);
  await schedule.stop();
  expect(told).toEqual(["not this time"]);
  expect(schedule.states()).toMatchObject([{ failures: 1, lastSuccess: expect.any(Number) }]);
  expect(schedule.states()[0]).not.toHaveProperty("problem");
});

test("without a database only what every process may do is done", async () => {
  const each: string[] = [];
  const leader: string[] = [];
  const schedule = startJobs([job({ runs: each }), job({ runs: leader, runsOn: "leader" })], { clock: systemClock, lease: undefined });
  await expect.poll(() => each.length).toBeGreaterThan(2);
  await schedule.stop();
  expect(leader).toEqual([]);
});

test("a job that is under way is told to stop, and waited for", async () => {
  let ended = "";
  const slow = job({
    run: async (signal) => {
      await systemClock.sleep(60_000, signal).catch(() => {});
      ended = signal.aborted ? "by the signal" : "by itself";
    },
  });
  const schedule = startJobs([slow], { clock: systemClock, lease: undefined });
  await schedule.stop();
  expect(ended).toBe("by the signal");
});
