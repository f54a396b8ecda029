import { createHash } from "node:crypto";
import { withRedis, type RedisSession } from "../../integrations/redis.ts";
import { Failure } from "../../kernel/failure.ts";
import { newId } from "../../kernel/ids.ts";
import { message } from "../../kernel/message.ts";
import { addToHash, openParkExport, saveManifest, type ParkManifest } from "./park-file.ts";
import { baseKey, inHandKey, listWaitingPlaces, parkedKeyOf, type RedisQueue } from "./redis-queue.ts";

/** What waits and what workers hold, now. */
export type RedisDepth = { readonly waiting: number; readonly inHand: number };

/** What was moved. `inHand`: jobs that workers hold; they stay. */
export type RedisPark = {
  readonly parkId: string;
  readonly queue: string;
  readonly count: number;
  readonly inHand: number;
  readonly hash: string;
  readonly file: string;
};

export async function readRedisDepth(queue: RedisQueue, signal: AbortSignal): Promise<RedisDepth> {
  return await withRedis(queue.connection, signal, (session) => depthOf(session, queue));
}

/**
 * Moves all that waits to keys beside it, in one atomic step of the server's, then counts, hashes and exports it there.
 * Nothing is deleted. What is pushed meanwhile goes into the queue as always.
 * @throws {Failure} refused-unsafe @throws {DatabaseFault}
 */
export async function parkRedis(
  queue: RedisQueue,
  {
    stateFolder,
    reason,
    owner,
    now,
    signal,
  }: { readonly stateFolder: string; readonly reason: string; readonly owner: string; readonly now: number; readonly signal: AbortSignal },
): Promise<RedisPark> {
  return await withRedis(queue.connection, signal, async (session) => {
    const parkId = newId("park");
    const keys = listWaitingPlaces(queue).map(({ key }) => ({ key, parkedKey: parkedKeyOf(key, parkId) }));
    const manifest: ParkManifest = { parkId, queue: queue.name, format: queue.format, keys, reason, owner, parkedAt: now };
    await saveManifest(stateFolder, manifest);
    const counts = (await evaluate(
      session,
      parkScript,
      keys.flatMap(({ key, parkedKey }) => [key, parkedKey]),
    )) as number[];
    const file = await openParkExport(stateFolder, parkId);
    for (const { parkedKey } of keys) {
      for await (const item of readItems(session, parkedKey)) {
        await file.add(await describe(session, queue, item), item.value, String(item.score ?? ""));
      }
    }
    const exported = await file.finish();
    const moved = counts.reduce((sum, count) => sum + count, 0);
    const counted = keys.map((pair, index) => ({ ...pair, count: counts[index] ?? 0 }));
    await saveManifest(stateFolder, { ...manifest, keys: counted, count: exported.count, hash: exported.hash, file: exported.file });
    if (moved !== exported.count) throw differs(parkId, exported.count, moved, exported.file);
    const { inHand } = await depthOf(session, queue);
    return { parkId, queue: queue.name, count: moved, inHand, hash: exported.hash, file: exported.file };
  });
}

/**
 * Puts a park back in front of what came since, in its order, after its count and hash have been proved. Returns how many.
 * @throws {Failure} refused-unsafe @throws {DatabaseFault}
 */
export async function restoreRedis(
  queue: RedisQueue,
  manifest: ParkManifest,
  {
    stateFolder,
    now,
    isDryRun,
    signal,
  }: { readonly stateFolder: string; readonly now: number; readonly isDryRun: boolean; readonly signal: AbortSignal },
): Promise<number> {
  if (manifest.restoredAt !== undefined) return 0;
  const { parkId, keys, file = "–" } = manifest;
  return await withRedis(queue.connection, signal, async (session) => {
    const { count, hash } = await hashParked(session, keys);
    // A park that was interrupted has no count yet: then all that is there is all there was.
    if (manifest.hash !== undefined && (hash !== manifest.hash || count !== manifest.count)) {
      throw differs(parkId, count, manifest.count ?? 0, file);
    }
    const isPaused = queue.format === "bullmq" && (await session.command("HEXISTS", `${baseKey(queue)}:meta`, "paused")) === 1;
    // Resuming may rename the paused list over the one we would fill.
    if (isPaused) {
      throw new Failure("refused-unsafe", message("queue-park.paused", { queue: queue.name }), message("queue-park.paused-next"));
    }
    if (isDryRun) return count;
    const fronts = new Map(listWaitingPlaces(queue).map(({ key, front }) => [key, front]));
    const moved = Number(
      await evaluate(
        session,
        restoreScript,
        keys.flatMap(({ key, parkedKey }) => [parkedKey, key]),
        [...keys.map(({ key }) => fronts.get(key) ?? "left"), queue.format === "bullmq" ? `${baseKey(queue)}:marker` : ""],
      ),
    );
    await saveManifest(stateFolder, { ...manifest, restoredAt: now });
    if (moved !== count) throw differs(parkId, moved, count, file);
    return moved;
  });
}

const parkScript = `
local counts = {}
for index = 1, #KEYS, 2 do
  local kind = redis.call('type', KEYS[index]).ok
  local count = 0
  if kind == 'list' then count = redis.call('llen', KEYS[index]) elseif kind == 'zset' then count = redis.call('zcard', KEYS[index]) end
  if count > 0 then redis.call('rename', KEYS[index], KEYS[index + 1]) end
  counts[#counts + 1] = count
end
return counts`;

/** Moves the shorter of the two lists, so that the server is never held up by the long one. */
const restoreScript = `
local moved = 0
for index = 1, #KEYS, 2 do
  local parked, key, front = KEYS[index], KEYS[index + 1], ARGV[(index + 1) / 2]
  local kind = redis.call('type', parked).ok
  if kind == 'zset' then
    moved = moved + redis.call('zcard', parked)
    redis.call('zunionstore', key, 2, key, parked, 'AGGREGATE', 'MIN')
    redis.call('del', parked)
  elseif kind == 'list' then
    local count = redis.call('llen', parked)
    moved = moved + count
    if redis.call('llen', key) <= count then
      local value = redis.call(front == 'left' and 'lpop' or 'rpop', key)
      while value do
        redis.call(front == 'left' and 'rpush' or 'lpush', parked, value)
        value = redis.call(front == 'left' and 'lpop' or 'rpop', key)
      end
      redis.call('rename', parked, key)
    else
      local value = redis.call(front == 'left' and 'rpop' or 'lpop', parked)
      while value do
        redis.call(front == 'left' and 'lpush' or 'rpush', key, value)
        value = redis.call(front == 'left' and 'rpop' or 'lpop', parked)
      end
    end
  end
end
local marker = ARGV[#ARGV]
if marker ~= '' and moved > 0 then redis.call('zadd', marker, 0, '0') end
return moved`;

async function evaluate(session: RedisSession, script: string, keys: readonly string[], values: readonly string[] = []): Promise<unknown> {
  return await session.command("EVAL", script, keys.length, ...keys, ...values);
}

type Item = { readonly value: string; readonly score?: number };

const pageSize = 1000;

/** In pages: one command over a long list would hold up everybody. */
async function* readItems(session: RedisSession, key: string): AsyncGenerator<Item> {
  const kind = await session.command("TYPE", key);
  for (let start = 0; ; start += pageSize) {
    if (kind === "list") {
      const values = (await session.command("LRANGE", key, start, start + pageSize - 1)) as string[];
      for (const value of values) yield { value };
      if (values.length < pageSize) return;
    } else if (kind === "zset") {
      const flat = (await session.command("ZRANGE", key, start, start + pageSize - 1, "WITHSCORES")) as string[];
      for (let index = 0; index < flat.length; index += 2) yield { value: flat[index] ?? "", score: Number(flat[index + 1]) };
      if (flat.length < pageSize * 2) return;
    } else return;
  }
}

/** A BullMQ list holds ids only: the job itself goes into the file as well. */
async function describe(session: RedisSession, queue: RedisQueue, item: Item): Promise<unknown> {
  if (queue.format === "laravel") return item;
  const flat = (await session.command("HGETALL", `${baseKey(queue)}:${item.value}`)) as string[];
  const job = Object.fromEntries(Array.from({ length: flat.length / 2 }, (_, index) => [flat[index * 2] ?? "", flat[index * 2 + 1]]));
  return { ...item, job };
}

async function hashParked(session: RedisSession, keys: ParkManifest["keys"]): Promise<{ count: number; hash: string }> {
  const hash = createHash("sha256");
  let count = 0;
  for (const { parkedKey } of keys) {
    for await (const { value, score } of readItems(session, parkedKey)) {
      addToHash(hash, [value, String(score ?? "")]);
      count += 1;
    }
  }
  return { count, hash: hash.digest("hex") };
}

async function depthOf(session: RedisSession, queue: RedisQueue): Promise<RedisDepth> {
  let waiting = 0;
  for (const { key, front } of listWaitingPlaces(queue)) waiting += Number(await session.command(front === "none" ? "ZCARD" : "LLEN", key));
  const { key, kind } = inHandKey(queue);
  return { waiting, inHand: Number(await session.command(kind === "zset" ? "ZCARD" : "LLEN", key)) };
}

function differs(parkId: string, found: number, count: number, file: string): Failure {
  return new Failure(
    "refused-unsafe",
    message("queue-park.differs", { park: parkId, found, count }),
    message("queue-park.differs-next", { file }),
  );
}
