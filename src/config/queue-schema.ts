import { z } from "zod";
import { mariadbConnectionSchema } from "../integrations/mariadb.ts";
import { postgresConnectionSchema } from "../integrations/postgres-client.ts";
import { redisConnectionSchema } from "../integrations/redis.ts";
import type { ProbeKind } from "../probes/probe.ts";
import { queueProbe } from "../probes/queue.ts";
import type { DatabaseEntry } from "./data-schema.ts";
import { namePattern, referenceSchema, watchFields, type Watch } from "./fields.ts";
import { extendKind, toWatch } from "./watch-schema.ts";

const kind: ProbeKind = queueProbe;

/** `watch.spec` lacks the connection: it is that of the database `on`. */
export type QueueEntry = {
  readonly on: string;
  /** Number of the Redis database, when another than the connection's own. */
  readonly database?: number;
  readonly watch: Watch;
};

const entry = extendKind(
  kind,
  {
    ...watchFields,
    on: referenceSchema.describe("Name under databases: the Redis or SQL database it lies in"),
    database: z.int().min(0).max(65_535).optional().describe("Number of the Redis database, when another than the connection's own"),
    queue: z.string().min(1).max(200).optional().describe("Name of the queue; default the name of the entry"),
  },
  ["connection", "queue"],
);

export const queuesSection = z
  .record(z.string().regex(namePattern, { error: "name" }), entry)
  .optional()
  .default({})
  .transform((entries) => Object.fromEntries(Object.entries(entries).map(([name, given]) => [name, toQueue(name, given as GivenQueue)])))
  .describe("Job queues: Laravel or BullMQ lists in Redis, or counted by SQL");

type GivenQueue = Record<string, unknown> & { on: string; database?: number; queue?: string };

function toQueue(name: string, { on, database, ...given }: GivenQueue): QueueEntry {
  return { on, watch: toWatch(kind, { ...given, queue: given.queue ?? name }), ...(database === undefined ? {} : { database }) };
}

const connectionShapes = {
  redis: redisConnectionSchema.shape,
  mariadb: mariadbConnectionSchema.shape,
  mysql: mariadbConnectionSchema.shape,
  postgres: postgresConnectionSchema.shape,
} as const;

/** The queue's watch with the connection of its database filled in. */
export function connectQueue({ watch, database }: QueueEntry, { engine, watch: on }: DatabaseEntry): Watch {
  const fields = Object.keys(connectionShapes[engine]);
  const connection = Object.fromEntries(Object.entries(on.spec).filter(([key]) => fields.includes(key)));
  const own = engine === "redis" && database !== undefined ? { database } : {};
  return { ...watch, spec: { ...watch.spec, connection: { ...connection, ...own, engine: engine === "mysql" ? "mariadb" : engine } } };
}
