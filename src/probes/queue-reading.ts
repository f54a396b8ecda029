import type { RedisSession } from "../integrations/redis.ts";
import { withSql, type SqlConnection } from "../integrations/sql-session.ts";
import { toText } from "../integrations/sql-types.ts";
import { Failure } from "../kernel/failure.ts";
import { message, verbatim } from "../kernel/message.ts";
import type { QueueSight } from "./queue-verdict.ts";

/**
 * A queue of Laravel or Horizon: list `queues:NAME`, taken from its left end; sorted sets `:delayed` (score: due at) and
 * `:reserved` (score: when the worker's claim ends), both in epoch seconds. Source: laravel/framework, src/Illuminate/Queue/RedisQueue.php and LuaScripts.php.
 */
export async function readLaravelQueue(session: RedisSession, name: string, prefix: string, now: number): Promise<QueueSight> {
  const key = `${prefix}queues:${name}`;
  const nowSeconds = Math.floor(now / 1000);
  const [length, due, delayed, reserved, lost, [head], [firstDue, dueSince]] = await readAll(session, key, [
    ["LLEN", key],
    ["ZCOUNT", `${key}:delayed`, "-inf", nowSeconds],
    ["ZCARD", `${key}:delayed`],
    ["ZCARD", `${key}:reserved`],
    ["ZCOUNT", `${key}:reserved`, "-inf", nowSeconds],
    ["LRANGE", key, 0, 0],
    ["ZRANGE", `${key}:delayed`, 0, 0, "WITHSCORES"],
  ]);
  // A delayed job that is due waits like any other: workers move it to the list when they come by.
  const ages = [ageOfPayload(head, now), Number(due) > 0 ? now - Number(dueSince) * 1000 : undefined].filter((age) => age !== undefined);
  const nextJob = head ?? (Number(due) > 0 ? firstDue : undefined);
  const isAgeKnown = ages.length > 0 && (Number(length) === 0 || ageOfPayload(head, now) !== undefined);
  return {
    depth: Number(length) + Number(due),
    delayed: Number(delayed) - Number(due),
    active: Number(reserved),
    lost: Number(lost),
    ...(nextJob === undefined ? {} : { nextJob: nameJob(nextJob) }),
    ...(isAgeKnown ? { oldestAgeMs: Math.max(0, ...ages) } : {}),
  };
}

/** Horizon writes `pushedAt` (seconds with a fraction), newer Laravel `createdAt` (seconds); plain older Laravel writes no time at all. */
function ageOfPayload(payload: string | undefined, now: number): number | undefined {
  if (payload === undefined) return undefined;
  const { pushedAt, createdAt } = parsePayload(payload);
  const seconds = Number(pushedAt ?? createdAt);
  return Number.isFinite(seconds) && seconds > 0 ? Math.max(0, now - seconds * 1000) : undefined;
}

/** The id inside a job, never its content: what is remembered may be shown. */
function nameJob(payload: string): string {
  const { uuid, id } = parsePayload(payload);
  return [uuid, id].map(toText).find((name) => name !== "") ?? hash(payload);
}

function parsePayload(payload: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(payload);
    return typeof parsed === "object" && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** FNV-1a, 32 bits: tells two payloads apart, nothing more. */
function hash(text: string): string {
  let value = 0x811c9dc5;
  for (const character of text) value = Math.imul(value ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return (value >>> 0).toString(16);
}

/** A queue that looks empty because its keys lie under another prefix is the classic blind check; `undefined` when none is found in a bounded search. */
export async function findOtherPrefix(session: RedisSession, name: string, key: string): Promise<string | undefined> {
  let cursor = "0";
  for (let round = 0; round < 20; round += 1) {
    const [next, keys] = (await session.command(
      "SCAN",
      cursor,
      "MATCH",
      `*queues:${name.replace(/[*?[\]\\]/g, "\\$&")}*`,
      "COUNT",
      1000,
    )) as [string, string[]];
    const other = keys.find(
      (found) => !found.startsWith(key) && new RegExp(`queues:${escapeExpression(name)}(:delayed|:reserved|:notify)?$`).test(found),
    );
    if (other !== undefined) return other;
    cursor = next;
    if (cursor === "0") break;
  }
  return undefined;
}

function escapeExpression(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

const inspectedActiveJobs = 100;

/** A queue of BullMQ 5 or newer: lists `wait` and `active` (taken from the right end), sorted sets `prioritized` and `delayed`, hash `meta`; an active job without its lock has lost its worker. */
export async function readBullQueue(session: RedisSession, name: string, prefix: string, now: number): Promise<QueueSight> {
  const key = `${prefix}:${name}`;
  const meta = await session.command("EXISTS", `${key}:meta`);
  if (Number(meta) === 0) throw new Failure("not-found", message("queue.no-such", { queue: name, key }), message("queue.no-such-next"));
  // A delayed job's score is its due time in ms, shifted by 12 bits for the order within one.
  const dueScore = (now + 1) * 4096 - 1;
  const [
    waiting,
    paused,
    prioritized,
    due,
    delayed,
    active,
    [oldestWaiting],
    [oldestPaused],
    [firstPrioritized],
    [firstDue],
    inHand,
    pauseMark,
  ] = await readAll(session, key, [
    ["LLEN", `${key}:wait`],
    ["LLEN", `${key}:paused`],
    ["ZCARD", `${key}:prioritized`],
    ["ZCOUNT", `${key}:delayed`, "-inf", dueScore],
    ["ZCARD", `${key}:delayed`],
    ["LLEN", `${key}:active`],
    ["LRANGE", `${key}:wait`, -1, -1],
    ["LRANGE", `${key}:paused`, -1, -1],
    ["ZRANGE", `${key}:prioritized`, 0, 0],
    ["ZRANGE", `${key}:delayed`, 0, 0],
    ["LRANGE", `${key}:active`, 0, inspectedActiveJobs - 1],
    ["HGET", `${key}:meta`, "paused"],
  ]);
  const candidates = [oldestWaiting, oldestPaused, firstPrioritized, Number(due) > 0 ? firstDue : undefined].filter(
    (job) => job !== undefined,
  );
  const times = await session.batch(candidates.map((job) => ["HMGET", `${key}:${job}`, "timestamp", "delay"]));
  const ages = times
    .map((answer) => (Array.isArray(answer) ? now - Number(answer[0]) - Number(answer[1] ?? 0) : Number.NaN))
    .filter((age) => Number.isFinite(age));
  const locks = await session.batch((inHand as string[]).map((job) => ["EXISTS", `${key}:${job}:lock`]));
  const [nextJob] = candidates;
  return {
    depth: Number(waiting) + Number(paused) + Number(prioritized) + Number(due),
    delayed: Number(delayed) - Number(due),
    active: Number(active),
    lost: locks.filter((lock) => lock === 0).length,
    isPaused: pauseMark !== null,
    ...(nextJob === undefined ? {} : { nextJob }),
    ...(ages.length > 0 ? { oldestAgeMs: Math.max(0, ...ages) } : {}),
  };
}

type RedisCommand = readonly [string, ...(string | number)[]];

// oxlint-disable-next-line typescript/no-explicit-any -- a row of Redis answers, each of its command's own shape
async function readAll(session: RedisSession, key: string, commands: readonly RedisCommand[]): Promise<any[]> {
  const answers = await session.batch(commands);
  const wrong = answers.find((answer) => answer instanceof Error);
  if (wrong instanceof Error) {
    throw new Failure("not-found", message("queue.not-a-list", { key, reason: wrong.message }), message("queue.no-such-next"));
  }
  return [...answers];
}

/** A queue in a SQL table: one query for the number of waiting jobs, one for the oldest (its age in seconds, or its time). Both run in a read-only transaction. */
export async function readSqlQueue(
  connection: SqlConnection,
  queries: { count: string; oldest?: string | undefined },
  signal: AbortSignal,
  statementMs: number,
  now: number,
): Promise<QueueSight> {
  return await withSql(connection, signal, statementMs, async ({ query, engine }) => {
    // The queries see the time zone the application sees.
    if (engine === "mariadb") await query("SET SESSION time_zone = @@GLOBAL.time_zone");
    await query(engine === "mariadb" ? "START TRANSACTION READ ONLY" : "BEGIN READ ONLY");
    const depth = toCount(firstValue(await query(queries.count)));
    const oldest = queries.oldest === undefined ? undefined : firstValue(await query(queries.oldest));
    // A time without a zone is compared with the server's own clock, written the same way.
    const serverNow = firstValue(await query(engine === "mariadb" ? "SELECT NOW(3)" : "SELECT now()"));
    await query("ROLLBACK");
    if (oldest === undefined || oldest === null || depth === 0) return { depth };
    const serverMs = serverNow instanceof Date ? serverNow.getTime() : now;
    const oldestAgeMs = toAgeMs(oldest, serverMs);
    return { depth, oldestAgeMs, nextSince: serverMs - oldestAgeMs };
  });
}

function firstValue(rows: readonly Readonly<Record<string, unknown>>[]): unknown {
  return Object.values(rows[0] ?? {})[0];
}

function toCount(value: unknown): number {
  const count = value === null || value === undefined ? Number.NaN : Number(value);
  if (!Number.isFinite(count)) throw badAnswer(value);
  return count;
}

/** Seconds of age as a number or an interval, or the moment the job came. */
function toAgeMs(value: unknown, now: number): number {
  if (value instanceof Date) return Math.max(0, now - value.getTime());
  if (typeof value === "object" && value !== null && "toPostgres" in value) {
    const { days = 0, hours = 0, minutes = 0, seconds = 0, milliseconds = 0 } = value as Record<string, number>;
    return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000 + milliseconds;
  }
  const seconds = Number(value);
  if (!Number.isFinite(seconds)) throw badAnswer(value);
  return Math.max(0, seconds * 1000);
}

function badAnswer(value: unknown): Failure {
  return new Failure(
    "config-invalid",
    message("queue.bad-answer", { answer: verbatim(String(value).slice(0, 60)) }),
    message("queue.no-such-next"),
  );
}
