import { exitCodes, Failure } from "../../kernel/failure.ts";
import { newId } from "../../kernel/ids.ts";
import { message } from "../../kernel/message.ts";
import { holdResponderLock } from "../../kernel/responder-lock.ts";
import { askAtTerminal } from "../ask-approval.ts";
import { done, type Command } from "../command.ts";
import { planDocument, planLines } from "../show-plan.ts";
import { runDocument, runLines } from "../show-run.ts";
import { inputOf, planOf, targetOptions } from "./playbook-read.ts";

export const playbookRun: Command = {
  words: ["PLAYBOOK"],
  options: targetOptions,
  async run(call) {
    const { app, screen, isDryRun } = call;
    const plan = await planOf(call, "playbook:run");
    if (isDryRun || plan.refusals.length > 0) {
      return done(planDocument(plan, screen), planLines(plan, screen), plan.refusals.length > 0 ? exitCodes.usage : exitCodes.allClear);
    }
    const input = await inputOf(call, "playbook:run");
    const lock = await holdResponderLock(app.lockFolder);
    if (lock === undefined) throw new Failure("run-busy", message("responder.busy"), message("run.busy-next"));
    try {
      app.onApprovalWanted = (wanted) => void askAtTerminal(wanted, app, screen);
      const outcome = await (await app.durable()).run(newId("run"), input);
      const exitCode =
        outcome.state === "succeeded"
          ? exitCodes.allClear
          : { green: exitCodes.green, yellow: exitCodes.yellow, red: exitCodes.red }[input.zone];
      return done(runDocument(outcome, screen.language), runLines(outcome, screen), exitCode);
    } finally {
      await lock.release();
    }
  },
};
