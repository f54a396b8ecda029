import { z } from "zod";
import { secretSchema } from "../kernel/secret.ts";
import { DatabaseFault, networkFault, type DatabaseFaultKind } from "./database-fault.ts";
import { GuardedSocket, abortable } from "./guarded-socket.ts";
import type { SqlRow, SqlSession } from "./sql-types.ts";

/** Connection facts of a MariaDB or MySQL as in ampel.yaml. */
export const mariadbConnectionSchema = z.strictObject({
  address: z.string().min(1).default("127.0.0.1").describe("Name or address of the server"),
  port: z.int().min(1).max(65_535).default(3306).describe("TCP port"),
  socket: z.string().startsWith("/").optional().describe("Path of the Unix socket; used instead of address and port"),
  user: z.string().min(1).describe("User who looks; needs few rights"),
  password: secretSchema.optional().describe("Reference to the password"),
  database: z.string().min(1).describe("Name of the database"),
});

export type MariadbConnection = z.infer<typeof mariadbConnectionSchema>;

/**
 * Runs `use` on one connection and closes it, whatever happens. No statement lasts longer than `statementMs`.
 * @throws {DatabaseFault} what went wrong, without the password; the signal's reason when it was aborted.
 */
export async function withMariadb<Value>(
  connection: MariadbConnection,
  signal: AbortSignal,
  statementMs: number,
  use: (session: SqlSession) => Promise<Value>,
): Promise<Value> {
  const { createConnection } = await import("mysql2/promise");
  signal.throwIfAborted();
  const socket = new GuardedSocket(signal);
  const fault = (error: unknown): Error => toFault(error, connection, signal);
  if (connection.socket === undefined) socket.connect({ host: connection.address, port: connection.port });
  else socket.connect({ path: connection.socket });
  try {
    const password = connection.password?.reveal();
    const opening = createConnection({
      stream: socket,
      user: connection.user,
      ...(password === undefined ? {} : { password }),
      database: connection.database,
      charset: "utf8mb4",
      supportBigNumbers: true,
      timezone: "Z",
      // The signal is the deadline; this one only must not come first.
      connectTimeout: 600_000,
      // A server must not be able to ask for our files.
      flags: ["-LOCAL_FILES"],
    });
    opening.catch(() => {}); // an abort may have been faster
    const client = await abortable(opening, signal).catch((error: unknown) => {
      throw fault(error);
    });
    client.on("error", () => {}); // the running query reports it
    const query = async (text: string, values: readonly unknown[] = []): Promise<readonly SqlRow[]> => {
      try {
        const [rows] = await abortable(client.query({ sql: text, values: [...values] }), signal);
        return Array.isArray(rows) ? (rows as SqlRow[]) : [];
      } catch (error) {
        throw fault(error);
      }
    };
    const [facts] = await query("SELECT VERSION() AS version");
    const version = String(facts?.["version"]);
    await query(limitStatements(version, statementMs));
    const value = await use({ engine: "mariadb", version, query });
    await Promise.race([client.end().catch(() => {}), new Promise((resolve) => socket.once("close", resolve))]);
    return value;
  } finally {
    socket.destroy();
  }
}

/** A server goes on with a statement whose client is gone, so it gets the limit itself. MySQL can limit SELECT only. */
// The time zone is the one in which the server keeps the start of transactions.
function limitStatements(version: string, statementMs: number): string {
  const lockSeconds = Math.max(1, Math.floor(statementMs / 1000));
  const limit = version.includes("MariaDB")
    ? `max_statement_time = ${statementMs / 1000}`
    : `max_execution_time = ${Math.ceil(statementMs)}`;
  return `SET SESSION ${limit}, lock_wait_timeout = ${lockSeconds}, innodb_lock_wait_timeout = ${lockSeconds}, time_zone = 'SYSTEM'`;
}

/** Error numbers: https://mariadb.com/docs/server/reference/error-codes/mariadb-error-code-reference */
const kindOfErrno: Readonly<Record<number, DatabaseFaultKind>> = {
  1040: "too-many-connections",
  1203: "too-many-connections",
  1044: "privilege",
  1129: "privilege",
  1130: "privilege",
  1142: "privilege",
  1143: "privilege",
  1227: "privilege",
  1045: "credentials",
  1698: "credentials",
  1049: "database-missing",
  1051: "table-missing",
  1146: "table-missing",
  1814: "table-missing",
  1932: "table-missing",
  1034: "damaged",
  1194: "damaged",
  1195: "damaged",
  1877: "damaged",
  1053: "starting",
  1021: "disk-full",
  1114: "disk-full",
  1205: "timeout",
  1317: "timeout",
  1969: "timeout",
  3024: "timeout",
  1290: "readonly",
  1792: "readonly",
  1836: "readonly",
};

function toFault(error: unknown, connection: MariadbConnection, signal: AbortSignal): Error {
  if (signal.aborted) return signal.reason instanceof Error ? signal.reason : new DOMException("aborted", "AbortError");
  if (error instanceof DatabaseFault) return error;
  const { code = "", errno, sqlState } = error as { code?: string; errno?: number; sqlState?: string };
  const known = sqlState === undefined ? networkFault(code) : kindOfErrno[errno ?? 0];
  const kind = known ?? kindOfErrno[errno ?? 0] ?? kindOfDriverCode(code);
  return new DatabaseFault(kind, connection, error);
}

function kindOfDriverCode(code: string): DatabaseFaultKind {
  if (code === "PROTOCOL_CONNECTION_LOST") return "refused";
  // What the driver says of bytes that are no MariaDB's.
  return /^(PROTOCOL|HANDSHAKE|ERR_|AUTH_SWITCH|MALFORMED)/.test(code) ? "protocol" : "other";
}
