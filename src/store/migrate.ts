import type pg from "pg";
import { Failure } from "../kernel/failure.ts";
import { message } from "../kernel/message.ts";
import { start } from "./migrations/0001-start.ts";
import { gateway } from "./migrations/0002-gateway.ts";

/** In order, for ever: a step that was shipped is never edited, only followed by another. */
const migrations: readonly string[] = [start, gateway];
const migrationLock = 7_200;

/**
 * Brings the store to this program's version; safe when several processes do it at once.
 * @throws {Failure} store-version when the store is newer than this program
 */
export async function migrate(pool: pg.Pool): Promise<void> {
  const client = await pool.connect();
  let isBroken = false;
  try {
    await client.query("begin");
    await client.query("select pg_advisory_xact_lock($1)", [migrationLock]);
    await client.query("create schema if not exists ampel");
    await client.query(
      "create table if not exists ampel.migration (version integer primary key, applied_at timestamptz not null default now())",
    );
    const { rows } = await client.query<{ found: number }>("select coalesce(max(version), 0) as found from ampel.migration");
    const found = rows[0]?.found ?? 0;
    if (found > migrations.length) {
      throw new Failure("store-version", message("store.newer", { found, known: migrations.length }), message("store.newer-next"));
    }
    for (const [index, statements] of migrations.entries()) {
      if (index < found) continue;
      await client.query(statements);
      await client.query("insert into ampel.migration (version) values ($1)", [index + 1]);
    }
    await client.query("commit");
  } catch (error) {
    await client.query("rollback").catch(() => {
      isBroken = true;
    });
    throw error;
  } finally {
    client.release(isBroken);
  }
}
