import { say, type Language } from "../kernel/message.ts";
import type { StepState } from "../logbook/entry.ts";
import type { RunOutcome, StepReport } from "../playbooks/run-contract.ts";
import type { Screen, Tone } from "./screen.ts";

const marks: Readonly<Record<StepState, readonly [mark: string, tone: Tone]>> = {
  waiting: ["·", "dim"],
  running: ["…", "plain"],
  done: ["✓", "good"],
  skipped: ["–", "dim"],
  failed: ["✗", "bad"],
  refused: ["✋", "warn"],
  "needs-human": ["✋", "warn"],
  undone: ["↩", "warn"],
  "undo-failed": ["✗", "bad"],
};

export function stepMark(state: StepState, screen: Screen): string {
  const [mark, tone] = marks[state];
  return screen.style(mark, tone);
}

export function runLines(run: RunOutcome, screen: Screen): string[] {
  const { language } = screen;
  return [
    `  ${screen.style(run.playbookId, "strong")} → ${run.subject}  ${screen.style(run.runId, "dim")}`,
    ...run.steps.flatMap((step) => stepLines(step, screen)),
    ...(run.state === "succeeded" ? [] : [`    ${say(run.message, language)}`]),
  ];
}

export function stepLines(step: StepReport, screen: Screen): string[] {
  const [, tone] = marks[step.state];
  const seconds = (step.durationMs / 1000).toFixed(1);
  const isTold = step.state !== "done" && step.state !== "skipped";
  return [
    `    ${stepMark(step.state, screen)} ${step.name}  ${seconds} s  ${screen.style(say(step.message, screen.language), isTold ? tone : "dim")}`,
    ...(isTold
      ? step.output
          .split("\n")
          .slice(-3)
          .filter((line) => line !== "")
          .map((line) => `      ${screen.style(line, "dim")}`)
      : []),
  ];
}

export function runDocument(run: RunOutcome, language: Language): Record<string, unknown> {
  return {
    id: run.runId,
    playbook: run.playbookId,
    subject: run.subject,
    state: run.state,
    message: say(run.message, language),
    durationMs: run.durationMs,
    steps: run.steps.map((step) => ({
      name: step.name,
      state: step.state,
      durationMs: step.durationMs,
      message: say(step.message, language),
      output: step.output,
    })),
  };
}
