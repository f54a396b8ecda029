import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { systemClock } from "../../kernel/clock.ts";
import { openStore, type Store } from "../../store/store.ts";
import { readEgress, readMinutes } from "./egress-rows.ts";
import { EgressFull } from "./egress.ts";
import { decideFreeAt } from "./next-token.ts";
import { openEgress, type EgressKeeper } from "./open-egress.ts";

let ground: string;
let store: Store;
const opened: EgressKeeper[] = [];
const children: ChildProcess[] = [];
beforeAll(async () => {
  ground = mkdtempSync(join(tmpdir(), "ampel-egress-"));
  chmodSync(ground, 0o755);
  store = await openStore({ stateFolder: join(ground, "state") });
}, 60_000);
beforeEach(async () => {
  await store.pool.query("truncate gateway.egress, gateway.egress_count");
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await Promise.all(opened.splice(0).map((keeper) => keeper.close()));
});
afterAll(async () => {
  await store.close();
  rmSync(ground, { recursive: true, force: true });
});

function open(limit: number, given: { pool?: undefined } = {}): EgressKeeper {
  const keeper = openEgress({ pool: store.pool, clock: systemClock, limits: { calcom: limit }, ...given });
  opened.push(keeper);
  return keeper;
}
const bucket = "calcom:main";
const soon = (): { waitMs: number; signal: AbortSignal } => ({ waitMs: 300, signal: AbortSignal.timeout(10_000) });

/** Moves everything sent so far into the past, instead of waiting a minute. */
async function age(ms: number): Promise<void> {
  await store.pool.query("update gateway.egress set sent = array(select moment - $1::float8 from unnest(sent) as moment)", [ms]);
}

test("four processes with eight callers each never send more than the limit in any 60 seconds, and all of it", async () => {
  const limit = 60;
  const sentAt: number[] = [];
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      const child = fork(new URL("egress-process.test-support.ts", import.meta.url), {
        env: { ...process.env, EGRESS_TEST_URL: store.url, EGRESS_TEST_LIMIT: String(limit) },
      });
      children.push(child);
      child.on("message", (message) => {
        if (typeof message === "number") sentAt.push(message);
      });
      await once(child, "message");
    }),
  );
  await systemClock.sleep(3000);
  expect(sentAt).toHaveLength(limit);
  // The first window ends early: as many again, and not one more.
  await age(61_000);
  await systemClock.sleep(3000);
  expect(sentAt).toHaveLength(2 * limit);
  const [minute] = await readEgress(store.pool);
  expect(minute?.sentAt).toHaveLength(limit);
  expect((await readMinutes(store.pool, 5)).reduce((all, { sent }) => all + sent, 0)).toBe(2 * limit);
}, 60_000);

test("whoever cannot wait until a token is free hears it at once", async () => {
  const keeper = open(3);
  for (let call = 0; call < 3; call += 1) await keeper.take(bucket, soon());
  const startedMs = performance.now();
  await expect(keeper.take(bucket, { waitMs: 4000, signal: soon().signal })).rejects.toBeInstanceOf(EgressFull);
  expect(performance.now() - startedMs).toBeLessThan(1000);
});

test("work that can wait leaves the last fifth to callers on the phone", async () => {
  const keeper = open(10);
  const patient = { waitMs: 6000, signal: AbortSignal.timeout(20_000) };
  const ends = await Promise.allSettled(Array.from({ length: 12 }, () => keeper.take(bucket, patient)));
  expect(ends.filter(({ status }) => status === "fulfilled")).toHaveLength(8);
  await keeper.take(bucket, soon());
  await keeper.take(bucket, soon());
  await expect(keeper.take(bucket, soon())).rejects.toBeInstanceOf(EgressFull);
});

test("first come, first served, and whoever gives up leaves the row", async () => {
  const keeper = open(2);
  await keeper.take(bucket, soon());
  await keeper.take(bucket, soon());
  await age(58_500); // free again in 1.5 s
  const order: string[] = [];
  const give = new AbortController();
  const take = (name: string, signal: AbortSignal): Promise<void> =>
    keeper.take(bucket, { waitMs: 4000, signal }).then(
      () => void order.push(name),
      (error: unknown) => void order.push(`${name} ${error instanceof Error ? error.message : ""}`),
    );
  const all = [take("first", soon().signal), take("second", give.signal), take("third", soon().signal)];
  give.abort(new Error("gave up"));
  await Promise.all(all);
  expect(order).toEqual(["second gave up", "first", "third"]);
});

test("after a 429 nobody sends on that key until the vendor's time is over; other keys do", async () => {
  const [one, other] = [open(100), open(100)];
  await one.take(bucket, soon());
  one.block(bucket, Date.now() + 1200);
  await one.flush();
  await expect(other.take(bucket, soon())).rejects.toBeInstanceOf(EgressFull);
  await other.take("calcom:acme", soon());
  const startedMs = performance.now();
  await other.take(bucket, { waitMs: 3000, signal: soon().signal });
  expect(performance.now() - startedMs).toBeGreaterThan(800);
  expect((await readMinutes(store.pool, 5)).reduce((all, { throttled }) => all + throttled, 0)).toBe(1);
});

test("without the store each process keeps to its share, and what it sent counts when the store is back", async () => {
  const alone = open(40, { pool: undefined });
  const ends = await Promise.allSettled(Array.from({ length: 40 }, () => alone.take(bucket, soon())));
  expect(ends.filter(({ status }) => status === "fulfilled")).toHaveLength(10);

  const keeper = open(8);
  await keeper.take(bucket, soon());
  const query = store.pool.query.bind(store.pool);
  store.pool.query = () => Promise.reject(new Error("Connection terminated"));
  try {
    await keeper.take(bucket, soon()); // a quarter of the seven that are left is one
    await expect(keeper.take(bucket, soon())).rejects.toBeInstanceOf(EgressFull);
  } finally {
    store.pool.query = query;
  }
  await keeper.flush();
  expect((await readEgress(store.pool))[0]?.sentAt).toHaveLength(2);
});

test("law: a token given at the decided moment never makes more than the limit in 60 seconds", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.array(fc.integer({ min: 0, max: 9000 }), { maxLength: 80 }), (limit, pauses) => {
      const sentAt: number[] = [];
      let now = 1_000_000;
      for (const pause of pauses) {
        now += pause;
        now = decideFreeAt({ sentAt, blockedUntil: 0 }, limit, now);
        sentAt.push(now);
        expect(sentAt.filter((at) => at > now - 60_000).length).toBeLessThanOrEqual(limit);
      }
    }),
  );
});
