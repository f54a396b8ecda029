import type { Pool } from "pg";

/** How far a job has come; undefined before its first run. */
export async function readCursor<Value>(pool: Pool, name: string): Promise<Value | undefined> {
  const { rows } = await pool.query<{ value: Value }>("select value from gateway.cursor where name = $1", [name]);
  return rows[0]?.value;
}

export async function writeCursor(pool: Pool, name: string, value: unknown, now: number): Promise<void> {
  await pool.query(
    "insert into gateway.cursor (name, value, changed_at) values ($1, $2, $3) on conflict (name) do update set value = excluded.value, changed_at = excluded.changed_at",
    [name, JSON.stringify(value), new Date(now)],
  );
}

export async function dropCursor(pool: Pool, name: string): Promise<void> {
  await pool.query("delete from gateway.cursor where name = $1", [name]);
}

/** Never backwards: of two that compare at once, the further one counts. `until`: epoch ms. */
export async function advanceCursor(pool: Pool, name: string, until: number, now: number): Promise<void> {
  await pool.query(
    `insert into gateway.cursor as known (name, value, changed_at) values ($1, jsonb_build_object('until', $2::float8), to_timestamp($3::float8 / 1000))
     on conflict (name) do update set value = excluded.value, changed_at = excluded.changed_at
     where (known.value->>'until')::float8 < (excluded.value->>'until')::float8`,
    [name, until, now],
  );
}
