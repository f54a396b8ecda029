import pg from "pg";

/**
 * A pool for the workflow engine. The engine waits while connections are refused, but takes a missing socket file,
 * which is what a unix socket server leaves behind between two lives, for a final error and would fail the run.
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
  override connect(): Promise<pg.Client>;
  override connect(callback: (error: Error) => void): void;
  override connect(callback?: (error: Error) => void): Promise<pg.Client> | undefined {
    if (callback === undefined) return super.connect() as unknown as Promise<pg.Client>;
    super.connect((error: Error) => callback(asRefused(error)));
    return undefined;
  }
}

function asRefused(error: Error): Error {
  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException;
  if (code !== "ENOENT" || syscall !== "connect") return error;
  return Object.assign(new Error(`connect ECONNREFUSED: ${error.message}`, { cause: error }), { code: "ECONNREFUSED", syscall });
}
