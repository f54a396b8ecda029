import type pg from "pg";
import { requestVendor } from "../../integrations/vendor-request.ts";
import { seconds } from "../../kernel/clock.ts";
import { message, say } from "../../kernel/message.ts";
import { readKeys } from "../accept/keyring.ts";
import { signAsRetell } from "../accept/retell-signature.ts";
import { syntheticPrefix } from "../calls/answer-function.ts";
import { unknownCheck } from "../calls/unknown-check.ts";
import type { KnownCompany } from "../companies/directory.ts";
import type { Gateway, GatewayCheck } from "../gateway.ts";

const limitMs = seconds(10);
const slowMs = seconds(2);
const lookEveryMs = 100;

type Ground = { readonly gateway: Gateway; readonly pool: pg.Pool; readonly baseUrl: string; readonly key: string };

/**
 * P2: a genuine, signed webhook of ours for every company, over HTTP through verification and inbox until the worker has
 * found its company and finished it. Nothing comes of it: it only rings. Six blockades of webhooks went unseen while every
 * process was green (domain.md, incidents 7 to 11).
 */
export async function checkWebhooks(gateway: Gateway, baseUrl: string, signal: AbortSignal): Promise<GatewayCheck[]> {
  const { pool, settings, clock, directory } = gateway;
  const [key] = readKeys(settings.retell.keys, clock.monotonicMs());
  if (key === undefined) return [unknownCheck(gateway, "P2", "retell", message("calls.no-webhook-key"))];
  if (pool === undefined) return [unknownCheck(gateway, "P2", "inbox", message("gateway-check.no-store"))];
  await forgetEarlier(pool);
  const ground = { gateway, pool, baseUrl, key: key.value };
  const active = directory.companies().filter(({ isActive }) => isActive);
  return await Promise.all(active.map((company) => checkCompany(ground, company, signal)));
}

async function checkCompany(ground: Ground, { companyId }: KnownCompany, signal: AbortSignal): Promise<GatewayCheck> {
  const { gateway, pool } = ground;
  const { clock, directory, language } = gateway;
  const number = directory.numbers().find((each) => each.companyId === companyId && each.isActive);
  if (number === undefined) return unknownCheck(gateway, "P2", companyId, message("calls.nothing-to-check"));
  const startedMs = clock.monotonicMs();
  const callId = `${syntheticPrefix}${companyId}-${clock.now()}`;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(limitMs)]);
  const outcome = await ring(ground, { callId, toNumber: number.number }, limit)
    .then((status) => (status >= 200 && status < 300 ? waitForEnd(pool, callId, companyId, limit) : `HTTP ${status}`))
    .catch((error: unknown) => (error as Error).name);
  signal.throwIfAborted();
  const tookMs = Math.round(clock.monotonicMs() - startedMs);
  const state = outcome !== "done" ? "down" : tookMs > slowMs ? "degraded" : "ok";
  return {
    id: "P2",
    subject: companyId,
    state,
    // A slow one waits in our own inbox: that is a backlog, and no slow page.
    ...(state === "ok" ? {} : { cause: state === "down" ? ("webhooks-missing" as const) : ("queue-backlog" as const) }),
    summary: say(message(`gateway-check.webhook-${state}`, { outcome, tookMs }), language),
    evidence: { outcome, tookMs },
    seenAt: clock.now(),
  };
}

async function ring({ gateway, baseUrl, key }: Ground, call: { callId: string; toNumber: string }, signal: AbortSignal): Promise<number> {
  const body = JSON.stringify({
    event: "call_inbound",
    call_inbound: { call_id: call.callId, to_number: call.toNumber, from_number: "anonymous" },
  });
  const headers = signAsRetell(body, gateway.clock.now(), key);
  const { status } = await requestVendor({ baseUrl, key: "" }, { method: "POST", path: "/webhooks/retell", body, headers }, signal);
  return status;
}

/** `done`, or where it stands when time is up. */
async function waitForEnd(pool: pg.Pool, callId: string, companyId: string, signal: AbortSignal): Promise<string> {
  let last = "not-kept";
  while (!signal.aborted) {
    const { rows } = await pool.query<{ status: string; company_id: string | null }>(
      "select status, company_id from gateway.inbox_event where provider = 'retell' and dedup_key = $1",
      [`call_inbound:${callId}`],
    );
    const [row] = rows;
    if (row?.status === "done") return row.company_id === companyId ? "done" : "wrong-company";
    last = row?.status ?? last;
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
  return last;
}

/** Ours alone, and only what is finished: a stuck one is evidence. */
async function forgetEarlier(pool: pg.Pool): Promise<void> {
  await pool.query(
    `delete from gateway.inbox_event
     where provider = 'retell' and event_type = 'call_inbound' and status = 'done'
       and starts_with(dedup_key, $1) and received_at < now() - interval '10 minutes'`,
    [`call_inbound:${syntheticPrefix}`],
  );
}
