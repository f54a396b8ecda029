import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { minutes, systemClock } from "../../kernel/clock.ts";
import { keepAll, openGround, testDelivery, type Ground } from "../inbox/inbox.test-support.ts";
import { checkInbox, judgeInbox, type InboxFigures } from "./inbox-check.ts";

const quiet: InboxFigures = { due: 0, oldestWaitMs: 0, dead: 0, oldestDeadMs: 0 };

test.each<[string, Partial<InboxFigures>, "ok" | "degraded", string]>([
  ["an empty inbox is well", {}, "ok", "gateway-check.inbox-well"],
  ["a thousand that have just come are well", { due: 1000, oldestWaitMs: 59_000 }, "ok", "gateway-check.inbox-well"],
  ["one that has waited for more than a minute is not", { due: 1, oldestWaitMs: 60_001 }, "degraded", "gateway-check.inbox-stuck"],
  ["a dead letter is not", { dead: 1 }, "degraded", "gateway-check.inbox-dead"],
  ["both are said", { due: 1, oldestWaitMs: 61_000, dead: 2 }, "degraded", "gateway-check.inbox-stuck-and-dead"],
])("%s", (_, figures, state, key) => {
  expect(judgeInbox({ ...quiet, ...figures })).toMatchObject({ state, what: { key } });
});

let ground: Ground;
beforeAll(async () => {
  ground = await openGround();
}, 60_000);
afterAll(() => ground.close());
beforeEach(async () => void (await ground.pool.query("truncate gateway.inbox_event")));

const look = async (pool = ground.pool): Promise<unknown> => await checkInbox(pool, { clock: systemClock, language: "en" });
const keep = async (status: string, call: string, agoMs: number): Promise<void> => {
  await keepAll(ground.pool, [{ ...testDelivery({ call, sequence: 0 }), status }]);
  await ground.pool.query(
    `update gateway.inbox_event set next_at = now() - $2 * interval '1 millisecond', finished_at = now() - $2 * interval '1 millisecond'
     where ordering_key = $1`,
    [`retell:call:${call}`, agoMs],
  );
};

test("what has its turn later, is over, or lies in quarantine or a park does not make the inbox stuck", async () => {
  for (const status of ["done", "quarantined", "parked", "discarded"]) await keep(status, status, minutes(90));
  await keep("retry", "later", -minutes(5));
  await keep("ready", "fresh", 1000);
  expect(await look()).toMatchObject([
    { id: "P10", subject: "inbox", state: "ok", summary: "The inbox flows: 1 due, none of them stuck", evidence: { due: 1, dead: 0 } },
  ]);
});

test("an event that nobody applies, and dead letters with the age of the oldest", async () => {
  await keep("retry", "stuck", minutes(3) - 1000);
  expect(await look()).toMatchObject([
    { state: "degraded", cause: "queue-stuck", summary: "The inbox is stuck: the oldest due event has waited 3m, 1 due" },
  ]);
  await keep("dead", "old", minutes(20) - 1000);
  await keep("dead", "young", minutes(1));
  expect(await look()).toMatchObject([
    {
      summary: "The inbox is stuck: the oldest due event has waited 3m, 1 due; given up: 2, the oldest 20m ago",
      evidence: { due: 1, dead: 2 },
    },
  ]);
});

test("without a database it is unknown, not well", async () => {
  expect(await checkInbox(undefined, { clock: systemClock, language: "de" })).toMatchObject([{ state: "unknown" }]);
  const broken = { query: () => Promise.reject(new Error("Connection terminated")) } as unknown as typeof ground.pool;
  expect(await look(broken)).toMatchObject([{ state: "unknown" }]);
});
