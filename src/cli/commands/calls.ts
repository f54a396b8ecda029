import { hours } from "../../kernel/clock.ts";
import { message, say, type Message } from "../../kernel/message.ts";
import { maskedNumber } from "../../gateway/callbacks/phone.ts";
import { groupFailures, listFailedCalls, mostRows, type FailedCall, type FailureGroup } from "../../gateway/calls/failed-calls.ts";
import { parseMoment } from "../../gateway/inbox/parse-time.ts";
import { usage } from "../arguments.ts";
import { done, type Call, type Command } from "../command.ts";
import { indented } from "../line.ts";
import { minuteText } from "../moment-text.ts";
import { companyMissing, isCompanyId, openCompanyStore } from "./company-store.ts";

const name = "calls:show-failed";
const defaultLimit = 5;

/** What went wrong with calls, by cause: whose fault it looks like and what to do next. Numbers are masked. */
export const callsShowFailed: Command = {
  words: [],
  options: {
    "last-hour": { what: message("option.calls-last-hour") },
    since: { value: "TIME", what: message("option.calls-since") },
    company: { value: "ID", what: message("option.calls-company") },
    limit: { value: "N", what: message("option.calls-limit") },
  },
  details: message("calls.show-failed-details"),
  async run({ app, values, flags, screen }) {
    const now = app.clock.now();
    const since = readSince(values, flags, now, app.timeZone);
    const limit = Number(values.get("limit") ?? defaultLimit);
    if (!Number.isSafeInteger(limit) || limit < 0 || limit > 1000) throw usage(name, message("calls.limit-wrong"));
    const companyId = values.get("company");
    if (companyId !== undefined && !isCompanyId(companyId)) throw companyMissing(companyId, []);
    const pool = await openCompanyStore(app);
    const found = await listFailedCalls(pool, { since, now, ...(companyId === undefined ? {} : { companyId }) });
    const groups = groupFailures(found.calls, limit);
    const document = {
      since: new Date(since).toISOString(),
      calls: found.all,
      failed: found.calls.length,
      isCut: found.calls.length >= mostRows,
      groups: groups.map((group) => ({ ...group, nextStep: say(nextStepOf(group), screen.language), calls: group.calls.map(show) })),
    };
    const since_ = minuteText(since, { language: screen.language, timeZone: app.timeZone });
    if (groups.length === 0) return done(document, [message("calls.none-failed", { since: since_, all: found.all })]);
    return done(document, [
      message(document.isCut ? "calls.failed-head-cut" : "calls.failed-head", {
        failed: found.calls.length,
        all: found.all,
        since: since_,
      }),
      ...groups.flatMap((group) => linesOf(group, screen, app.timeZone)),
    ]);
  },
};

function readSince(values: ReadonlyMap<string, string>, flags: ReadonlySet<string>, now: number, timeZone: string): number {
  const text = values.get("since");
  if (text === undefined) return now - hours(1);
  if (flags.has("last-hour")) throw usage(name, message("calls.since-twice"));
  const since = parseMoment(text, now, timeZone);
  if (since === undefined || since > now) throw usage(name, message("calls.since-wrong"));
  return since;
}

function linesOf(group: FailureGroup, screen: Call["screen"], timeZone: string): (string | Message)[] {
  const { kind, reason, blame, count, calls } = group;
  const head = message("calls.failed-group", {
    count,
    kind: message(`calls.kind-${kind}`),
    reason,
    blame: message(`calls.blame-${blame}`),
  });
  const clock = new Intl.DateTimeFormat(screen.language, { timeZone, hour: "2-digit", minute: "2-digit" });
  return [
    "",
    screen.style(say(head, screen.language), "strong"),
    `  → ${say(nextStepOf(group), screen.language)}`,
    ...calls.map(
      (call) =>
        `  ${clock.format(call.at)}  ${[call.companyId, call.callId, caller(call), call.agent ?? ""].filter((part) => part !== "").join("  ")}`,
    ),
    ...(count > calls.length ? [indented(message("calls.failed-more", { more: count - calls.length }), screen.language)] : []),
  ];
}

function nextStepOf({ kind, blame }: FailureGroup): Message {
  if (kind === "failed") return message(`calls.next-${blame}`);
  return message(`calls.next-${kind}`);
}

function show({ at, fromNumber, ...call }: FailedCall): Record<string, unknown> {
  return { ...call, at: new Date(at).toISOString(), ...(fromNumber === undefined ? {} : { number: maskedNumber(fromNumber) }) };
}

function caller({ fromNumber, durationMs }: FailedCall): string {
  const number = fromNumber === undefined ? "" : maskedNumber(fromNumber);
  return durationMs === undefined ? number : `${number} ${Math.round(durationMs / 1000)} s`.trim();
}
