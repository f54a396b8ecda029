import { userInfo } from "node:os";
import { exitCodes, Failure } from "../../kernel/failure.ts";
import { newId } from "../../kernel/ids.ts";
import { message, say } from "../../kernel/message.ts";
import { holdResponderLock } from "../../kernel/responder-lock.ts";
import { approvalTopic, type Approval, type WantedApproval } from "../../playbooks/run-contract.ts";
import type { App } from "../../app.ts";
import { done, type Command } from "../command.ts";
import type { Screen } from "../screen.ts";
import { planDocument, planLines } from "../show-plan.ts";
import { runDocument, runLines } from "../show-run.ts";
import { inputOf, planOf, targetOptions } from "./playbook-read.ts";

export const playbookRun: Command = {
  words: ["PLAYBOOK"],
  options: targetOptions,
  async run(call) {
    const { app, screen, isDryRun } = call;
    const plan = await planOf(call, "playbook:run");
    if (isDryRun || plan.refusals.length > 0) return done(planDocument(plan, screen), planLines(plan, screen), plan.refusals.length > 0 ? exitCodes.usage : exitCodes.allClear);
    const input = await inputOf(call, "playbook:run");
    const lock = await holdResponderLock(app.lockFolder);
    if (lock === undefined) throw new Failure("run-busy", message("responder.busy"), message("run.busy-next"));
    try {
      app.onApprovalWanted = (wanted) => void askAtTerminal(wanted, app, screen);
      const outcome = await (await app.durable()).run(newId("run"), input);
      const exitCode = outcome.state === "succeeded" ? exitCodes.allClear : { green: exitCodes.green, yellow: exitCodes.yellow, red: exitCodes.red }[input.zone];
      return done(runDocument(outcome, screen.language), runLines(outcome, screen), exitCode);
    } finally {
      await lock.release();
    }
  },
};

/** Shows what would run and asks; the answer is pinned to exactly that text. */
export async function askAtTerminal({ runId, step, persons }: WantedApproval, app: App, screen: Screen): Promise<void> {
  const { engine } = await app.durable();
  screen.tell(message("approval.wanted", { step: step.name, risk: step.risk, persons }), "warn");
  for (const line of step.text.split("\n")) screen.tell(`    ${line}`);
  for (let count = 0; count < persons; count += 1) {
    const by = persons > 1 ? await screen.ask(message("approval.name", { number: count + 1 })) : userInfo().username;
    const answer = by === undefined || by === "" ? undefined : await screen.ask(message("approval.question", { word: say(message("approval.yes"), screen.language) }));
    const isGranted = answer?.toLowerCase() === say(message("approval.yes"), screen.language);
    const approval: Approval = { by: by ?? "", stepHash: step.hash, isGranted };
    await engine.send(runId, approvalTopic(step.name), approval, newId("approval"));
    if (!isGranted) return;
  }
}
