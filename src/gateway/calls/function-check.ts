import { z } from "zod";
import { seconds } from "../../kernel/clock.ts";
import { message, say } from "../../kernel/message.ts";
import { requestVendor } from "../../integrations/vendor-request.ts";
import { readKeys } from "../accept/keyring.ts";
import { signAsRetell } from "../accept/retell-signature.ts";
import type { KnownCompany } from "../companies/directory.ts";
import type { Gateway, GatewayCheck } from "../gateway.ts";
import { syntheticPrefix } from "./answer-function.ts";
import { functionsPath } from "./call-routes.ts";
import { unknownCheck } from "./unknown-check.ts";
import { faultName } from "./fault-name.ts";

const warnMs = seconds(2);
const hardMs = seconds(10);
const answerSchema = z.looseObject({ success: z.boolean(), outcome: z.string(), message: z.string() });

/**
 * P3: asks our own gateway, over HTTP and with a genuine signature, for free times, as the agent of every company would.
 * Nothing is changed and nothing recorded by it. `baseUrl`: where the gateway listens.
 */
export async function checkFunctions(gateway: Gateway, baseUrl: string, signal: AbortSignal): Promise<GatewayCheck[]> {
  const [key] = readKeys(gateway.settings.retell.keys, gateway.clock.monotonicMs());
  const companies = gateway.directory.companies().filter(({ isActive }) => isActive);
  if (key === undefined) return [unknownCheck(gateway, "P3", "retell", message("calls.no-webhook-key"))];
  return await Promise.all(companies.map(async (company) => await checkCompany(gateway, company, { baseUrl, key: key.value }, signal)));
}

async function checkCompany(
  gateway: Gateway,
  company: KnownCompany,
  { baseUrl, key }: { baseUrl: string; key: string },
  signal: AbortSignal,
): Promise<GatewayCheck> {
  const { clock, directory, language } = gateway;
  const number = directory.numbers().find(({ companyId, isActive }) => companyId === company.companyId && isActive);
  const service = company.services.find(
    ({ isActive, calcomEventTypeId, branchId }) =>
      isActive && calcomEventTypeId !== undefined && (branchId === undefined || branchId === number?.branchId),
  );
  if (number === undefined || service === undefined) {
    return unknownCheck(gateway, "P3", company.companyId, message("calls.nothing-to-check"));
  }
  const now = clock.now();
  const body = JSON.stringify({
    name: "check_availability",
    args: { service_id: service.serviceId },
    call: { call_id: `${syntheticPrefix}${company.companyId}`, to_number: number.number, from_number: "anonymous", direction: "inbound" },
  });
  const startedMs = clock.monotonicMs();
  try {
    const sent = { method: "POST", path: functionsPath, body, headers: signAsRetell(body, now, key) } as const;
    const reply = await requestVendor({ baseUrl, key: "" }, sent, AbortSignal.any([signal, AbortSignal.timeout(hardMs)]));
    const tookMs = Math.round(clock.monotonicMs() - startedMs);
    const answer = answerSchema.safeParse(reply.json);
    const outcome = reply.status === 200 && answer.success ? answer.data.outcome : `HTTP ${reply.status}`;
    const state = decideFunction(outcome, tookMs);
    return {
      id: "P3",
      subject: company.companyId,
      state,
      ...(state === "ok" ? {} : { cause: isAnswer(outcome) ? "slow-response" : "calls-failing" }),
      summary: say(message(state === "ok" ? "calls.function-well" : "calls.function-sick", { outcome, tookMs }), language),
      evidence: { outcome, tookMs, status: reply.status },
      seenAt: now,
    };
  } catch (error) {
    signal.throwIfAborted();
    const tookMs = Math.round(clock.monotonicMs() - startedMs);
    const outcome = faultName(error);
    const summary = say(message("calls.function-sick", { outcome, tookMs }), language);
    return {
      id: "P3",
      subject: company.companyId,
      state: "down",
      cause: "calls-failing",
      summary,
      evidence: { outcome, tookMs },
      seenAt: now,
    };
  }
}

/** "Nothing free" is an answer as well. */
const isAnswer = (outcome: string): boolean => outcome === "ok" || outcome === "none";

/** Under 2 s well, under 10 s too slow for a caller, else gone (domain.md, 7). Pure. */
export function decideFunction(outcome: string, tookMs: number): "ok" | "degraded" | "down" {
  if (!isAnswer(outcome) || tookMs >= hardMs) return "down";
  return tookMs < warnMs ? "ok" : "degraded";
}
