import type { Clock } from "../../kernel/clock.ts";
import { message, say, type Language } from "../../kernel/message.ts";
import { describeSwitch, restText } from "../../switches/active-switches.ts";
import { isEndingSoon } from "../../switches/switch.ts";
import type { BreakersKeeper } from "../breakers/keep-breakers.ts";
import type { GatewayCheck, GatewayJob } from "../gateway.ts";
import type { SwitchKeeper } from "./open-switch-view.ts";

export type SwitchLook = {
  readonly switches: SwitchKeeper;
  readonly breakers: BreakersKeeper;
  readonly clock: Clock;
  readonly language: Language;
};

const staleMs = 60_000;

/** P14: everything that is not as it normally is because somebody wanted it so, with its end. "Temporary" switches stay. */
export function checkSwitches({ switches, breakers, clock, language }: SwitchLook): GatewayCheck[] {
  const seenAt = clock.now();
  const ageMs = seenAt - switches.asOf();
  const checks: GatewayCheck[] = switches.list().map((each) => ({
    id: "P14",
    subject: each.key,
    state: "degraded",
    cause: "safety-off",
    summary: say(describeSwitch(each, seenAt), language),
    evidence: {
      value: each.value,
      owner: each.owner,
      reason: each.reason,
      setAt: new Date(each.setAt).toISOString(),
      expiresAt: new Date(each.expiresAt).toISOString(),
      isEndingSoon: isEndingSoon(each, seenAt),
    },
    seenAt,
  }));
  for (const { vendor, state, breaker, seenAt: now } of breakers.list()) {
    const forced = "forced" in breaker.phase ? breaker.phase.forced : undefined;
    if (forced === undefined || forced.until <= now) continue;
    const { by, reason, until } = forced;
    checks.push({
      id: "P14",
      subject: vendor,
      state: "degraded",
      cause: "safety-off",
      summary: say(
        message("check.breaker-forced", { vendor, state: message(`breaker.${state}`), by, reason, rest: restText(until - now) }),
        language,
      ),
      evidence: { state, owner: by, reason, expiresAt: new Date(until).toISOString() },
      seenAt,
    });
  }
  if (ageMs > staleMs) {
    const summary = say(message("check.switches-blind", { age: restText(ageMs) }), language);
    checks.push({ id: "P14", subject: "switches", state: "unknown", summary, evidence: { asOf: switches.asOf() }, seenAt });
  }
  if (checks.length > 0) return checks;
  return [{ id: "P14", subject: "switches", state: "ok", summary: say(message("check.switches-none"), language), evidence: {}, seenAt }];
}

/** Says once, beforehand, that a switch is about to end: whoever still needs it sets it again, with a reason. */
export function switchWarningJob(
  { switches, clock }: Pick<SwitchLook, "switches" | "clock">,
  report: (key: string, expiresAt: number) => void,
): GatewayJob {
  const warned = new Set<string>();
  return {
    name: "switch-warning",
    everyMs: 5000,
    runsOn: "leader",
    run: async () => {
      const now = clock.now();
      for (const each of switches.list()) {
        const name = `${each.key} ${each.expiresAt}`;
        if (!isEndingSoon(each, now) || warned.has(name)) continue;
        warned.add(name);
        report(each.key, each.expiresAt);
      }
    },
  };
}
