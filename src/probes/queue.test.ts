import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { startMariadb, type MariadbService } from "../../test/services/mariadb.ts";
import { startPostgres, type PostgresService } from "../../test/services/postgres.ts";
import { lookOnce, newMemory, read } from "../../test/services/probe-world.ts";
import { startRedis, type RedisService } from "../../test/services/redis.ts";
import { needs } from "../../test/services/server-process.ts";
import { queueProbe } from "./queue.ts";

const minute = 60_000;

const redisService = needs("Queue probe on Redis", "redis-server");
describe.skipIf(redisService.isMissing)(redisService.title, () => {
  let server: RedisService;
  let client: Redis;
  beforeAll(async () => {
    server = await startRedis();
    client = new Redis({ port: server.port, maxRetriesPerRequest: null });
    client.on("error", () => {});
  });
  afterAll(async () => {
    client.disconnect();
    await server.stop();
  });
  beforeEach(async () => void (await client.call("FLUSHALL")));

  const laravel = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
    format: "laravel",
    connection: { port: server.port },
    queue: "webhooks",
    ...more,
  });
  const key = "laravel_database_queues:webhooks";
  const job = (id: string, agoMs: number): string =>
    JSON.stringify({
      uuid: id,
      displayName: "App\\Jobs\\Call",
      data: { phone: "+49 30 5550001" },
      pushedAt: String((Date.now() - agoMs) / 1000),
    });

  test("Laravel: depth, delayed, reserved and the age of the oldest", async () => {
    await client.rpush(key, job("a", 4 * minute), job("b", 1000));
    await client.zadd(`${key}:delayed`, String(Date.now() / 1000 + 600), job("later", 0));
    await client.zadd(`${key}:reserved`, String(Date.now() / 1000 + 60), job("in-hand", 0));
    const seen = await lookOnce(queueProbe, laravel());
    expect(seen).toMatchObject({ state: "ok", measures: { depth: 2, delayed: 1, active: 1, lost: 0 } });
    expect(seen.measures?.["oldestAgeMs"]).toBeGreaterThan(4 * minute - 1000);
    expect(seen.measures?.["oldestAgeMs"]).toBeLessThan(4 * minute + 5000);
    expect(JSON.stringify(seen)).not.toContain("5550001");
  });

  test("Laravel: too many or too old is a backlog, and growth is measured", async () => {
    const memory = newMemory();
    await client.rpush(key, job("a", 1000));
    await lookOnce(queueProbe, laravel({ maxDepth: 5 }), { memory });
    await client.rpush(key, ...Array.from({ length: 9 }, (_, index) => job(`b${index}`, 0)));
    const seen = await lookOnce(queueProbe, laravel({ maxDepth: 5 }), { memory, clockMs: minute });
    expect(seen).toMatchObject({ state: "degraded", cause: "queue-backlog", measures: { depth: 10 } });
    expect(seen.measures?.["growthPerMinute"]).toBeCloseTo(9, 0);
    expect(await lookOnce(queueProbe, laravel({ maxAge: "1s" }), { clockMs: minute })).toMatchObject({
      state: "degraded",
      cause: "queue-backlog",
    });
  });

  test("Laravel: nobody takes the next job, also without any time in it", async () => {
    const memory = newMemory();
    const patient = laravel({ maxAge: "1d" });
    await client.rpush(key, JSON.stringify({ id: "first" }), JSON.stringify({ id: "second" }));
    await lookOnce(queueProbe, patient, { memory });
    expect(await lookOnce(queueProbe, patient, { memory, clockMs: 4 * minute })).toMatchObject({ state: "ok" });
    const stuck = await lookOnce(queueProbe, patient, { memory, clockMs: 6 * minute });
    expect(stuck).toMatchObject({ state: "down", cause: "queue-stuck" });
    expect(read(stuck)).toContain("nobody has taken a job for 360 s, 2 are waiting");
    await client.lpop(key);
    expect(await lookOnce(queueProbe, patient, { memory, clockMs: 7 * minute })).toMatchObject({ state: "ok" });
  });

  test("Laravel: a worker that died with jobs in hand, and delayed jobs nobody fetches", async () => {
    const memory = newMemory();
    await client.zadd(`${key}:reserved`, String(Date.now() / 1000 - 30), job("in-hand", 0));
    expect(await lookOnce(queueProbe, laravel(), { memory })).toMatchObject({ state: "ok", measures: { lost: 1 } });
    const lost = await lookOnce(queueProbe, laravel(), { memory, clockMs: 6 * minute });
    expect(lost).toMatchObject({ state: "down", cause: "queue-stuck" });
    await client.del(`${key}:reserved`);
    await client.zadd(`${key}:delayed`, String(Date.now() / 1000 - 600), job("overdue", 700_000));
    expect(await lookOnce(queueProbe, laravel())).toMatchObject({ state: "degraded", cause: "queue-backlog", measures: { depth: 1 } });
  });

  test("Laravel: an empty queue is ok, but not when the jobs lie under another prefix", async () => {
    expect(await lookOnce(queueProbe, laravel())).toMatchObject({ state: "ok", measures: { depth: 0 } });
    await client.rpush("askproai_database_queues:webhooks", job("a", 0));
    const blind = await lookOnce(queueProbe, laravel());
    expect(blind.state).toBe("unknown");
    expect(read(blind)).toContain("askproai_database_queues:webhooks exists");
  });

  test("Laravel: a key of another kind is no queue", async () => {
    await client.set(key, "text");
    expect(await lookOnce(queueProbe, laravel())).toMatchObject({ state: "unknown" });
  });

  const bull = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
    format: "bullmq",
    connection: { engine: "redis", port: server.port },
    queue: "calls",
    ...more,
  });

  test("BullMQ: waiting, prioritized, delayed and the age of the oldest", async () => {
    const queue = new Queue("calls", { connection: { port: server.port } });
    try {
      await queue.add("call", { phone: "+49 30 5550001" }, { timestamp: Date.now() - 10 * minute });
      await queue.add("call", {}, { priority: 3 });
      await queue.add("call", {}, { delay: 600_000 });
      const seen = await lookOnce(queueProbe, bull());
      expect(seen).toMatchObject({ state: "degraded", cause: "queue-backlog", measures: { depth: 2, delayed: 1, active: 0, lost: 0 } });
      expect(seen.measures?.["oldestAgeMs"]).toBeGreaterThan(10 * minute - 1000);
    } finally {
      await queue.close();
    }
  });

  test("BullMQ: stuck without a worker, fine with one, and paused is named", async () => {
    const memory = newMemory();
    const patient = bull({ maxAge: "1d" });
    const queue = new Queue("calls", { connection: { port: server.port } });
    try {
      await queue.add("call", {});
      await lookOnce(queueProbe, patient, { memory });
      expect(await lookOnce(queueProbe, patient, { memory, clockMs: 6 * minute })).toMatchObject({ state: "down", cause: "queue-stuck" });
      const worker = new Worker("calls", () => Promise.resolve(), { connection: { port: server.port } });
      await vi.waitFor(async () => expect(await queue.getWaitingCount()).toBe(0), { timeout: 5000 });
      await worker.close();
      expect(await lookOnce(queueProbe, patient, { memory, clockMs: 6 * minute })).toMatchObject({ state: "ok", measures: { depth: 0 } });
      await queue.pause();
      await queue.add("call", {});
      await lookOnce(queueProbe, patient, { memory, clockMs: 7 * minute });
      const paused = await lookOnce(queueProbe, patient, { memory, clockMs: 20 * minute });
      expect(paused).toMatchObject({ state: "down", cause: "queue-stuck" });
      expect(read(paused)).toContain("calls is paused, 1 are waiting");
    } finally {
      await queue.close();
    }
  });

  test("BullMQ: a job whose worker is gone is lost", async () => {
    const memory = newMemory();
    const queue = new Queue("calls", { connection: { port: server.port } });
    let taken = (): void => {};
    const isTaken = new Promise<void>((resolve) => (taken = resolve));
    const worker = new Worker("calls", () => (taken(), new Promise<never>(() => {})), {
      connection: { port: server.port },
      lockDuration: 60_000,
    });
    try {
      const added = await queue.add("call", {});
      await isTaken;
      expect(await lookOnce(queueProbe, bull(), { memory })).toMatchObject({ state: "ok", measures: { active: 1, lost: 0 } });
      await client.del(`bull:calls:${added.id}:lock`);
      await lookOnce(queueProbe, bull(), { memory });
      expect(await lookOnce(queueProbe, bull(), { memory, clockMs: 6 * minute })).toMatchObject({ state: "down", cause: "queue-stuck" });
    } finally {
      await worker.close(true);
      await queue.close();
    }
  });

  test("BullMQ: a queue that was never there is unknown, not empty", async () => {
    const seen = await lookOnce(queueProbe, bull({ queue: "typo" }));
    expect(seen.state).toBe("unknown");
    expect(read(seen)).toContain("no queue typo");
  });

  test("a dead Redis is a dead database, not an empty queue", async () => {
    expect(await lookOnce(queueProbe, laravel({ connection: { port: 1 } }))).toMatchObject({ state: "down", cause: "database-down" });
  });
});

test("a specification that does not fit together is refused", () => {
  const redis = { port: 1 };
  expect(queueProbe.schema.safeParse({ format: "sql", connection: redis, countQuery: "SELECT 1" }).success).toBe(false);
  expect(queueProbe.schema.safeParse({ format: "bullmq", connection: { engine: "postgres", user: "u", database: "d" } }).success).toBe(
    false,
  );
  expect(queueProbe.schema.safeParse({ format: "sql", connection: { engine: "postgres", user: "u", database: "d" } }).success).toBe(false);
});

const sqlService = needs("Queue probe on SQL", "mariadbd", "mariadb-install-db", "postgres", "initdb");
describe.skipIf(sqlService.isMissing)(sqlService.title, () => {
  let mariadb: MariadbService;
  let postgres: PostgresService;
  beforeAll(async () => {
    [mariadb, postgres] = await Promise.all([startMariadb(["--default-time-zone=+05:00"]), startPostgres()]);
    await mariadb.query(
      "CREATE TABLE jobs (id INT AUTO_INCREMENT PRIMARY KEY, created_at DATETIME DEFAULT NOW())",
      "SET time_zone = '+05:00'",
      "INSERT INTO jobs (created_at) VALUES (NOW() - INTERVAL 2 MINUTE), (NOW())",
    );
    await postgres.query(
      "CREATE TABLE jobs (id serial, created_at timestamptz DEFAULT now())",
      "INSERT INTO jobs (created_at) VALUES (now() - interval '2 minutes'), (now())",
    );
  });
  afterAll(async () => {
    await mariadb.stop();
    await postgres.stop();
  });
  const spec = (engine: "mariadb" | "postgres", more: Record<string, unknown>): Record<string, unknown> => {
    const server = engine === "mariadb" ? mariadb : postgres;
    return {
      format: "sql",
      connection: {
        engine,
        port: server.port,
        user: server.user,
        password: `\${env:${server.passwordVariable}}`,
        database: server.database,
      },
      countQuery: "SELECT count(*) FROM jobs",
      ...more,
    };
  };

  const ages: ["mariadb" | "postgres", string, string][] = [
    ["mariadb", "a time", "SELECT MIN(created_at) FROM jobs"],
    ["mariadb", "seconds", "SELECT TIMESTAMPDIFF(SECOND, MIN(created_at), NOW()) FROM jobs"],
    ["postgres", "a time", "SELECT min(created_at) FROM jobs"],
    ["postgres", "an interval", "SELECT now() - min(created_at) FROM jobs"],
    ["postgres", "seconds", "SELECT extract(epoch FROM now() - min(created_at)) FROM jobs"],
  ];
  test.each(ages)("%s: the oldest given as %s", async (engine, _, oldestQuery) => {
    const seen = await lookOnce(queueProbe, spec(engine, { oldestQuery }));
    expect(seen).toMatchObject({ state: "ok", measures: { depth: 2 } });
    expect(seen.measures?.["oldestAgeMs"]).toBeGreaterThan(110_000);
    expect(seen.measures?.["oldestAgeMs"]).toBeLessThan(200_000);
  });

  test.each(["mariadb", "postgres"] as const)("%s: a query can change nothing, not even behind a second statement", async (engine) => {
    for (const countQuery of ["DELETE FROM jobs", "SELECT 1; DELETE FROM jobs", "COMMIT; DELETE FROM jobs"]) {
      const seen = await lookOnce(queueProbe, spec(engine, { countQuery }));
      expect(seen.state).not.toBe("ok");
    }
    expect(await lookOnce(queueProbe, spec(engine, {}))).toMatchObject({ state: "ok", measures: { depth: 2 } });
  });

  test.each(["mariadb", "postgres"] as const)("%s: an answer that is no number is unknown", async (engine) => {
    expect(await lookOnce(queueProbe, spec(engine, { countQuery: "SELECT 'many'" }))).toMatchObject({ state: "unknown" });
    expect(await lookOnce(queueProbe, spec(engine, { countQuery: "SELECT id FROM jobs WHERE id < 0" }))).toMatchObject({
      state: "unknown",
    });
  });

  test("the oldest that stays the oldest is stuck", async () => {
    const memory = newMemory();
    const watched = spec("postgres", { oldestQuery: "SELECT min(created_at) FROM jobs", maxAge: "1d" });
    await lookOnce(queueProbe, watched, { memory });
    expect(await lookOnce(queueProbe, watched, { memory, clockMs: 6 * minute })).toMatchObject({ state: "down", cause: "queue-stuck" });
  });
});
