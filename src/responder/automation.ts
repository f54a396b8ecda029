import { hours } from "../kernel/clock.ts";
import { message, type Message } from "../kernel/message.ts";

export type AutomationLimits = { readonly runsPerPlaybookAndHour: number; readonly runsPerHour: number };
export type PastRun = { readonly playbookId: string; readonly startedAt: number };

/** Why nothing may run by itself now, or `undefined`. A restart that helps three times an hour hides a cause. */
export function decideAutomation(playbookId: string, past: readonly PastRun[], limits: AutomationLimits, now: number): Message | undefined {
  const recent = past.filter(({ startedAt }) => startedAt > now - hours(1));
  const same = recent.filter((run) => run.playbookId === playbookId).length;
  if (same >= limits.runsPerPlaybookAndHour) {
    return message("automation.playbook-limit", { playbook: playbookId, count: same, limit: limits.runsPerPlaybookAndHour });
  }
  if (recent.length >= limits.runsPerHour) return message("automation.hour-limit", { count: recent.length, limit: limits.runsPerHour });
  return undefined;
}
