import { seconds } from "../../kernel/clock.ts";
import { inTransaction } from "../../store/store.ts";
import type { EventHandler } from "../event-handler.ts";
import type { Gateway, GatewayJob } from "../gateway.ts";
import { wakeFollowers } from "./claim.ts";
import { rowColumns, toEvent, type InboxRow } from "./inbox-row.ts";

const pageSize = 500;

/** Events that fitted no company go on as soon as one is known that they fit: nobody has to remember them after an import. */
export function unresolvedJob(gateway: Pick<Gateway, "pool" | "directory">, handlers: readonly EventHandler[]): GatewayJob {
  let triedAsOf = -1;
  return {
    name: "inbox: events of companies that are known now",
    everyMs: seconds(5),
    runsOn: "leader",
    run: async (signal) => {
      const { asOf } = gateway.directory;
      if (asOf === triedAsOf) return;
      await retryUnresolved(gateway, handlers, signal);
      triedAsOf = asOf;
    },
  };
}

/** Returns how many became ready. */
export async function retryUnresolved(
  { pool, directory }: Pick<Gateway, "pool" | "directory">,
  handlers: readonly EventHandler[],
  signal: AbortSignal,
): Promise<number> {
  if (pool === undefined) return 0;
  let total = 0;
  for (let afterId = "0"; ;) {
    signal.throwIfAborted();
    const page = await inTransaction(pool, async (client) => {
      const { rows } = await client.query<InboxRow>(
        `select ${rowColumns} from gateway.inbox_event
         where status = 'dead' and outcome = 'unresolved' and id > $1 order by id limit ${pageSize} for update skip locked`,
        [afterId],
      );
      const known = rows
        .map(toEvent)
        .filter((event) => handlers.find((handler) => handler.handles(event))?.companyOf(event, directory) !== undefined);
      await client.query(
        "update gateway.inbox_event set status = 'ready', outcome = null, next_at = now(), finished_at = null where id = any($1::bigint[])",
        [known.map(({ id }) => id)],
      );
      await wakeFollowers(
        client,
        known.map(({ orderingKey }) => orderingKey),
      );
      return { lastId: rows.at(-1)?.id, count: known.length };
    });
    if (page.lastId === undefined) return total;
    afterId = page.lastId;
    total += page.count;
  }
}
