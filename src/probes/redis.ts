import { z } from "zod";
import { redisConnectionSchema, withRedis } from "../integrations/redis.ts";
import { nameTarget } from "../integrations/database-fault.ts";
import { callsOf, infoNumber, keysByDatabase, readInfo, type RedisInfo } from "../integrations/redis-info.ts";
import { minutes } from "../kernel/clock.ts";
import { durationSchema } from "../kernel/duration.ts";
import { message } from "../kernel/message.ts";
import { observeFaults } from "./database-look.ts";
import { combineFindings, decideConnections, type DatabaseFinding } from "./database-verdict.ts";
import { defineProbe } from "./probe.ts";

const percents = (warnPercent: number, criticalPercent: number) =>
  z
    .strictObject({
      warnPercent: z.number().min(1).max(100).default(warnPercent).describe("A warning from here"),
      criticalPercent: z.number().min(1).max(100).default(criticalPercent).describe("Bad from here"),
    })
    .prefault({});

const rules = {
  role: z.enum(["primary", "replica"]).optional().describe("What this server should be"),
  holdsQueues: z.boolean().default(false).describe("Jobs are kept here: nothing may be evicted or flushed"),
  memory: percents(70, 85).describe("Used memory in percent of maxmemory"),
  connections: percents(80, 90).describe("Connected clients in percent of maxclients"),
  persistence: z.enum(["rdb", "aof"]).optional().describe("How it must keep its data on disk"),
  maxSaveAge: durationSchema.optional().describe("How long changes may stay unsaved (RDB)"),
};

const schema = redisConnectionSchema.extend(rules).describe("Redis: answers, memory, persistence, role, nothing evicted or flushed");
type RedisSpec = z.infer<typeof schema>;

/** What is remembered from look to look. `lossAt`: keys were evicted or flushed; said for a while, because the next look sees a clean server again. */
export type RedisMemory = {
  readonly evicted: number;
  readonly flushes: number;
  readonly keys: number;
  readonly lossAt?: number;
  readonly loss?: DatabaseFinding;
};

const lossIsSaidMs = minutes(15);
/** A cache evicts by design; this many between two looks is a cache that is too small (domain reference 5.5). */
const evictionsPerLook = 1000;

/** Is this Redis there, in its role, with room, and does it keep what it is given? */
export const redisProbe = defineProbe({
  kind: "redis",
  schema,
  silence: { state: "down", cause: "database-down" },
  look: (spec, context) =>
    observeFaults(() =>
      withRedis(spec, context.signal, async (session) => {
        const startedMs = context.clock.monotonicMs();
        await session.command("PING");
        const pingMs = Math.round(context.clock.monotonicMs() - startedMs);
        const info = await readInfo(session);
        const before = context.memory.get<RedisMemory>("redis");
        const { findings, remembered } = decideRedis(info, spec, before, context.clock.now());
        context.memory.set("redis", remembered);
        const percent = memoryPercent(info);
        const role = roleOf(info);
        const ok =
          percent === undefined
            ? message("redis.ok-unlimited", { target: nameTarget(spec), role })
            : message("redis.ok", { target: nameTarget(spec), role, percent });
        const measures = {
          pingMs,
          usedMemoryBytes: infoNumber(info, "used_memory"),
          maxMemoryBytes: infoNumber(info, "maxmemory"),
          clients: infoNumber(info, "connected_clients"),
          keys: remembered.keys,
          evictedKeys: remembered.evicted,
        };
        return combineFindings(findings, ok, { measures });
      }),
    ),
});

/** Compares INFO with the rules and with the look before. */
export function decideRedis(
  info: RedisInfo,
  spec: RedisSpec,
  before: RedisMemory | undefined,
  now: number,
): { findings: DatabaseFinding[]; remembered: RedisMemory } {
  const { finding, remembered } = decideLoss(info, spec, before, now);
  const findings = [
    ...(finding === undefined ? [] : [finding]),
    ...decideMemory(info, spec),
    ...decidePersistence(info, spec, now),
    ...decideRole(info, spec),
  ];
  const maxClients = infoNumber(info, "maxclients");
  if (maxClients > 0) findings.push(...decideConnections(infoNumber(info, "connected_clients"), maxClients, spec.connections));
  if (info.get("loading") === "1") {
    findings.push({ state: "down", cause: "database-down", message: message("redis.loading", { target: nameTarget(spec) }) });
  }
  return { findings, remembered };
}

function decideLoss(
  info: RedisInfo,
  spec: RedisSpec,
  before: RedisMemory | undefined,
  now: number,
): { finding: DatabaseFinding | undefined; remembered: RedisMemory } {
  const seen = {
    evicted: infoNumber(info, "evicted_keys"),
    flushes: callsOf(info, "flushdb") + callsOf(info, "flushall"),
    keys: keysByDatabase(info).get(spec.database) ?? 0,
  };
  const remembered: RedisMemory = before?.lossAt === undefined || now - before.lossAt > lossIsSaidMs ? seen : { ...before, ...seen };
  if (before === undefined) return { finding: undefined, remembered };
  // Counters begin anew with the server.
  const evicted = seen.evicted >= before.evicted ? seen.evicted - before.evicted : seen.evicted;
  const isFlushed = seen.flushes > before.flushes && seen.keys < before.keys / 2;
  const lossOf = (what: DatabaseFinding["message"]): { finding: DatabaseFinding; remembered: RedisMemory } => {
    const loss: DatabaseFinding = { state: "down", cause: "data-loss", isDefinite: true, message: what };
    return { finding: loss, remembered: { ...seen, lossAt: now, loss } };
  };
  if (spec.holdsQueues && isFlushed) {
    return lossOf(message("redis.flushed", { database: spec.database, keys: seen.keys, before: before.keys }));
  }
  if (spec.holdsQueues && evicted > 0) return lossOf(message("redis.evicted-queue", { count: evicted }));
  if (remembered.loss !== undefined) return { finding: remembered.loss, remembered };
  if (evicted > evictionsPerLook) {
    return { finding: { state: "degraded", cause: "memory-low", message: message("redis.evicted", { count: evicted }) }, remembered };
  }
  return { finding: undefined, remembered };
}

function memoryPercent(info: RedisInfo): number | undefined {
  const max = infoNumber(info, "maxmemory");
  return max === 0 ? undefined : Math.floor((infoNumber(info, "used_memory") * 100) / max);
}

function decideMemory(info: RedisInfo, spec: RedisSpec): DatabaseFinding[] {
  const percent = memoryPercent(info);
  if (percent === undefined) return []; // nothing is evicted, nothing refused
  const findings: DatabaseFinding[] = [];
  const policy = info.get("maxmemory_policy") ?? "noeviction";
  const limit = [spec.memory.criticalPercent, spec.memory.warnPercent].find((border) => percent >= border);
  if (limit !== undefined) findings.push({ state: "degraded", cause: "memory-low", message: message("redis.memory", { percent, limit }) });
  if (spec.holdsQueues && policy !== "noeviction") {
    findings.push({ state: "degraded", cause: "memory-low", message: message("redis.policy", { policy }) });
  }
  return findings;
}

function decidePersistence(info: RedisInfo, spec: RedisSpec, now: number): DatabaseFinding[] {
  const findings: DatabaseFinding[] = [];
  const hasAof = info.get("aof_enabled") === "1";
  if (info.get("rdb_last_bgsave_status") === "err") {
    findings.push({ state: "down", cause: "database-readonly", message: message("redis.save-failed") });
  }
  if (hasAof && info.get("aof_last_write_status") === "err") {
    findings.push({ state: "down", cause: "database-readonly", message: message("redis.aof-failed") });
  }
  if (spec.persistence === "aof" && !hasAof) {
    findings.push({ state: "degraded", cause: "backup-stale", message: message("redis.not-persistent", { expected: "AOF" }) });
  }
  const savedAgoMs = now - infoNumber(info, "rdb_last_save_time") * 1000;
  const changes = infoNumber(info, "rdb_changes_since_last_save");
  const limitMs = spec.maxSaveAge ?? (spec.persistence === "rdb" ? minutes(60) : undefined);
  if (limitMs !== undefined && changes > 0 && savedAgoMs > limitMs) {
    const values = { changes, minutes: Math.floor(savedAgoMs / minutes(1)), limit: limitMs / minutes(1) };
    findings.push({ state: "degraded", cause: "backup-stale", message: message("redis.save-old", values) });
  }
  return findings;
}

function roleOf(info: RedisInfo): "primary" | "replica" {
  return info.get("role") === "master" ? "primary" : "replica";
}

function decideRole(info: RedisInfo, spec: RedisSpec): DatabaseFinding[] {
  const role = roleOf(info);
  if (spec.role !== undefined && spec.role !== role) {
    const what = message("redis.role", { expected: spec.role, target: nameTarget(spec), role });
    return [{ state: "down", cause: spec.role === "primary" ? "database-readonly" : "replication-lag", message: what }];
  }
  return role === "replica" && info.get("master_link_status") !== "up"
    ? [{ state: "down", cause: "replication-lag", message: message("redis.link-down") }]
    : [];
}
