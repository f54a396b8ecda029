import { userInfo } from "node:os";
import type { App } from "../app.ts";
import { newId } from "../kernel/ids.ts";
import { message, say } from "../kernel/message.ts";
import { approvalTopic, type Approval, type WantedApproval } from "../playbooks/run-contract.ts";
import type { Screen } from "./screen.ts";

/** Shows what would run and asks; the answer is pinned to exactly that text. */
export async function askAtTerminal({ runId, step, persons }: WantedApproval, app: App, screen: Screen): Promise<void> {
  const { mailbox } = await app.durable();
  screen.tell(message("approval.wanted", { step: step.name, risk: step.risk, persons }), "warn");
  for (const line of step.text.split("\n")) screen.tell(`    ${line}`);
  for (let count = 0; count < persons; count += 1) {
    const by = persons > 1 ? await screen.ask(message("approval.name", { number: count + 1 })) : userInfo().username;
    const answer =
      by === undefined || by === ""
        ? undefined
        : await screen.ask(message("approval.question", { word: say(message("approval.yes"), screen.language) }));
    const isGranted = answer?.toLowerCase() === say(message("approval.yes"), screen.language);
    const approval: Approval = { by: by ?? "", stepHash: step.hash, isGranted };
    await mailbox.send(runId, approvalTopic(step.name), approval, newId("approval"));
    if (!isGranted) return;
  }
}
