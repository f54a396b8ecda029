import { callsOf, keysByDatabase, readInfo, type RedisInfo } from "../integrations/redis-info.ts";
import type { RedisSession } from "../integrations/redis.ts";
import { message, type Message } from "../kernel/message.ts";
import type { QueueDepth } from "./cache-store.ts";
import { familyOfKind } from "./key-family.ts";
import { readKinds, scanKeys } from "./scan-keys.ts";

/** Length of every list, stream and queue-like set of the server, by `dbN KEY`; and how often workers and flushes were at work. */
export type QueueSnapshot = { readonly depths: ReadonlyMap<string, number>; readonly takes: number; readonly flushes: number };

const takeCommands = [
  "lpop",
  "rpop",
  "blpop",
  "brpop",
  "lmpop",
  "blmpop",
  "rpoplpush",
  "brpoplpush",
  "lmove",
  "blmove",
  "lrem",
  "zrem",
  "zpopmin",
  "bzpopmin",
  "xack",
  "xdel",
  "eval",
  "evalsha",
  "fcall",
];

/** Leaves the session on `database`. */
export async function readQueueDepths(session: RedisSession, database: number): Promise<QueueSnapshot> {
  const info = await readInfo(session);
  const depths = new Map<string, number>();
  for (const number of keysByDatabase(info).keys()) {
    await session.command("SELECT", number);
    for await (const keys of scanKeys(session, "")) await addDepths(session, number, keys, depths);
  }
  await session.command("SELECT", database);
  return { depths, takes: sum(info, takeCommands), flushes: sum(info, ["flushdb", "flushall", "swapdb"]) };
}

async function addDepths(session: RedisSession, database: number, keys: readonly string[], depths: Map<string, number>): Promise<void> {
  const kinds = await readKinds(session, keys);
  const measured = keys.flatMap((key, index) => {
    const kind = kinds[index]?.kind ?? "none";
    const command =
      kind === "list" ? "LLEN" : kind === "stream" ? "XLEN" : kind === "zset" && familyOfKind(key, kind) === "queue" ? "ZCARD" : undefined;
    return command === undefined ? [] : [{ key, command }];
  });
  const lengths = await session.batch(measured.map(({ key, command }) => [command, key]));
  for (const [index, { key }] of measured.entries()) {
    if (typeof lengths[index] === "number") depths.set(`db${database} ${key}`, lengths[index]);
  }
}

function sum(info: RedisInfo, commands: readonly string[]): number {
  return commands.reduce((total, command) => total + callsOf(info, command), 0);
}

/** Compares two snapshots. A queue may get longer at any time; shorter only when workers were at work and nobody flushed. */
export function compareDepths(
  before: QueueSnapshot,
  after: QueueSnapshot,
): { queues: QueueDepth[]; takenByWorkers: number; problems: Message[] } {
  const names = new Set([...before.depths.keys(), ...after.depths.keys()]);
  const queues = [...names]
    .toSorted()
    .map((queue) => ({ queue, before: before.depths.get(queue) ?? 0, after: after.depths.get(queue) ?? 0 }));
  const shrunk = queues.filter((queue) => queue.after < queue.before);
  const isExplained = after.takes > before.takes && after.flushes === before.flushes;
  const problems = isExplained ? [] : shrunk.map((queue) => message("cache.queue-shrank", queue));
  const takenByWorkers = isExplained ? shrunk.reduce((total, queue) => total + queue.before - queue.after, 0) : 0;
  return { queues, takenByWorkers, problems };
}
