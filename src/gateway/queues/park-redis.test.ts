import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startRedis, type RedisService } from "../../../test/services/redis.ts";
import { needs } from "../../../test/services/server-process.ts";
import { listManifests, saveManifest, type ParkManifest } from "./park-file.ts";
import { parkRedis, readRedisDepth, restoreRedis } from "./park-redis.ts";
import type { RedisQueue } from "./redis-queue.ts";

const { title, isMissing } = needs("queues in a real Redis", "redis-server");

describe.skipIf(isMissing)(title, () => {
  let service: RedisService;
  let redis: Redis;
  let stateFolder: string;
  beforeAll(async () => {
    service = await startRedis();
    redis = new Redis({ port: service.port, host: service.address });
  });
  afterAll(async () => {
    redis.disconnect();
    await service.stop();
  });
  beforeEach(async () => {
    stateFolder = mkdtempSync(join(tmpdir(), "ampel-park-"));
    await redis.flushall();
  });
  afterEach(() => rmSync(stateFolder, { recursive: true, force: true }));

  const signal = AbortSignal.timeout(60_000);
  const queueOf = (format: "laravel" | "bullmq"): RedisQueue => ({
    name: "jobs",
    format,
    queue: "webhooks",
    ...(format === "laravel" ? { prefix: "app_database_" } : {}),
    connection: { address: service.address, port: service.port, database: 0 },
  });
  const laravelKey = "app_database_queues:webhooks";
  const about = { reason: "backlog", owner: "anna", now: 1_800_000_000_000, signal };
  const park = (format: "laravel" | "bullmq"): ReturnType<typeof parkRedis> => parkRedis(queueOf(format), { ...about, stateFolder });
  const manifest = async (): Promise<ParkManifest> => {
    const [first] = await listManifests(stateFolder);
    if (first === undefined) throw new Error("no manifest");
    return first;
  };
  const restore = async (format: "laravel" | "bullmq", isDryRun = false): Promise<number> =>
    await restoreRedis(queueOf(format), await manifest(), { stateFolder, now: 1_800_000_001_000, isDryRun, signal });
  const jobs = (from: number, until: number): string[] =>
    Array.from({ length: until - from }, (_, index) => JSON.stringify({ uuid: `job-${from + index}`, data: "Grüße" }));

  test.each([
    [2500, 3],
    [3, 2500],
    [10, 0],
  ])("of Laravel, %i parked jobs come back in front of %i new ones, in their order", async (parked, arrived) => {
    await redis.rpush(laravelKey, ...jobs(0, parked));
    await redis.zadd(`${laravelKey}:delayed`, 1_900_000_000, "later");
    await redis.zadd(`${laravelKey}:reserved`, 1_900_000_000, "in hand");
    const made = await park("laravel");
    expect(made).toMatchObject({ queue: "jobs", count: parked + 1, inHand: 1 });
    expect(await readRedisDepth(queueOf("laravel"), signal)).toEqual({ waiting: 0, inHand: 1 });
    expect(readFileSync(made.file, "utf8").trim().split("\n")).toHaveLength(parked + 1);
    expect(statSync(made.file).mode & 0o777).toBe(0o600);

    if (arrived > 0) await redis.rpush(laravelKey, ...jobs(parked, parked + arrived));
    expect(await restore("laravel", true)).toBe(parked + 1);
    expect(await restore("laravel")).toBe(parked + 1);
    expect(await restore("laravel")).toBe(0);
    expect(await redis.lrange(laravelKey, 0, -1)).toEqual(jobs(0, parked + arrived));
    expect(Number(await redis.zscore(`${laravelKey}:delayed`, "later"))).toBe(1_900_000_000);
    expect((await redis.keys("*parked*")).length).toBe(0);
  });

  test("a park that somebody has changed is not put back", async () => {
    await redis.rpush(laravelKey, ...jobs(0, 5));
    const { parkId } = await park("laravel");
    await redis.lset(`${laravelKey}:parked:${parkId}`, 2, "forged");
    await expect(restore("laravel")).rejects.toThrow(/content differs/);
    expect(await redis.llen(laravelKey)).toBe(0);
    expect(await redis.llen(`${laravelKey}:parked:${parkId}`)).toBe(5);
  });

  test("a park that was cut off in the middle can still be put back whole", async () => {
    await redis.rpush(laravelKey, ...jobs(0, 5));
    await park("laravel");
    // As it stands on disk when the process dies between the move and the count.
    const { count: _, hash: __, file: ___, ...begun } = await manifest();
    await saveManifest(stateFolder, begun);
    expect(await restore("laravel")).toBe(5);
    expect(await redis.lrange(laravelKey, 0, -1)).toEqual(jobs(0, 5));
  });

  test("while jobs are pushed and taken all the time, none is lost and none is doubled", async () => {
    const taken: string[] = [];
    let isOver = false;
    let pushed = 0;
    const pusher = (async () => {
      const own = new Redis({ port: service.port, host: service.address });
      while (pushed < 3000) await own.rpush(laravelKey, `job-${pushed++}`);
      own.disconnect();
    })();
    const taker = (async () => {
      const own = new Redis({ port: service.port, host: service.address });
      for (;;) {
        const job = await own.lpop(laravelKey);
        if (job !== null) taken.push(job);
        else if (isOver) break;
      }
      own.disconnect();
    })();
    for (let round = 0; round < 5; round += 1) {
      const { parkId } = await park("laravel");
      const made = (await listManifests(stateFolder)).find((each) => each.parkId === parkId);
      if (made !== undefined) await restoreRedis(queueOf("laravel"), made, { stateFolder, now: about.now, isDryRun: false, signal });
    }
    await pusher;
    isOver = true;
    await taker;
    expect(taken).toHaveLength(3000);
    expect(new Set(taken).size).toBe(3000);
  });

  test("BullMQ's own worker gets parked jobs back in order, after they were really out of its reach", async () => {
    const connection = { host: service.address, port: service.port };
    const queue = new Queue("webhooks", { connection });
    for (let index = 0; index < 6; index += 1) await queue.add("event", { index });
    await queue.add("event", { index: 99 }, { priority: 5 });
    const made = await park("bullmq");
    expect(made).toMatchObject({ count: 7, inHand: 0 });
    expect(JSON.parse(readFileSync(made.file, "utf8").split("\n")[0] ?? "")).toMatchObject({ job: { name: "event" } });
    const seen: number[] = [];
    const { promise: all, resolve } = Promise.withResolvers<void>();
    const worker = new Worker<{ index: number }>(
      "webhooks",
      async ({ data }) => {
        seen.push(data.index);
        if (seen.length === 8) resolve();
        await Promise.resolve();
      },
      { connection },
    );
    await worker.waitUntilReady();
    const { promise: idle, resolve: isIdle } = Promise.withResolvers<void>();
    worker.once("completed", () => isIdle());
    await queue.add("event", { index: 7 });
    await idle;
    expect(seen).toEqual([7]);
    await queue.pause();
    await expect(restore("bullmq")).rejects.toThrow(/is paused/);
    await queue.resume();
    expect(await restore("bullmq")).toBe(7);
    await all;
    expect(seen).toEqual([7, 0, 1, 2, 3, 4, 5, 99]);
    await worker.close();
    await queue.close();
  });
});
