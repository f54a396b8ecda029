import pg from "pg";
import { systemClock } from "../kernel/clock.ts";
import { untilDatabaseReturns } from "../kernel/durable/while-away.ts";
import { Failure } from "../kernel/failure.ts";
import { message, verbatim } from "../kernel/message.ts";
import { migrate } from "./migrate.ts";
import { holdServer } from "./server.ts";

/** Ampel's own database, migrated and ready. Never the guarded one. */
export type Store = {
  /** With its password, if it has one: never to be printed. Good in this process only. */
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

/** A server that stops in the moment we come, because its last user leaves, is started again: worth a short wait. */
const firstAnswerLimitMs = 2000;

/** @throws {Failure} store-unreachable, store-version */
export async function openStore({ stateFolder, databaseUrl, signal }: StoreOptions): Promise<Store> {
  const server = databaseUrl === undefined || databaseUrl === "" ? await holdServer(stateFolder, signal) : outsideServer(databaseUrl);
  const pool = new pg.Pool({
    connectionString: server.url,
    max: 10,
    connectionTimeoutMillis: 5000,
    keepAlive: true,
    application_name: "ampel",
  });
  pool.on("error", () => {}); // an idle connection that breaks is replaced on the next query
  // Node ends the process for a connection that breaks while somebody holds it, unless it is listened to.
  pool.on("connect", (client) => void client.on("error", () => {}));
  const close = async (): Promise<void> => {
    // A connection that somebody forgot must not keep the program from ending.
    await Promise.race([pool.end(), systemClock.sleep(3000)]);
    await server.leave();
  };
  try {
    await untilDatabaseReturns(() => migrate(pool), { clock: systemClock, signal, giveUpMs: firstAnswerLimitMs });
  } catch (error) {
    await close();
    if (error instanceof Failure || signal?.aborted) throw error;
    const what = message("store.not-answering", { url: withoutPassword(server.url), reason: verbatim((error as Error).message) });
    throw new Failure("store-unreachable", what, message("store.not-answering-next"), { cause: error });
  }
  return { url: server.url, pool, close };
}

/** Runs `work` in one transaction. */
export async function inTransaction<Value>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<Value>): Promise<Value> {
  const client = await pool.connect();
  let isBroken = false;
  try {
    await client.query("begin");
    const value = await work(client);
    await client.query("commit");
    return value;
  } catch (error) {
    // A connection that cannot even roll back must not serve the next one with our transaction still open.
    await client.query("rollback").catch(() => {
      isBroken = true;
    });
    throw error;
  } finally {
    client.release(isBroken);
  }
}

/** @throws {Failure} store-unreachable when this is no address of a database */
function outsideServer(url: string): { url: string; leave(): Promise<void> } {
  // Checked here because the driver's own error would carry the whole text, password included.
  const isUsable = URL.canParse(url) && /^postgres(ql)?:$/.test(new URL(url).protocol);
  if (!isUsable) throw new Failure("store-unreachable", message("store.no-url"), message("store.no-url-next"));
  return { url, leave: async () => {} };
}

/** Whatever stands between the user's name and the last @, and any parameter that says password. */
function withoutPassword(url: string): string {
  return url.replace(/(:\/\/[^:/@]*):.*@/, "$1:[secret]@").replace(/(password=)[^&]*/gi, "$1[secret]");
}
