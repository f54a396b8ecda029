import { expect, test } from "vitest";
import { say } from "../../kernel/message.ts";
import { spokenPromise } from "./spoken-time.ts";

const zone = "Europe/Berlin";
const at = (text: string): number => Temporal.PlainDateTime.from(text).toZonedDateTime(zone).epochMilliseconds;

test.each([
  ["2026-11-23T14:00", "2026-11-23T14:00", "2026-11-23T14:30", "heute bis 14 Uhr 30", "today by 14:30"],
  ["2026-11-23T14:00", "2026-11-23T14:00", "2026-11-23T15:00", "heute bis 15 Uhr", "today by 15:00"],
  [
    "2026-11-23T08:50",
    "2026-11-23T09:00",
    "2026-11-23T09:05",
    "heute ab 9 Uhr, spätestens bis 9 Uhr 05",
    "today from 9:00, at the latest by 9:05",
  ],
  [
    "2026-11-23T20:00",
    "2026-11-24T09:00",
    "2026-11-24T09:30",
    "morgen ab 9 Uhr, spätestens bis 9 Uhr 30",
    "tomorrow from 9:00, at the latest by 9:30",
  ],
  ["2026-11-23T17:50", "2026-11-23T17:50", "2026-11-24T09:20", "morgen bis 9 Uhr 20", "tomorrow by 9:20"],
  [
    "2026-11-27T19:00",
    "2026-11-30T09:00",
    "2026-11-30T09:30",
    "am Montag ab 9 Uhr, spätestens bis 9 Uhr 30",
    "on Monday from 9:00, at the latest by 9:30",
  ],
  [
    "2026-12-23T19:00",
    "2027-01-04T09:00",
    "2027-01-04T09:30",
    "am Montag, 4. Januar ab 9 Uhr, spätestens bis 9 Uhr 30",
    "on Monday 4 January from 9:00, at the latest by 9:30",
  ],
  [
    "2026-03-28T23:00",
    "2026-03-29T03:00",
    "2026-03-29T03:30",
    "morgen ab 3 Uhr, spätestens bis 3 Uhr 30",
    "tomorrow from 3:00, at the latest by 3:30",
  ],
])("at %s, from %s to %s: %s", (now, opensAt, promisedBy, german, english) => {
  const promise = { opensAt: at(opensAt), promisedBy: at(promisedBy) };
  expect(say(spokenPromise(promise, at(now), zone, "de"), "de")).toBe(german);
  expect(say(spokenPromise(promise, at(now), zone, "en"), "en")).toBe(english);
});
