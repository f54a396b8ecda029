import { message, type Message } from "../kernel/message.ts";
import type { Step } from "./playbook.ts";
import { approvalExpiryMs, approvalTopic, type Approval, type RunScene } from "./run-contract.ts";

/**
 * Waits until enough different persons have said yes to exactly this text, and no longer than ten minutes.
 * Returns why the step may not run, or `undefined` when it may.
 */
export async function awaitApproval(
  { run, playbook, input, hands }: RunScene,
  step: Step,
  persons: number,
): Promise<{ state: "needs-human" | "refused"; message: Message } | undefined> {
  if (!input.authority.canAsk) {
    return {
      state: "needs-human",
      message: message("run.approval-missing", { step: step.name, playbook: playbook.id, subject: input.subject }),
    };
  }
  hands.onApprovalWanted({
    runId: run.id,
    persons,
    step: { name: step.name, risk: step.risk, hash: step.hash, text: step.do.body.trim() },
  });
  const until = (await run.now()) + approvalExpiryMs;
  const agreed = new Set<string>();
  while (agreed.size < persons) {
    const given = await run.waitFor<Approval>(approvalTopic(step.name), until);
    if (given === undefined) return { state: "needs-human", message: message("run.approval-expired", { step: step.name }) };
    // Somebody agreed to another text than the one that would run now.
    if (given.stepHash !== step.hash) continue;
    if (!given.isGranted) return { state: "refused", message: message("run.approval-refused", { by: given.by }) };
    // A person who writes the name differently is still the same person.
    const person = given.by.trim().toLowerCase();
    if (person !== "") agreed.add(person);
  }
  return undefined;
}
