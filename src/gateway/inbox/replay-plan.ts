import { createHash } from "node:crypto";
import type { ClientBase, Pool } from "pg";
import { minutes } from "../../kernel/clock.ts";
import { Failure } from "../../kernel/failure.ts";
import { newId } from "../../kernel/ids.ts";
import { message } from "../../kernel/message.ts";
import { inTransaction } from "../../store/store.ts";
import { filterCondition, type EventFilter } from "./event-filter.ts";

const planLifeMs = minutes(30);

/** What a replay would do. Fixed when it is made: events that come later are not part of it. */
export type ReplayPlan = {
  readonly replayId: string;
  readonly hash: string;
  readonly expiresAt: number;
  readonly filter: EventFilter;
  readonly includesDone: boolean;
  /** Events that would be applied. */
  readonly count: number;
  readonly byType: Readonly<Record<string, number>>;
  readonly byCompany: Readonly<Record<string, number>>;
  readonly byStatus: Readonly<Record<string, number>>;
  readonly byDay: Readonly<Record<string, number>>;
  /** In the window, but not part of it, and why. */
  readonly leftOut: Readonly<Record<"done" | "waiting" | "quarantined" | "parked" | "masked" | "discarded", number>>;
  readonly sample: readonly { readonly id: string; readonly eventType: string; readonly status: string; readonly receivedAt: string }[];
};

type Chosen = {
  id: string;
  provider: string;
  event_type: string;
  company_id: string | null;
  status: string;
  received_at: Date;
  masked_at: Date | null;
};

/** Dead and waiting-after-a-failure events; with `includesDone` also those that were applied, whose handlers then find their effect already there. */
const isChosen = ({ status, masked_at }: Chosen, includesDone: boolean): boolean =>
  masked_at === null && (status === "dead" || status === "retry" || (includesDone && status === "done"));

/** Looks at the window and writes the plan down. Changes no event. */
export async function planReplay(
  pool: Pool,
  wish: {
    readonly filter: EventFilter;
    readonly includesDone: boolean;
    readonly timeZone: string;
    readonly now: number;
    readonly isDryRun: boolean;
  },
): Promise<ReplayPlan> {
  const { filter, includesDone, timeZone, now } = wish;
  return await inTransaction(pool, async (client) => {
    const { sql, values } = filterCondition(filter);
    const { rows } = await client.query<Chosen>(
      `select id, provider, event_type, company_id, status, received_at, masked_at from gateway.inbox_event where ${sql} order by id`,
      values,
    );
    const chosen = rows.filter((row) => isChosen(row, includesDone));
    const left = rows.filter((row) => !isChosen(row, includesDone));
    const day = new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short" });
    const plan: ReplayPlan = {
      replayId: newId("rep"),
      hash: hashOf(chosen),
      expiresAt: now + planLifeMs,
      filter,
      includesDone,
      count: chosen.length,
      byType: countBy(chosen, ({ provider, event_type }) => `${provider} ${event_type}`),
      byCompany: countBy(chosen, ({ company_id }) => company_id ?? "–"),
      byStatus: countBy(chosen, ({ status }) => status),
      byDay: countBy(chosen, ({ received_at }) => day.format(received_at)),
      leftOut: {
        done: left.filter(({ status, masked_at }) => status === "done" && masked_at === null).length,
        waiting: left.filter(({ status }) => status === "ready").length,
        quarantined: left.filter(({ status }) => status === "quarantined").length,
        parked: left.filter(({ status }) => status === "parked").length,
        masked: left.filter(({ masked_at }) => masked_at !== null).length,
        discarded: left.filter(({ status, masked_at }) => masked_at === null && (status === "discarded" || status === "expired")).length,
      },
      sample: chosen
        .slice(0, 5)
        .map(({ id, event_type, status, received_at }) => ({ id, eventType: event_type, status, receivedAt: received_at.toISOString() })),
    };
    if (!wish.isDryRun && plan.count > 0) await save(client, plan, chosen, now);
    return plan;
  });
}

async function save(client: ClientBase, plan: ReplayPlan, chosen: readonly Chosen[], now: number): Promise<void> {
  await client.query("insert into gateway.replay (replay_id, plan, plan_hash, planned_at, expires_at) values ($1, $2, $3, $4, $5)", [
    plan.replayId,
    JSON.stringify(plan),
    plan.hash,
    new Date(now),
    new Date(plan.expiresAt),
  ]);
  await client.query(
    "insert into gateway.replay_event (replay_id, event_id, planned_status) select $1, * from unnest($2::bigint[], $3::text[])",
    [plan.replayId, chosen.map(({ id }) => id), chosen.map(({ status }) => status)],
  );
}

/** The plan as it was written, if it may still be run. A run that has begun may always be gone on with. @throws {Failure} not-found, refused-unsafe */
export async function openPlan(client: Pick<ClientBase, "query">, replayId: string, now: number): Promise<ReplayPlan> {
  const { rows } = await client.query<{ plan: ReplayPlan; expires_at: Date; started_at: Date | null }>(
    "select plan, expires_at, started_at from gateway.replay where replay_id = $1",
    [replayId],
  );
  const [row] = rows;
  if (row === undefined) throw new Failure("not-found", message("replay.unknown", { plan: replayId }), message("replay.plan-next"));
  if (row.started_at === null && row.expires_at.getTime() <= now) {
    throw new Failure("refused-unsafe", message("replay.expired", { plan: replayId }), message("replay.plan-next"));
  }
  const { rows: events } = await client.query<{ id: string; status: string }>(
    "select event_id as id, planned_status as status from gateway.replay_event where replay_id = $1 order by event_id",
    [replayId],
  );
  if (hashOf(events) !== row.plan.hash) {
    throw new Failure("refused-unsafe", message("replay.changed", { plan: replayId }), message("replay.plan-next"));
  }
  return row.plan;
}

function hashOf(events: readonly { readonly id: string; readonly status: string }[]): string {
  const hash = createHash("sha256");
  for (const { id, status } of events) hash.update(`${id} ${status}\n`);
  return hash.digest("hex");
}

function countBy<Item>(items: readonly Item[], name: (item: Item) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[name(item)] = (counts[name(item)] ?? 0) + 1;
  return counts;
}
