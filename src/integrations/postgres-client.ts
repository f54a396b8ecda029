import { z } from "zod";
import { secretSchema } from "../kernel/secret.ts";
import { DatabaseFault, networkFault, type DatabaseFaultKind } from "./database-fault.ts";
import { GuardedSocket, abortable } from "./guarded-socket.ts";
import { checkPostgresFrames } from "./postgres-frames.ts";
import type { SqlRow, SqlSession } from "./sql-types.ts";

/** Connection facts of a PostgreSQL as in ampel.yaml. */
export const postgresConnectionSchema = z.strictObject({
  address: z.string().min(1).default("127.0.0.1").describe("Name or address of the server"),
  port: z.int().min(1).max(65_535).default(5432).describe("TCP port; also part of the socket's name"),
  socket: z.string().startsWith("/").optional().describe("Folder of the Unix socket; used instead of address"),
  user: z.string().min(1).describe("User who looks; needs few rights"),
  password: secretSchema.optional().describe("Reference to the password"),
  database: z.string().min(1).describe("Name of the database"),
});

export type PostgresConnection = z.infer<typeof postgresConnectionSchema>;

/**
 * Runs `use` on one connection and closes it, whatever happens. No statement lasts longer than `statementMs`.
 * @throws {DatabaseFault} what went wrong, without the password; the signal's reason when it was aborted.
 */
export async function withPostgres<Value>(
  connection: PostgresConnection,
  signal: AbortSignal,
  statementMs: number,
  use: (session: SqlSession) => Promise<Value>,
): Promise<Value> {
  const { Client } = (await import("pg")).default;
  signal.throwIfAborted();
  const socket = new GuardedSocket(signal, checkPostgresFrames());
  const fault = (error: unknown): Error => toFault(error, connection, signal);
  try {
    const client = new Client({
      host: connection.socket ?? connection.address,
      port: connection.port,
      user: connection.user,
      // An empty function keeps the driver away from PGPASSWORD and .pgpass, which are not the operator's choice here.
      password: () => connection.password?.reveal() ?? "",
      database: connection.database,
      application_name: "ampel",
      stream: () => socket,
    });
    client.on("error", () => {}); // the running query reports it
    const opening = client.connect();
    opening.catch(() => {}); // an abort may have been faster
    const query = async (text: string, values: readonly unknown[] = []): Promise<readonly SqlRow[]> => {
      try {
        // The extended protocol takes one statement only: no second one can hide in a configured query.
        const { rows } = await abortable(
          client.query<SqlRow>({ text, values: [...values], queryMode: "extended" } as { text: string; values: unknown[] }),
          signal,
        );
        return rows;
      } catch (error) {
        throw fault(error);
      }
    };
    await abortable(opening, signal).catch((error: unknown) => {
      throw fault(error);
    });
    // Not as start-up parameters: a connection pooler in between refuses those.
    const limit = `${Math.ceil(statementMs)}`;
    const [facts] = await query(
      "SELECT set_config('statement_timeout', $1, false), set_config('lock_timeout', $1, false), current_setting('server_version') AS version",
      [limit],
    );
    const value = await use({ engine: "postgres", version: String(facts?.["version"]), query });
    await Promise.race([client.end().catch(() => {}), new Promise((resolve) => socket.once("close", resolve))]);
    return value;
  } finally {
    socket.destroy();
  }
}

/** SQLSTATE: https://www.postgresql.org/docs/15/errcodes-appendix.html */
const kindOfState: Readonly<Record<string, DatabaseFaultKind>> = {
  "28P01": "credentials",
  "28000": "credentials",
  "3D000": "database-missing",
  "53300": "too-many-connections",
  "57P03": "starting",
  "57P01": "refused",
  "57P02": "refused",
  "42501": "privilege",
  "25006": "readonly",
  "53100": "disk-full",
  "42P01": "table-missing",
  "58P01": "table-missing",
  XX001: "damaged",
  XX002: "damaged",
  "57014": "timeout",
  "55P03": "timeout",
};

function toFault(error: unknown, connection: PostgresConnection, signal: AbortSignal): Error {
  if (signal.aborted) return signal.reason instanceof Error ? signal.reason : new DOMException("aborted", "AbortError");
  if (error instanceof DatabaseFault) return error;
  const { code = "", message: text = "" } = error as { code?: string; message?: string };
  return new DatabaseFault(kindOfState[code] ?? networkFault(code) ?? kindOfText(text), connection, error);
}

/** The driver's own errors carry no code. */
function kindOfText(text: string): DatabaseFaultKind {
  if (/SASL|password must be a string/.test(text)) return "credentials";
  if (/Connection terminated|Client has encountered a connection error/.test(text)) return "refused";
  return /invalid response|unexpected message|Unknown auth/i.test(text) ? "protocol" : "other";
}
