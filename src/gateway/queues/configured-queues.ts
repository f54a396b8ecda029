import { connectQueue } from "../../config/queue-schema.ts";
import type { Config } from "../../config/schema.ts";
import type { RedisConnection } from "../../integrations/redis.ts";
import { withRedis } from "../../integrations/redis.ts";
import type { SqlConnection } from "../../integrations/sql-session.ts";
import { seconds } from "../../kernel/clock.ts";
import { readBullQueue, readLaravelQueue, readSqlQueue } from "../../probes/queue-reading.ts";
import type { QueueSight } from "../../probes/queue-verdict.ts";
import type { RedisQueue } from "./redis-queue.ts";

/** A queue of the guarded system: one in Redis can be parked, of a table only counts are known. */
export type ConfiguredQueue =
  | ({ readonly kind: "redis" } & RedisQueue)
  | { readonly kind: "sql"; readonly name: string; readonly connection: SqlConnection; readonly count: string; readonly oldest?: string };

type Spec = {
  readonly format: "laravel" | "bullmq" | "sql";
  readonly connection: RedisConnection | SqlConnection;
  readonly queue: string;
  readonly prefix?: string;
  readonly countQuery?: string;
  readonly oldestQuery?: string;
};

const lookLimitMs = seconds(5);

export function listConfiguredQueues({ queues, databases }: Pick<Config, "queues" | "databases">): ConfiguredQueue[] {
  return Object.entries(queues).flatMap(([name, entry]): ConfiguredQueue[] => {
    const database = databases[entry.on];
    if (database === undefined) return [];
    const spec = connectQueue(entry, database).spec as unknown as Spec;
    if (spec.format === "sql") {
      const oldest = spec.oldestQuery === undefined ? {} : { oldest: spec.oldestQuery };
      return [{ kind: "sql", name, connection: spec.connection as SqlConnection, count: spec.countQuery ?? "", ...oldest }];
    }
    const prefix = spec.prefix === undefined ? {} : { prefix: spec.prefix };
    return [{ kind: "redis", name, format: spec.format, connection: spec.connection as RedisConnection, queue: spec.queue, ...prefix }];
  });
}

/** How many wait, for how long, and how many are in work. @throws {DatabaseFault} @throws {Failure} not-found */
export async function readConfiguredQueue(queue: ConfiguredQueue, now: number, signal: AbortSignal): Promise<QueueSight> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(lookLimitMs)]);
  if (queue.kind === "sql") {
    return await readSqlQueue(queue.connection, { count: queue.count, oldest: queue.oldest }, limited, lookLimitMs, now);
  }
  return await withRedis(queue.connection, limited, (session) =>
    queue.format === "bullmq"
      ? readBullQueue(session, queue.queue, queue.prefix ?? "bull", now)
      : readLaravelQueue(session, queue.queue, queue.prefix ?? "laravel_database_", now),
  );
}
