import type { ClientBase } from "pg";
import type { Call, CallOutcome, ToolFacts } from "./call-fold.ts";
import { failedToolOutcomes } from "./tool-outcome.ts";

type CallRow = {
  call_id: string;
  state: Call["state"];
  agent_id: string | null;
  agent_version: number | null;
  from_number: string | null;
  to_number: string | null;
  direction: "inbound" | "outbound";
  started_at: Date | null;
  ended_at: Date | null;
  duration_ms: number | null;
  disconnection_reason: string | null;
  failure: string | null;
  is_dead_end: boolean;
  is_closed_by_us: boolean;
  outcome: CallOutcome | null;
  summary: string | null;
  analysis: Record<string, unknown> | null;
  llm_requests: number | null;
  tool_calls: number;
  tool_errors: number;
};

/** The calls of one company among these ids, locked until the transaction ends. */
export async function loadCalls(client: ClientBase, companyId: string, callIds: readonly string[]): Promise<Map<string, Call>> {
  const { rows } = await client.query<CallRow>(
    `select call_id, state, agent_id, agent_version, from_number, to_number, direction, started_at, ended_at, duration_ms,
       disconnection_reason, failure, is_dead_end, is_closed_by_us, outcome, summary, analysis, llm_requests, tool_calls, tool_errors
     from gateway.call where company_id = $1 and call_id = any($2) order by call_id for update`,
    [companyId, callIds],
  );
  return new Map(rows.map((row) => [row.call_id, toCall(row)]));
}

/** What our own functions did in these calls. */
export async function loadToolFacts(client: ClientBase, companyId: string, callIds: readonly string[]): Promise<Map<string, ToolFacts>> {
  const { rows } = await client.query<{ call_id: string; calls: number; errors: number; outcomes: string[] }>(
    `select call_id, count(*)::int as calls, (count(*) filter (where outcome = any($3)))::int as errors, array_agg(distinct outcome) as outcomes
     from gateway.tool_call where company_id = $1 and call_id = any($2) group by call_id`,
    [companyId, callIds, failedToolOutcomes],
  );
  return new Map(rows.map(({ call_id, calls, errors, outcomes }) => [call_id, { calls, errors, ...bestOutcome(outcomes) }]));
}

/** Writes the calls of one company with one statement; customer and branch are found by the numbers in it. */
export async function saveCalls(client: ClientBase, companyId: string, calls: readonly Call[]): Promise<void> {
  const rows = calls.map((call) => ({
    ...call,
    // The caller is the customer; on a call we made, the called one is.
    customer_phone: call.direction === "inbound" ? call.fromNumber : call.toNumber,
    own_number: call.direction === "inbound" ? call.toNumber : call.fromNumber,
  }));
  await client.query(
    `insert into gateway.call as known (company_id, call_id, branch_id, customer_id, state, agent_id, agent_version, from_number, to_number,
       direction, started_at, ended_at, duration_ms, disconnection_reason, failure, is_dead_end, is_closed_by_us, outcome, summary, analysis,
       llm_requests, tool_calls, tool_errors)
     select $1, given."callId", own.branch_id, customer.customer_id, given.state, given."agentId", given."agentVersion", given."fromNumber",
       given."toNumber", given.direction, to_timestamp(given."startedAt" / 1000), to_timestamp(given."endedAt" / 1000), given."durationMs",
       given."disconnectionReason", given.failure, given."isDeadEnd", given."isClosedByUs", given.outcome, given.summary, given.analysis,
       given."llmRequests", given."toolCalls", given."toolErrors"
     from jsonb_to_recordset($2::jsonb) as given ("callId" text, state text, "agentId" text, "agentVersion" integer, "fromNumber" text,
       "toNumber" text, direction text, "startedAt" float8, "endedAt" float8, "durationMs" integer, "disconnectionReason" text, failure text,
       "isDeadEnd" boolean, "isClosedByUs" boolean, outcome text, summary text, analysis jsonb, "llmRequests" integer, "toolCalls" integer,
       "toolErrors" integer, customer_phone text, own_number text)
     left join gateway.customer on customer.company_id = $1 and customer.phone = given.customer_phone
     left join gateway.phone_number own on own.company_id = $1 and own.number = given.own_number
     order by given."callId"
     on conflict (company_id, call_id) do update set
       branch_id = coalesce(excluded.branch_id, known.branch_id), customer_id = coalesce(excluded.customer_id, known.customer_id),
       state = excluded.state, agent_id = excluded.agent_id, agent_version = excluded.agent_version, from_number = excluded.from_number,
       to_number = excluded.to_number, direction = excluded.direction, started_at = excluded.started_at, ended_at = excluded.ended_at,
       duration_ms = excluded.duration_ms, disconnection_reason = excluded.disconnection_reason, failure = excluded.failure,
       is_dead_end = excluded.is_dead_end, is_closed_by_us = excluded.is_closed_by_us, outcome = excluded.outcome, summary = excluded.summary,
       analysis = excluded.analysis, llm_requests = excluded.llm_requests, tool_calls = excluded.tool_calls,
       tool_errors = excluded.tool_errors, changed_at = now()`,
    [companyId, JSON.stringify(rows)],
  );
}

function bestOutcome(outcomes: readonly string[]): { outcome?: CallOutcome } {
  if (outcomes.includes("confirmed")) return { outcome: "booked" };
  if (outcomes.includes("provisional")) return { outcome: "provisional" };
  if (outcomes.includes("cancelled") || outcomes.includes("cancelling")) return { outcome: "changed" };
  return outcomes.includes("callback") ? { outcome: "callback" } : {};
}

function toCall(row: CallRow): Call {
  const optional = {
    agentId: row.agent_id,
    agentVersion: row.agent_version,
    fromNumber: row.from_number,
    toNumber: row.to_number,
    startedAt: row.started_at?.getTime(),
    endedAt: row.ended_at?.getTime(),
    durationMs: row.duration_ms,
    disconnectionReason: row.disconnection_reason,
    failure: row.failure,
    outcome: row.outcome,
    summary: row.summary,
    analysis: row.analysis,
    llmRequests: row.llm_requests,
  };
  return {
    callId: row.call_id,
    state: row.state,
    direction: row.direction,
    isDeadEnd: row.is_dead_end,
    isClosedByUs: row.is_closed_by_us,
    toolCalls: row.tool_calls,
    toolErrors: row.tool_errors,
    ...(Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== null && value !== undefined)) as Partial<Call>),
  };
}
