import type { Config } from "../config/schema.ts";
import type { SqlConnection } from "../integrations/sql-session.ts";

/** How to reach a configured SQL database; `undefined` for one that speaks no SQL. The probe's specification carries the connection. */
export function sqlConnectionOf({ engine, watch }: Config["databases"][string]): SqlConnection | undefined {
  if (engine === "redis") return undefined;
  return { ...watch.spec, engine: engine === "mysql" ? "mariadb" : engine } as unknown as SqlConnection;
}
