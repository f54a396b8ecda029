import type { ClientBase } from "pg";
import { minutes } from "../../kernel/clock.ts";
import type { InboxEvent } from "../event-handler.ts";
import { blockingStates, rowColumns, toEvent, type InboxRow } from "./inbox-row.ts";

/** A dead or parked event is looked past for this long; whoever frees its key wakes the followers at once. */
const blockedPauseMs = minutes(10);

const states = blockingStates.map((state) => `'${state}'`).join(", ");

/**
 * The oldest due events, and with them the sole right to their ordering keys until the transaction ends: nobody else
 * can be at an event of the same call or booking. The lock is taken before the look for earlier events, so that
 * what another process has just committed is seen.
 */
const claimStatement = `
with due as materialized (
  select ${rowColumns}, next_at from gateway.inbox_event
  where status in ('ready', 'retry') and next_at <= now()
  order by next_at, id limit $1 for update skip locked
), mine as materialized (
  select ordering_key from (select distinct ordering_key from due) keys
  where pg_try_advisory_xact_lock(hashtextextended(ordering_key, 20260)))
select ${rowColumns} from due join mine using (ordering_key) order by id`;

/** Per key the first event that is not ours and not over. */
const blockerStatement = `
select distinct on (ordering_key) ordering_key, id, status, next_at from gateway.inbox_event
where ordering_key = any($1::text[]) and status in (${states}) and id < $3 and not (id = any($2::bigint[]))
order by ordering_key, id`;

type Blocker = { readonly ordering_key: string; readonly id: string; readonly status: string; readonly next_at: Date };

/** `events` in the order of keeping; `heldBack`: due events that wait for an earlier one of their key. */
export type Claim = { readonly events: readonly InboxEvent[]; readonly heldBack: number };

/** Claims up to `limit` events inside the open transaction. An event whose key has an earlier unfinished one never comes. */
export async function claimEvents(client: ClientBase, limit: number): Promise<Claim> {
  const { rows } = await client.query<InboxRow>({ name: "inbox-claim", text: claimStatement, values: [limit] });
  const last = rows.at(-1);
  if (last === undefined) return { events: [], heldBack: 0 };
  const keys = [...new Set(rows.map((row) => row.ordering_key))];
  const { rows: found } = await client.query<Blocker>({
    name: "inbox-blockers",
    text: blockerStatement,
    values: [keys, rows.map(({ id }) => id), last.id],
  });
  const blockers = new Map(found.map((blocker) => [blocker.ordering_key, blocker]));
  const isFree = ({ id, ordering_key }: InboxRow): boolean => Number(id) < Number(blockers.get(ordering_key)?.id ?? Infinity);
  const heldBack = rows.filter((row) => !isFree(row));
  if (heldBack.length > 0) await lookPast(client, heldBack, blockers);
  return { events: rows.filter(isFree).map(toEvent), heldBack: heldBack.length };
}

/** Held-back events step behind what holds them, so that a thousand of them do not stand in front of everybody else. */
async function lookPast(client: ClientBase, rows: readonly InboxRow[], blockers: ReadonlyMap<string, Blocker>): Promise<void> {
  const held = rows.flatMap(({ id, ordering_key }) => {
    const blocker = blockers.get(ordering_key);
    return blocker === undefined ? [] : [{ id, blocker: blocker.id }];
  });
  await client.query({
    name: "inbox-look-past",
    text: `update gateway.inbox_event held
      set next_at = case when blocker.status in ('dead', 'parked') then now() + $3 * interval '1 millisecond' else greatest(blocker.next_at, now()) end
      from unnest($1::bigint[], $2::bigint[]) as pair (id, blocker_id) join gateway.inbox_event blocker on blocker.id = pair.blocker_id
      where held.id = pair.id`,
    values: [held.map(({ id }) => id), held.map(({ blocker }) => blocker), blockedPauseMs],
  });
}

/** After a blocking event was settled by hand: what waited behind it is due now. */
export async function wakeFollowers(client: ClientBase, orderingKeys: readonly string[]): Promise<void> {
  await client.query(
    "update gateway.inbox_event set next_at = now() where ordering_key = any($1::text[]) and status = 'ready' and next_at > now()",
    [[...new Set(orderingKeys)]],
  );
}
