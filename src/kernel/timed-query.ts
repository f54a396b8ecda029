import type pg from "pg";

/** A statement that gives up after `limitMs`; `pg` knows a limit for a single query, its types do not. */
export function timedQuery(text: string, values: unknown[], limitMs: number): pg.QueryConfig {
  return { text, values, query_timeout: limitMs } as pg.QueryConfig;
}
