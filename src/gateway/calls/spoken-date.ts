import { monthWords, weekdayWords, withDigits } from "./date-words.ts";

/** What day somebody means. `either`: German leaves it open, so the caller is asked. A past day is a day: the reader decides. */
export type SpokenDate =
  | { readonly kind: "date"; readonly date: Temporal.PlainDate }
  | { readonly kind: "either"; readonly dates: readonly [Temporal.PlainDate, Temporal.PlainDate] }
  | { readonly kind: "unclear" };

const months = Object.keys(monthWords).join("|");
const weekdays = Object.keys(weekdayWords).join("|");

/** Reads one day out of a caller's or an agent's words. Pure. `today` is the day in the company's time zone. */
export function readSpokenDate(text: string, today: Temporal.PlainDate): SpokenDate {
  if (text.length > 200) return { kind: "unclear" };
  const words = withDigits(text);
  return readWritten(words, today) ?? readNear(words, today) ?? readWeekday(words, today) ?? { kind: "unclear" };
}

/** 2026-11-24, 24.11., 24.11.26, 24. November, November 24. */
function readWritten(words: string, today: Temporal.PlainDate): SpokenDate | undefined {
  const iso = /(?<!\d)(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)/.exec(words);
  if (iso !== null) return exact(Number(iso[1]), Number(iso[2]), Number(iso[3]));
  const dotted = /(?<!\d)(\d{1,2})\. ?(\d{1,2})\.(?: ?(\d{4}|\d{2})(?![\d:]| ?uhr))?/.exec(words);
  if (dotted !== null) return ofYear(dotted[3], Number(dotted[2]), Number(dotted[1]), today);
  const named = new RegExp(`(?<!\\d)(\\d{1,2})\\.? (?:of )?(${months})(?: (\\d{4}))?(?!\\p{L})`, "u").exec(words);
  if (named !== null) return ofYear(named[3], monthWords[named[2] ?? ""] ?? 0, Number(named[1]), today);
  const english = new RegExp(`(?<!\\p{L})(${months}) (?:the )?(\\d{1,2})\\.?(?: (\\d{4}))?(?!\\d)`, "u").exec(words);
  if (english !== null) return ofYear(english[3], monthWords[english[1] ?? ""] ?? 0, Number(english[2]), today);
  return undefined;
}

/** Today, tomorrow, in three days, a week from today. */
function readNear(words: string, today: Temporal.PlainDate): SpokenDate | undefined {
  const later = daysLater(words);
  const hasWeekday = findWeekday(words) !== undefined;
  if (/(?<!\p{L})(heute|today)(?!\p{L})/u.test(words)) return at(today.add({ days: later ?? 0 }));
  if (/(?<!\p{L})(übermorgen|uebermorgen|day after tomorrow)(?!\p{L})/u.test(words)) return at(today.add({ days: 2 + (later ?? 0) }));
  if (/(?<!\p{L})(gestern|yesterday)(?!\p{L})/u.test(words)) return at(today.subtract({ days: 1 }));
  if (hasWeekday) return undefined;
  // "Am Morgen" is a time of day.
  if (/(?<!am )(?<!\p{L})(morgen|tomorrow)(?!\p{L})/u.test(words)) return at(today.add({ days: 1 + (later ?? 0) }));
  if (later === undefined) return undefined;
  // "In acht Tagen" means a week to most, eight days to some.
  if (/(?<!\p{L})in 8 tagen/u.test(words)) return { kind: "either", dates: [today.add({ days: 7 }), today.add({ days: 8 })] };
  return at(today.add({ days: later }));
}

function readWeekday(words: string, today: Temporal.PlainDate): SpokenDate | undefined {
  const weekday = findWeekday(words);
  if (weekday === undefined) return undefined;
  const weeks = weeksAhead(words);
  const monday = today.subtract({ days: today.dayOfWeek - 1 });
  if (weeks !== undefined) return at(monday.add({ days: 7 * weeks + weekday - 1 }));
  const coming = today.add({ days: ((weekday - today.dayOfWeek + 6) % 7) + 1 });
  const later = daysLater(words);
  if (later !== undefined) return at(coming.add({ days: later }));
  if (/(?<!\p{L})(übernächste[nr]?|uebernaechste[nr]?)(?!\p{L})/u.test(words)) return at(coming.add({ days: 7 }));
  if (/(?<!\p{L})(diese[nr]?|this)(?!\p{L})/u.test(words) && weekday >= today.dayOfWeek) return at(monday.add({ days: weekday - 1 }));
  if (/(?<!\p{L})(kommende[nr]?|coming)(?!\p{L})/u.test(words)) return at(coming);
  // Said on its own day, "Montag" may be today; said within its week, "nächster Freitag" may be the one after.
  if (weekday === today.dayOfWeek) return { kind: "either", dates: isNext(words) ? [coming, coming.add({ days: 7 })] : [today, coming] };
  if (isNext(words) && weekday > today.dayOfWeek) return { kind: "either", dates: [coming, coming.add({ days: 7 })] };
  return at(coming);
}

function findWeekday(words: string): number | undefined {
  const found = new RegExp(`(?<!\\p{L})(${weekdays})`, "u").exec(words);
  return found === null ? undefined : weekdayWords[found[1] ?? ""];
}

const isNext = (words: string): boolean => /(?<!\p{L})(nächste[nr]?|naechste[nr]?|next)(?!\p{L})/u.test(words);

/** "Nächste Woche Dienstag" counts calendar weeks, unlike "nächsten Dienstag". */
function weeksAhead(words: string): number | undefined {
  if (/(übernächste[rn]?|uebernaechste[rn]?) woche|week after next/u.test(words)) return 2;
  if (/(nächste[rn]?|naechste[rn]?|kommende[rn]?) woche|next week/u.test(words)) return 1;
  return /diese[rn]? woche|this week/u.test(words) ? 0 : undefined;
}

/** Of "in 3 Tagen", "in 2 Wochen", "2 weeks from"; in days. */
function daysLater(words: string): number | undefined {
  const [, count, unit = ""] =
    /(?<!\p{L})in (\d{1,3}) (tag|woche|day|week)/u.exec(words) ?? /(\d{1,3}) (day|week)s? from/u.exec(words) ?? [];
  return count === undefined ? undefined : Number(count) * (unit === "woche" || unit === "week" ? 7 : 1);
}

const at = (date: Temporal.PlainDate): SpokenDate => ({ kind: "date", date });

function exact(year: number, month: number, day: number): SpokenDate {
  try {
    return at(Temporal.PlainDate.from({ year, month, day }, { overflow: "reject" }));
  } catch {
    return { kind: "unclear" };
  }
}

/** Without a year the next such day is meant; 29 February may be years away. */
function ofYear(year: string | undefined, month: number, day: number, today: Temporal.PlainDate): SpokenDate {
  if (year !== undefined) return exact(year.length === 2 ? 2000 + Number(year) : Number(year), month, day);
  for (let candidate = today.year; candidate <= today.year + 8; candidate += 1) {
    const read = exact(candidate, month, day);
    if (read.kind === "date" && Temporal.PlainDate.compare(read.date, today) >= 0) return read;
  }
  return { kind: "unclear" };
}
