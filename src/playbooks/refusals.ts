import { message, type Message } from "../kernel/message.ts";
import { lintPlaybook } from "./lint.ts";
import type { LintOptions } from "./lint/rule.ts";
import { planRun, type PlanRequest } from "./plan.ts";
import type { Playbook } from "./playbook.ts";

/** Why a playbook must not be carried out: what the linter forbids, then what its plan refuses. Empty when it may. */
export function listRefusals(playbook: Playbook, request: PlanRequest, lint: LintOptions): Message[] {
  const errors = lintPlaybook(playbook.text, playbook.path, lint).filter(({ severity }) => severity === "error");
  const forbidden = errors.map(({ line, rule, message: what }) =>
    message("playbook.forbidden", { playbook: playbook.id, line, rule, what }),
  );
  return [...forbidden, ...planRun(playbook, request).refusals];
}
