import { withRedis, type RedisSession } from "../integrations/redis.ts";
import { Failure } from "../kernel/failure.ts";
import { join, message, type Message } from "../kernel/message.ts";
import { maskName, type ClearPlan, type ClearReport, type RedisStore } from "./cache-store.ts";
import { coveredStem, familyOf, familyOfKind, type KeyFamily } from "./key-family.ts";
import { compareDepths, readQueueDepths } from "./queue-depths.ts";
import { readKinds, scanKeys } from "./scan-keys.ts";

const dangerTexts = { queue: "cache.queue", login: "cache.login", lock: "cache.lock" } as const;
type Danger = keyof typeof dangerTexts;

/**
 * Counts what would go and finds reasons against it. Changes nothing.
 * @throws {DatabaseFault}
 */
export async function planRedisClear(store: RedisStore, signal: AbortSignal): Promise<ClearPlan & { readonly keys: ReadonlySet<string> }> {
  if (store.prefix.trim() === "") {
    return {
      store,
      count: 0,
      spared: 0,
      samples: [],
      keys: new Set(),
      refusals: [{ what: message("cache.empty-prefix"), nextStep: message("cache.empty-prefix-next") }],
    };
  }
  return await withRedis({ ...store.connection, database: store.database }, signal, (session) => plan(session, store));
}

async function plan(session: RedisSession, store: RedisStore): Promise<ClearPlan & { readonly keys: ReadonlySet<string> }> {
  const keys = new Set<string>();
  const spared = new Set<string>();
  const dangers: Record<Danger, Set<string>> = { queue: new Set(), login: new Set(), lock: new Set() };
  const outside: string[] = [];
  for await (const round of scanKeys(session, "")) {
    outside.push(...round.filter((key) => !key.startsWith(store.prefix) && ["queue", "login"].includes(familyOf(key))));
    const inside = round.filter((key) => isInside(store, key));
    const families = await readFamilies(session, inside, store.prefix);
    for (const [index, key] of inside.entries()) {
      const family = families[index] ?? "cache";
      if (family === "cache") keys.add(key);
      else if (family === "guard") spared.add(key);
      else dangers[family].add(key);
    }
  }
  const found = (Object.keys(dangers) as Danger[]).filter((danger) => dangers[danger].size > 0);
  const refusals: { what: Message; nextStep: Message }[] = [];
  if (found.length > 0) {
    const families = found.map((danger) =>
      message("cache.family", {
        count: dangers[danger].size,
        family: message(dangerTexts[danger]),
        sample: maskName([...dangers[danger]][0] ?? ""),
      }),
    );
    refusals.push({
      what: message("cache.holds", { prefix: store.prefix, database: store.database, families: join(families) }),
      nextStep: message("cache.narrower-next"),
    });
  }
  const stem = coveredStem(store.prefix, outside);
  if (stem !== undefined) {
    refusals.push({
      what: message("cache.not-disjoint", { stem: maskName(stem), prefix: store.prefix }),
      nextStep: message("cache.narrower-next"),
    });
  }
  const samples = [...new Set([...keys].slice(0, 50).map(maskName))].slice(0, 5);
  return { store, count: keys.size, spared: spared.size, samples, refusals, keys };
}

function isInside({ prefix, keep = [] }: RedisStore, key: string): boolean {
  return key.startsWith(prefix) && !keep.some((spared) => key.startsWith(spared));
}

/** By name (whole, and below the prefix), by kind, and by content: a lock of Laravel is a text of 16 letters and digits that runs out. */
async function readFamilies(session: RedisSession, keys: readonly string[], prefix: string): Promise<KeyFamily[]> {
  const kinds = await readKinds(session, keys);
  const families = keys.map((key, index) => {
    const kind = kinds[index]?.kind ?? "none";
    const below = familyOfKind(key.slice(prefix.length), kind);
    if (below !== "cache") return below;
    // The prefix itself may read like a lock or a guard; only work and logins are looked for in it.
    const whole = familyOfKind(key, kind);
    return whole === "queue" || whole === "login" ? whole : "cache";
  });
  // Reading a value makes it look used to Redis, so only short texts are read.
  const short = keys.filter((_, index) => families[index] === "cache" && kinds[index]?.isShortText === true);
  const values = await session.batch(short.flatMap((key) => [["GET", key] as const, ["PTTL", key] as const]));
  const locks = new Set(
    short.filter((_, index) => /^[A-Za-z0-9]{16}$/.test(String(values[index * 2])) && Number(values[index * 2 + 1]) > 0),
  );
  return keys.map((key, index) => (locks.has(key) ? "lock" : (families[index] ?? "cache")));
}

/** Removes what is cache, round by round; returns the keys that were removed. Whatever else turned up since the plan stays. */
async function unlinkCache(session: RedisSession, store: RedisStore): Promise<{ sent: ReadonlySet<string>; removed: number }> {
  const sent = new Set<string>();
  let removed = 0;
  for await (const round of scanKeys(session, store.prefix)) {
    const inside = round.filter((key) => isInside(store, key));
    const families = await readFamilies(session, inside, store.prefix);
    const cache = inside.filter((_, index) => families[index] === "cache");
    if (cache.length === 0) continue;
    removed += Number(await session.command("UNLINK", ...cache));
    for (const key of cache) sent.add(key);
  }
  return { sent, removed };
}

/**
 * Removes the keys of a plan by SCAN and UNLINK, and proves that they are gone and that no queue got shorter by it.
 * @throws {Failure} refused-unsafe
 * @throws {DatabaseFault}
 */
export async function clearRedis(store: RedisStore, signal: AbortSignal): Promise<ClearReport> {
  const startedMs = performance.now();
  const checkFirst = await planRedisClear(store, signal);
  refuseIfUnsafe(checkFirst);
  return await withRedis({ ...store.connection, database: store.database }, signal, async (session) => {
    const before = await readQueueDepths(session, store.database);
    const { sent, removed } = await unlinkCache(session, store);
    const afterwards = await plan(session, store);
    // Removed and there again: the application wrote it anew. There and never sent: it escaped us.
    const escaped = [...afterwards.keys].filter((key) => !sent.has(key) && checkFirst.keys.has(key)).length;
    const compared = compareDepths(before, await readQueueDepths(session, store.database));
    const problems = [...(escaped > 0 ? [message("cache.not-evicted", { count: escaped })] : []), ...compared.problems];
    const { queues, takenByWorkers } = compared;
    return {
      removed,
      refilled: afterwards.count - escaped,
      spared: afterwards.spared,
      queues,
      takenByWorkers,
      problems,
      durationMs: Math.round(performance.now() - startedMs),
    };
  });
}

function refuseIfUnsafe({ refusals: [refusal] }: ClearPlan): void {
  if (refusal !== undefined) throw new Failure("refused-unsafe", refusal.what, refusal.nextStep);
}
