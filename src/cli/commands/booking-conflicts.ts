import type { App } from "../../app.ts";
import { openConflicts, resolveConflict, type Conflict, type ConflictKind } from "../../gateway/bookings/conflict-rows.ts";
import { emptyContent, toDirectory, type Directory } from "../../gateway/companies/directory.ts";
import { readDirectoryContent } from "../../gateway/companies/read-directory.ts";
import { asEveryCompany } from "../../gateway/companies/tenant.ts";
import { Failure } from "../../kernel/failure.ts";
import { message, type Language, type Message } from "../../kernel/message.ts";
import { usage } from "../arguments.ts";
import { done, type Command } from "../command.ts";
import { minuteText } from "../moment-text.ts";
import { operatorName } from "../operator.ts";
import { openCompanyStore } from "./company-store.ts";

/** What a time is said with: the company's own zone, else ours. */
export type Places = { readonly directory: Directory; readonly language: Language; readonly timeZone: string };

/** Appointments about which we and Cal.com do not agree, or that came to nothing: each waits for a human's word. */
export const bookingConflicts: Command = {
  words: [],
  options: {
    resolve: { value: "ID", what: message("option.conflict-resolve") },
    reason: { value: "TEXT", what: message("option.reason") },
  },
  async run({ app, values, isDryRun }) {
    const pool = await openCompanyStore(app);
    const open = await asEveryCompany(pool, openConflicts);
    const places = { directory: await directoryOf(app), language: app.language, timeZone: app.timeZone };
    const conflictId = values.get("resolve");
    if (conflictId === undefined) {
      const lines = open.length === 0 ? [message("bookings.no-conflicts")] : conflictLines(open, places);
      return done({ conflicts: open.map(describeConflict) }, lines);
    }
    const reason = values.get("reason")?.trim() ?? "";
    if (reason === "") throw usage("booking:conflicts", message("bookings.reason-missing"));
    const found = open.find((conflict) => conflict.conflictId === conflictId);
    if (found === undefined) {
      throw new Failure("not-found", message("bookings.conflict-unknown", { id: conflictId }), message("bookings.conflict-unknown-next"));
    }
    if (isDryRun) {
      return done({ isDryRun, conflict: describeConflict(found) }, [
        message("bookings.would-resolve", { id: conflictId }),
        ...conflictLines([found], places),
      ]);
    }
    const by = operatorName(app);
    const isOurs = await asEveryCompany(pool, async (client) => await resolveConflict(client, { conflictId, by, reason }, app.clock.now()));
    if (!isOurs) {
      throw new Failure("not-found", message("bookings.conflict-unknown", { id: conflictId }), message("bookings.conflict-unknown-next"));
    }
    return done({ isDryRun, conflict: describeConflict(found), by, reason }, [message("bookings.resolved", { id: conflictId, by })]);
  },
};

const kindTexts = {
  "slot-taken": "bookings.kind-slot-taken",
  "refused-by-calcom": "bookings.kind-refused",
  "moved-at-calcom": "bookings.kind-moved",
  "withdrawn-at-calcom": "bookings.kind-withdrawn",
  "missing-at-calcom": "bookings.kind-missing",
  "made-after-giving-up": "bookings.kind-made-late",
  "made-twice": "bookings.kind-twice",
  "claim-without-appointment": "bookings.kind-claim",
  "not-confirmed-in-time": "bookings.kind-not-in-time",
} as const satisfies Record<ConflictKind, string>;

export function conflictLines(conflicts: readonly Conflict[], places: Places): readonly Message[] {
  return conflicts.map(({ conflictId, companyId, kind, subject, detail, callbackId }) => {
    const startsAt = Date.parse(String(detail["startsAt"] ?? ""));
    return message("bookings.conflict-line", {
      id: conflictId,
      company: companyId,
      what: message(kindTexts[kind]),
      when: Number.isNaN(startsAt) ? "–" : whenText(startsAt, companyId, places),
      subject,
      callback: callbackId ?? "–",
    });
  });
}

export function describeConflict({ foundAt, ...conflict }: Conflict): Record<string, unknown> {
  return { ...conflict, foundAt: new Date(foundAt).toISOString() };
}

/** In the zone of the company: what its people have on their wall. */
export function whenText(at: number, companyId: string, { directory, language, timeZone }: Places): string {
  return minuteText(at, { language, timeZone: directory.company(companyId)?.timeZone ?? timeZone });
}

async function directoryOf(app: App): Promise<Directory> {
  const pool = await openCompanyStore(app);
  return toDirectory(
    await asEveryCompany(pool, async (client) => await readDirectoryContent(client, app.clock.now())).catch(() => emptyContent),
  );
}
