import type { Pool } from "pg";
import { minutes, seconds } from "../../kernel/clock.ts";
import type { Gateway, GatewayJob } from "../gateway.ts";
import { confirmQuarantined, type ConfirmationResult, type ObjectConfirmation } from "./confirm.ts";

/** A flood of forged events must not become a flood of our requests to the vendor. */
const askedPerRound = 10;
const roundMs = seconds(30);
/** A genuine object may appear at the vendor's interface a little later than its webhook. */
const mostTries = 3;
const pauseMs = minutes(10);

/** Asks the vendors about what lies in quarantine, a few at a time; what an operator named comes first. */
export function confirmationJob({ pool }: Pick<Gateway, "pool">, confirm: ObjectConfirmation): GatewayJob {
  return {
    name: "quarantine: ask the vendors",
    everyMs: roundMs,
    runsOn: "leader",
    run: async (signal) => {
      if (pool !== undefined) await confirmDue(pool, confirm, signal);
    },
  };
}

export async function confirmDue(pool: Pool, confirm: ObjectConfirmation, signal: AbortSignal): Promise<ConfirmationResult[]> {
  const { rows } = await pool.query<{ id: string }>(
    `select id from gateway.inbox_event
     where status = 'quarantined' and provider in ('retell', 'calcom') and attempts < $1 and next_at <= now() order by next_at, id limit $2`,
    [mostTries, askedPerRound],
  );
  if (rows.length === 0) return [];
  const results = await confirmQuarantined(pool, confirm, { ids: rows.map(({ id }) => id), signal });
  const kept = results.filter(({ result }) => result !== "released" && result !== "duplicate");
  await pool.query(
    `update gateway.inbox_event event
     set attempts = event.attempts + asked.tries, next_at = now() + $4 * interval '1 millisecond', last_error = asked.answer
     from unnest($1::bigint[], $2::int[], $3::text[]) as asked (id, tries, answer) where event.id = asked.id and event.status = 'quarantined'`,
    [
      kept.map(({ id }) => id),
      // No answer is no verdict.
      kept.map(({ result }) => (result === "unanswered" ? 0 : 1)),
      kept.map(({ result, detail }) => `vendor: ${result}${detail === undefined ? "" : ` (${detail.slice(0, 100)})`}`),
      pauseMs,
    ],
  );
  return results;
}

/** The gateway asks the vendor about these next. Returns how many of them lie in quarantine. */
export async function wantConfirmation(pool: Pool, ids: readonly string[]): Promise<number> {
  const { rowCount } = await pool.query(
    `update gateway.inbox_event set attempts = 0, next_at = '-infinity', last_error = null
     where id = any($1::bigint[]) and status = 'quarantined' and provider in ('retell', 'calcom')`,
    [ids],
  );
  return rowCount ?? 0;
}

/** What has become of events that were asked about; `asking` = not answered yet. */
export async function readConfirmations(pool: Pool, ids: readonly string[]): Promise<{ id: string; result: string }[]> {
  const { rows } = await pool.query<{ id: string; status: string; last_error: string | null }>(
    "select id, status, last_error from gateway.inbox_event where id = any($1::bigint[]) order by id",
    [ids],
  );
  return rows.map(({ id, status, last_error }) => ({ id, result: status !== "quarantined" ? status : (last_error ?? "asking") }));
}
