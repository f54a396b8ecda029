import { rmSync } from "node:fs";
import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { parseInfo } from "../integrations/redis-info.ts";
import { lookOnce, newMemory, read } from "../../test/services/probe-world.ts";
import { startRedis, type RedisService } from "../../test/services/redis.ts";
import { needs } from "../../test/services/server-process.ts";
import { decideRedis, redisProbe } from "./redis.ts";

const service = needs("Redis probe", "redis-server");
describe.skipIf(service.isMissing)(service.title, () => {
  let server: RedisService;
  let client: Redis;
  const spec = (more: Record<string, unknown> = {}): Record<string, unknown> => ({ port: server.port, ...more });

  beforeAll(async () => {
    server = await startRedis({ maxclients: "20" });
    client = new Redis({ port: server.port });
    client.on("error", () => {});
  });
  afterAll(async () => {
    client.disconnect();
    await server.stop();
  });
  beforeEach(async () => {
    await client.call("FLUSHALL");
    await client.config("SET", "maxmemory", "0");
    await client.config("SET", "maxmemory-policy", "noeviction");
    await client.config("RESETSTAT");
  });

  test("a healthy server is ok with its figures", async () => {
    await client.set("key", "value");
    expect(await lookOnce(redisProbe, spec({ role: "primary" }))).toMatchObject({
      state: "ok",
      measures: { keys: 1, evictedKeys: 0, maxMemoryBytes: 0 },
    });
  });

  test("memory near its limit is said with figure and limit, and a queue that may be evicted too", async () => {
    const used = Number(parseInfo(await client.info("memory")).get("used_memory"));
    await client.config("SET", "maxmemory", String(Math.floor(used * 1.1)));
    await client.config("SET", "maxmemory-policy", "allkeys-lru");
    const seen = await lookOnce(redisProbe, spec({ holdsQueues: true }));
    expect(seen).toMatchObject({ state: "degraded", cause: "memory-low" });
    expect(read(seen)).toMatch(
      /\d+ % of the Redis memory in use \(limit 85 %\); Redis holds queues but may evict keys \(maxmemory-policy allkeys-lru/,
    );
  });

  test("evicted jobs are data loss, said for a while although the next look finds nothing", async () => {
    const memory = newMemory();
    await lookOnce(redisProbe, spec({ holdsQueues: true }), { memory });
    const used = Number(parseInfo(await client.info("memory")).get("used_memory"));
    await client.config("SET", "maxmemory-policy", "allkeys-random");
    await client.config("SET", "maxmemory", String(used + 200_000));
    for (let count = 0; count < 50; count += 1) await client.set(`job:${count}`, "x".repeat(20_000));
    expect(await lookOnce(redisProbe, spec({ holdsQueues: true }), { memory })).toMatchObject({
      state: "down",
      cause: "data-loss",
      isDefinite: true,
    });
    expect(await lookOnce(redisProbe, spec({ holdsQueues: true }), { memory })).toMatchObject({ state: "down", cause: "data-loss" });
    await client.config("SET", "maxmemory", "0");
    expect(await lookOnce(redisProbe, spec({ holdsQueues: true }), { memory, clockMs: 3_600_000 })).toMatchObject({ state: "ok" });
  });

  test("FLUSHDB on the database of the queues is data loss, on another one it is not", async () => {
    const memory = newMemory();
    for (let count = 0; count < 10; count += 1) await client.set(`key:${count}`, "value");
    await lookOnce(redisProbe, spec({ holdsQueues: true }), { memory });
    await client.multi().select(1).flushdb().select(0).exec();
    expect(await lookOnce(redisProbe, spec({ holdsQueues: true }), { memory })).toMatchObject({ state: "ok" });
    await client.call("FLUSHDB");
    const seen = await lookOnce(redisProbe, spec({ holdsQueues: true }), { memory });
    expect(seen).toMatchObject({ state: "down", cause: "data-loss" });
    expect(read(seen)).toContain("Database 0 was flushed: 0 keys, 10 before");
  });

  test("a save that fails is seen before the next write fails", async () => {
    const broken = await startRedis();
    const other = new Redis({ port: broken.port });
    other.on("error", () => {});
    try {
      rmSync(broken.folder, { recursive: true });
      await other.set("key", "value");
      await other.bgsave().catch(() => {});
      await vi.waitFor(
        async () =>
          expect(await lookOnce(redisProbe, spec({ port: broken.port }))).toMatchObject({ state: "down", cause: "database-readonly" }),
        { timeout: 5000 },
      );
    } finally {
      other.disconnect();
      await broken.stop();
    }
  });

  test("a replica is known, a replica without its primary is broken, and a wrong role is named", async () => {
    const replica = await startRedis({ replicaof: `127.0.0.1 ${server.port}` });
    try {
      await vi.waitFor(
        async () => expect(await lookOnce(redisProbe, spec({ port: replica.port, role: "replica" }))).toMatchObject({ state: "ok" }),
        { timeout: 10_000 },
      );
      expect(await lookOnce(redisProbe, spec({ port: replica.port, role: "primary" }))).toMatchObject({
        state: "down",
        cause: "database-readonly",
      });
      expect(await lookOnce(redisProbe, spec({ role: "replica" }))).toMatchObject({ state: "down", cause: "replication-lag" });
      const link = new Redis({ port: replica.port });
      await link.call("REPLICAOF", "127.0.0.1", "1");
      await vi.waitFor(
        async () => expect(read(await lookOnce(redisProbe, spec({ port: replica.port })))).toContain("no connection to its primary"),
        { timeout: 5000 },
      );
      link.disconnect();
    } finally {
      await replica.stop();
    }
  });

  test("a wrong password is unknown and never shown, a missing one as well", async () => {
    const locked = await startRedis({ requirepass: "correct horse" });
    process.env["AMPEL_TEST_REDIS_WRONG"] = "wrong battery";
    process.env["AMPEL_TEST_REDIS_RIGHT"] = "correct horse";
    try {
      const wrong = await lookOnce(redisProbe, spec({ port: locked.port, password: "${env:AMPEL_TEST_REDIS_WRONG}" }));
      expect(wrong.state).toBe("unknown");
      expect(read(wrong)).toContain("rejects the login");
      expect(JSON.stringify(wrong)).not.toContain("wrong battery");
      expect(await lookOnce(redisProbe, spec({ port: locked.port }))).toMatchObject({ state: "unknown" });
      expect(await lookOnce(redisProbe, spec({ port: locked.port, password: "${env:AMPEL_TEST_REDIS_RIGHT}" }))).toMatchObject({
        state: "ok",
      });
    } finally {
      await locked.stop();
    }
  });

  test("no client more is connections-exhausted", async () => {
    const others = Array.from({ length: 25 }, () => new Redis({ port: server.port, retryStrategy: null, lazyConnect: true }));
    try {
      await Promise.allSettled(others.map((other) => other.on("error", () => {}).connect()));
      expect(await lookOnce(redisProbe, spec())).toMatchObject({ state: "down", cause: "connections-exhausted" });
    } finally {
      for (const other of others) other.disconnect();
    }
  });

  test("a database number that does not exist is named", async () => {
    expect(read(await lookOnce(redisProbe, spec({ database: 99 })))).toContain("There is no database 99");
  });

  test("a server that is paused is silent until the deadline, a killed one refuses, both red", async () => {
    server.process.freeze();
    expect(await lookOnce(redisProbe, spec(), { deadlineMs: 300 })).toMatchObject({ state: "down", cause: "database-down" });
    server.process.thaw();
    await server.kill();
    expect(await lookOnce(redisProbe, spec())).toMatchObject({ state: "down", cause: "database-down" });
    await server.restart();
    expect(await lookOnce(redisProbe, spec())).toMatchObject({ state: "ok" });
  });
});

test("a server that loads its data is down until it has", () => {
  const info = parseInfo("loading:1\r\nrole:master\r\n");
  const { findings } = decideRedis(info, redisProbe.schema.parse({}), undefined, 0);
  expect(findings).toMatchObject([{ state: "down", cause: "database-down" }]);
});
