import type { Pool } from "pg";
import { hours } from "../../kernel/clock.ts";
import { getCall } from "../../integrations/retell-api.ts";
import type { RetellCall } from "../../integrations/retell-shapes.ts";
import { asCompany, asEveryCompany } from "../companies/tenant.ts";
import type { Gateway } from "../gateway.ts";
import { fetchedDelivery, isEnded } from "./call-delivery.ts";
import { afterCallEvent, closedByUs, type Call } from "./call-fold.ts";
import { loadCalls, saveCalls } from "./call-rows.ts";
import { readCallFacts } from "./call-shape.ts";
import { accountOf, askRetell } from "./retell-door.ts";
import { faultName } from "./fault-name.ts";

/** Twice Retell's longest call (`max_call_duration_ms`, 1 h by default; the predecessor cleaned up after 2 h as well). */
export const stuckAfterMs = hours(2);
/** Retell cannot be asked for a whole day: the call is surely over. */
const surelyOverMs = hours(24);
const mostPerRun = 100;

type OpenCall = { readonly companyId: string; readonly callId: string; readonly startedAt: number };

/** What Retell says of a call that is open with us; `unasked`: it could not be asked. */
export type StuckAnswer =
  | { readonly kind: "found"; readonly call: RetellCall }
  | { readonly kind: "missing" }
  | { readonly kind: "unasked" };
export type StuckDecision = "take-end" | "close" | "leave";

/** Retell is asked first: only what it does not know, or cannot be asked about for a day, is closed by us. Pure. */
export function decideStuck(answer: StuckAnswer, ageMs: number): StuckDecision {
  if (answer.kind === "found") return isEnded(answer.call) ? "take-end" : "leave";
  return answer.kind === "missing" || ageMs > surelyOverMs ? "close" : "leave";
}

/** Ends calls whose end never came. @returns how many were ended by Retell's word, closed by us, and left open */
export async function closeStuckCalls(gateway: Gateway, signal: AbortSignal): Promise<{ taken: number; closed: number; left: number }> {
  const { pool, clock } = gateway;
  const done = { taken: 0, closed: 0, left: 0 };
  if (pool === undefined) return done;
  for (const open of await listOpenCalls(pool, clock.now() - stuckAfterMs)) {
    signal.throwIfAborted();
    const answer = await askAbout(gateway, open, signal);
    const decision = decideStuck(answer, clock.now() - open.startedAt);
    if (decision === "take-end" && answer.kind === "found") {
      await takeEnd(gateway, pool, open, answer.call);
      done.taken += 1;
    } else if (decision === "close") {
      await change(pool, open, (call) => closedByUs(call, clock.now()));
      done.closed += 1;
    } else {
      done.left += 1;
      if (answer.kind === "found") gateway.report({ kind: "call-too-long", companyId: open.companyId, subject: open.callId });
    }
  }
  return done;
}

async function askAbout(gateway: Gateway, { companyId, callId }: OpenCall, signal: AbortSignal): Promise<StuckAnswer> {
  try {
    const work = async (access: Parameters<typeof getCall>[0], inner: AbortSignal): Promise<RetellCall | undefined> =>
      await getCall(access, callId, inner);
    const call = await askRetell(gateway, accountOf(gateway, companyId), work, signal);
    return call === undefined ? { kind: "missing" } : { kind: "found", call };
  } catch (error) {
    signal.throwIfAborted();
    gateway.report({
      kind: "stuck-call-unasked",
      companyId,
      subject: "retell",
      data: { error: faultName(error) },
    });
    return { kind: "unasked" };
  }
}

/** By the ordinary way; an end that lies in the inbox already, and was never applied, is taken directly. */
async function takeEnd(gateway: Gateway, pool: Pool, open: OpenCall, call: RetellCall): Promise<void> {
  if ((await gateway.keep(fetchedDelivery(gateway, "call_ended", call))) !== "duplicate") return;
  const facts = readCallFacts({ event: "call_ended", call });
  if (typeof facts === "string") return;
  await change(pool, open, (known) => afterCallEvent(known, facts));
}

async function change(pool: Pool, { companyId, callId }: OpenCall, next: (call: Call) => Call): Promise<void> {
  await asCompany(pool, companyId, async (client) => {
    const call = (await loadCalls(client, companyId, [callId])).get(callId);
    if (call?.state === "ongoing") await saveCalls(client, companyId, [next(call)]);
  });
}

async function listOpenCalls(pool: Pool, before: number): Promise<readonly OpenCall[]> {
  const { rows } = await asEveryCompany(
    pool,
    async (client) =>
      await client.query<{ company_id: string; call_id: string; started_at: Date }>(
        `select company_id, call_id, coalesce(started_at, changed_at) as started_at from gateway.call
       where state = 'ongoing' and coalesce(started_at, changed_at) < to_timestamp($1::float8 / 1000) order by started_at limit $2`,
        [before, mostPerRun],
      ),
  );
  return rows.map((row) => ({ companyId: row.company_id, callId: row.call_id, startedAt: row.started_at.getTime() }));
}
