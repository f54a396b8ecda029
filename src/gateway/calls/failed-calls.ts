import type { ClientBase, Pool } from "pg";
import { asCompany, asEveryCompany } from "../companies/tenant.ts";
import { failedToolOutcomes } from "./tool-outcome.ts";
import { findFault, type Fault } from "./failure-reasons.ts";
import { stuckAfterMs } from "./stuck-calls.ts";

export type FailureKind = "failed" | "dead-end" | "tool-errors" | "unknown-number" | "stuck";
export type Blame = Fault | "agent" | "unknown";

/** One call that went wrong. Times: epoch ms. `reason`: Retell's word, or the functions that failed. */
export type FailedCall = {
  readonly kind: FailureKind;
  readonly companyId: string;
  readonly callId: string;
  readonly at: number;
  readonly fromNumber?: string;
  readonly reason: string;
  readonly agent?: string;
  readonly durationMs?: number;
};

/** Failed calls with one cause. `calls` holds at most `limit`, `count` all of them. */
export type FailureGroup = {
  readonly kind: FailureKind;
  readonly reason: string;
  readonly blame: Blame;
  readonly count: number;
  readonly calls: readonly FailedCall[];
};

export type FailedCallFilter = { readonly since: number; readonly now: number; readonly companyId?: string };

/** How many rows are read at most; a count beyond it is said to be one. */
export const mostRows = 5000;

/** What went wrong with calls since then: failed, dead ends, errors of functions, calls to unknown numbers, stuck ones. */
export async function listFailedCalls(pool: Pool, filter: FailedCallFilter): Promise<{ calls: readonly FailedCall[]; all: number }> {
  const { since, now, companyId } = filter;
  const read = async (client: ClientBase): Promise<{ rows: FailedRow[]; all: number }> => {
    const failed = await client.query<FailedRow>(
      `select case when state = 'ongoing' then 'stuck' when failure is not null then 'failed' when is_dead_end then 'dead-end' else 'tool-errors' end as kind,
         company_id, call_id, coalesce(ended_at, started_at, changed_at) as at, case when direction = 'inbound' then from_number else to_number end as number,
         case when failure is not null then failure when is_dead_end then disconnection_reason else null end as reason, agent_id, agent_version, duration_ms,
         (select string_agg(distinct name || ': ' || outcome, ', ') from gateway.tool_call
          where tool_call.company_id = call.company_id and tool_call.call_id = call.call_id and outcome = any($4)) as tools
       from gateway.call
       where (state <> 'ongoing' and coalesce(ended_at, started_at, changed_at) >= to_timestamp($1::float8 / 1000) and (failure is not null or is_dead_end or tool_errors > 0))
          or (state = 'ongoing' and coalesce(started_at, changed_at) < to_timestamp($2::float8 / 1000))
       order by at desc limit $3`,
      [since, now - stuckAfterMs, mostRows, failedToolOutcomes],
    );
    const total = await client.query<{ count: number }>(
      "select count(*)::int as count from gateway.call where coalesce(ended_at, started_at, changed_at) >= to_timestamp($1::float8 / 1000)",
      [since],
    );
    return { rows: failed.rows, all: total.rows[0]?.count ?? 0 };
  };
  const { rows, all } = companyId === undefined ? await asEveryCompany(pool, read) : await asCompany(pool, companyId, read);
  return { calls: [...rows.map(toFailedCall), ...(companyId === undefined ? await listUnknownNumbers(pool, since) : [])], all };
}

/** By cause, the most frequent first. Pure. */
export function groupFailures(calls: readonly FailedCall[], limit: number): readonly FailureGroup[] {
  const groups = Map.groupBy(calls, ({ kind, reason }) => `${kind} ${reason}`);
  return [...groups.values()]
    .map((members): FailureGroup => {
      const [{ kind, reason } = { kind: "failed" as const, reason: "" }] = members;
      return { kind, reason, blame: blameOf(kind, reason), count: members.length, calls: members.slice(0, limit) };
    })
    .toSorted((left, right) => right.count - left.count);
}

/** Whose fault it looks like: a hint for where to look first, no verdict. Pure. */
export function blameOf(kind: FailureKind, reason: string): Blame {
  switch (kind) {
    case "failed":
      return findFault(reason) ?? "unknown";
    case "dead-end":
      return "agent";
    case "tool-errors":
      return /unknown-function|placeholder-call-id/.test(reason) ? "agent" : "ours";
    case "unknown-number":
    case "stuck":
      return "ours";
  }
}

type FailedRow = {
  kind: FailureKind;
  company_id: string;
  call_id: string;
  at: Date;
  number: string | null;
  reason: string | null;
  agent_id: string | null;
  agent_version: number | null;
  duration_ms: number | null;
  tools: string | null;
};

function toFailedCall(row: FailedRow): FailedCall {
  const agent = row.agent_id === null ? undefined : `${row.agent_id}${row.agent_version === null ? "" : `@${row.agent_version}`}`;
  return {
    kind: row.kind,
    companyId: row.company_id,
    callId: row.call_id,
    at: row.at.getTime(),
    reason: (row.kind === "tool-errors" ? row.tools : row.reason) ?? row.kind,
    ...(row.number === null ? {} : { fromNumber: row.number }),
    ...(agent === undefined ? {} : { agent }),
    ...(row.duration_ms === null ? {} : { durationMs: row.duration_ms }),
  };
}

/** Calls that reached nobody's number have no company: they stand among the findings, already masked. */
async function listUnknownNumbers(pool: Pool, since: number): Promise<readonly FailedCall[]> {
  const { rows } = await pool.query<{ kind: string; subject: string; last_at: Date }>(
    `select kind, subject, last_at from gateway.finding
     where kind in ('unknown-number', 'unknown-agent', 'number-and-agent-disagree', 'inactive-number') and last_at >= to_timestamp($1::float8 / 1000)
     order by last_at desc limit 500`,
    [since],
  );
  return rows.map(({ kind, subject, last_at }) => ({
    kind: "unknown-number",
    companyId: "",
    callId: subject,
    at: last_at.getTime(),
    reason: kind,
  }));
}
