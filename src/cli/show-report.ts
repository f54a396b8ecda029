import type { Change } from "../changes/change.ts";
import { exitCodes } from "../kernel/failure.ts";
import { message, say } from "../kernel/message.ts";
import type { Happening } from "../logbook/entry.ts";
import type { JobOptions, Report } from "../responder/main-job.ts";
import { done, type Outcome } from "./command.ts";
import type { Screen } from "./screen.ts";
import { clockText, findingDocument, headline, nextStepOf, pictureDocument, pictureLines } from "./show-picture.ts";
import { planDocument, planLines } from "./show-plan.ts";
import { runDocument, runLines, stepMark } from "./show-run.ts";

/** Progress as a person wants it: what is looked at, what runs, what was asked. */
export function hearing(screen: Screen): Pick<JobOptions, "onProgress" | "onLook"> {
  return {
    onProgress: (what) => screen.tell(what, "dim"),
    onLook: (finished, count) => screen.draw([message("survey.progress", { done: finished, count })]),
  };
}

/** On a terminal, the step that runs and what came of the last one, redrawn in place. */
export function showSteps(screen: Screen): (happening: Happening) => void {
  return (happening) => {
    if (happening.kind === "step-started") screen.draw([`  … ${happening.name}`]);
    if (happening.kind === "step-ended") screen.draw([`  ${stepMark(happening.state, screen)} ${happening.name}`]);
    if (happening.kind === "alarm") screen.tell(happening.message, "bad");
  };
}

export function describeReport(report: Report, screen: Screen): Outcome {
  const { language } = screen;
  const { first, last, runs, leftAlone, plans, durationMs, exitCode, budgetMs } = report;
  const nextStep = nextStepOf(last);
  const fixed = exitCode === exitCodes.allClear && runs.length > 0;
  const zone = pictureDocument(first, language)["zone"];
  const lines = [
    ...(report.breakGlass === undefined ? [] : [screen.style(say(report.breakGlass, language), "warn")]),
    ...changeLines(report.changes, screen),
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
      incidentId: report.incident?.id,
      mode: report.breakGlass === undefined ? "store" : "break-glass",
      changes: report.changes.map(({ at, kind, host, what, isBlind }) => ({
        at: new Date(at).toISOString(),
        kind,
        host,
        what: say(what, language),
        isBlind,
      })),
      findings: first.findings.map((finding) => findingDocument(finding, language)),
      blindSpots: pictureDocument(last, language)["blindSpots"],
      plans: plans.map((plan) => planDocument(plan, screen)),
      runs: runs.map((run) => runDocument(run, language)),
      remaining: last.findings.map((finding) => ({
        ...findingDocument(finding, language),
        reason: leftAlone
          .filter((left) => left.finding.cause === finding.cause && left.finding.subject === finding.subject)
          .map(({ reason }) => say(reason, language))[0],
      })),
      nextStep: nextStep === undefined ? undefined : say(report.nextStep ?? nextStep, language),
      durationMs,
    },
    lines,
    exitCode,
  );
}

const mostChangesShown = 5;

/** What changed in the last 24 hours stands first: it is the likeliest cause. */
function changeLines(changes: readonly Change[], screen: Screen): string[] {
  if (changes.length === 0) return [];
  const line = ({ host, what }: Change): string => `  Δ ${host}: ${say(what, screen.language)}`;
  const seen = changes.filter(({ isBlind }) => isBlind !== true);
  const shown = seen.slice(0, mostChangesShown).map(line);
  const blind = changes.filter(({ isBlind }) => isBlind === true).map((change) => screen.style(line(change).replace("Δ", "?"), "dim"));
  const rest = seen.length - shown.length;
  return [
    screen.style(say(message("changes.title"), screen.language), "strong"),
    ...shown,
    ...blind,
    ...(rest > 0 ? [screen.style(`  … ${say(message("changes.more", { count: rest }), screen.language)}`, "dim")] : []),
  ];
}
