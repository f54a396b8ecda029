import { readFileSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
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
import { listInboxParks, parkInbox, restoreInbox } from "./park.ts";
import { readQueueStatus } from "./queue-status.ts";
import { skipDead } from "./skip.ts";
import { retryUnresolved } from "./unresolved.ts";
import { startInboxWorker } from "./worker.ts";

let ground: Ground;
beforeAll(async () => {
  ground = await openGround();
}, 60_000);
afterAll(() => ground.close());
beforeEach(async () => {
  await ground.pool.query("truncate gateway.inbox_event, gateway.test_effect, gateway.inbox_park restart identity");
});

const about = (): Parameters<typeof parkInbox>[2] => ({ stateFolder: ground.folder, reason: "backlog", owner: "anna" });
const quick = { pollMs: 5 };
const inversions =
  "select count(*) from (select sequence, lag(sequence) over (partition by ordering_key order by id) as before from gateway.test_effect) each where before >= sequence";

test("parked events are out of reach and in a file, later ones of their call wait, and all come back in order", async () => {
  await keepAll(
    ground.pool,
    Array.from({ length: 900 }, (_, index) => testDelivery({ call: `c${index % 300}`, sequence: Math.floor(index / 300) })),
  );
  const park = await parkInbox(ground.pool, { name: "webhooks" }, about());
  expect(park).toMatchObject({ count: 900, inHand: 0 });
  const lines = readFileSync(park.file ?? "", "utf8")
    .trim()
    .split("\n");
  expect(lines).toHaveLength(900);
  expect(Buffer.from((JSON.parse(lines[0] ?? "") as { body: string }).body, "base64").toString()).toContain('"call_id":"c0"');

  await keepAll(ground.pool, [testDelivery({ call: "c5", sequence: 3 }), testDelivery({ call: "new", sequence: 0 })]);
  const worker = startInboxWorker(fakeGateway(ground.pool), [effectHandler()], quick);
  await untilCount(ground.pool, "select count(*) from gateway.inbox_event where status = 'done'", 1);
  expect(await statusCounts(ground.pool)).toEqual({ done: 1, parked: 900, ready: 1 });
  const status = await readQueueStatus(ground.pool, {});
  expect(status).toMatchObject({ waiting: 1, blockedKeys: [{ orderingKey: "retell:call:c5", status: "parked", waiting: 1 }] });

  expect(await restoreInbox(ground.pool, park.parkId, true)).toBe(900);
  expect(await restoreInbox(ground.pool, park.parkId, false)).toBe(900);
  expect(await restoreInbox(ground.pool, park.parkId, false)).toBe(0);
  await untilCount(ground.pool, "select count(*) from gateway.inbox_event where status = 'done'", 902);
  await worker.stop();
  await untilCount(ground.pool, inversions, 0);
  expect(await listInboxParks(ground.pool)).toMatchObject([{ queue: "webhooks", count: 900, owner: "anna" }]);
});

test("only the named vendor and type are parked, and what a worker is at stays", async () => {
  await keepAll(ground.pool, [
    testDelivery({ call: "a", sequence: 0 }),
    testDelivery({ call: "b", sequence: 0 }),
    testDelivery({ call: "c", sequence: 0, type: "call_started" }),
    testDelivery({ call: "d", sequence: 0, provider: "calcom" }),
  ]);
  const worker = await ground.pool.connect();
  await worker.query("begin");
  await worker.query("select from gateway.inbox_event where id = 1 for update");
  const park = await parkInbox(ground.pool, { name: "inbox:retell:call_ended", provider: "retell", type: "call_ended" }, about());
  await worker.query("rollback");
  worker.release();
  expect(park).toMatchObject({ count: 1, inHand: 1 });
  expect(await statusCounts(ground.pool)).toEqual({ parked: 1, ready: 3 });
});

test("a park that has lost an event, or holds a changed one, is not put back", async () => {
  await keepAll(ground.pool, [testDelivery({ call: "a", sequence: 0 }), testDelivery({ call: "b", sequence: 0 })]);
  const { parkId } = await parkInbox(ground.pool, { name: "inbox" }, about());
  await ground.pool.query("update gateway.inbox_event set body = 'changed' where id = 2");
  await expect(restoreInbox(ground.pool, parkId, false)).rejects.toThrow(/found 2, 2 had been parked/);
  await ground.pool.query("update gateway.inbox_event set status = 'discarded' where id = 2");
  await expect(restoreInbox(ground.pool, parkId, false)).rejects.toThrow(/found 1, 2 had been parked/);
  expect(await statusCounts(ground.pool)).toEqual({ discarded: 1, parked: 1 });
});

test("a skipped dead event lets what waits behind it go on at once", async () => {
  await keepAll(ground.pool, [{ ...testDelivery({ call: "a", sequence: 0 }), status: "dead" }, testDelivery({ call: "a", sequence: 1 })]);
  const worker = startInboxWorker(fakeGateway(ground.pool), [effectHandler()], quick);
  await untilCount(ground.pool, "select count(*) from gateway.inbox_event where status = 'ready' and next_at > now()", 1);
  expect(await skipDead(ground.pool, { ids: ["1", "2"], reason: "wrong", by: "anna" })).toEqual(["1"]);
  await untilCount(ground.pool, "select count(*) from gateway.inbox_event where status = 'done'", 1);
  await worker.stop();
});

test("once its company is known, an event that fitted none goes on with all that waited behind it", async () => {
  await keepAll(
    ground.pool,
    [0, 1, 2].map((sequence) => testDelivery({ call: "a", sequence, company: "nobody" })),
  );
  const gateway = fakeGateway(ground.pool);
  const worker = startInboxWorker(gateway, [effectHandler()], quick);
  await untilCount(ground.pool, "select count(*) from gateway.inbox_event where status = 'dead'", 1);
  expect(await retryUnresolved(gateway, [effectHandler()], AbortSignal.timeout(10_000))).toBe(0);
  await worker.stop();
  const imported = { ...effectHandler(), companyOf: () => "praxis" };
  expect(await retryUnresolved(gateway, [imported], AbortSignal.timeout(10_000))).toBe(1);
  const after = startInboxWorker(gateway, [imported], quick);
  await untilCount(ground.pool, "select count(*) from gateway.inbox_event where status = 'done'", 3);
  await after.stop();
  await untilCount(ground.pool, inversions, 0);
});
