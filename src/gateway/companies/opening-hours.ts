import type { OpeningHours } from "./directory.ts";

type Day = keyof OpeningHours;
type Span = { readonly from: string; readonly to: string };

const days: readonly Day[] = ["1", "2", "3", "4", "5", "6", "7"];
const germanDays = ["mo", "di", "mi", "do", "fr", "sa", "so"];
const englishDays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const longDays = ["montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag"];

/** Why a text is no opening hours; `part` is the piece that could not be read. */
export type OpeningProblem = { readonly part: string; readonly why: "day" | "time" | "order" | "overlap" };

/**
 * Reads `mo-fr 09:00-12:00 13:00-18:00, sa 10-14, so geschlossen`. Days in German or English, also over the weekend (`fr-mo`);
 * a part without a day goes on with the days before it. The same day in two parts has the spans of both.
 * `22-02` ends on the next day. An empty text is a branch that is never open.
 */
export function parseOpeningHours(text: string): OpeningHours | OpeningProblem {
  const spansOf = new Map<Day, Span[]>();
  let current: readonly Day[] = [];
  for (const part of text.toLowerCase().split(/[,;\n]/)) {
    const words = part
      .trim()
      .replace(/\s*[-–—]\s*|\s+bis\s+/g, "-")
      .replace(/\s+uhr\b/g, "")
      .split(/\s+/)
      .filter((word) => word !== "" && word !== "und" && word !== "+");
    if (words.length === 0) continue;
    if (!/^\d/.test(words[0] ?? "")) {
      const named = readDays(words.shift() ?? "");
      if (named === undefined) return { part: part.trim(), why: "day" };
      current = named;
    }
    if (current.length === 0) return { part: part.trim(), why: "day" };
    const isClosed = words.length === 1 && ["geschlossen", "closed", "zu"].includes(words[0] ?? "");
    const spans = isClosed ? [] : words.map(readSpan);
    if (spans.includes(undefined) || (words.length === 0 && !isClosed)) return { part: part.trim(), why: "time" };
    for (const span of spans as Span[]) {
      if (span.from === span.to) return { part: part.trim(), why: "order" };
      for (const day of current) {
        const known = spansOf.get(day) ?? [];
        if (known.some((other) => span.from < endOfDay(other) && other.from < endOfDay(span))) return { part: part.trim(), why: "overlap" };
        spansOf.set(
          day,
          [...known, span].sort((one, other) => (one.from < other.from ? -1 : 1)),
        );
      }
    }
  }
  return Object.fromEntries(days.flatMap((day) => (spansOf.has(day) ? [[day, spansOf.get(day)]] : [])));
}

export function isOpeningProblem(read: OpeningHours | OpeningProblem): read is OpeningProblem {
  return "why" in read;
}

/** `mo-fr 09:00-18:00, sa 10:00-14:00`: what `parseOpeningHours` reads back as the same hours; empty when never open. */
export function formatOpeningHours(hours: OpeningHours): string {
  const parts: { first: number; last: number; text: string }[] = [];
  for (const [index, day] of days.entries()) {
    const text = (hours[day] ?? []).map(({ from, to }) => `${from}-${to}`).join(" ");
    const before = parts.at(-1);
    if (text === "") continue;
    if (before !== undefined && before.last === index - 1 && before.text === text) before.last = index;
    else parts.push({ first: index, last: index, text });
  }
  return parts.map(({ first, last, text }) => `${germanDays[first]}${first === last ? "" : `-${germanDays[last]}`} ${text}`).join(", ");
}

function readDays(word: string): readonly Day[] | undefined {
  const ends = word.split("-").map((name) => readDay(name.replace(/[.:]$/, "")));
  const [first, last = first] = ends;
  if (first === undefined || last === undefined || ends.length > 2 || ends.includes(undefined)) return undefined;
  const length = ((last - first + 7) % 7) + 1;
  return Array.from({ length }, (_, step) => days[(first + step) % 7] as Day);
}

function readDay(name: string): number | undefined {
  for (const names of [germanDays, englishDays, longDays]) {
    const found = names.indexOf(name);
    if (found >= 0) return found;
  }
  return name === "sonnabend" ? 5 : undefined;
}

/** `9-18`, `09:00-18:30`, `9.30-24:00`. */
function readSpan(word: string): Span | undefined {
  const [, fromHour = "", fromMinute = "00", toHour = "", toMinute = "00"] =
    /^(\d{1,2})(?:[:.](\d{2}))?-(\d{1,2})(?:[:.](\d{2}))?$/.exec(word) ?? [];
  if (fromHour === "") return undefined;
  const from = `${fromHour.padStart(2, "0")}:${fromMinute}`;
  const to = `${toHour.padStart(2, "0")}:${toMinute}`;
  return isTime(from) && isTime(to) ? { from, to } : undefined;
}

function isTime(text: string): boolean {
  return /^([01]\d|2[0-3]):[0-5]\d$/.test(text) || text === "24:00";
}

/** Where a span ends on its own day: one that goes past midnight fills the day. */
function endOfDay({ from, to }: Span): string {
  return to < from ? "24:00" : to;
}
