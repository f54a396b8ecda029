import { message, type Message } from "../../../kernel/message.ts";
import type { AgentAtVendor, BoundAgent } from "./integration-vendors.ts";

/** What our database says about a company's integration; only what is switched on. */
export type WantedIntegration = {
  readonly numbers: readonly { readonly number: string; readonly agentId: string | undefined; readonly agentVersion: number | undefined }[];
  /** `version`: the one its numbers are pinned to. */
  readonly agents: readonly { readonly agentId: string; readonly version: number | undefined; readonly webhookUrl: string | undefined }[];
  readonly services: readonly { readonly serviceId: string; readonly minutes: number; readonly eventTypeId: number | undefined }[];
};

/** What the vendors say, by number, agent and event type. A value of `undefined`: there is none. */
export type SeenIntegration = {
  readonly numbers: ReadonlyMap<string, readonly BoundAgent[] | undefined>;
  readonly agents: ReadonlyMap<string, AgentAtVendor | undefined>;
  readonly eventTypes: ReadonlyMap<number, readonly number[] | undefined>;
};

/** One write at a vendor, with what was there before: that is also its way back. */
export type ResetStep =
  | { readonly kind: "bind-agents"; readonly number: string; readonly from: readonly BoundAgent[]; readonly to: readonly BoundAgent[] }
  | { readonly kind: "set-webhook"; readonly agentId: string; readonly from: string | null; readonly to: string };

export type ResetPlan = {
  readonly steps: readonly ResetStep[];
  /** What no program may put right; somebody has to look. */
  readonly forHumans: readonly Message[];
};

/** The writes that bring the vendors to what our database says; none when nothing differs. Pure. */
export function planReset(wanted: WantedIntegration, seen: SeenIntegration): ResetPlan {
  const steps: ResetStep[] = [];
  const forHumans: Message[] = [];
  for (const { number, agentId, agentVersion } of wanted.numbers) {
    const bound = seen.numbers.get(number);
    if (agentId === undefined) forHumans.push(message("companies.reset-no-agent", { number }));
    else if (bound === undefined) forHumans.push(message("companies.reset-number-missing", { number }));
    else if (seen.agents.get(agentId) === undefined) forHumans.push(message("companies.reset-agent-missing", { agent: agentId, number }));
    else if (!isBound(bound, agentId, agentVersion)) {
      const to = [{ agentId, ...(agentVersion === undefined ? {} : { agentVersion }), weight: 1 }];
      steps.push({ kind: "bind-agents", number, from: bound, to });
    }
  }
  for (const { agentId, webhookUrl } of wanted.agents) {
    const agent = seen.agents.get(agentId);
    if (agent === undefined || webhookUrl === undefined || agent.webhookUrl === webhookUrl) continue;
    if (agent.isPublished) {
      forHumans.push(message("companies.reset-published", { agent: agentId, found: agent.webhookUrl ?? "–", wanted: webhookUrl }));
    } else steps.push({ kind: "set-webhook", agentId, from: agent.webhookUrl, to: webhookUrl });
  }
  return { steps, forHumans: [...forHumans, ...wanted.services.flatMap((service) => checkService(service, seen))] };
}

/** Cal.com is only read: what its event types are is for whoever keeps the calendar. */
function checkService(
  { serviceId, minutes, eventTypeId }: WantedIntegration["services"][number],
  { eventTypes }: SeenIntegration,
): Message[] {
  if (eventTypeId === undefined) return [message("companies.reset-no-event-type", { service: serviceId })];
  const durations = eventTypes.get(eventTypeId);
  if (durations === undefined) return [message("companies.reset-event-type-missing", { service: serviceId, eventType: eventTypeId })];
  if (durations.includes(minutes)) return [];
  const theirs = durations.join(", ");
  return [message("companies.reset-duration", { service: serviceId, eventType: eventTypeId, ours: minutes, theirs })];
}

/** One agent alone, the right one, at the right version when one is written down. */
function isBound(bound: readonly BoundAgent[], agentId: string, agentVersion: number | undefined): boolean {
  const [only, ...others] = bound;
  if (only === undefined || others.length > 0 || only.agentId !== agentId) return false;
  return agentVersion === undefined || String(only.agentVersion) === String(agentVersion);
}

/** True when both bind the same agents in the same shares; an absent version is the latest. */
export function isSameBinding(one: readonly BoundAgent[], other: readonly BoundAgent[]): boolean {
  const textOf = (agents: readonly BoundAgent[]): string =>
    agents
      .map(({ agentId, agentVersion, weight }) => `${agentId} ${agentVersion ?? "latest"} ${weight}`)
      .toSorted()
      .join("\n");
  return textOf(one) === textOf(other);
}
