import { hours } from "../../kernel/clock.ts";
import { message, say } from "../../kernel/message.ts";
import { asEveryCompany } from "../companies/tenant.ts";
import type { Gateway, GatewayCheck } from "../gateway.ts";
import { stuckAfterMs } from "./stuck-calls.ts";
import { unknownCheck } from "./unknown-check.ts";

/** The last calls of one version of an agent. */
export type CallQuality = { readonly calls: number; readonly deadEnds: number; readonly toolCalls: number; readonly toolErrors: number };

/** As many calls back as a verdict takes, none older than a day: at five calls a day a quarter of an hour shows nothing. */
const lastCalls = 10;
const windowMs = hours(24);

/** P9: dead-end calls and errors of functions per agent version; a broken prompt or type hint shows here first (incidents 12, 14). */
export async function checkCallQuality(gateway: Gateway): Promise<GatewayCheck[]> {
  const { pool, clock, language } = gateway;
  if (pool === undefined) return [unknownCheck(gateway, "P9", "calls", message("calls.no-store"))];
  const now = clock.now();
  const { rows } = await asEveryCompany(
    pool,
    async (client) =>
      await client.query<{
        company_id: string;
        agent_id: string;
        agent_version: number | null;
        calls: number;
        dead_ends: number;
        tool_calls: number;
        tool_errors: number;
      }>(
        `select company_id, agent_id, agent_version, count(*)::int as calls, (count(*) filter (where is_dead_end))::int as dead_ends,
         sum(tool_calls)::int as tool_calls, sum(tool_errors)::int as tool_errors
       from (select *, row_number() over (partition by company_id, agent_id, agent_version order by ended_at desc) as place
             from gateway.call where state <> 'ongoing' and ended_at > to_timestamp($1::float8 / 1000) and agent_id is not null) recent
       where place <= $2 group by company_id, agent_id, agent_version order by company_id, agent_id, agent_version`,
        [now - windowMs, lastCalls],
      ),
  );
  if (rows.length === 0) {
    return [
      {
        id: "P9",
        subject: "calls",
        state: "ok",
        summary: say(message("calls.quality-quiet"), language),
        evidence: { calls: 0 },
        seenAt: now,
      },
    ];
  }
  return rows.map((row) => {
    const quality = { calls: row.calls, deadEnds: row.dead_ends, toolCalls: row.tool_calls, toolErrors: row.tool_errors };
    const state = decideQuality(quality);
    return {
      id: "P9",
      subject: `${row.company_id}/${row.agent_id}${row.agent_version === null ? "" : `@${row.agent_version}`}`,
      state,
      ...(state === "ok" ? {} : { cause: "calls-failing" }),
      summary: say(message("calls.quality", quality), language),
      evidence: quality,
      seenAt: now,
    };
  });
}

/** One bad call is a caller in a hurry; two in ten are a pattern, half of them an outage. Pure. */
export function decideQuality({ calls, deadEnds, toolCalls, toolErrors }: CallQuality): "ok" | "degraded" | "down" {
  const [deadShare, errorShare] = [deadEnds / Math.max(calls, 1), toolErrors / Math.max(toolCalls, 1)];
  if ((deadEnds >= 3 && deadShare >= 0.5) || (toolErrors >= 5 && errorShare >= 0.5)) return "down";
  return (deadEnds >= 2 && deadShare >= 0.2) || (toolErrors >= 2 && errorShare >= 0.1) ? "degraded" : "ok";
}

/** P10, our part: how long the oldest call has been open. */
export async function checkOpenCalls(gateway: Gateway): Promise<GatewayCheck[]> {
  const { pool, clock, language } = gateway;
  if (pool === undefined) return [unknownCheck(gateway, "P10", "open-calls", message("calls.no-store"))];
  const now = clock.now();
  const { rows } = await asEveryCompany(
    pool,
    async (client) =>
      await client.query<{ open: number; oldest: Date | null }>(
        "select count(*)::int as open, min(coalesce(started_at, changed_at)) as oldest from gateway.call where state = 'ongoing'",
      ),
  );
  const [{ open, oldest } = { open: 0, oldest: null }] = rows;
  const ageMinutes = oldest === null ? 0 : Math.max(0, Math.round((now - oldest.getTime()) / 60_000));
  const state = decideOpenCalls(ageMinutes * 60_000);
  return [
    {
      id: "P10",
      subject: "open-calls",
      state,
      ...(state === "ok" ? {} : { cause: "calls-failing" }),
      summary: say(message("calls.open", { open, minutes: ageMinutes }), language),
      evidence: { open, oldestMinutes: ageMinutes },
      seenAt: now,
    },
  ];
}

/** Past twice the longest call its end is lost; past three times that, the job that closes such calls does not run. Pure. */
export function decideOpenCalls(ageMs: number): "ok" | "degraded" | "down" {
  if (ageMs <= stuckAfterMs) return "ok";
  return ageMs <= 3 * stuckAfterMs ? "degraded" : "down";
}
