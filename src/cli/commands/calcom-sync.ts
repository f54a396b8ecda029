import {
  diffBookings,
  emergencySync,
  isInStep,
  type DiffLine,
  type SyncDiff,
  type SyncReport,
} from "../../gateway/bookings/emergency-sync.ts";
import { hours } from "../../kernel/clock.ts";
import { exitCodes } from "../../kernel/failure.ts";
import { message, type Message } from "../../kernel/message.ts";
import { usage } from "../arguments.ts";
import { done, type Command } from "../command.ts";
import { exitOfLook, expectNothing } from "../expect-nothing.ts";
import { indented, type Line } from "../line.ts";
import { conflictLines, describeConflict, whenText, type Places } from "./booking-conflicts.ts";
import { openBookingGround } from "./booking-ground.ts";

const mostHours = 24 * 31;
const shownLines = 12;

/**
 * Brings our appointments and Cal.com's together for the coming hours: shows the difference, makes it good within the limit
 * towards Cal.com, looks again. What needs a human is listed and never decided here.
 */
export const calcomEmergencySync: Command = {
  words: [],
  options: { "next-hours": { value: "24", what: message("option.next-hours") }, ...expectNothing },
  details: message("bookings.sync-details"),
  async run({ app, values, isDryRun, screen, signal }) {
    const text = values.get("next-hours") ?? "24";
    const nextHours = /^\d{1,3}$/.test(text) ? Number(text) : 0;
    if (nextHours < 1 || nextHours > mostHours) {
      throw usage("calcom:emergency-sync", message("bookings.hours-wrong", { given: text, most: mostHours }));
    }
    const ground = await openBookingGround(app);
    try {
      const now = app.clock.now();
      const diff = await diffBookings(ground.desk, { fromAt: now, untilAt: now + hours(nextHours) }, signal);
      const places = { directory: ground.desk.gateway.directory, language: app.language, timeZone: app.timeZone };
      if (isDryRun) {
        return done(
          { isDryRun, diff: describeDiff(diff) },
          diffLines(diff, nextHours, places),
          diff.unseen.length > 0 ? exitCodes.refused : exitOfLook("calcom:emergency-sync", { values }, !isInStep(diff)),
        );
      }
      const report = await emergencySync(ground.desk, nextHours, signal, (account, isDone) =>
        screen.tell(message(isDone ? "bookings.account-done" : "bookings.account-begins", { account }), "dim"),
      );
      const isDone = isInStep(report.rest);
      const document = {
        isDryRun,
        isInStep: isDone,
        diff: describeDiff(diff),
        pushed: report.pushed,
        applied: report.applied,
        missing: report.missing,
        rest: describeDiff(report.rest),
        conflicts: report.conflicts.map(describeConflict),
        isResumed: report.isResumed,
      };
      const lines = [...diffLines(diff, nextHours, places), "", ...reportLines(report, places)];
      return done(document, lines, isDone ? exitCodes.allClear : exitCodes.refused);
    } finally {
      await ground.close();
    }
  },
};

function diffLines(diff: SyncDiff, nextHours: number, places: Places): readonly Line[] {
  const { toCalcom, fromCalcom, missing, unassigned, strange, unseen } = diff;
  return [
    message("bookings.diff", { hours: nextHours, out: toCalcom.length, in: fromCalcom.length, missing: missing.length }),
    ...[...toCalcom, ...fromCalcom, ...missing].slice(0, shownLines).map((line) => indented(diffLine(line, places), places.language)),
    ...more(toCalcom.length + fromCalcom.length + missing.length - shownLines).map((line) => indented(line, places.language)),
    ...(unassigned === 0 ? [] : [message("bookings.unassigned", { count: unassigned })]),
    ...(strange === 0 ? [] : [message("bookings.strange", { count: strange })]),
    ...unseen.map((account) => message("bookings.unseen", { account })),
  ];
}

function diffLine({ companyId, subject, startsAt, what }: DiffLine, places: Places): Message {
  return message("bookings.diff-line", { what, when: whenText(startsAt, companyId, places), company: companyId, subject });
}

function reportLines({ pushed, applied, missing, rest, conflicts, isResumed }: SyncReport, places: Places): readonly Line[] {
  const waiting = pushed.unknown + pushed.away + pushed.error;
  return [
    ...(isResumed ? [message("bookings.resumed")] : []),
    message("bookings.synced", {
      out: pushed.agreed + pushed.gone + pushed["awaits-host"],
      in: applied.created + applied.updated,
      waiting,
      missing,
    }),
    isInStep(rest)
      ? message("bookings.in-step")
      : message("bookings.not-in-step", {
          count: rest.toCalcom.length + rest.fromCalcom.length + rest.missing.length,
          unseen: rest.unseen.join(", ") || "–",
        }),
    ...conflictLines(conflicts, places),
  ];
}

function more(count: number): readonly Message[] {
  return count > 0 ? [message("bookings.more", { count })] : [];
}

function describeDiff({ fromAt, untilAt, toCalcom, fromCalcom, missing, unassigned, strange, unseen }: SyncDiff): Record<string, unknown> {
  const plain = (lines: readonly DiffLine[]) =>
    lines.map(({ startsAt, ...line }) => ({ ...line, startsAt: new Date(startsAt).toISOString() }));
  return {
    from: new Date(fromAt).toISOString(),
    until: new Date(untilAt).toISOString(),
    toCalcom: plain(toCalcom),
    fromCalcom: plain(fromCalcom),
    missing: plain(missing),
    unassigned,
    strange,
    unseen,
  };
}
