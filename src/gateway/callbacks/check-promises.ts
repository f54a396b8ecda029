import type { Pool } from "pg";
import { say, message, type Language, type Message } from "../../kernel/message.ts";
import { systemClock, type Clock } from "../../kernel/clock.ts";
import { asEveryCompany } from "../companies/tenant.ts";
import type { GatewayCheck } from "../gateway.ts";
import { moment } from "./callback-rows.ts";
import { breakingFrom, promiseStart, unkept } from "./watch-promises.ts";

/** Counts of the promises to call back; `kept` and `broken` of the last 24 hours, `nextBy` epoch ms. */
export type PromiseFigures = {
  readonly waiting: number;
  readonly half: number;
  readonly breaking: number;
  readonly overdue: number;
  readonly unclear: number;
  readonly kept: number;
  readonly broken: number;
  readonly nextBy: number | undefined;
};

type FigureRow = {
  waiting: number;
  half: number;
  breaking: number;
  overdue: number;
  unclear: number;
  kept: number;
  broken: number;
  next_by: Date | null;
};

/**
 * Kept: called, or taken over by a person, by the promised time; broken: not. One the caller took back counts as neither.
 * @throws when the database does not answer
 */
export async function readPromiseFigures(pool: Pool, now: number, companyId?: string): Promise<PromiseFigures> {
  return await asEveryCompany(pool, async (client) => {
    const { rows } = await client.query<FigureRow>(
      `select count(*) filter (where ${unkept})::int as waiting,
         count(*) filter (where ${unkept} and ${promiseStart} + (promised_by - ${promiseStart}) / 2 <= at)::int as half,
         count(*) filter (where ${unkept} and ${breakingFrom} <= at and promised_by > at)::int as breaking,
         count(*) filter (where ${unkept} and promised_by <= at)::int as overdue,
         count(*) filter (where state = 'unclear')::int as unclear,
         count(*) filter (where kept_at <= promised_by and promised_by > at - interval '24 hours')::int as kept,
         count(*) filter (where promised_by <= at and promised_by > at - interval '24 hours' and state <> 'cancelled'
           and (kept_at is null or kept_at > promised_by))::int as broken,
         min(promised_by) filter (where ${unkept}) as next_by
       from gateway.callback, (select ${moment(1)} as at) moment
       where $2::text is null or company_id = $2`,
      [now, companyId ?? null],
    );
    const row = rows[0];
    if (row === undefined) throw new Error("no figures");
    const { next_by: nextBy, ...counts } = row;
    return { ...counts, nextBy: nextBy?.getTime() };
  });
}

/** One look at all promises; `unknown` when the database does not answer: nothing is then known of them. */
export async function checkPromises(
  pool: Pool | undefined,
  { clock = systemClock, language = "de" }: { clock?: Clock; language?: Language } = {},
): Promise<GatewayCheck[]> {
  const seenAt = clock.now();
  const base = { id: "callbacks", subject: "callbacks", seenAt };
  try {
    if (pool === undefined) throw new Error("no database");
    const figures = await readPromiseFigures(pool, seenAt);
    const { nextBy, ...counts } = figures;
    const evidence = { ...counts, ...(nextBy === undefined ? {} : { nextBy: new Date(nextBy).toISOString() }) };
    const { state, summary } = judgePromises(figures, seenAt);
    return [
      { ...base, state, ...(state === "ok" ? {} : { cause: "promise-breaking" as const }), summary: say(summary, language), evidence },
    ];
  } catch {
    return [{ ...base, state: "unknown", summary: say(message("callback.store-needed"), language), evidence: {} }];
  }
}

/** Pure. A promise about to break is as bad as a broken one: now is when a person can still call. */
export function judgePromises(figures: PromiseFigures, now: number): { state: GatewayCheck["state"]; summary: Message } {
  const { waiting, half, breaking, overdue, unclear } = figures;
  if (breaking + overdue > 0) return { state: "down", summary: message("callback.check-breaking", { breaking, broken: overdue }) };
  if (unclear > 0) return { state: "degraded", summary: message("callback.check-unknown", { count: unclear }) };
  if (half > 0) return { state: "degraded", summary: message("callback.check-half", { half, waiting }) };
  if (waiting === 0) return { state: "ok", summary: message("callback.check-none") };
  return { state: "ok", summary: message("callback.check-waiting", { waiting, next: new Date(figures.nextBy ?? now).toISOString() }) };
}
