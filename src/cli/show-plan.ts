import { message, say } from "../kernel/message.ts";
import type { PlannedRun } from "../responder/main-job.ts";
import type { Screen } from "./screen.ts";

const riskTones = { read: "dim", write: "warn", danger: "bad" } as const;

/** The exact commands, where they would run, with what undo, risk and slice. */
export function planLines(plan: PlannedRun, screen: Screen): string[] {
  const { language } = screen;
  return [
    `  ${screen.style(say(message("plan.title", { playbook: plan.playbookId, subject: plan.subject }), language), "strong")}`,
    ...plan.steps.flatMap((step) => [
      `    ${say(message("plan.step", { name: step.name, host: step.host, risk: screen.style(step.risk, riskTones[step.risk]), seconds: (step.sliceMs / 1000).toFixed(0) }), language)} · ${say(step.authority.reason, language)}`,
      ...step.blocks.flatMap((block) => {
        const text = block.calls === undefined ? block.text : block.calls.map((words) => `ampel ${words.join(" ")}`).join("\n");
        return text.split("\n").map((line) => `      ${screen.style(block.role.padEnd(8), "dim")} ${line}`);
      }),
      ...(step.reason === undefined ? [] : [`      ${say(message("plan.no-undo", { reason: step.reason }), language)}`]),
    ]),
    ...plan.refusals.map((refusal) => `    ${screen.style("✗", "bad")} ${say(refusal, language)}`),
  ];
}

/** The same for a machine. */
export function planDocument(plan: PlannedRun, screen: Screen): Record<string, unknown> {
  const { language } = screen;
  return {
    playbook: plan.playbookId,
    hash: plan.hash,
    subject: plan.subject,
    budgetMs: plan.budgetMs,
    refusals: plan.refusals.map((refusal) => say(refusal, language)),
    steps: plan.steps.map((step) => ({ ...step, authority: { ...step.authority, reason: say(step.authority.reason, language) } })),
  };
}
