import pg from "pg";
import { Failure } from "../kernel/failure.ts";
import { message, verbatim } from "../kernel/message.ts";
import { migrate } from "./migrate.ts";
import { holdServer } from "./server.ts";

/** Ampel's own database, migrated and ready. Never the guarded one. */
export type Store = {
  readonly url: string;
  readonly pool: pg.Pool;
  close(): Promise<void>;
};

export type StoreOptions = {
  readonly stateFolder: string;
  /** Your own Postgres instead of the supervised one (`AMPEL_DATABASE_URL`). */
  readonly databaseUrl?: string | undefined;
  readonly signal?: AbortSignal;
};

/** @throws {Failure} store-unreachable, store-version */
export async function openStore({ stateFolder, databaseUrl, signal }: StoreOptions): Promise<Store> {
  const server = databaseUrl === undefined || databaseUrl === "" ? await holdServer(stateFolder, signal) : outsideServer(databaseUrl);
  const pool = new pg.Pool({ connectionString: server.url, max: 10, connectionTimeoutMillis: 5000, application_name: "ampel" });
  pool.on("error", () => {}); // an idle connection that breaks is replaced on the next query
  try {
    await migrate(pool);
  } catch (error) {
    await pool.end();
    await server.leave();
    if (error instanceof Failure) throw error;
    const what = message("store.not-answering", { url: withoutPassword(server.url), reason: verbatim((error as Error).message) });
    throw new Failure("store-unreachable", what, message("store.not-answering-next"), { cause: error });
  }
  return {
    url: server.url,
    pool,
    close: async () => {
      await pool.end();
      await server.leave();
    },
  };
}

/** Runs `work` in one transaction. */
export async function inTransaction<Value>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<Value>): Promise<Value> {
  const client = await pool.connect();
  try {
    await client.query("begin");
    const value = await work(client);
    await client.query("commit");
    return value;
  } catch (error) {
    await client.query("rollback").catch(() => {});
    throw error;
  } finally {
    client.release();
  }
}

function outsideServer(url: string): { url: string; leave(): Promise<void> } {
  return { url, leave: async () => {} };
}

function withoutPassword(url: string): string {
  return url.replace(/(:\/\/[^:/@]*):[^@]*@/, "$1:[secret]@");
}
