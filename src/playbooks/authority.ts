import { message, type Message } from "../kernel/message.ts";
import type { Step } from "./playbook.ts";

export const authorityLevels = ["observe", "propose", "act"] as const;
export type AuthorityLevel = (typeof authorityLevels)[number];

export type AuthorityRules = {
  readonly level: AuthorityLevel;
  /** Dangerous steps that may run without asking, as `playbook-id/step-name`; see `listDrilledDanger`. */
  readonly drilledDanger: readonly string[];
};

export type AuthorityDecision = {
  readonly verdict: "act" | "ask" | "forbidden";
  /** Persons to ask: 0 when it acts by itself or may not act at all. */
  readonly persons: 0 | 1 | 2;
  readonly reason: Message;
};

/** How long a passed drill vouches for a dangerous step (`design.md`, "Authority"). */
export const drillValidDays = 8;

/** Whether a step runs by itself, asks first, or does not run. Reading is always allowed. */
export function decideAuthority(step: Step, playbookId: string, rules: AuthorityRules): AuthorityDecision {
  const ask = (persons: 1 | 2, reason: Message): AuthorityDecision => ({ verdict: "ask", persons, reason });
  if (step.risk === "read") {
    if (step.approve === 0 || rules.level === "observe") return { verdict: "act", persons: 0, reason: message("playbook.authority.read") };
    return ask(step.approve, message("playbook.authority.document", { persons: step.approve }));
  }
  if (rules.level === "observe") return { verdict: "forbidden", persons: 0, reason: message("playbook.authority.observe") };
  if (step.risk === "danger") {
    const persons = step.approve === 2 ? 2 : 1;
    const isReleased = rules.level === "act" && rules.drilledDanger.includes(`${playbookId}/${step.name}`);
    if (isReleased) return { verdict: "act", persons: 0, reason: message("playbook.authority.drilled") };
    return ask(persons, message("playbook.authority.danger", { persons }));
  }
  if (step.approve > 0) return ask(step.approve as 1 | 2, message("playbook.authority.document", { persons: step.approve }));
  if (rules.level === "propose") return ask(1, message("playbook.authority.propose"));
  return { verdict: "act", persons: 0, reason: message("playbook.authority.act") };
}

/** A drill of one step that passed; pinned to the text that was drilled. Times: epoch ms. */
export type PassedDrill = { readonly playbookId: string; readonly step: string; readonly stepHash: string; readonly passedAt: number };

/**
 * Those of the dangerous steps named in the configuration whose present text passed a drill within the last 8 days.
 * A drill of another wording, and one dated in the future, vouch for nothing.
 */
export function listDrilledDanger(
  named: readonly string[],
  playbooks: readonly { readonly id: string; readonly steps: readonly Step[] }[],
  drills: readonly PassedDrill[],
  now: number,
): string[] {
  const since = now - drillValidDays * 86_400_000;
  return named.filter((name) => {
    const [playbookId = "", stepName = ""] = name.split("/");
    const step = playbooks.find(({ id }) => id === playbookId)?.steps.find((candidate) => candidate.name === stepName);
    if (step === undefined) return false;
    return drills.some(
      (drill) =>
        drill.playbookId === playbookId &&
        drill.step === stepName &&
        drill.stepHash === step.hash &&
        drill.passedAt <= now &&
        drill.passedAt > since,
    );
  });
}
