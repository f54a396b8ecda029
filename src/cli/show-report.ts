import { exitCodes } from "../kernel/failure.ts";
import { message, say } from "../kernel/message.ts";
import type { JobOptions, Report } from "../responder/main-job.ts";
import { done, type Outcome } from "./command.ts";
import type { Screen } from "./screen.ts";
import { clockText, findingDocument, headline, nextStepOf, pictureDocument, pictureLines } from "./show-picture.ts";
import { planDocument, planLines } from "./show-plan.ts";
import { runDocument, runLines } from "./show-run.ts";

/** Progress as a person wants it: what is looked at, what runs, what was asked. */
export function hearing(screen: Screen): Pick<JobOptions, "onProgress" | "onLook"> {
  return {
    onProgress: (what) => screen.tell(what, "dim"),
    onLook: (finished, count) => screen.draw([message("survey.progress", { done: finished, count })]),
  };
}

export function describeReport(report: Report, screen: Screen): Outcome {
  const { language } = screen;
  const { first, last, runs, leftAlone, plans, durationMs, exitCode, budgetMs } = report;
  const nextStep = nextStepOf(exitCode);
  const fixed = exitCode === exitCodes.allClear && runs.length > 0;
  const zone = pictureDocument(first, language)["zone"];
  const lines = [
    ...(report.breakGlass === undefined ? [] : [screen.style(say(report.breakGlass, language), "warn")]),
    ...report.changes.slice(0, 5).map((change) => `  Δ ${say(change, language)}`),
    headline(first, screen) + (first.zone === undefined ? "" : `  ${clockText(durationMs)} / ${clockText(budgetMs)}`),
    ...pictureLines(first, screen),
    ...plans.flatMap((plan) => planLines(plan, screen)),
    ...runs.flatMap((run) => runLines(run, screen)),
    ...leftAlone.map(({ finding, reason }) => `  ✋ ${finding.subject}: ${say(reason, language)}`),
    ...(runs.length === 0 ? [] : [`${say(message("emergency.now"), language)} ${headline(last, screen)}`, ...pictureLines(last, screen)]),
    ...(fixed ? [screen.style(say(message("emergency.fixed", { seconds: (durationMs / 1000).toFixed(1) }), language), "good")] : []),
    ...(nextStep === undefined ? [] : [`→ ${say(report.nextStep ?? nextStep, language)}`]),
  ];
  return done(
    {
      zone,
      zoneNow: pictureDocument(last, language)["zone"],
      incidentId: report.incidentId,
      mode: report.breakGlass === undefined ? "store" : "break-glass",
      changes: report.changes.map((change) => say(change, language)),
      findings: first.findings.map((finding) => findingDocument(finding, language)),
      blindSpots: pictureDocument(last, language)["blindSpots"],
      plans: plans.map((plan) => planDocument(plan, screen)),
      runs: runs.map((run) => runDocument(run, language)),
      remaining: last.findings.map((finding) => ({
        ...findingDocument(finding, language),
        reason: leftAlone.filter((left) => left.finding.cause === finding.cause && left.finding.subject === finding.subject).map(({ reason }) => say(reason, language))[0],
      })),
      durationMs,
    },
    lines,
    exitCode,
  );
}
