import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { systemClock } from "../../kernel/clock.ts";
import { openInboxWriter } from "../accept/inbox-writer.ts";
import { effectHandler, fakeGateway, keepAll, openGround, testDelivery, untilCount, type Ground } from "./inbox.test-support.ts";
import { startInboxWorker } from "./worker.ts";

const isLong = process.env["AMPEL_LONG"] === "1";
let ground: Ground;
beforeAll(async () => {
  ground = await openGround();
}, 60_000);
afterAll(() => ground.close());
beforeEach(async () => {
  await ground.pool.query("truncate gateway.inbox_event, gateway.test_effect restart identity");
});

const inversions =
  "select count(*)::int as inversions from (select sequence, lag(sequence) over (partition by ordering_key order by id) as before from gateway.test_effect) each where before >= sequence";
const tally = "select count(*)::int as effects, count(distinct event_id)::int as events from gateway.test_effect";
const done = "select count(*) from gateway.inbox_event where status = 'done'";

test("10,000 deliveries, 30 % of them duplicates, from 64 senders: each event takes effect once", async () => {
  const unique = 7000;
  const numbers = Array.from({ length: unique }, (_, index) => index);
  const repeated = Array.from({ length: 3000 }, () => Math.floor(Math.random() * unique));
  const all = [...numbers, ...repeated]
    .map((number) => ({ number, place: Math.random() }))
    .toSorted((left, right) => left.place - right.place);
  const worker = startInboxWorker(fakeGateway(ground.pool), [effectHandler()], { pollMs: 5 });
  const writer = openInboxWriter({ pool: ground.pool, clock: systemClock, waitMs: 30_000 });
  const kept = { stored: 0, duplicate: 0 };
  let next = 0;
  await Promise.all(
    Array.from({ length: 64 }, async () => {
      for (let item = all[next++]; item !== undefined; item = all[next++]) {
        kept[(await writer.write(testDelivery({ call: `c${item.number}`, sequence: 0 }))).kept] += 1;
      }
    }),
  );
  await untilCount(ground.pool, done, unique);
  await worker.stop();
  expect(kept).toEqual({ stored: unique, duplicate: 3000 });
  expect((await ground.pool.query(tally)).rows).toEqual([{ effects: unique, events: unique }]);
}, 60_000);

test("order holds in every call while every fifth event fails at random and workers are killed", async () => {
  const [calls, each, kills] = isLong ? [4000, 6, 20] : [250, 4, 3];
  // All first events, then all second ones …: in every batch there are calls whose later events are claimed by another worker.
  for (let sequence = 0; sequence < each; sequence += 1) {
    await keepAll(
      ground.pool,
      Array.from({ length: calls }, (_, call) => testDelivery({ call: `c${call}`, sequence, company: `firma-${call % 5}` })),
    );
  }
  const workers = [await startWorker(), await startWorker()];
  for (let kill = 0; kill < kills; kill += 1) {
    await systemClock.sleep(isLong ? 5000 : 400);
    const victim = workers.shift();
    victim?.kill("SIGKILL");
    if (victim !== undefined) await once(victim, "exit");
    workers.push(await startWorker());
  }
  await untilCount(ground.pool, done, calls * each);
  for (const worker of workers) worker.disconnect();
  await Promise.all(workers.map((worker) => once(worker, "exit")));
  expect((await ground.pool.query(inversions)).rows).toEqual([{ inversions: 0 }]);
  expect((await ground.pool.query(tally)).rows).toEqual([{ effects: calls * each, events: calls * each }]);
}, 600_000);

test("law: whatever handlers answer and however batches are cut, order holds and nothing is applied twice or dropped", async () => {
  const answers = fc.constantFrom("done", "done", "done", "later", "throw", "ignored" as const);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 4 }), answers), { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 1, max: 12 }),
      async (script, batchSize) => {
        await ground.pool.query("truncate gateway.inbox_event, gateway.test_effect restart identity");
        await keepAll(
          ground.pool,
          script.map(([call], sequence) => testDelivery({ call: `c${call}`, sequence, company: `firma-${call % 2}` })),
        );
        // The first attempt goes as the script says, every later one well: all must be over in the end. By what the row says, not
        // by our own count: a batch that is taken back and tried by halves is still the same attempt.
        const handler = effectHandler((event) => {
          const answer = script[Number(event.id) - 1]?.[1];
          if (event.attempts === 0 && answer === "throw") throw new Error("once");
          if (event.attempts === 0 && answer === "later") return { kind: "later", why: "once" };
          return answer === "ignored" ? { kind: "ignored", why: "script" } : { kind: "done" };
        });
        const worker = startInboxWorker(fakeGateway(ground.pool), [handler], {
          pollMs: 2,
          batchSize,
          retries: { attempts: 50, firstPauseMs: 1, longestPauseMs: 3 },
        });
        await untilCount(ground.pool, done, script.length);
        await worker.stop();
        const applied = script.filter(([, answer]) => answer !== "ignored").length;
        expect((await ground.pool.query(inversions)).rows).toEqual([{ inversions: 0 }]);
        expect((await ground.pool.query(tally)).rows).toEqual([{ effects: applied, events: applied }]);
      },
    ),
    { numRuns: isLong ? 200 : 15 },
  );
}, 300_000);

async function startWorker(): Promise<ChildProcess> {
  const child = fork(fileURLToPath(new URL("./worker-process.test-support.ts", import.meta.url)), [join(ground.folder, "state"), "0.2"], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  await once(child, "message");
  return child;
}
