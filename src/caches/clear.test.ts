import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startRedis, type RedisService } from "../../test/services/redis.ts";
import { needs } from "../../test/services/server-process.ts";
import { say } from "../kernel/message.ts";
import type { CacheStore } from "./cache-store.ts";
import { clearCache, optimizeClear, planClear } from "./clear.ts";

const soon = (): AbortSignal => AbortSignal.timeout(15_000);
const randomName = (length: number): string => "Aa0Zz9Kk".repeat(5).slice(0, length);

const service = needs("Clearing a cache in Redis", "redis-server");
describe.skipIf(service.isMissing)(service.title, () => {
  let server: RedisService;
  let client: Redis;
  const store = (more: Partial<Extract<CacheStore, { kind: "redis" }>> = {}): Extract<CacheStore, { kind: "redis" }> => ({
    kind: "redis",
    connection: { address: server.address, port: server.port },
    database: 0,
    prefix: "app_cache:",
    ...more,
  });

  beforeAll(async () => {
    server = await startRedis();
    client = new Redis({ port: server.port });
    client.on("error", () => {});
  });
  afterAll(async () => {
    client.disconnect();
    await server.stop();
  });
  beforeEach(async () => {
    await client.call("FLUSHALL");
    await client.config("RESETSTAT");
    for (let count = 0; count < 1200; count += 1) await client.set(`app_cache:slots:${count}`, `s:5:"${count}";`);
    await client.rpush("app_database_queues:webhooks", "one", "two", "three");
    await client.zadd("app_database_queues:webhooks:delayed", 1, "later");
  });

  test("the named keys go, everything else stays, and the queues are counted before and after", async () => {
    await client.set("other", "stays");
    await client.select(1);
    await client.set("app_cache:other-database", "stays");
    await client.select(0);
    const plan = await planClear(store(), soon());
    expect(plan).toMatchObject({ count: 1200, refusals: [] });
    expect(await client.dbsize()).toBe(1203);
    const report = await clearCache(plan, soon());
    expect(report).toMatchObject({ removed: 1200, refilled: 0, takenByWorkers: 0, problems: [] });
    expect(report.queues).toContainEqual({ queue: "db0 app_database_queues:webhooks", before: 3, after: 3 });
    expect(report.queues).toContainEqual({ queue: "db0 app_database_queues:webhooks:delayed", before: 1, after: 1 });
    expect((await client.keys("*")).toSorted()).toEqual(["app_database_queues:webhooks", "app_database_queues:webhooks:delayed", "other"]);
    expect(await client.select(1).then(() => client.dbsize())).toBe(1);
    await client.select(0);
    expect(await clearCache(plan, soon())).toMatchObject({ removed: 0, problems: [] });
  });

  const dangers: [string, (redis: Redis) => Promise<unknown>, RegExp][] = [
    ["a Laravel queue", (redis) => redis.rpush("app_cache:queues:webhooks", "job"), /1 × queue/],
    ["Horizon's own keys", (redis) => redis.hset("app_cache:horizon:master", "pid", "1"), /queue/],
    ["any list", (redis) => redis.rpush("app_cache:orders", "job"), /queue/],
    ["any stream", (redis) => redis.xadd("app_cache:orders", "*", "job", "1"), /queue/],
    ["a Laravel login", (redis) => redis.set(`app_cache:${randomName(40)}`, "s:1:x"), /1 × login/],
    ["an Express login", (redis) => redis.set("app_cache:sess:abc", "{}"), /login/],
    ["a lock by name", (redis) => redis.set("app_cache:booking-lock:17", "1"), /1 × lock/],
    ["a scheduler's mutex", (redis) => redis.set("app_cache:framework/schedule-5f4dcc3b5aa765d61d8327deb882cf995f4dcc3b", "1"), /lock/],
    ["a Laravel lock by content", (redis) => redis.set("app_cache:harmless", randomName(16), "EX", 60), /lock/],
  ];
  test.each(dangers)("%s under the prefix: refused with the reason, nothing is touched", async (_, plant, wording) => {
    await plant(client);
    const before = await client.dbsize();
    const { refusals } = await planClear(store(), soon());
    expect(say(refusals[0]?.what ?? { key: "", values: {} }, "en")).toMatch(wording);
    await expect(clearCache({ store: store() }, soon())).rejects.toMatchObject({ code: "refused-unsafe" });
    expect(await client.dbsize()).toBe(before);
  });

  test("BullMQ under the prefix is refused, whatever its prefix is called", async () => {
    const queue = new Queue("calls", { connection: { port: server.port }, prefix: "app_cache:jobs" });
    await queue.add("call", {});
    await expect(clearCache({ store: store() }, soon())).rejects.toMatchObject({ code: "refused-unsafe" });
    expect(await queue.getWaitingCount()).toBe(1);
    await queue.close();
  });

  test.each(["", " ", "app_database_", "q", "bull", "app_", "laravel_database_", "app_database_queues:"])(
    "the prefix %j is refused even while all queues are empty",
    async (prefix) => {
      await expect(clearCache({ store: store({ prefix }) }, soon())).rejects.toMatchObject({ code: "refused-unsafe" });
      if (prefix === "app_" || prefix === "app_database_queues:") return; // those two are known by a queue that is there
      await client.del("app_database_queues:webhooks", "app_database_queues:webhooks:delayed");
      await expect(clearCache({ store: store({ prefix }) }, soon())).rejects.toMatchObject({ code: "refused-unsafe" });
    },
  );

  test("a pattern in the prefix is taken to the letter", async () => {
    await client.set("a*[b]:1", "goes");
    await client.set("aXb:1", "stays");
    expect(await clearCache({ store: store({ prefix: "a*[b]:" }) }, soon())).toMatchObject({ removed: 1, problems: [] });
    expect(await client.exists("aXb:1")).toBe(1);
  });

  test("breaker states and marks against duplicates are spared and counted", async () => {
    await client.set("app_cache:circuit_breaker:calcom", "open");
    await client.set("app_cache:webhook:processed:call_1", "1");
    expect(await clearCache({ store: store() }, soon())).toMatchObject({ removed: 1200, spared: 2, problems: [] });
    expect(await client.exists("app_cache:circuit_breaker:calcom", "app_cache:webhook:processed:call_1")).toBe(2);
  });

  test("keys under keep are spared, and what they hold is no reason to refuse", async () => {
    await client.set("app_cache:booking-lock:17", "1");
    expect(await clearCache({ store: store({ keep: ["app_cache:booking-lock:"] }) }, soon())).toMatchObject({
      removed: 1200,
      problems: [],
    });
    expect(await client.exists("app_cache:booking-lock:17")).toBe(1);
  });

  test("names in a preview show no personal data", async () => {
    await client.set("app_cache:caller:+49305550001:anna@example.org", "x");
    const plan = await planClear(store({ prefix: "app_cache:caller:" }), soon());
    expect(plan.samples).toHaveLength(1);
    expect(plan.samples.join()).not.toMatch(/5550001|anna/);
  });

  test("workers that take and an application that writes meanwhile are explained, not blamed", async () => {
    let isBusy = true;
    const busy = (async () => {
      const other = new Redis({ port: server.port });
      for (let count = 0; isBusy; count += 1) {
        await other.lpop("app_database_queues:webhooks");
        await other.set("app_cache:slots:7", String(count));
      }
      other.disconnect();
    })();
    const report = await clearCache({ store: store() }, soon());
    isBusy = false;
    await busy;
    expect(report.problems).toEqual([]);
    expect(report.removed).toBeGreaterThanOrEqual(1200);
  });

  test("optimize:clear measures around it, and one unsafe store stops all of them", async () => {
    let measured = 0;
    const measure = (): Promise<number> => Promise.resolve((measured += 1));
    await client.set("views:1", "x");
    await expect(optimizeClear([store({ prefix: "views:" }), store({ prefix: "" })], measure, soon())).rejects.toMatchObject({
      code: "refused-unsafe",
    });
    expect(await client.exists("views:1")).toBe(1);
    expect(await optimizeClear([store({ prefix: "views:" }), store()], measure, soon())).toMatchObject({
      before: 2,
      after: 3,
      stores: [{ removed: 1 }, { removed: 1200 }],
    });
  });

  test("a server that is gone is a failure, and a wrong password does not show", async () => {
    await expect(planClear(store({ connection: { address: "127.0.0.1", port: 1 } }), soon())).rejects.toMatchObject({
      code: "database-unreachable",
    });
  });
});

describe("Clearing a cache folder", () => {
  let root: string;
  let path: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "ampel-cache-"));
    path = join(root, "storage", "cache", "data");
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, ".gitignore"), "*\n");
    for (let count = 0; count < 50; count += 1) put(`key ${count}`, `9999999999s:5:"hello";`);
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  function put(key: string, content: string): string {
    const hash = createHash("sha1").update(key).digest("hex");
    const folder = join(path, hash.slice(0, 2), hash.slice(2, 4));
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, hash), content);
    return join(folder, hash);
  }
  const store = (): CacheStore => ({ kind: "folder", path });

  test("its files go, the folder stays as it was, and nothing is left beside it", async () => {
    const before = statSync(path);
    expect(await planClear(store(), soon())).toMatchObject({ count: 50, refusals: [] });
    expect(await clearCache({ store: store() }, soon())).toMatchObject({ removed: 50, problems: [] });
    expect(readdirSync(path)).toEqual([".gitignore"]);
    expect(readdirSync(join(root, "storage", "cache"))).toEqual(["data"]);
    expect(statSync(path).ino).toBe(before.ino);
  });

  test("what a killed clearing left is removed by the next one", async () => {
    mkdirSync(join(root, "storage", "cache", ".data.cleared-abc", "ab"), { recursive: true });
    await clearCache({ store: store() }, soon());
    expect(readdirSync(join(root, "storage", "cache"))).toEqual(["data"]);
  });

  const refusals: [string, () => CacheStore][] = [
    ["the root", () => ({ kind: "folder", path: "/" })],
    ["a system folder", () => ({ kind: "folder", path: "/var/lib" })],
    ["a relative path", () => ({ kind: "folder", path: "storage/cache/data" })],
    ["a folder that is missing", () => ({ kind: "folder", path: join(root, "nothing") })],
    ["a folder with other things in it", () => ({ kind: "folder", path: root })],
    ["a foreign file among the cache", () => (writeFileSync(join(path, "invoice.pdf"), "x"), store())],
    [
      "a foreign file deep in the cache",
      () => (mkdirSync(join(path, "ab", "cd"), { recursive: true }), writeFileSync(join(path, "ab", "cd", "notes"), "x"), store()),
    ],
    ["a link that leads outside", () => (symlinkSync("/etc", join(path, "ab")), store())],
    [
      "a link to a file outside",
      () => (
        mkdirSync(join(path, "zz".replace("zz", "ee"), "ff"), { recursive: true }),
        symlinkSync("/etc/passwd", join(path, "ee", "ff", "0".repeat(40))),
        store()
      ),
    ],
    [
      "a folder that is a link to a foreign one",
      () => (symlinkSync("/etc", join(root, "linked")), { kind: "folder", path: join(root, "linked") }),
    ],
    ["a lock in force", () => (put("lock", `9999999999s:16:"${randomName(16)}";`), store())],
  ];
  test.each(refusals)("%s is refused, and nothing is touched", async (_, prepare) => {
    const unsafe = prepare();
    await expect(clearCache({ store: unsafe }, soon())).rejects.toMatchObject({ code: "refused-unsafe" });
    // Not by readdir: it would follow the planted links.
    expect(execFileSync("find", [path, "-type", "f"], { encoding: "utf8" }).split("\n").length).toBeGreaterThan(50);
    expect(existsSync("/etc/passwd")).toBe(true);
  });

  test("a lock that has run out does not stand in the way", async () => {
    put("lock", `1000000000s:16:"${randomName(16)}";`);
    expect(await clearCache({ store: store() }, soon())).toMatchObject({ removed: 51, problems: [] });
  });

  test("the path of a release link is followed to the shared folder", async () => {
    symlinkSync(join(root, "storage"), join(root, "current"));
    expect(await clearCache({ store: { kind: "folder", path: join(root, "current", "cache", "data") } }, soon())).toMatchObject({
      removed: 50,
    });
  });
});
