import { message, say } from "../../kernel/message.ts";
import { parseBody, fieldOf, wordOf } from "../accept/json-body.ts";
import { maskedNumber } from "../callbacks/phone.ts";
import { resolveCompany } from "../companies/resolve-company.ts";
import type { KnownCompany } from "../companies/directory.ts";
import type { Gateway } from "../gateway.ts";
import { describeDay, languageOf, spokenClock, spokenDay, spokenHours, spokenWeekday, zonedAt } from "./company-day.ts";

/** Retell's answer to `call_inbound`; only `reject: true` rejects, and one invalid field would void all of it. */
export type InboundAnswer = {
  readonly call_inbound: {
    readonly reject?: true;
    readonly dynamic_variables?: Readonly<Record<string, string>>;
  };
};

/**
 * What the agent must know before it says hello, from memory alone: a caller hears it ring meanwhile. Today's date is in
 * every answer, because an agent that is not told invents one (incident 22). A number that nobody owns is rejected; while
 * we do not know who owns what, nobody is.
 */
export function answerInbound(gateway: Gateway, body: Buffer, isVerified: boolean): InboundAnswer {
  const now = gateway.clock.now();
  const call = fieldOf(parseBody(body), "call_inbound");
  // Not proven to be Retell: the date is no secret, everything else stays here. The bound agent still takes the call.
  if (!isVerified) return { call_inbound: { dynamic_variables: plainVariables(gateway, now) } };
  const given = fieldOf(call, "to_number");
  const toNumber = typeof given === "string" ? given.slice(0, 40) : undefined;
  const found = resolveCompany(gateway.directory, { toNumber, agentId: wordOf(fieldOf(call, "agent_id")) });
  const company = found.companyId === undefined ? undefined : gateway.directory.company(found.companyId);
  if (found.companyId === undefined || company === undefined) {
    if (gateway.directory.asOf === 0) {
      gateway.report({ kind: "directory-empty", subject: "call_inbound" });
      return { call_inbound: { dynamic_variables: plainVariables(gateway, now) } };
    }
    const why = found.companyId === undefined ? found.why : "unknown-number";
    gateway.report({ kind: why, subject: toNumber === undefined ? "call_inbound" : maskedNumber(toNumber) });
    return { call_inbound: { reject: true } };
  }
  if (!found.isServing) {
    gateway.report({ kind: "inactive-number", companyId: found.companyId, subject: maskedNumber(toNumber ?? "") });
    return { call_inbound: { reject: true } };
  }
  return { call_inbound: { dynamic_variables: companyVariables(gateway, company, found.branchId, now) } };
}

type Prepared = { readonly minute: number; readonly mode: "normal" | "fallback"; readonly variables: Readonly<Record<string, string>> };

/** What callers of a branch hear changes by the minute, not by the call. A directory that was read anew brings new companies. */
const preparedByCompany = new WeakMap<KnownCompany, Map<string, Prepared>>();

function companyVariables(
  gateway: Gateway,
  company: KnownCompany,
  branchId: string | undefined,
  now: number,
): Readonly<Record<string, string>> {
  const minute = Math.floor(now / 60_000);
  const mode = modeOf(gateway, company.companyId);
  const byBranch = preparedByCompany.get(company) ?? new Map<string, Prepared>();
  preparedByCompany.set(company, byBranch);
  const known = byBranch.get(branchId ?? "");
  if (known?.minute === minute && known.mode === mode) return known.variables;
  const variables = describeCompany(company, branchId, mode, now);
  byBranch.set(branchId ?? "", { minute, mode, variables });
  return variables;
}

function describeCompany(
  company: KnownCompany,
  branchId: string | undefined,
  mode: Prepared["mode"],
  now: number,
): Readonly<Record<string, string>> {
  const branch = company.branches.find((each) => each.branchId === branchId);
  const language = languageOf(company);
  const { today, isOpenNow } = describeDay(now, company, branch);
  const hours = branch?.openingHours ?? {};
  const hoursOn = (day: Temporal.PlainDate): string =>
    isOpenNow === undefined ? say(message("calls.say-hours-unknown"), language) : say(spokenHours(hours, day, language), language);
  return {
    ...dateVariables(now, company.timeZone, language),
    company_name: company.name,
    branch_name: branch?.name ?? "",
    opening_hours_today: hoursOn(today),
    opening_hours_tomorrow: hoursOn(today.add({ days: 1 })),
    is_open_now: isOpenNow === undefined ? "unknown" : String(isOpenNow),
    gateway_mode: mode,
    mode_notice: mode === "normal" ? "" : say(message("calls.say-fallback-mode"), language),
  };
}

/** `fallback`: appointments can only be noted now, not confirmed. From memory. */
export function modeOf({ switches, breakers }: Pick<Gateway, "switches" | "breakers">, companyId: string): "normal" | "fallback" {
  const isSwitched = switches.isOn("retell.fallback_mode", companyId) || switches.isOn("calcom.use_cache_fallback", companyId);
  const calcom = breakers.state("calcom");
  return isSwitched || calcom === "open" || calcom === "isolated" ? "fallback" : "normal";
}

function plainVariables({ timeZone, language }: Gateway, now: number): Record<string, string> {
  return dateVariables(now, timeZone, language);
}

/** The names are the contract with the agents' prompts: one that is renamed is silently empty there. */
function dateVariables(now: number, timeZone: string, language: "de" | "en"): Record<string, string> {
  const zoned = zonedAt(now, timeZone);
  const today = zoned.toPlainDate();
  const tomorrow = today.add({ days: 1 });
  return {
    current_date: today.toString(),
    current_date_spoken: spokenDay(today, language, today.add({ years: 1 })),
    current_weekday: spokenWeekday(today, language),
    current_time: zoned.toPlainTime().toString({ smallestUnit: "minute" }),
    current_time_spoken: spokenClock(zoned, language),
    tomorrow_date: tomorrow.toString(),
    tomorrow_date_spoken: spokenDay(tomorrow, language, tomorrow.add({ years: 1 })),
    time_zone: timeZone,
    language,
  };
}
