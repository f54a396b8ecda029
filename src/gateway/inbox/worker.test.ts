import type { PoolClient } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { EventOutcome, InboxEvent } from "../event-handler.ts";
import type { GatewayFinding } from "../gateway.ts";
import {
  effectHandler,
  fakeGateway,
  keepAll,
  openGround,
  readTestBody,
  statusCounts,
  testDelivery,
  untilCount,
  type Ground,
} from "./inbox.test-support.ts";
import { claimEvents } from "./claim.ts";
import { pauseSwitch, startInboxWorker } from "./worker.ts";

let ground: Ground;
beforeAll(async () => {
  ground = await openGround();
}, 60_000);
afterAll(() => ground.close());
beforeEach(async () => {
  await ground.pool.query("truncate gateway.inbox_event, gateway.test_effect restart identity");
});

const quick = { pollMs: 5, retries: { attempts: 3, firstPauseMs: 1, longestPauseMs: 5 } };
const openCount = "select count(*) from gateway.inbox_event where status in ('ready', 'retry')";
const calls = (count: number, each = 3): ReturnType<typeof testDelivery>[] =>
  Array.from({ length: count * each }, (_, index) => testDelivery({ call: `c${index % count}`, sequence: Math.floor(index / count) }));

async function inversions(): Promise<number> {
  const { rows } = await ground.pool.query<{ count: string }>(
    `select count(*) from (select sequence, lag(sequence) over (partition by ordering_key order by id) as before from gateway.test_effect) each where before >= sequence`,
  );
  return Number(rows[0]?.count);
}

test("every event is applied once and in order by two workers beside each other", async () => {
  await keepAll(ground.pool, calls(400, 5));
  const workers = [1, 2].map(() => startInboxWorker(fakeGateway(ground.pool), [effectHandler()], { ...quick, batchSize: 60 }));
  await untilCount(ground.pool, openCount, 0);
  await Promise.all(workers.map((worker) => worker.stop()));
  const { rows } = await ground.pool.query(
    "select count(*)::int as effects, count(distinct event_id)::int as events from gateway.test_effect",
  );
  expect(rows).toEqual([{ effects: 2000, events: 2000 }]);
  expect(await inversions()).toBe(0);
  expect(workers.reduce((sum, { counts }) => sum + counts.applied, 0)).toBe(2000);
  // Both had a share: the keys of one do not lock out the other.
  for (const { counts } of workers) expect(counts.applied).toBeGreaterThan(0);
});

test("a poison event dies after its attempts, holds back its own call and nobody else", async () => {
  await keepAll(ground.pool, calls(50));
  const isPoison = (call: string, sequence: number): boolean => call === "c7" && sequence === 1;
  const worker = startInboxWorker(
    fakeGateway(ground.pool),
    [
      effectHandler((event) => {
        const { call_id: call, sequence } = readTestBody(event);
        if (isPoison(call, sequence)) throw new Error("poison of +49 30 1234567");
        return { kind: "done" };
      }),
    ],
    quick,
  );
  await untilCount(ground.pool, "select count(*) from gateway.inbox_event where status = 'done'", 148);
  await untilCount(ground.pool, "select count(*) from gateway.inbox_event where status = 'dead'", 1);
  await worker.stop();
  expect(await statusCounts(ground.pool)).toEqual({ dead: 1, done: 148, ready: 1 });
  const { rows } = await ground.pool.query("select attempts, last_error from gateway.inbox_event where status = 'dead'");
  expect(rows).toEqual([{ attempts: 3, last_error: "after 3 attempts: Error: poison of [phone]" }]);
});

test("what fails leaves nothing behind: an effect and its mark are both there or neither", async () => {
  await keepAll(ground.pool, calls(20, 2));
  let thrown = 0;
  const worker = startInboxWorker(
    fakeGateway(ground.pool),
    [
      {
        ...effectHandler(),
        apply: async (events, client, companyId) => {
          const outcomes = await effectHandler().apply(events, client, companyId);
          if (thrown < 30) {
            thrown += 1;
            throw new Error("after the effect was written");
          }
          return outcomes;
        },
      },
    ],
    { ...quick, retries: { ...quick.retries, attempts: 100 } },
  );
  await untilCount(ground.pool, "select count(*) from gateway.inbox_event where status = 'done'", 40);
  await worker.stop();
  const { rows } = await ground.pool.query(
    "select count(*)::int as effects, count(distinct event_id)::int as events from gateway.test_effect",
  );
  expect(rows).toEqual([{ effects: 40, events: 40 }]);
  expect(await inversions()).toBe(0);
}, 30_000);

test("an outcome that blocks its key takes back what a handler applied behind it", async () => {
  await keepAll(ground.pool, calls(3));
  const later = ({ attempts }: InboxEvent): EventOutcome =>
    attempts < 3 ? { kind: "later", why: "the customer is not there yet" } : { kind: "done" };
  const worker = startInboxWorker(
    fakeGateway(ground.pool),
    [effectHandler((event) => (readTestBody(event).sequence === 0 ? later(event) : { kind: "done" }))],
    { ...quick, retries: { ...quick.retries, attempts: 50 } },
  );
  await untilCount(ground.pool, "select count(*) from gateway.inbox_event where status = 'done'", 9);
  await worker.stop();
  expect(await inversions()).toBe(0);
  const { rows } = await ground.pool.query("select count(*)::int as effects from gateway.test_effect");
  expect(rows).toEqual([{ effects: 9 }]);
});

test("while an event is in work nobody else gets at its call, not even at an earlier event that is given back meanwhile", async () => {
  await keepAll(ground.pool, calls(1, 2));
  await ground.pool.query("update gateway.inbox_event set status = 'done' where id = 1");
  const [first, second] = [await ground.pool.connect(), await ground.pool.connect()];
  const claim = async (client: PoolClient): Promise<string[]> => (await claimEvents(client, 10)).events.map(({ id }) => id);
  await first.query("begin");
  await second.query("begin");
  expect(await claim(first)).toEqual(["2"]);
  await ground.pool.query("update gateway.inbox_event set status = 'ready' where id = 1");
  expect(await claim(second)).toEqual([]);
  await first.query("rollback");
  await second.query("rollback; begin");
  expect(await claim(second)).toEqual(["1", "2"]);
  await second.query("rollback");
  first.release();
  second.release();
});

test("an event of no company is set aside with a finding and never given to another", async () => {
  const findings: GatewayFinding[] = [];
  await keepAll(ground.pool, [
    testDelivery({ call: "lost", sequence: 0, company: "nobody" }),
    testDelivery({ call: "lost", sequence: 1, company: "nobody" }),
    testDelivery({ call: "known", sequence: 0 }),
  ]);
  const gateway = fakeGateway(ground.pool, { onFinding: (finding) => findings.push(finding) });
  const worker = startInboxWorker(gateway, [effectHandler()], quick);
  await untilCount(ground.pool, "select count(*) from gateway.inbox_event where status = 'dead' and outcome = 'unresolved'", 1);
  await untilCount(ground.pool, "select count(*) from gateway.inbox_event where status = 'done'", 1);
  await worker.stop();
  expect(findings).toEqual([
    { kind: "unknown-number", subject: "+493012345", data: { provider: "retell", type: "call_ended", event: "1" } },
  ]);
  expect(await statusCounts(ground.pool)).toEqual({ dead: 1, done: 1, ready: 1 });
});

test("what nobody understands is kept, counted and told", async () => {
  const findings: GatewayFinding[] = [];
  await keepAll(ground.pool, [
    testDelivery({ call: "a", sequence: 0, provider: "calcom", type: "OOO_CREATED" }),
    testDelivery({ call: "b", sequence: 0 }),
    testDelivery({ call: "c", sequence: 0 }),
  ]);
  const kinds = { b: "unknown-shape", c: "ignored" } as Record<string, "unknown-shape" | "ignored">;
  const worker = startInboxWorker(
    fakeGateway(ground.pool, { onFinding: (finding) => findings.push(finding) }),
    [effectHandler((event) => ({ kind: kinds[readTestBody(event).call_id] ?? "ignored", why: "because" }))],
    quick,
  );
  await untilCount(ground.pool, openCount, 0);
  await worker.stop();
  expect(worker.counts).toMatchObject({ ignored: 1, "unknown-shape": 2, applied: 0 });
  expect(findings.map(({ kind, subject }) => [kind, subject])).toEqual([
    ["unknown-shape", "calcom OOO_CREATED"],
    ["unknown-shape", "retell call_ended"],
  ]);
});

test("the pause switch stops handlers, and its end lets them go on", async () => {
  let isPaused = true;
  await keepAll(ground.pool, calls(5, 1));
  const gateway = fakeGateway(ground.pool, { switches: { isOn: (key) => key === pauseSwitch && isPaused } });
  const worker = startInboxWorker(gateway, [effectHandler()], quick);
  await gateway.clock.sleep(100);
  expect(await statusCounts(ground.pool)).toEqual({ ready: 5 });
  isPaused = false;
  await untilCount(ground.pool, openCount, 0);
  await worker.stop();
});

test("before the companies have been read once nothing is judged to be of no company", async () => {
  await keepAll(ground.pool, calls(2, 1));
  const known = fakeGateway(ground.pool).directory;
  let asOf = 0;
  const directory = {
    ...known,
    get asOf() {
      return asOf;
    },
  };
  const worker = startInboxWorker(fakeGateway(ground.pool, { directory }), [effectHandler()], quick);
  await fakeGateway(ground.pool).clock.sleep(100);
  expect(await statusCounts(ground.pool)).toEqual({ ready: 2 });
  asOf = 1;
  await untilCount(ground.pool, openCount, 0);
  await worker.stop();
  expect(worker.counts).toMatchObject({ applied: 2, unresolved: 0 });
});

test("a handler that hangs costs its own event some attempts and no other", async () => {
  await keepAll(ground.pool, calls(12, 1));
  const worker = startInboxWorker(
    fakeGateway(ground.pool),
    [effectHandler(async (event) => (readTestBody(event).call_id === "c3" ? await new Promise<never>(() => {}) : { kind: "done" }))],
    { ...quick, lanes: 1, batchLimitMs: 250 },
  );
  await untilCount(ground.pool, "select count(*) from gateway.inbox_event where status = 'done'", 11);
  await untilCount(ground.pool, "select count(*) from gateway.inbox_event where status = 'dead'", 1);
  await worker.stop();
  const { rows } = await ground.pool.query("select ordering_key, attempts from gateway.inbox_event where status = 'dead'");
  expect(rows).toEqual([{ ordering_key: "retell:call:c3", attempts: 4 }]);
}, 30_000);

test("a database that goes away is waited for", async () => {
  await keepAll(ground.pool, calls(300));
  const worker = startInboxWorker(fakeGateway(ground.pool), [effectHandler()], { ...quick, batchSize: 20 });
  for (let round = 0; round < 5; round += 1) {
    await untilCount(ground.pool, "select (count(*) > $1)::int from gateway.test_effect", 1, [round * 100]);
    await ground.pool
      .query("select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and application_name = 'ampel'")
      .catch(() => {});
  }
  await untilCount(ground.pool, openCount, 0);
  await worker.stop();
  const { rows } = await ground.pool.query(
    "select count(*)::int as effects, count(distinct event_id)::int as events from gateway.test_effect",
  );
  expect(rows).toEqual([{ effects: 900, events: 900 }]);
  expect(await inversions()).toBe(0);
}, 30_000);
