import { z } from "zod";
import { findProbeKind } from "../probes/catalogue.ts";
import { localHost, pathSchema, referenceSchema, watchFields, type Watch } from "./fields.ts";
import { extendKind, sectionOf, toWatch } from "./watch-schema.ts";

/** The kind of probe that speaks each engine. */
const kindOfEngine = { mariadb: "mariadb", mysql: "mariadb", postgres: "postgres", redis: "redis" } as const;

export const engines = Object.keys(kindOfEngine) as (keyof typeof kindOfEngine)[];
export type Engine = keyof typeof kindOfEngine;

export type DatabaseEntry = { readonly engine: Engine; /** The service that runs it. */ readonly service?: string; readonly host?: string; readonly watch: Watch };

const belongsTo = {
  service: referenceSchema.optional().describe("Name of the service that runs it; its host counts as this database's host"),
  host: referenceSchema.optional().describe("Name of the host it runs on; default the service's, else local"),
};

export const databasesSection = sectionOf<DatabaseEntry>(
  choice(
    "engine",
    engines.flatMap((engine) => {
      const kind = findProbeKind(kindOfEngine[engine]);
      if (kind === undefined) return [];
      const fields = extendKind(kind, { ...belongsTo, ...watchFields, engine: z.literal(engine) });
      return [fields.transform((given) => toDatabase(engine, toWatch(kind, given), given))];
    }),
  ),
  "Databases and Redis: connection, critical tables, canary",
);

function toDatabase(engine: Engine, watch: Watch, given: { service?: string; host?: string }): DatabaseEntry {
  const { service, host } = given;
  return { engine, watch, ...(service === undefined ? {} : { service }), ...(host === undefined ? {} : { host }) };
}

/** What `cache:clear` may empty: a key prefix in a Redis database, or a folder. */
export type CacheEntry =
  | { readonly in: "redis"; /** Name under `databases`. */ readonly redis: string; readonly database: number; readonly prefix: string }
  | { readonly in: "folder"; readonly folder: string; readonly host: string };

export const cachesSection = sectionOf<CacheEntry>(
  z
    .strictObject({
      redis: referenceSchema.optional().describe("Name of a Redis under databases"),
      database: z.int().min(0).max(65_535).optional().describe("Number of the Redis database; Laravel keeps queues in 0 and the cache in 1"),
      prefix: z.string().min(1).optional().describe("Only keys that begin with this are removed"),
      folder: pathSchema.optional().describe("A folder whose files are the cache"),
      host: referenceSchema.optional().describe("Host of the folder; default local"),
    })
    .refine(({ redis, folder }) => (redis === undefined) !== (folder === undefined), { error: "cache-one" })
    .refine(({ redis, database, prefix }) => redis === undefined || (database !== undefined && prefix !== undefined), { error: "cache-redis" })
    .transform(({ redis, database = 0, prefix = "", folder = "", host = localHost }): CacheEntry =>
      redis === undefined ? { in: "folder", folder, host } : { in: "redis", redis, database, prefix },
    ),
  "Caches that may be emptied in an emergency",
);

/** One of several shapes, told apart by a word. */
export function choice<Entry>(discriminator: string, options: readonly z.ZodType<Entry>[]): z.ZodType<Entry> {
  return options.length === 0 ? z.never() : z.discriminatedUnion(discriminator, options as never);
}
