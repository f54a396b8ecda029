import { withDigits } from "./date-words.ts";

/** Part of a day, in minutes since midnight, half-open. */
export type DayPart = { readonly from: number; readonly until: number };

export type SpokenTime =
  | { readonly kind: "time"; readonly minute: number }
  | { readonly kind: "part"; readonly part: DayPart }
  | { readonly kind: "none" };

const parts: readonly (readonly [RegExp, DayPart])[] = [
  [/vormittag|(?<!\p{L})am morgen|(?<!\p{L})früh|fruh|morning/u, { from: 0, until: 12 * 60 }],
  [/nachmittag|afternoon/u, { from: 12 * 60, until: 18 * 60 }],
  [/abend|evening/u, { from: 17 * 60, until: 24 * 60 }],
];

/**
 * Reads a time of day out of words: "14:30", "14 Uhr 30", "halb drei", "viertel nach 9", "nachmittags um drei". Pure.
 * An hour up to twelve that is said without its half of the day is the one that `isOpen` (minutes since midnight).
 */
export function readSpokenTime(text: string, isOpen: (minute: number) => boolean = isDaytime): SpokenTime {
  if (text.length > 200) return { kind: "none" };
  const words = withDigits(text);
  const part = parts.find(([pattern]) => pattern.test(words))?.[1];
  const isNoonWord = /(?<!vor|nach)mittags?(?!\p{L})|(?<!after)noon/u.test(words);
  const clock = readClock(words);
  if (clock !== undefined) return ofMinute(clock.isExact ? clock.minute : chooseHalf(clock.minute, part, isOpen));
  if (part !== undefined) return { kind: "part", part };
  return isNoonWord ? ofMinute(12 * 60) : { kind: "none" };
}

type Clock = { readonly minute: number; readonly isExact: boolean };

/** `isExact`: written so that it can only be the 24-hour clock. */
function readClock(words: string): Clock | undefined {
  const halfWord =
    /(?<!\p{L})(halb|viertel nach|viertel vor|dreiviertel|3viertel|viertel|quarter past|quarter to|half past) (\d{1,2})(?!\d)/u.exec(words);
  if (halfWord !== null) return { minute: (Number(halfWord[2]) * 60 + (offsets[halfWord[1] ?? ""] ?? 0) + 1440) % 1440, isExact: false };
  const colon =
    /(?<!\d)(\d{1,2}):(\d{2})(?::\d{2})?(?:\.\d+)? ?(am|pm|a\.m\.|p\.m\.)?/.exec(words) ?? /(?<!\d)(\d{1,2})\.(\d{2}) ?(?=uhr)/.exec(words);
  if (colon !== null) return inHalf(Number(colon[1]), Number(colon[2]), colon[3], true);
  const hour = /(?<!\d)(\d{1,2}) ?uhr(?: (\d{1,2})(?!\.|\d))?/.exec(words);
  if (hour !== null) return inHalf(Number(hour[1]), Number(hour[2] ?? 0), undefined, false);
  const english = /(?<!\d)(\d{1,2}) ?(am|pm|a\.m\.|p\.m\.|o'?clock)(?!\p{L})/u.exec(words);
  if (english !== null) return inHalf(Number(english[1]), 0, english[2], false);
  const bare = /(?:^|(?<!\p{L})(?:um|gegen|ab|at|around) )(\d{1,2})(?!\d|\.|:| ?(?:tag|woche|day|week|monat))(?=\s|$)/u.exec(words);
  return bare === null ? undefined : inHalf(Number(bare[1]), 0, undefined, false);
}

const offsets: Readonly<Record<string, number>> = {
  halb: -30,
  "viertel nach": 15,
  "viertel vor": -15,
  dreiviertel: -15,
  "3viertel": -15,
  viertel: -45,
  "quarter past": 15,
  "quarter to": -15,
  "half past": 30,
};

function inHalf(hour: number, minute: number, half: string | undefined, isExact: boolean): Clock | undefined {
  if (hour > 24 || minute > 59 || (hour === 24 && minute > 0)) return undefined;
  const isHalfSaid = half !== undefined && /^[ap]/.test(half);
  if (!isHalfSaid) return { minute: (hour % 24) * 60 + minute, isExact: isExact || hour > 12 };
  return { minute: ((hour % 12) + (half.startsWith("p") ? 12 : 0)) * 60 + minute, isExact: true };
}

function chooseHalf(minute: number, part: DayPart | undefined, isOpen: (minute: number) => boolean): number {
  const later = minute + 720;
  if (minute >= 780 || later >= 1440) return minute;
  if (part !== undefined) return minute >= part.from && minute < part.until ? minute : later;
  return isOpen(later) && !isOpen(minute) ? later : minute;
}

const isDaytime = (minute: number): boolean => minute >= 7 * 60 && minute < 19 * 60;

function ofMinute(minute: number): SpokenTime {
  return { kind: "time", minute };
}
