import type { Workflow } from "../kernel/durable/run.ts";
import { message, type Message } from "../kernel/message.ts";
import { decideAuthority } from "./authority.ts";
import { parsePlaybook } from "./parse.ts";
import type { Step } from "./playbook.ts";
import type { RunHands, RunInput, RunOutcome, RunScene, StepReport } from "./run-contract.ts";
import { runStep, undoStep } from "./run-step.ts";
import { sliceBudget } from "./slices.ts";

/** The workflow that carries out a playbook. Its order of durable steps is a contract: see `workflowShape`. */
export function playbookWorkflow(hands: RunHands): Workflow<RunInput, RunOutcome> {
  return {
    name: "playbook",
    body: async (run, input) => {
      const { playbook } = parsePlaybook(input.playbookText, input.playbookPath);
      if (playbook === undefined) throw new Error(`the text of run ${run.id} is no playbook`);
      return await carryOut({ run, playbook, input, hands });
    },
  };
}

async function carryOut(scene: RunScene): Promise<RunOutcome> {
  const { run, playbook, input, hands } = scene;
  const startedAt = await run.now();
  await hands.logbook.write(
    {
      kind: "run-started",
      runId: run.id,
      playbookId: playbook.id,
      playbookHash: playbook.hash,
      playbookText: input.playbookText,
      incidentId: input.incidentId,
      subject: input.subject,
      input,
      steps: playbook.steps.map(({ name }) => name),
    },
    `${run.id}:started`,
  );
  const { reports, state, reason } = await runSteps(scene, startedAt);
  const durationMs = (await run.now()) - startedAt;
  await hands.logbook.write({ kind: "run-ended", runId: run.id, state, message: reason }, `${run.id}:ended`);
  return { runId: run.id, playbookId: playbook.id, subject: input.subject, state, message: reason, steps: reports, durationMs };
}

type Course = { readonly reports: StepReport[]; readonly state: RunOutcome["state"]; readonly reason: Message };

async function runSteps(scene: RunScene, startedAt: number): Promise<Course> {
  const { playbook, input } = scene;
  const reports: StepReport[] = [];
  const slices = sliceBudget(playbook.steps, input.budgetMs);
  const touched: Step[] = [];
  let isOverBudget = false;
  for (const [index, step] of playbook.steps.entries()) {
    isOverBudget ||= await announceOverrun(scene, startedAt, isOverBudget);
    const authority = decideAuthority(step, playbook.id, input.authority);
    if (authority.verdict === "forbidden") {
      reports.push({ name: step.name, state: "refused", durationMs: 0, message: authority.reason, output: "" });
      return { reports, state: "needs-human", reason: authority.reason };
    }
    const report = await runStep(scene, step, slices[index] ?? step.timeoutMs, authority.persons);
    reports.push(report);
    // What failed half-way has touched the world as well.
    if ((report.state === "done" || report.state === "failed") && step.risk !== "read") touched.push(step);
    if (report.state === "needs-human" || report.state === "refused") return { reports, state: "needs-human", reason: report.message };
    if (report.state !== "failed" || step.onFailure === "continue") continue;
    const reason = message("run.step-failed", { step: step.name, reason: report.message });
    if (step.onFailure === "stop") return { reports, state: "failed", reason };
    return await undoAll(scene, touched, reports, reason);
  }
  await announceOverrun(scene, startedAt, isOverBudget);
  // A look that failed and was allowed to says nothing about whether the cure worked.
  const looks = new Set(
    playbook.steps.filter(({ risk, onFailure }) => risk === "read" && onFailure === "continue").map(({ name }) => name),
  );
  const isWorking = reports.every(({ name, state }) => state !== "failed" || looks.has(name));
  const reason = isWorking ? message("run.succeeded") : message("run.partly-failed");
  return { reports, state: isWorking ? "succeeded" : "failed", reason };
}

/** Newest first, so that each undo meets the world its step left behind. */
async function undoAll(scene: RunScene, touched: readonly Step[], reports: StepReport[], reason: Message): Promise<Course> {
  let isBack = true;
  for (const step of touched.toReversed()) {
    const report = await undoStep(scene, step);
    const index = reports.findIndex(({ name }) => name === step.name);
    if (step.undo !== undefined) reports[index] = report;
    // "Undone" is said only of a run that left nothing behind.
    if (report.state !== "undone") isBack = false;
  }
  return { reports, state: isBack ? "undone" : "needs-human", reason: isBack ? reason : message("run.undo-partly", { reason }) };
}

/** The zone's minutes are a promise; when they are over somebody must know, the work goes on. */
async function announceOverrun({ run, playbook, input, hands }: RunScene, startedAt: number, isKnown: boolean): Promise<boolean> {
  if (isKnown || (await run.now()) - startedAt <= input.budgetMs) return isKnown;
  const what = message("run.over-budget", { playbook: playbook.id, minutes: Math.round(input.budgetMs / 60_000) });
  await hands.logbook.write({ kind: "alarm", message: what }, `${run.id}:over-budget`);
  return true;
}
