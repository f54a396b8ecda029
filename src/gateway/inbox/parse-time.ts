import { parseDuration } from "../../kernel/duration.ts";

const unitMs: Readonly<Record<string, number>> = {
  second: 1000,
  sekunde: 1000,
  minute: 60_000,
  hour: 3_600_000,
  stunde: 3_600_000,
  day: 86_400_000,
  tag: 86_400_000,
  week: 604_800_000,
  woche: 604_800_000,
};

/**
 * A moment as people write it, epoch ms UTC; `undefined` when it is none. Relative: `1 hour ago`, `vor 2 Stunden`, `45m`.
 * With a zone of its own: `2026-11-23T02:30:00Z`, `…+01:00`. Without one it is local time of `timeZone`: `2026-11-23 02:30`,
 * `2026-11-23`, `02:30` (the last time it was that late), `today`, `yesterday`, `heute`, `gestern`. A local time that came
 * twice, in the night the clocks go back, is the first one: a window had better be too wide.
 */
export function parseMoment(text: string, now: number, timeZone: string): number | undefined {
  const words = text.trim().toLowerCase();
  const relative = parseRelative(words);
  if (relative !== undefined) return now - relative;
  if (/(z|[+-]\d{2}:?\d{2})$/.test(words) && words.includes("t")) {
    const at = Date.parse(text.trim());
    return Number.isNaN(at) ? undefined : at;
  }
  try {
    return parseLocal(words, now, timeZone);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function parseRelative(words: string): number | undefined {
  if (words === "now" || words === "jetzt") return 0;
  const short = parseDuration(words.replace(/\s+ago$/, "").replace(/^vor\s+/, ""));
  if (short !== undefined) return short;
  const [, amount, unit = ""] = /^(?:vor\s+)?(\d{1,6}|an?|einer?|einem)\s+([a-zä]+)(?:\s+ago)?$/.exec(words) ?? [];
  if (amount === undefined || !(words.startsWith("vor ") || words.endsWith(" ago"))) return undefined;
  const ms = [unit, unit.replace(/[ns]$/, ""), unit.replace(/en$/, "")].map((word) => unitMs[word]).find((found) => found !== undefined);
  return ms === undefined ? undefined : ms * (/^\d/.test(amount) ? Number(amount) : 1);
}

function parseLocal(words: string, now: number, timeZone: string): number | undefined {
  const here = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(timeZone);
  if (words === "today" || words === "heute") return here.startOfDay().epochMilliseconds;
  if (words === "yesterday" || words === "gestern") {
    return here.toPlainDate().subtract({ days: 1 }).toZonedDateTime(timeZone).epochMilliseconds;
  }
  if (/^\d{1,2}:\d{2}$/.test(words)) {
    const time = Temporal.PlainTime.from(words.padStart(5, "0"));
    const today = momentOf(here.toPlainDate().toPlainDateTime(time), timeZone);
    return today <= now ? today : momentOf(here.toPlainDate().subtract({ days: 1 }).toPlainDateTime(time), timeZone);
  }
  if (/^\d{4}-\d{2}-\d{2}([t ]\d{1,2}:\d{2}(:\d{2})?)?$/.test(words)) {
    return momentOf(
      Temporal.PlainDateTime.from(
        words
          .toUpperCase()
          .replace(/[T ](\d):/, "T0$1:")
          .replace(" ", "T"),
      ),
      timeZone,
    );
  }
  return undefined;
}

function momentOf(local: Temporal.PlainDateTime, timeZone: string): number {
  return local.toZonedDateTime(timeZone, { disambiguation: "earlier" }).epochMilliseconds;
}
