import type { EventEmitter } from "node:events";
import pg from "pg";

/**
 * A pool for the workflow engine. The engine waits while connections are refused or reset, but takes a missing socket
 * file (a server between two lives) and a broken pipe (one that died while we wrote) for final and would fail the run.
 */
export function openEnginePool(connectionString: string, max: number): pg.Pool {
  const pool = new pg.Pool({
    connectionString,
    max,
    Client: PatientClient,
    application_name: "ampel-engine",
    connectionTimeoutMillis: 5000,
    idle_in_transaction_session_timeout: 60_000,
    keepAlive: true,
  });
  pool.on("error", () => {}); // an idle connection that breaks is replaced on the next query
  // Node ends the process for a connection that breaks while somebody holds it, unless it is listened to.
  pool.on("connect", (client) => void client.on("error", () => {}));
  return pool;
}

class PatientClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config);
    // First in the row: whoever hears of the error next already finds the word the engine knows.
    (this as unknown as { connection: EventEmitter }).connection.on("error", nameAsPassing);
  }
}

function nameAsPassing(error: NodeJS.ErrnoException): void {
  if (error.code === "ENOENT" && error.syscall === "connect") error.code = "ECONNREFUSED";
  if (error.code === "EPIPE") error.code = "ECONNRESET";
}
