import type { Workflow } from "../kernel/durable/run.ts";
import { message } from "../kernel/message.ts";
import { parsePlaybook } from "./parse.ts";
import type { RunHands, RunInput, RunOutcome, StepReport } from "./run-contract.ts";
import { undoStep } from "./run-step.ts";

/** Which steps of which ended run are to be taken back; `steps` newest first. */
export type UndoInput = { readonly runId: string; readonly input: RunInput; readonly steps: readonly string[] };

/** Takes an ended run back, from the text it ran with, durable like the run itself. */
export function undoWorkflow(hands: RunHands): Workflow<UndoInput, RunOutcome> {
  return {
    name: "undo",
    body: async (run, { runId, input, steps }) => {
      const { playbook } = parsePlaybook(input.playbookText, input.playbookPath);
      if (playbook === undefined) throw new Error(`the text of run ${runId} is no playbook`);
      const startedAt = await run.now();
      const reports: StepReport[] = [];
      for (const name of steps) {
        const step = playbook.steps.find((candidate) => candidate.name === name);
        if (step !== undefined) reports.push(await undoStep({ run, playbook, input, hands }, step, runId));
      }
      const isBack = reports.every(({ state }) => state === "undone");
      const what = isBack ? message("run.undone") : message("run.undo-failed");
      const state = isBack ? "undone" : "needs-human";
      await hands.logbook.write({ kind: "run-ended", runId, state, message: what }, `${run.id}:ended`);
      return {
        runId,
        playbookId: playbook.id,
        subject: input.subject,
        state,
        message: what,
        steps: reports,
        durationMs: (await run.now()) - startedAt,
      };
    },
  };
}
