import { withRedis, type RedisSession } from "../integrations/redis.ts";
import { Failure } from "../kernel/failure.ts";
import { join, message, type Message } from "../kernel/message.ts";
import { maskName, type ClearPlan, type ClearReport, type RedisStore } from "./cache-store.ts";
import { coveredStem, familyOf, type KeyFamily } from "./key-family.ts";
import { compareDepths, readQueueDepths } from "./queue-depths.ts";
import { scanKeys } from "./scan-keys.ts";

const familyTexts = { queue: "cache.queue", login: "cache.login", lock: "cache.lock", guard: "cache.guard", "other-kind": "cache.other-kind" } as const;
type Danger = keyof typeof familyTexts;

/**
 * Counts what would go and finds reasons against it. Changes nothing.
 * @throws {DatabaseFault}
 */
export async function planRedisClear(store: RedisStore, signal: AbortSignal): Promise<ClearPlan> {
  if (store.prefix.trim() === "") return { store, count: 0, samples: [], refusals: [{ what: message("cache.empty-prefix"), nextStep: message("cache.empty-prefix-next") }] };
  return await withRedis({ ...store.connection, database: store.database }, signal, (session) => plan(session, store));
}

async function plan(session: RedisSession, store: RedisStore): Promise<ClearPlan> {
  const seen = new Set<string>();
  const dangers = new Map<Danger, string[]>();
  const outside: string[] = [];
  const endanger = (danger: Danger, key: string): void => void dangers.set(danger, [...(dangers.get(danger) ?? []), key]);
  for await (const keys of scanKeys(session, "")) {
    const inside = keys.filter((key) => isInside(store, key) && !seen.has(key));
    for (const key of keys) {
      const family = familyOf(key);
      if (!key.startsWith(store.prefix) && (family === "queue" || family === "login")) outside.push(key);
    }
    const families = await familiesOf(session, inside, store.prefix);
    for (const [index, key] of inside.entries()) {
      seen.add(key);
      const family = families[index] ?? "cache";
      if (family !== "cache") endanger(family, key);
    }
  }
  const refusals: { what: Message; nextStep: Message }[] = [];
  if (dangers.size > 0) {
    const families = [...dangers].map(([danger, keys]) => message("cache.family", { count: keys.length, family: message(familyTexts[danger]), sample: maskName(keys[0] ?? "") }));
    refusals.push({ what: message("cache.holds", { prefix: store.prefix, database: store.database, families: join(families) }), nextStep: message("cache.narrower-next") });
  }
  const stem = coveredStem(store.prefix, outside);
  if (stem !== undefined) refusals.push({ what: message("cache.not-disjoint", { stem, prefix: store.prefix }), nextStep: message("cache.narrower-next") });
  return { store, count: seen.size, samples: [...new Set([...seen].slice(0, 50).map(maskName))].slice(0, 5), refusals };
}

function isInside({ prefix, keep = [] }: RedisStore, key: string): boolean {
  return key.startsWith(prefix) && !keep.some((spared) => key.startsWith(spared));
}

/** By name below the prefix, by kind, and by content: a lock of Laravel is a text of 16 letters and digits that runs out. */
async function familiesOf(session: RedisSession, keys: readonly string[], prefix: string): Promise<(KeyFamily | Danger)[]> {
  const answers = await session.batch(keys.flatMap((key) => [["TYPE", key] as const, ["STRLEN", key] as const]));
  const suspects = keys.filter((_, index) => answers[index * 2 + 1] === lockLength);
  const owners = await session.batch(suspects.flatMap((key) => [["GET", key] as const, ["PTTL", key] as const]));
  const locks = new Set(suspects.filter((_, index) => /^[A-Za-z0-9]{16}$/.test(String(owners[index * 2])) && Number(owners[index * 2 + 1]) > 0));
  return keys.map((key, index) => {
    const kind = String(answers[index * 2]);
    const byName = familyOf(key.slice(prefix.length));
    const byFullName = familyOf(key);
    if (byName !== "cache") return byName;
    if (byFullName === "queue" || byFullName === "login") return byFullName;
    if (kind === "list" || kind === "stream") return "other-kind";
    return locks.has(key) ? "lock" : "cache";
  });
}

const lockLength = 16;

/**
 * Removes the keys of a plan by SCAN and UNLINK, and proves that they are gone and that no queue got shorter by it.
 * Stops with a refusal as soon as a key turns up that is no cache.
 * @throws {Failure} refused-unsafe
 * @throws {DatabaseFault}
 */
export async function clearRedis(store: RedisStore, signal: AbortSignal): Promise<ClearReport> {
  const startedMs = performance.now();
  return await withRedis({ ...store.connection, database: store.database }, signal, async (session) => {
    // The plan is made again: minutes may lie between the preview and the yes.
    const { refusals } = store.prefix.trim() === "" ? await planRedisClear(store, signal) : await plan(session, store);
    const [refusal] = refusals;
    if (refusal !== undefined) throw new Failure("refused-unsafe", refusal.what, refusal.nextStep);
    const before = await readQueueDepths(session, store.database);
    const clearedAtMs = performance.now();
    let removed = 0;
    for await (const keys of scanKeys(session, store.prefix)) {
      const inside = keys.filter((key) => isInside(store, key));
      const families = await familiesOf(session, inside, store.prefix);
      const safe = inside.filter((_, index) => families[index] === "cache");
      if (safe.length > 0) removed += Number(await session.command("UNLINK", ...safe));
    }
    const { older, refilled } = await countRemaining(session, store, performance.now() - clearedAtMs);
    const compared = compareDepths(before, await readQueueDepths(session, store.database));
    const problems = [...(older > 0 ? [message("cache.not-evicted", { count: older })] : []), ...compared.problems];
    return { removed, refilled, queues: compared.queues, takenByWorkers: compared.takenByWorkers, problems, durationMs: Math.round(performance.now() - startedMs) };
  });
}

/** A key that has not been touched since before the clearing should be gone; one that was written meanwhile is the application at work. */
async function countRemaining(session: RedisSession, store: RedisStore, sinceMs: number): Promise<{ older: number; refilled: number }> {
  let older = 0;
  let refilled = 0;
  for await (const keys of scanKeys(session, store.prefix)) {
    const inside = keys.filter((key) => isInside(store, key));
    const idle = await session.batch(inside.map((key) => ["OBJECT", "IDLETIME", key]));
    for (const seconds of idle) {
      // Whole seconds, rounded down; an error is a key that went just now or a server that counts uses instead.
      if (typeof seconds === "number" && seconds * 1000 > sinceMs + 1000) older += 1;
      else if (seconds !== null) refilled += 1;
    }
  }
  return { older, refilled };
}
