import { createHash } from "node:crypto";
import type { ClientBase, Pool } from "pg";
import { Failure } from "../../kernel/failure.ts";
import { newId } from "../../kernel/ids.ts";
import { message } from "../../kernel/message.ts";
import { inTransaction } from "../../store/store.ts";
import { addToHash, openParkExport, type ParkExport } from "../queues/park-file.ts";
import { wakeFollowers } from "./claim.ts";

/** A part of the inbox as a queue: all of it, one vendor's, or one type of event. */
export type InboxQueue = { readonly name: string; readonly provider?: string; readonly type?: string };

/** What was, or would be, parked. `inHand`: events a worker is at right now; they stay. */
export type InboxPark = {
  readonly parkId: string;
  readonly queue: string;
  readonly count: number;
  readonly inHand: number;
  readonly hash?: string;
  readonly file?: string;
};

type ParkRow = {
  id: string;
  provider: string;
  event_type: string;
  dedup_key: string;
  received_at: Date;
  headers: unknown;
  url: string;
  body: Buffer;
};

const pageSize = 500;
const matching = "status in ('ready', 'retry') and ($1::text is null or provider = $1) and ($2::text is null or event_type = $2)";

/** How many events wait in the queue now. */
export async function countWaiting(client: Pick<ClientBase, "query">, { provider, type }: InboxQueue): Promise<number> {
  const { rows } = await client.query<{ count: string }>(`select count(*) from gateway.inbox_event where ${matching}`, [
    provider ?? null,
    type ?? null,
  ]);
  return Number(rows[0]?.count);
}

/**
 * Takes the waiting events of a queue out of the way: written to a file first, then marked as parked, counted and hashed.
 * Nothing is deleted, and accepting goes on. Later events of a parked call or booking wait with it.
 */
export async function parkInbox(
  pool: Pool,
  queue: InboxQueue,
  { stateFolder, reason, owner }: { readonly stateFolder: string; readonly reason: string; readonly owner: string },
): Promise<InboxPark> {
  const parkId = newId("park");
  const file = await openParkExport(stateFolder, parkId);
  try {
    return await inTransaction(pool, async (client) => {
      const ids = await exportWaiting(client, queue, file);
      const { file: path, count, hash } = await file.finish();
      await client.query(
        `insert into gateway.inbox_park (park_id, queue, parked_at, reason, owner, event_count, content_hash, file) values ($1, $2, now(), $3, $4, $5, $6, $7)`,
        [parkId, queue.name, reason, owner, count, hash, path],
      );
      await client.query("update gateway.inbox_event set status = 'parked', park_id = $2 where id = any($1::bigint[])", [ids, parkId]);
      return { parkId, queue: queue.name, count, inHand: await countWaiting(client, queue), hash, file: path };
    });
  } catch (error) {
    await file.abandon().catch(() => {});
    throw error;
  }
}

async function exportWaiting(client: ClientBase, { provider, type }: InboxQueue, file: ParkExport): Promise<string[]> {
  const ids: string[] = [];
  for (let afterId = "0"; ;) {
    const { rows } = await client.query<ParkRow>(
      `select id, provider, event_type, dedup_key, received_at, headers, url, body from gateway.inbox_event
       where ${matching} and id > $3 order by id limit ${pageSize} for update skip locked`,
      [provider ?? null, type ?? null, afterId],
    );
    const last = rows.at(-1);
    if (last === undefined) return ids;
    afterId = last.id;
    for (const { body, ...row } of rows) {
      ids.push(row.id);
      await file.add({ ...row, body: body.toString("base64") }, row.id, row.dedup_key, body);
    }
  }
}

export type ParkedInbox = {
  readonly parkId: string;
  readonly queue: string;
  readonly count: number;
  readonly parkedAt: number;
  readonly reason: string;
  readonly owner: string;
  readonly restoredAt?: number;
};

/** Newest first. */
export async function listInboxParks(pool: Pool): Promise<ParkedInbox[]> {
  const { rows } = await pool.query<{
    park_id: string;
    queue: string;
    event_count: number;
    parked_at: Date;
    reason: string;
    owner: string;
    restored_at: Date | null;
  }>("select park_id, queue, event_count, parked_at, reason, owner, restored_at from gateway.inbox_park order by parked_at desc limit 100");
  return rows.map(({ park_id, queue, event_count, parked_at, reason, owner, restored_at }) => ({
    parkId: park_id,
    queue,
    count: event_count,
    parkedAt: parked_at.getTime(),
    reason,
    owner,
    ...(restored_at === null ? {} : { restoredAt: restored_at.getTime() }),
  }));
}

/**
 * Puts a park back: the events take their old places, in front of everything that came since. Proved by count and hash first.
 * Returns how many; 0 when it was put back before. @throws {Failure} not-found, refused-unsafe (something of it is missing or changed)
 */
export async function restoreInbox(pool: Pool, parkId: string, isDryRun: boolean): Promise<number> {
  return await inTransaction(pool, async (client) => {
    const { rows: parks } = await client.query<{
      event_count: number;
      content_hash: string;
      file: string | null;
      restored_at: Date | null;
    }>("select event_count, content_hash, file, restored_at from gateway.inbox_park where park_id = $1 for update", [parkId]);
    const [park] = parks;
    if (park === undefined) {
      throw new Failure("not-found", message("queue-park.unknown", { park: parkId }), message("queue-park.list-next"));
    }
    if (park.restored_at !== null) return 0;
    const hash = createHash("sha256");
    const keys: string[] = [];
    for (let afterId = "0"; ;) {
      const { rows } = await client.query<{ id: string; dedup_key: string; ordering_key: string; body: Buffer }>(
        `select id, dedup_key, ordering_key, body from gateway.inbox_event
         where park_id = $1 and status = 'parked' and id > $2 order by id limit ${pageSize} for update`,
        [parkId, afterId],
      );
      const last = rows.at(-1);
      if (last === undefined) break;
      afterId = last.id;
      for (const { id, dedup_key, ordering_key, body } of rows) {
        addToHash(hash, [id, dedup_key, body]);
        keys.push(ordering_key);
      }
    }
    if (keys.length !== park.event_count || hash.digest("hex") !== park.content_hash) {
      throw new Failure(
        "refused-unsafe",
        message("queue-park.differs", { park: parkId, found: keys.length, count: park.event_count }),
        message("queue-park.differs-next", { file: park.file ?? "–" }),
      );
    }
    if (isDryRun) return keys.length;
    await client.query(
      "update gateway.inbox_event set status = 'ready', next_at = now(), park_id = null where park_id = $1 and status = 'parked'",
      [parkId],
    );
    await wakeFollowers(client, keys);
    await client.query("update gateway.inbox_park set restored_at = now() where park_id = $1", [parkId]);
    return keys.length;
  });
}
