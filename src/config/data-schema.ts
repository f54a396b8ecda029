import { z } from "zod";
import { mariadbProbe } from "../probes/mariadb.ts";
import { postgresProbe } from "../probes/postgres.ts";
import type { ProbeKind } from "../probes/probe.ts";
import { redisProbe } from "../probes/redis.ts";
import { localHost, pathSchema, referenceSchema, watchFields, type Watch } from "./fields.ts";
import { extendKind, sectionOf, toWatch } from "./watch-schema.ts";

/** The kind of probe that speaks each engine. */
const kinds = { mariadb: mariadbProbe, mysql: mariadbProbe, postgres: postgresProbe, redis: redisProbe } satisfies Record<
  string,
  ProbeKind
>;

export type Engine = keyof typeof kinds;
const engines = Object.keys(kinds) as Engine[];

export type DatabaseEntry = {
  readonly engine: Engine;
  /** The service that runs it. */ readonly service?: string;
  readonly host?: string;
  readonly watch: Watch;
};

const belongsTo = {
  service: referenceSchema.optional().describe("Name of the service that runs it; its host counts as this database's host"),
  host: referenceSchema.optional().describe("Name of the host it runs on; default the service's, else local"),
};

export const databasesSection = sectionOf<DatabaseEntry>(
  z.discriminatedUnion("engine", engines.map((engine) => databaseOf(engine, kinds[engine])) as never),
  "Databases and Redis: connection, critical tables, canary",
);

function databaseOf(engine: Engine, kind: ProbeKind): z.ZodType<DatabaseEntry> {
  return extendKind(kind, { ...belongsTo, ...watchFields, engine: z.literal(engine) }).transform((given) =>
    toDatabase(engine, toWatch(kind, given), given),
  );
}

function toDatabase(engine: Engine, watch: Watch, given: { service?: string; host?: string }): DatabaseEntry {
  const { service, host } = given;
  return { engine, watch, ...(service === undefined ? {} : { service }), ...(host === undefined ? {} : { host }) };
}

/** What `cache:clear` may empty: a key prefix in a Redis database, or a folder. */
export type CacheEntry =
  | {
      readonly in: "redis";
      /** Name under `databases`. */ readonly redis: string;
      readonly database: number;
      readonly prefix: string;
      readonly keep: readonly string[];
    }
  | { readonly in: "folder"; readonly folder: string; readonly host: string };

export const cachesSection = sectionOf<CacheEntry>(
  z
    .strictObject({
      redis: referenceSchema.optional().describe("Name of a Redis under databases"),
      database: z
        .int()
        .min(0)
        .max(65_535)
        .optional()
        .describe("Number of the Redis database; Laravel keeps queues in 0 and the cache in 1"),
      prefix: z.string().min(1).optional().describe("Only keys that begin with this are removed"),
      keep: z
        .array(z.string().min(1))
        .optional()
        .describe("Beginnings of keys below the prefix that stay, for example the scheduler's locks"),
      folder: pathSchema.optional().describe("A folder whose files are the cache"),
      host: referenceSchema.optional().describe("Host of the folder; default local"),
    })
    .refine(({ redis, folder }) => (redis === undefined) !== (folder === undefined), { error: "cache-one" })
    .refine(({ redis, database, prefix }) => redis === undefined || (database !== undefined && prefix !== undefined), {
      error: "cache-redis",
    })
    .transform(({ redis, database = 0, prefix = "", keep = [], folder = "", host = localHost }): CacheEntry =>
      redis === undefined ? { in: "folder", folder, host } : { in: "redis", redis, database, prefix, keep },
    ),
  "Caches that may be emptied in an emergency",
);
