import type { Pool } from "pg";
import { inTransaction } from "../../store/store.ts";
import { wakeFollowers } from "./claim.ts";

/** Gives up dead events by name, so that what waits behind them goes on. They stay readable until retention. Returns their ids. */
export async function skipDead(
  pool: Pool,
  { ids, reason, by }: { readonly ids: readonly string[]; readonly reason: string; readonly by: string },
): Promise<string[]> {
  return await inTransaction(pool, async (client) => {
    const { rows } = await client.query<{ id: string; ordering_key: string }>(
      `update gateway.inbox_event set status = 'discarded', finished_at = now(), last_error = concat_ws(' | ', $2::text, last_error)
       where id = any($1::bigint[]) and status = 'dead' returning id, ordering_key`,
      [ids, `skipped by ${by}: ${reason}`],
    );
    await wakeFollowers(
      client,
      rows.map(({ ordering_key }) => ordering_key),
    );
    return rows.map(({ id }) => id);
  });
}
