import { z } from "zod";
import { mariadbConnectionSchema } from "../integrations/mariadb.ts";
import { postgresConnectionSchema } from "../integrations/postgres-client.ts";
import { redisConnectionSchema, withRedis, type RedisSession } from "../integrations/redis.ts";
import { minutes } from "../kernel/clock.ts";
import { durationSchema } from "../kernel/duration.ts";
import { Failure } from "../kernel/failure.ts";
import { message } from "../kernel/message.ts";
import { observeFaults, statementLimit } from "./database-look.ts";
import { defineProbe, type Observation, type ProbeContext } from "./probe.ts";
import { findOtherPrefix, readBullQueue, readLaravelQueue, readSqlQueue } from "./queue-reading.ts";
import { decideQueue, type QueueMemory, type QueueSight } from "./queue-verdict.ts";

/** Laravel's default: the application's name as a slug, then `_database_`; for an unnamed one this. */
const laravelPrefix = "laravel_database_";
const bullPrefix = "bull";

const schema = z
  .strictObject({
    format: z.enum(["laravel", "bullmq", "sql"]).describe("Whose queue it is"),
    connection: z
      .discriminatedUnion("engine", [
        redisConnectionSchema.extend({ engine: z.literal("redis").default("redis") }),
        mariadbConnectionSchema.extend({ engine: z.literal("mariadb") }),
        postgresConnectionSchema.extend({ engine: z.literal("postgres") }),
      ])
      .describe("Where it is: a Redis, or for sql a database"),
    queue: z.string().min(1).max(200).default("default").describe("Name of the queue"),
    prefix: z.string().max(200).optional().describe(`Beginning of its keys; default ${laravelPrefix} (laravel) or ${bullPrefix} (bullmq)`),
    countQuery: z.string().min(1).optional().describe("sql: gives the number of waiting jobs"),
    oldestQuery: z.string().min(1).optional().describe("sql: gives the age of the oldest in seconds, or its time"),
    maxDepth: z.int().min(0).default(1000).describe("More waiting jobs are a backlog"),
    maxAge: durationSchema.default(minutes(5)).describe("An older waiting job is a backlog"),
    stuckAfter: durationSchema.default(minutes(5)).describe("Jobs wait and nobody has taken one for this long: stuck"),
  })
  .refine(({ format, connection }) => (format === "sql") === (connection.engine !== "redis"), {
    error: "queue-connection",
    path: ["connection"],
  })
  .refine(({ format, countQuery }) => (format === "sql") === (countQuery !== undefined), { error: "queue-count", path: ["countQuery"] })
  .describe("A job queue: how many wait, how long, and whether anybody takes them");

type QueueSpec = z.infer<typeof schema>;

/** How many jobs wait, how long, and does anybody take them? Measures `depth`, `oldestAgeMs`, `growthPerMinute`. */
export const queueProbe = defineProbe({
  kind: "queue",
  schema,
  silence: { state: "down", cause: "database-down" },
  look: (spec, context) =>
    observeFaults(async (): Promise<Observation> => {
      const seen = await readQueue(spec, context);
      const { observation, remembered } = decideQueue(
        spec.queue,
        seen,
        spec,
        context.memory.get<QueueMemory>("queue"),
        context.clock.now(),
      );
      context.memory.set("queue", remembered);
      return observation;
    }),
});

async function readQueue(spec: QueueSpec, context: ProbeContext): Promise<QueueSight> {
  const { connection } = spec;
  const now = context.clock.now();
  if (connection.engine !== "redis") {
    return await readSqlQueue(
      connection,
      { count: spec.countQuery ?? "", oldest: spec.oldestQuery },
      context.signal,
      statementLimit(context.deadlineMs),
      now,
    );
  }
  return await withRedis(connection, context.signal, async (session) => {
    if (spec.format === "bullmq") return await readBullQueue(session, spec.queue, spec.prefix ?? bullPrefix, now);
    const prefix = spec.prefix ?? laravelPrefix;
    const seen = await readLaravelQueue(session, spec.queue, prefix, now);
    await refuseWrongPrefix(session, spec.queue, prefix, seen, context);
    return seen;
  });
}

/** Laravel keeps no key for an empty queue, so "0 waiting" may be the wrong place. Once jobs were seen, the place is right. */
async function refuseWrongPrefix(
  session: RedisSession,
  queue: string,
  prefix: string,
  seen: QueueSight,
  context: ProbeContext,
): Promise<void> {
  if (context.memory.get<boolean>("isPlaceProven") === true) return;
  if (seen.depth + (seen.delayed ?? 0) + (seen.active ?? 0) > 0) return context.memory.set("isPlaceProven", true);
  const key = `${prefix}queues:${queue}`;
  const other = await findOtherPrefix(session, queue, key);
  if (other !== undefined) {
    throw new Failure("not-found", message("queue.other-prefix", { queue: key, key: other }), message("queue.no-such-next"));
  }
}
