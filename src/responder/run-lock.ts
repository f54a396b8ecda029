import type pg from "pg";

/** Takes a named lock for a run, or returns the run that holds it. A run that has ended holds nothing. */
export async function takeStoreLock(pool: pg.Pool, name: string, runId: string): Promise<string | undefined> {
  const { rows } = await pool.query<{ run_id: string }>(
    `insert into ampel.lock (name, run_id) values ($1, $2)
     on conflict (name) do update set
       run_id = case when lock.run_id = $2 or not exists (select from ampel.run where id = lock.run_id and state = 'running') then $2 else lock.run_id end,
       taken_at = now()
     returning run_id`,
    [name, runId],
  );
  const holder = rows[0]?.run_id;
  return holder === runId ? undefined : holder;
}

export async function freeStoreLock(pool: pg.Pool, name: string, runId: string): Promise<void> {
  await pool.query("delete from ampel.lock where name = $1 and run_id = $2", [name, runId]);
}
