import type { Pool } from "pg";
import type { RetellCall } from "../../integrations/retell-shapes.ts";
import { asEveryCompany } from "../companies/tenant.ts";
import { isEnded, type FetchedEvent } from "./call-delivery.ts";

/** One event that Retell must have sent and that is neither applied nor waiting in the inbox. */
export type MissingEvent = { readonly call: RetellCall; readonly event: FetchedEvent };

type KnownCall = { readonly isOpen: boolean; readonly hasAnalysis: boolean };

/** Which events of these calls we never got. An event that waits in the inbox, in whatever state, is not missing. */
export async function findMissing(pool: Pool, calls: readonly RetellCall[]): Promise<readonly MissingEvent[]> {
  if (calls.length === 0) return [];
  const known = await loadKnown(
    pool,
    calls.map(({ call_id }) => call_id),
  );
  const wanted = calls.flatMap((call) => decideWanted(call, known.get(call.call_id)).map((event) => ({ call, event })));
  const { rows } = await pool.query<{ dedup_key: string }>(
    "select dedup_key from gateway.inbox_event where provider = 'retell' and dedup_key = any($1)",
    [wanted.map(keyOf)],
  );
  const present = new Set(rows.map(({ dedup_key }) => dedup_key));
  return wanted.filter((missing) => !present.has(keyOf(missing)));
}

/** The events that follow from how Retell shows a call and how we know it. Pure. */
export function decideWanted(call: RetellCall, known: KnownCall | undefined): readonly FetchedEvent[] {
  if (!isEnded(call)) return known === undefined && call.call_status === "ongoing" ? ["call_started"] : [];
  const hasAnalysis = Object.keys(call.call_analysis ?? {}).length > 0;
  return [
    ...(known === undefined || known.isOpen ? (["call_ended"] as const) : []),
    ...(hasAnalysis && known?.hasAnalysis !== true ? (["call_analyzed"] as const) : []),
  ];
}

const keyOf = ({ call, event }: MissingEvent): string => `${event}:${call.call_id}`;

async function loadKnown(pool: Pool, callIds: readonly string[]): Promise<Map<string, KnownCall>> {
  const { rows } = await asEveryCompany(
    pool,
    async (client) =>
      await client.query<{ call_id: string; is_open: boolean; has_analysis: boolean }>(
        `select call_id, state = 'ongoing' or is_closed_by_us as is_open, analysis is not null as has_analysis from gateway.call where call_id = any($1)`,
        [callIds],
      ),
  );
  return new Map(rows.map((row) => [row.call_id, { isOpen: row.is_open, hasAnalysis: row.has_analysis }]));
}
