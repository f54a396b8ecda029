import type { Pool } from "pg";
import { minutes } from "../../kernel/clock.ts";
import { message, say } from "../../kernel/message.ts";
import { eachCall } from "../../integrations/retell-api.ts";
import type { RetellCall } from "../../integrations/retell-shapes.ts";
import type { Gateway, GatewayCheck } from "../gateway.ts";
import { unknownCheck } from "./unknown-check.ts";
import { askRetell, retellAccounts } from "./retell-door.ts";

const windowMs = minutes(30);
const shortWindowMs = minutes(15);
/** Retell's own retries take part of this. */
const graceMs = minutes(2);

/**
 * What Retell lists and what reached us by itself. `unfetched`: what we do not have at all, not even fetched later.
 * `isHeardSince`: a call that began after the last missing one reached us by itself.
 */
export type EventGap = {
  readonly calls: number;
  readonly missing: number;
  readonly missingLately: number;
  readonly unfetched: number;
  readonly isHeardSince: boolean;
};

/**
 * P1, the best single probe: Retell's list of calls of the last half hour against the events that came in by themselves.
 * No calls is no gap; a Retell that cannot be asked is unknown, not well.
 */
export async function checkEventGap(gateway: Gateway, signal: AbortSignal): Promise<GatewayCheck[]> {
  const { pool, clock, language } = gateway;
  const accounts = retellAccounts(gateway);
  if (accounts.length === 0 || pool === undefined) {
    return [unknownCheck(gateway, "P1", "retell", message(pool === undefined ? "calls.no-store" : "calls.no-retell-key"))];
  }
  return await Promise.all(
    accounts.map(async (account): Promise<GatewayCheck> => {
      const now = clock.now();
      try {
        const filter = { startedFrom: now - windowMs, startedUntil: now - graceMs };
        const calls = await askRetell(
          gateway,
          account,
          async (access, inner) => {
            const found: RetellCall[] = [];
            for await (const call of eachCall(access, filter, inner)) found.push(call);
            return found;
          },
          signal,
        );
        const gap = await countGap(pool, calls, now - shortWindowMs);
        const state = decideGap(gap);
        const key = state === "ok" ? (gap.calls === 0 ? "calls.gap-quiet" : "calls.gap-none") : "calls.gap";
        return {
          id: "P1",
          subject: account.name,
          state,
          ...(state === "ok" ? {} : { cause: "webhooks-missing" }),
          summary: say(message(key, { calls: gap.calls, missing: gap.missing }), language),
          evidence: { ...gap, windowMinutes: 30 },
          seenAt: now,
        };
      } catch (error) {
        signal.throwIfAborted();
        return unknownCheck(gateway, "P1", account.name, message("calls.retell-unasked"), error);
      }
    }),
  );
}

/**
 * All of several missing is an outage of the webhooks; some missing is a leak. Over when everything was fetched and webhooks
 * come by themselves again: otherwise a cured gap would call for its playbook until the window has passed. Pure.
 */
export function decideGap({ calls, missing, unfetched, isHeardSince }: EventGap): "ok" | "degraded" | "down" {
  if (missing === 0 || (unfetched === 0 && isHeardSince)) return "ok";
  return calls >= 2 && missing === calls ? "down" : "degraded";
}

async function countGap(pool: Pool, calls: readonly RetellCall[], latelyFrom: number): Promise<EventGap> {
  // A call that only rings yet has sent nothing.
  const real = calls.filter(({ call_status }) => call_status !== "registered");
  const { rows } = await pool.query<{ call_id: string; is_heard: boolean }>(
    `select split_part(dedup_key, ':', 2) as call_id, bool_or(source <> 'backfill') as is_heard from gateway.inbox_event
     where provider = 'retell' and dedup_key = any($1) group by 1`,
    [real.flatMap(({ call_id }) => [`call_started:${call_id}`, `call_ended:${call_id}`, `call_analyzed:${call_id}`])],
  );
  const known = new Set(rows.map(({ call_id }) => call_id));
  const heard = new Set(rows.flatMap(({ call_id, is_heard }) => (is_heard ? [call_id] : [])));
  const missing = real.filter(({ call_id }) => !heard.has(call_id));
  const lastMissing = Math.max(0, ...missing.map(({ start_timestamp }) => start_timestamp ?? 0));
  return {
    calls: real.length,
    missing: missing.length,
    unfetched: missing.filter(({ call_id }) => !known.has(call_id)).length,
    isHeardSince: real.some(({ call_id, start_timestamp }) => heard.has(call_id) && (start_timestamp ?? 0) > lastMissing),
    missingLately: missing.filter(({ start_timestamp }) => (start_timestamp ?? 0) >= latelyFrom).length,
  };
}
