import type { Pool } from "pg";

/** Where a comparison got to, epoch ms; `undefined` when there was none. */
export async function readCursor(pool: Pool, name: string): Promise<number | undefined> {
  const { rows } = await pool.query<{ until: string | null }>("select value->>'until' as until from gateway.cursor where name = $1", [
    name,
  ]);
  const until = Number(rows[0]?.until ?? Number.NaN);
  return Number.isFinite(until) ? until : undefined;
}

/** Never backwards: of two that compare at once, the further one counts. */
export async function saveCursor(pool: Pool, name: string, until: number, now: number): Promise<void> {
  await pool.query(
    `insert into gateway.cursor as known (name, value, changed_at) values ($1, jsonb_build_object('until', $2::float8), to_timestamp($3::float8 / 1000))
     on conflict (name) do update set value = excluded.value, changed_at = excluded.changed_at
     where (known.value->>'until')::float8 < (excluded.value->>'until')::float8`,
    [name, until, now],
  );
}
