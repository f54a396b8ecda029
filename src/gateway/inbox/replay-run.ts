import type { ClientBase, Pool } from "pg";
import { seconds, type Clock } from "../../kernel/clock.ts";
import { inTransaction } from "../../store/store.ts";
import { wakeFollowers } from "./claim.ts";
import { openPlan } from "./replay-plan.ts";

/** `planned`: not begun; `waiting`: given back to the inbox, not yet applied. */
export type ReplayProgress = {
  readonly planned: number;
  readonly waiting: number;
  readonly done: number;
  readonly skipped: number;
  readonly failed: number;
  readonly takenBack: number;
};

export type ReplayEnd = ReplayProgress & { readonly end: "finished" | "cancelled" | "nobody-works" };

export type ReplayOptions = {
  readonly perSecond: number;
  readonly clock: Clock;
  /** Aborting it stops the run at once; what was not applied yet is taken back. Running the plan again goes on. */
  readonly signal: AbortSignal;
  onProgress?(progress: ReplayProgress): void;
  /** No event got on for so long: no gateway is running; default 30 s. */
  readonly patienceMs?: number;
};

const tickMs = 200;

/**
 * Gives the planned events back to the inbox, in the order of keeping and at the given rate, and follows them until each
 * is applied or has failed. The workers of the gateway apply them, so everything that holds for an event holds here.
 * @throws {Failure} not-found, refused-unsafe
 */
export async function runReplay(pool: Pool, replayId: string, options: ReplayOptions): Promise<ReplayEnd> {
  const { clock, perSecond, signal, patienceMs = seconds(30) } = options;
  await inTransaction(pool, async (client) => {
    await openPlan(client, replayId, clock.now());
    await client.query(
      "update gateway.replay set started_at = coalesce(started_at, now()), cancelled_at = null, ended_at = null where replay_id = $1",
      [replayId],
    );
    // What an earlier, cancelled run took back is planned again.
    await client.query("update gateway.replay_event set state = 'planned' where replay_id = $1 and state = 'taken-back'", [replayId]);
  });
  let owed = 0;
  let last = "";
  let lastChangeMs = clock.monotonicMs();
  for (;;) {
    const startedMs = clock.monotonicMs();
    owed = Math.min(perSecond, owed + (perSecond * tickMs) / 1000);
    const isCancelled = signal.aborted || (await isCancelledElsewhere(pool, replayId));
    if (isCancelled) return { ...(await takeBack(pool, replayId)), end: "cancelled" };
    const given = await inTransaction(pool, (client) => giveBack(client, replayId, Math.floor(owed)));
    owed -= given;
    const progress = await follow(pool, replayId);
    options.onProgress?.(progress);
    if (progress.planned === 0 && progress.waiting === 0) {
      await pool.query("update gateway.replay set ended_at = now() where replay_id = $1", [replayId]);
      return { ...progress, end: "finished" };
    }
    const seen = JSON.stringify(progress);
    if (seen !== last) lastChangeMs = clock.monotonicMs();
    last = seen;
    if (clock.monotonicMs() - lastChangeMs > patienceMs) return { ...progress, end: "nobody-works" };
    await clock.sleep(Math.max(0, tickMs - (clock.monotonicMs() - startedMs)), signal).catch(() => {});
  }
}

/** From another terminal: the run notices within a tick. Returns false when there is no such run. */
export async function cancelReplay(pool: Pool, replayId: string): Promise<boolean> {
  const { rowCount } = await pool.query("update gateway.replay set cancelled_at = now() where replay_id = $1 and ended_at is null", [
    replayId,
  ]);
  return rowCount === 1;
}

/** The next planned events become ready; one that was settled since the plan is skipped, never applied a second time. */
async function giveBack(client: ClientBase, replayId: string, limit: number): Promise<number> {
  if (limit === 0) return 0;
  const { rows } = await client.query<{ event_id: string; is_given: boolean; ordering_key: string | null }>(
    `with next as (
       select event_id, planned_status from gateway.replay_event
       where replay_id = $1 and state = 'planned' order by event_id limit $2 for update),
     given as (
       update gateway.inbox_event event
       set status = 'ready', attempts = 0, next_at = now(), finished_at = null
       from next where event.id = next.event_id and event.status = next.planned_status and event.masked_at is null
       returning event.id, event.ordering_key),
     marked as (
       update gateway.replay_event entry set state = case when given.id is null then 'skipped' else 'released' end
       from next left join given on given.id = next.event_id
       where entry.replay_id = $1 and entry.event_id = next.event_id)
     select event_id, given.id is not null as is_given, given.ordering_key from next left join given on given.id = next.event_id order by event_id`,
    [replayId, limit],
  );
  const last = rows.at(-1);
  if (last === undefined) return 0;
  await client.query("update gateway.replay set cursor_id = greatest(cursor_id, $2) where replay_id = $1", [replayId, last.event_id]);
  await wakeFollowers(
    client,
    rows.flatMap(({ ordering_key }) => (ordering_key === null ? [] : [ordering_key])),
  );
  return rows.length;
}

/** Reads from the inbox what became of the events in hand, and counts. */
async function follow(pool: Pool, replayId: string): Promise<ReplayProgress> {
  await pool.query(
    `update gateway.replay_event entry
     set state = case when event.status in ('done', 'discarded') then 'done' when event.status is null then 'skipped' else 'failed' end
     from gateway.replay_event mine left join gateway.inbox_event event on event.id = mine.event_id
     where mine.replay_id = $1 and mine.state = 'released' and entry.replay_id = $1 and entry.event_id = mine.event_id
       and (event.status is null or event.status not in ('ready', 'retry', 'parked'))`,
    [replayId],
  );
  return await countProgress(pool, replayId);
}

async function countProgress(pool: Pool, replayId: string): Promise<ReplayProgress> {
  const { rows } = await pool.query<{ state: string; count: string }>(
    "select state, count(*) from gateway.replay_event where replay_id = $1 group by state",
    [replayId],
  );
  const counts = new Map(rows.map(({ state, count }) => [state, Number(count)]));
  const of = (state: string): number => counts.get(state) ?? 0;
  const progress = {
    planned: of("planned"),
    waiting: of("released"),
    done: of("done"),
    skipped: of("skipped"),
    failed: of("failed"),
    takenBack: of("taken-back"),
  };
  await pool.query("update gateway.replay set done_count = $2, skipped_count = $3, failed_count = $4 where replay_id = $1", [
    replayId,
    progress.done,
    progress.skipped,
    progress.failed,
  ]);
  return progress;
}

async function isCancelledElsewhere(pool: Pool, replayId: string): Promise<boolean> {
  const { rows } = await pool.query("select 1 from gateway.replay where replay_id = $1 and cancelled_at is not null", [replayId]);
  return rows.length > 0;
}

/** Events that no worker has begun with are as they were before; one that a worker holds right now is left to it. */
async function takeBack(pool: Pool, replayId: string): Promise<ReplayProgress> {
  await inTransaction(pool, async (client) => {
    await client.query(
      `with mine as (
         select event.id, entry.planned_status from gateway.replay_event entry join gateway.inbox_event event on event.id = entry.event_id
         where entry.replay_id = $1 and entry.state = 'released' and event.status = 'ready' for update of event skip locked),
       back as (
         update gateway.inbox_event event
         set status = mine.planned_status, finished_at = case when mine.planned_status = 'retry' then null else now() end
         from mine where event.id = mine.id returning event.id)
       update gateway.replay_event entry set state = 'taken-back' from back where entry.replay_id = $1 and entry.event_id = back.id`,
      [replayId],
    );
    await client.query("update gateway.replay set cancelled_at = coalesce(cancelled_at, now()), ended_at = now() where replay_id = $1", [
      replayId,
    ]);
  });
  return await follow(pool, replayId);
}
