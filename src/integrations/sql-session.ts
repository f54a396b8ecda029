import { z } from "zod";
import { mariadbConnectionSchema, withMariadb } from "./mariadb.ts";
import { postgresConnectionSchema, withPostgres } from "./postgres-client.ts";
import type { SqlSession } from "./sql-types.ts";

/** A SQL database of either engine, told apart by `engine`. */
export const sqlConnectionSchema = z.discriminatedUnion("engine", [
  mariadbConnectionSchema.extend({ engine: z.literal("mariadb") }),
  postgresConnectionSchema.extend({ engine: z.literal("postgres") }),
]);

export type SqlConnection = z.infer<typeof sqlConnectionSchema>;

/**
 * Runs `use` on one connection and closes it.
 * @throws {DatabaseFault}
 */
export async function withSql<Value>(
  connection: SqlConnection,
  signal: AbortSignal,
  statementMs: number,
  use: (session: SqlSession) => Promise<Value>,
): Promise<Value> {
  return connection.engine === "mariadb"
    ? await withMariadb(connection, signal, statementMs, use)
    : await withPostgres(connection, signal, statementMs, use);
}
