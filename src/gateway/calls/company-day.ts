import { message, say, verbatim, type Language, type Message } from "../../kernel/message.ts";
import { isOpen, openSpans } from "../callbacks/opening.ts";
import type { KnownBranch, KnownCompany, OpeningHours } from "../companies/directory.ts";

const weekdayKeys = ["1", "2", "3", "4", "5", "6", "7"] as const;

/** The caller's language; companies say `de`, `de-DE`, `en` … */
export function languageOf(company: KnownCompany): Language {
  return company.language.toLowerCase().startsWith("en") ? "en" : "de";
}

// Making one costs more than using it, and a caller waits.
const dayFormats = { de: formatsOf("de-DE"), en: formatsOf("en-GB") };

function formatsOf(locale: string): Record<"weekday" | "day" | "withYear", Intl.DateTimeFormat> {
  const day = { weekday: "long", day: "numeric", month: "long", timeZone: "UTC" } as const;
  return {
    weekday: new Intl.DateTimeFormat(locale, { weekday: "long", timeZone: "UTC" }),
    day: new Intl.DateTimeFormat(locale, day),
    withYear: new Intl.DateTimeFormat(locale, { ...day, year: "numeric" }),
  };
}

export function spokenWeekday(date: Temporal.PlainDate, language: Language): string {
  return dayFormats[language].weekday.format(Date.UTC(date.year, date.month - 1, date.day));
}

/** The same moments come again and again: now, and the free times of a day. A conversion costs ten times a look into a map. */
const mostRemembered = 4000;
const zonedMoments = new Map<string, Temporal.ZonedDateTime>();
const spokenMoments = new Map<string, string>();

function remembered<Value>(known: Map<string, Value>, key: string, make: () => Value): Value {
  const found = known.get(key);
  if (found !== undefined) return found;
  const made = make();
  if (known.size >= mostRemembered) known.clear();
  known.set(key, made);
  return made;
}

export function zonedAt(at: number, timeZone: string): Temporal.ZonedDateTime {
  return remembered(zonedMoments, `${at} ${timeZone}`, () => Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone));
}

/** "Dienstag, 24. November" as it is spoken; with the year when it is not this one. */
export function spokenDay(date: Temporal.PlainDate, language: Language, today?: Temporal.PlainDate): string {
  const isOtherYear = today !== undefined && today.year !== date.year;
  return dayFormats[language][isOtherYear ? "withYear" : "day"].format(Date.UTC(date.year, date.month - 1, date.day));
}

/** "14 Uhr", "14 Uhr 30"; "2:30 pm". */
export function spokenClock({ hour, minute }: { hour: number; minute: number }, language: Language): string {
  if (language === "de") return minute === 0 ? `${hour} Uhr` : `${hour} Uhr ${minute}`;
  const clock = `${hour % 12 === 0 ? 12 : hour % 12}${minute === 0 ? "" : `:${String(minute).padStart(2, "0")}`}`;
  return `${clock} ${hour < 12 ? "am" : "pm"}`;
}

/** A moment as it is spoken: day and time. */
export function spokenMoment(at: number, timeZone: string, language: Language, now: number): string {
  const { year } = zonedAt(now, timeZone);
  return remembered(spokenMoments, `${at} ${timeZone} ${language} ${year}`, () => {
    const moment = zonedAt(at, timeZone);
    const day = spokenDay(moment.toPlainDate(), language, zonedAt(now, timeZone).toPlainDate());
    return say(message("calls.say-moment", { day, time: spokenClock(moment, language) }), language);
  });
}

/** The hours of one day as they are spoken, "geschlossen" when there are none. */
export function spokenHours(hours: OpeningHours, day: Temporal.PlainDate, language: Language): Message {
  const spans = hours[weekdayKeys[day.dayOfWeek - 1] ?? "1"] ?? [];
  if (spans.length === 0) return message("calls.say-closed-day");
  const texts = spans.map(({ from, to }) =>
    say(message("calls.say-span", { from: spokenClock(clockOf(from), language), to: spokenClock(clockOf(to), language) }), language),
  );
  return verbatim(texts.join(language === "de" ? " und " : " and "));
}

/** What is true now for callers of a branch; `isOpenNow` is `undefined` when nobody told us any hours. */
export type CompanyDay = {
  readonly today: Temporal.PlainDate;
  readonly time: string;
  readonly isOpenNow: boolean | undefined;
  /** Epoch ms of the next opening, absent when open or never. */
  readonly opensAt?: number;
};

export function describeDay(now: number, company: KnownCompany, branch: KnownBranch | undefined): CompanyDay {
  const zoned = zonedAt(now, company.timeZone);
  const hours = branch?.openingHours ?? {};
  const hasHours = Object.values(hours).some((spans) => (spans ?? []).length > 0);
  const day = { today: zoned.toPlainDate(), time: zoned.toPlainTime().toString({ smallestUnit: "minute" }) };
  if (!hasHours) return { ...day, isOpenNow: undefined };
  const isOpenNow = isOpen(hours, company.timeZone, now);
  const next = isOpenNow ? undefined : openSpans(hours, company.timeZone, now).next().value;
  return { ...day, isOpenNow, ...(next === undefined ? {} : { opensAt: next.startsAt }) };
}

function clockOf(text: string): { hour: number; minute: number } {
  const [hour = "0", minute = "0"] = text.split(":");
  return { hour: Number(hour), minute: Number(minute) };
}
