import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { systemClock } from "../../kernel/clock.ts";
import {
  effectHandler,
  fakeGateway,
  keepAll,
  openGround,
  statusCounts,
  testDelivery,
  untilCount,
  type Ground,
} from "./inbox.test-support.ts";
import { planReplay, type ReplayPlan } from "./replay-plan.ts";
import { cancelReplay, runReplay } from "./replay-run.ts";
import { startInboxWorker } from "./worker.ts";

let ground: Ground;
beforeAll(async () => {
  ground = await openGround();
}, 60_000);
afterAll(() => ground.close());
beforeEach(async () => {
  await ground.pool.query("truncate gateway.inbox_event, gateway.test_effect, gateway.replay, gateway.replay_event restart identity");
});

const isLong = process.env["AMPEL_LONG"] === "1";
const size = isLong ? 100_000 : 4_000;
const never = new AbortController().signal;
const quick = { pollMs: 5, retries: { attempts: 3, firstPauseMs: 1, longestPauseMs: 5 } };

async function keep(count: number, status: string): Promise<void> {
  for (let from = 0; from < count; from += 5000) {
    const until = Math.min(count, from + 5000);
    await keepAll(
      ground.pool,
      Array.from({ length: until - from }, (_, index) => ({
        ...testDelivery({
          call: `c${Math.floor((from + index) / 3)}`,
          sequence: (from + index) % 3,
          company: `firma-${(from + index) % 7}`,
        }),
        // One call belongs to one company.
        companyId: `firma-${Math.floor((from + index) / 3) % 7}`,
        status,
      })),
    );
  }
}

const plan = (given: Partial<Parameters<typeof planReplay>[1]> = {}): Promise<ReplayPlan> =>
  planReplay(ground.pool, {
    filter: { since: Date.now() - 3_600_000 },
    includesDone: false,
    timeZone: "Europe/Berlin",
    now: Date.now(),
    isDryRun: false,
    ...given,
  });

const effects = async (): Promise<number> =>
  Number((await ground.pool.query<{ count: string }>("select count(*) from gateway.test_effect")).rows[0]?.count);

test(`of ${size} dead events the plan's count is the run's, in order, and a second run has no effect`, async () => {
  await keep(size, "dead");
  const made = await plan();
  expect(made.count).toBe(size);
  expect(made.byStatus).toEqual({ dead: size });
  expect(Object.values(made.byCompany).reduce((sum, count) => sum + count, 0)).toBe(size);
  const worker = startInboxWorker(fakeGateway(ground.pool), [effectHandler()], quick);
  const options = { perSecond: 100_000, clock: systemClock, signal: never };
  expect(await runReplay(ground.pool, made.replayId, options)).toMatchObject({ end: "finished", done: size, failed: 0, skipped: 0 });
  expect(await effects()).toBe(size);
  expect(await runReplay(ground.pool, made.replayId, options)).toMatchObject({ end: "finished", done: size, failed: 0 });
  expect((await plan()).count).toBe(0);
  await worker.stop();
  expect(await effects()).toBe(size);
  const { rows } = await ground.pool.query(
    "select count(*)::int as inversions from (select sequence, lag(sequence) over (partition by ordering_key order by id) as before from gateway.test_effect) each where before >= sequence",
  );
  expect(rows).toEqual([{ inversions: 0 }]);
}, 300_000);

test("a run that is stopped ends within a second, leaves the rest as it was, and can be gone on with", async () => {
  await keep(3000, "dead");
  const made = await plan();
  const stopping = new AbortController();
  // Nobody works: everything given back is still untouched when it is taken back.
  const running = runReplay(ground.pool, made.replayId, { perSecond: 500, clock: systemClock, signal: stopping.signal });
  await untilCount(ground.pool, "select (count(*) > 100)::int from gateway.inbox_event where status = 'ready'", 1);
  const stoppedMs = performance.now();
  stopping.abort();
  const stopped = await running;
  expect(performance.now() - stoppedMs).toBeLessThan(1000);
  expect(stopped).toMatchObject({ end: "cancelled", done: 0, waiting: 0 });
  expect(stopped.takenBack + stopped.planned).toBe(3000);
  expect(await statusCounts(ground.pool)).toEqual({ dead: 3000 });

  const worker = startInboxWorker(fakeGateway(ground.pool), [effectHandler()], quick);
  const options = { perSecond: 100_000, clock: systemClock, signal: never };
  expect(await runReplay(ground.pool, made.replayId, options)).toMatchObject({ end: "finished", done: 3000 });
  await worker.stop();
  expect(await effects()).toBe(3000);
});

test("another terminal can stop a run", async () => {
  await keep(50, "dead");
  const made = await plan();
  const running = runReplay(ground.pool, made.replayId, { perSecond: 1, clock: systemClock, signal: never });
  await untilCount(ground.pool, "select count(*) from gateway.replay where started_at is not null", 1);
  const stoppedMs = performance.now();
  expect(await cancelReplay(ground.pool, made.replayId)).toBe(true);
  expect((await running).end).toBe("cancelled");
  expect(performance.now() - stoppedMs).toBeLessThan(1000);
  expect(await cancelReplay(ground.pool, made.replayId)).toBe(false);
});

test("nothing moves because no gateway runs, and the run says so instead of waiting for ever", async () => {
  await keep(5, "dead");
  const made = await plan();
  expect(await runReplay(ground.pool, made.replayId, { perSecond: 100, clock: systemClock, signal: never, patienceMs: 500 })).toMatchObject(
    { end: "nobody-works", waiting: 5 },
  );
});

test("what was applied between the plan and the run is skipped, what fails again is told", async () => {
  await keep(9, "dead");
  const made = await plan();
  await ground.pool.query("update gateway.inbox_event set status = 'done' where id <= 3");
  const poison = effectHandler((event) => (event.id === "9" ? { kind: "dead", why: "still wrong" } : { kind: "done" }));
  const worker = startInboxWorker(fakeGateway(ground.pool), [poison], quick);
  const end = await runReplay(ground.pool, made.replayId, { perSecond: 1000, clock: systemClock, signal: never });
  await worker.stop();
  expect(end).toMatchObject({ end: "finished", done: 5, skipped: 3, failed: 1 });
});

test("done events are left out unless they are asked for, masked ones always", async () => {
  await keep(10, "done");
  await ground.pool.query("update gateway.inbox_event set masked_at = now() where id > 6");
  expect(await plan({ isDryRun: true })).toMatchObject({ count: 0, leftOut: { done: 6, masked: 4 } });
  expect(await plan({ isDryRun: true, includesDone: true })).toMatchObject({ count: 6, leftOut: { done: 0, masked: 4 } });
  expect((await ground.pool.query("select from gateway.replay")).rowCount).toBe(0);
});

test("a plan runs out, and one that was tampered with is refused", async () => {
  await keep(3, "dead");
  const old = await plan({ now: Date.now() - 3_600_000 });
  await expect(runReplay(ground.pool, old.replayId, { perSecond: 1, clock: systemClock, signal: never })).rejects.toThrow(/expired/);
  const made = await plan();
  await ground.pool.query("delete from gateway.replay_event where event_id = 2");
  await expect(runReplay(ground.pool, made.replayId, { perSecond: 1, clock: systemClock, signal: never })).rejects.toThrow(
    /no longer the one/,
  );
});
