import type pg from "pg";
import { asEveryCompany } from "../companies/tenant.ts";
import type { Gateway } from "../gateway.ts";
import { failedToolOutcomes, type ToolOutcome } from "./tool-outcome.ts";

/** One function call for the record. Names what was asked and how it ended, never who. `at`: epoch ms. */
export type ToolCall = {
  readonly companyId: string;
  readonly callId: string;
  readonly name: string;
  readonly at: number;
  readonly durationMs: number;
  readonly outcome: ToolOutcome;
  readonly agentId?: string;
  readonly agentVersion?: number;
};

/** Written after the answer, in batches: no caller waits for the record of their call. */
export type ToolCallLog = {
  add(call: ToolCall): void;
  /** Writes what waits; what cannot be written now waits on. */
  flush(): Promise<void>;
  readonly waiting: number;
};

/** Hours of calls while the database is away; beyond that the oldest go, counted in a finding. */
const mostWaiting = 20_000;
const batchSize = 500;

export function openToolCallLog(gateway: Pick<Gateway, "pool" | "report">): ToolCallLog {
  const waiting: ToolCall[] = [];
  let flushing: Promise<void> | undefined;
  const flushAll = async (pool: pg.Pool): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, batchSize);
      await writeToolCalls(pool, batch);
      waiting.splice(0, batch.length);
    }
  };
  return {
    add: (call) => {
      waiting.push(call);
      if (waiting.length <= mostWaiting) return;
      waiting.shift();
      gateway.report({ kind: "tool-call-record-lost", companyId: call.companyId, subject: call.name });
    },
    flush: async () => {
      const { pool } = gateway;
      if (pool === undefined) return;
      flushing ??= flushAll(pool).finally(() => {
        flushing = undefined;
      });
      await flushing;
    },
    get waiting() {
      return waiting.length;
    },
  };
}

/** Writes the records and counts them into calls that are known already; calls that come later count them themselves. */
async function writeToolCalls(pool: pg.Pool, calls: readonly ToolCall[]): Promise<void> {
  await asEveryCompany(pool, async (client) => {
    await client.query(
      `insert into gateway.tool_call (company_id, call_id, name, at, duration_ms, outcome, agent_version, detail)
       select "companyId", "callId", name, to_timestamp(at / 1000), "durationMs", outcome, "agentVersion", jsonb_strip_nulls(jsonb_build_object('agent', "agentId"))
       from jsonb_to_recordset($1::jsonb) as given ("companyId" text, "callId" text, name text, at float8, "durationMs" integer, outcome text,
         "agentVersion" integer, "agentId" text)`,
      [JSON.stringify(calls)],
    );
    await client.query(
      `update gateway.call set tool_calls = greatest(call.tool_calls, done.calls), tool_errors = done.errors,
         is_dead_end = call.is_dead_end and done.calls = 0
       from (select company_id, call_id, count(*)::int as calls, (count(*) filter (where outcome = any($2)))::int as errors
             from gateway.tool_call where (company_id, call_id) in (select * from unnest($3::text[], $1::text[])) group by company_id, call_id) done
       where call.company_id = done.company_id and call.call_id = done.call_id`,
      [calls.map(({ callId }) => callId), failedToolOutcomes, calls.map(({ companyId }) => companyId)],
    );
  });
}
