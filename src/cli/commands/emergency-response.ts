import { message } from "../../kernel/message.ts";
import { respondOnce } from "../../responder/main-job.ts";
import { askAtTerminal } from "../ask-approval.ts";
import type { Command } from "../command.ts";
import { describeReport, hearing, showSteps } from "../show-report.ts";

/** The source's first promise: one command that looks, sorts, fixes, and proves it. */
export const emergencyResponse: Command = {
  details: message("emergency.details"),
  words: [],
  options: { "auto-fix": { what: message("emergency.auto-fix") }, rehearse: { what: message("emergency.rehearse") } },
  async run(call) {
    const { app, flags, screen, signal, isDryRun } = call;
    app.onHappening = showSteps(screen);
    app.onApprovalWanted = (wanted) => void askAtTerminal(wanted, app, screen);
    const found = await app.findConfig();
    if (found === undefined || flags.has("rehearse")) {
      const { rehearse } = await import("../rehearsal.ts");
      return await rehearse(call, found === undefined);
    }
    const mayFix = flags.has("auto-fix") && !isDryRun;
    const report = await respondOnce(app, { mayFix, canAsk: screen.isInteractive, signal, ...hearing(screen) });
    return describeReport(report, screen);
  },
};
