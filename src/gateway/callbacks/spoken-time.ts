import { message, verbatim, type Language, type Message } from "../../kernel/message.ts";
import type { Promised } from "./promise.ts";

/**
 * A promise as a caller hears it: "heute bis 14 Uhr 30", or with the day and the opening when it is not today:
 * "morgen ab 9 Uhr, spätestens bis 9 Uhr 30". Times: epoch ms UTC.
 */
export function spokenPromise(
  promise: Pick<Promised, "promisedBy" | "opensAt">,
  now: number,
  timeZone: string,
  language: Language,
): Message {
  const zoned = (at: number): Temporal.ZonedDateTime => Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone);
  const [today, start, end] = [zoned(now), zoned(promise.opensAt), zoned(promise.promisedBy)];
  const until = spokenClock(end);
  if (start.toPlainDate().equals(end.toPlainDate()) && promise.opensAt > now) {
    return message("callback.spoken-window", { day: spokenDay(start, today, language), from: spokenClock(start), until });
  }
  return message("callback.spoken-until", { day: spokenDay(end, today, language), until });
}

function spokenDay(day: Temporal.ZonedDateTime, today: Temporal.ZonedDateTime, language: Language): Message {
  const away = today.toPlainDate().until(day.toPlainDate(), { largestUnit: "days" }).days;
  if (away === 0) return message("callback.spoken-today");
  if (away === 1) return message("callback.spoken-tomorrow");
  const { timeZoneId: timeZone, epochMilliseconds: at } = day;
  // Within a week the weekday says it; beyond, the date has to.
  const style = away < 7 ? { weekday: "long" as const } : { weekday: "long" as const, day: "numeric" as const, month: "long" as const };
  return message("callback.spoken-on", {
    date: verbatim(new Intl.DateTimeFormat(language === "de" ? "de-DE" : "en-GB", { ...style, timeZone }).format(at)),
  });
}

function spokenClock({ hour, minute }: Temporal.ZonedDateTime): Message {
  if (minute === 0) return message("callback.spoken-hour", { hour });
  return message("callback.spoken-time", { hour, minute: minute < 10 ? `0${minute}` : minute });
}
