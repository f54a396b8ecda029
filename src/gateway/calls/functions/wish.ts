import { distance } from "fastest-levenshtein";
import { message, verbatim, type Message } from "../../../kernel/message.ts";
import type { KnownService, OpeningHours } from "../../companies/directory.ts";
import type { Caller } from "../caller.ts";
import { spokenDay, zonedAt } from "../company-day.ts";
import { argumentOf } from "../function-call.ts";
import { readSpokenDate } from "../spoken-date.ts";
import { readSpokenTime, type DayPart } from "../spoken-time.ts";

/** What is still missing, as the question that the agent asks. */
export type Question = { readonly ask: Message; readonly outcome: "unclear" | "past-date" | "refused" };

/** `question` or the thing itself. */
export type Read<Value> = { readonly question: Question } | { readonly value: Value };

const serviceNames = ["dienstleistung", "service", "service_name", "service_id", "leistung", "behandlung"] as const;
export const dateNames = ["datum", "date", "appointment_date", "tag", "day", "wunschdatum", "datetime", "termin"] as const;
export const timeNames = ["uhrzeit", "time", "appointment_time", "zeit", "wunschzeit", "datetime", "datum", "date", "termin"] as const;

/** The service that is meant. One misheard letter or two is forgiven when only one service is that near; nothing is guessed. */
export function readService(caller: Caller): Read<KnownService> {
  const offered = caller.company.services.filter(
    ({ isActive, branchId }) => isActive && (branchId === undefined || caller.branch === undefined || branchId === caller.branch.branchId),
  );
  const names = verbatim(
    offered
      .slice(0, 8)
      .map(({ name }) => name)
      .join(", "),
  );
  if (offered.length === 0) return { question: { ask: message("calls.say-no-services"), outcome: "refused" } };
  const wanted = argumentOf(caller.call, ...serviceNames);
  const [only] = offered;
  if (wanted === undefined) {
    if (offered.length === 1 && only !== undefined) return { value: only };
    return { question: { ask: message("calls.say-which-service", { names }), outcome: "unclear" } };
  }
  const word = plain(wanted);
  const rounds: readonly ((service: KnownService) => boolean)[] = [
    ({ serviceId, name }) => serviceId === wanted || plain(name) === word,
    ({ name }) => plain(name).includes(word) || word.includes(plain(name)),
    ({ name }) => distance(plain(name), word) <= Math.min(2, Math.floor(word.length / 4)),
  ];
  for (const fits of rounds) {
    const found = offered.filter(fits);
    if (found.length === 1 && found[0] !== undefined) return { value: found[0] };
    if (found.length > 1) {
      const near = verbatim(
        found
          .slice(0, 8)
          .map(({ name }) => name)
          .join(", "),
      );
      return { question: { ask: message("calls.say-which-service", { names: near }), outcome: "unclear" } };
    }
  }
  return { question: { ask: message("calls.say-unknown-service", { wanted: verbatim(wanted.slice(0, 60)), names }), outcome: "refused" } };
}

const plain = (text: string): string =>
  text
    .toLowerCase()
    .normalize("NFKD")
    .replace(/[^\p{L}\p{N}]/gu, "");

/** The wished day: `undefined` when none was named. A day in the past is a finding: the agent invented a date. */
export function readDay(caller: Caller, names: readonly string[] = dateNames): Read<Temporal.PlainDate | undefined> {
  const { call, company, now, language, gateway } = caller;
  const text = argumentOf(call, ...names);
  if (text === undefined) return { value: undefined };
  const today = zonedAt(now, company.timeZone).toPlainDate();
  const read = readSpokenDate(text, today);
  if (read.kind === "unclear") {
    return { question: { ask: message("calls.say-unclear-day"), outcome: "unclear" } };
  }
  if (read.kind === "either") {
    const [first, second] = read.dates;
    const ask = message("calls.say-which-day", { first: spokenDay(first, language, today), second: spokenDay(second, language, today) });
    return { question: { ask, outcome: "unclear" } };
  }
  if (Temporal.PlainDate.compare(read.date, today) < 0) {
    gateway.report({ kind: "past-date", companyId: company.companyId, subject: call.agentId ?? call.name, data: { function: call.name } });
    return {
      question: {
        ask: message("calls.say-past-date", { today: spokenDay(today, language, today.add({ years: 1 })) }),
        outcome: "past-date",
      },
    };
  }
  return { value: read.date };
}

/** The wished time of day, in minutes since midnight; or a part of the day. */
export function readTime(
  { call, branch }: Caller,
  day: Temporal.PlainDate | undefined,
  names: readonly string[] = timeNames,
): number | DayPart | undefined {
  const text = names.map((name) => argumentOf(call, name)).find((given) => given !== undefined && readSpokenTime(given).kind !== "none");
  if (text === undefined) return undefined;
  const read = readSpokenTime(text, day === undefined ? undefined : openOn(day, branch?.openingHours));
  return read.kind === "time" ? read.minute : read.kind === "part" ? read.part : undefined;
}

function openOn(day: Temporal.PlainDate, hours: OpeningHours | undefined): ((minute: number) => boolean) | undefined {
  const spans = hours?.[String(day.dayOfWeek) as "1"] ?? [];
  if (spans.length === 0) return undefined;
  const minuteOf = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5));
  return (minute: number): boolean => spans.some(({ from, to }) => minute >= minuteOf(from) && minute < minuteOf(to));
}

/** Epoch ms of a local time. In the hour that a clock change skips, the moment after it; doubled, the first (Temporal's "compatible"). */
export function instantOf(day: Temporal.PlainDate, minute: number, timeZone: string): number {
  const plainTime = Temporal.PlainTime.from({ hour: Math.floor(minute / 60), minute: minute % 60 });
  return day.toZonedDateTime({ timeZone, plainTime }).epochMilliseconds;
}
