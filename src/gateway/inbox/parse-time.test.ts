import { expect, test } from "vitest";
import { parseMoment } from "./parse-time.ts";

const zone = "Europe/Berlin";
const now = Date.parse("2026-11-23T03:00:00+01:00");
const moment = (text: string, at = now): string | undefined => {
  const parsed = parseMoment(text, at, zone);
  return parsed === undefined ? undefined : new Date(parsed).toISOString();
};

test.each([
  ["1 hour ago", "2026-11-23T01:00:00.000Z"],
  ["an hour ago", "2026-11-23T01:00:00.000Z"],
  ["vor 2 Stunden", "2026-11-23T00:00:00.000Z"],
  ["vor einer Stunde", "2026-11-23T01:00:00.000Z"],
  ["vor 3 Tagen", "2026-11-20T02:00:00.000Z"],
  ["90 minutes ago", "2026-11-23T00:30:00.000Z"],
  ["2 weeks ago", "2026-11-09T02:00:00.000Z"],
  ["45m", "2026-11-23T01:15:00.000Z"],
  ["45m ago", "2026-11-23T01:15:00.000Z"],
  ["now", "2026-11-23T02:00:00.000Z"],
  ["today", "2026-11-22T23:00:00.000Z"],
  ["gestern", "2026-11-21T23:00:00.000Z"],
  ["02:30", "2026-11-23T01:30:00.000Z"],
  ["22:15", "2026-11-22T21:15:00.000Z"],
  ["2026-11-22", "2026-11-21T23:00:00.000Z"],
  ["2026-11-22 8:05", "2026-11-22T07:05:00.000Z"],
  ["2026-11-22T08:05:30", "2026-11-22T07:05:30.000Z"],
  ["2026-11-22T08:05:00Z", "2026-11-22T08:05:00.000Z"],
  ["2026-11-22T08:05:00+02:00", "2026-11-22T06:05:00.000Z"],
])("%s is %s", (text, expected) => {
  expect(moment(text)).toBe(expected);
});

test.each(["", "soon", "1 hour", "hour ago", "2026-13-01", "2026-02-30", "25:00", "2026-11-22 08", "1 parsec ago", "-1 hour ago"])(
  "%j is no moment, and is not guessed",
  (text) => {
    expect(moment(text)).toBeUndefined();
  },
);

test("a local time that came twice is the first of the two, one that never came is not later than meant", () => {
  expect(moment("2026-10-25 02:30")).toBe("2026-10-25T00:30:00.000Z");
  expect(moment("2026-03-29 02:30")).toBe("2026-03-29T00:30:00.000Z");
});
