import fc from "fast-check";
import { expect, test } from "vitest";
import { readSpokenDate } from "./spoken-date.ts";
import { readSpokenTime } from "./spoken-time.ts";

// A Wednesday.
const today = Temporal.PlainDate.from("2026-11-25");

function read(text: string, from = today): string {
  const found = readSpokenDate(text, from);
  if (found.kind === "date") return found.date.toString();
  return found.kind === "either" ? found.dates.join(" or ") : "unclear";
}

test.each([
  ["heute", "2026-11-25"],
  ["morgen", "2026-11-26"],
  ["Morgen früh", "2026-11-26"],
  ["übermorgen nachmittag", "2026-11-27"],
  ["heute in einer Woche", "2026-12-02"],
  ["morgen in zwei Wochen", "2026-12-10"],
  ["in drei Tagen", "2026-11-28"],
  ["in vierzehn Tagen", "2026-12-09"],
  ["Freitag", "2026-11-27"],
  ["am Montag", "2026-11-30"],
  ["Montag in einer Woche", "2026-12-07"],
  ["kommenden Donnerstag", "2026-11-26"],
  ["diesen Freitag", "2026-11-27"],
  ["nächsten Dienstag", "2026-12-01"],
  ["übernächsten Dienstag", "2026-12-08"],
  ["nächste Woche Freitag", "2026-12-04"],
  ["Dienstag übernächster Woche", "2026-12-08"],
  ["Dienstag morgen um neun", "2026-12-01"],
  ["Freitagnachmittag", "2026-11-27"],
  ["2026-12-01", "2026-12-01"],
  ["2026-12-01T14:30:00", "2026-12-01"],
  ["1.12.", "2026-12-01"],
  ["01.12.2026 um 14 Uhr", "2026-12-01"],
  ["am 1.12. 14 Uhr", "2026-12-01"],
  ["3.1.", "2027-01-03"],
  ["dritter Januar", "2027-01-03"],
  ["am fünfzehnten Dezember", "2026-12-15"],
  ["24. Dezember", "2026-12-24"],
  ["next Monday", "2026-11-30"],
  ["December 3rd", "2026-12-03"],
  ["tomorrow at 3 pm", "2026-11-26"],
  ["29. Februar", "2028-02-29"],
])("%s is %s, said on Wednesday 25 November 2026", (text, expected) => {
  expect(read(text)).toBe(expected);
});

test.each([
  ["nächsten Freitag", "2026-11-27 or 2026-12-04"],
  ["Mittwoch", "2026-11-25 or 2026-12-02"],
  ["in acht Tagen", "2026-12-02 or 2026-12-03"],
])("%s can mean two days, so the caller is asked", (text, expected) => {
  expect(read(text)).toBe(expected);
});

test.each(["", "irgendwann", "31.2.2026", "2026-13-01", "45.45.", "bald mal", "x".repeat(5000), "2023"])(
  "%j is no day anybody could book",
  (text) => {
    expect(read(text)).toBe("unclear");
  },
);

test("a year the agent made up stays the year it said: the reader refuses the past", () => {
  expect(read("15.10.2023")).toBe("2023-10-15");
  expect(read("2023-10-15")).toBe("2023-10-15");
});

test("any text is answered, and every day that is written out is found again", () => {
  fc.assert(fc.property(fc.string({ maxLength: 60 }), (text) => void read(text)));
  const days = fc.integer({ min: 0, max: 700 }).map((offset) => today.add({ days: offset }));
  fc.assert(
    fc.property(days, (day) => {
      expect(read(day.toString())).toBe(day.toString());
      expect(read(`${day.day}.${day.month}.${day.year}`)).toBe(day.toString());
    }),
  );
});

test.each([
  ["14:30", "14:30"],
  ["14.30 Uhr", "14:30"],
  ["14 Uhr", "14:00"],
  ["14 Uhr 30", "14:30"],
  ["vierzehn Uhr fünfzehn", "14:15"],
  ["um drei", "15:00"],
  ["um neun", "09:00"],
  ["halb drei", "14:30"],
  ["halb zehn", "09:30"],
  ["viertel nach zwei", "14:15"],
  ["viertel vor zehn", "09:45"],
  ["dreiviertel drei", "14:45"],
  ["abends um sieben", "19:00"],
  ["morgen früh um acht", "08:00"],
  ["3 pm", "15:00"],
  ["half past 9", "09:30"],
  ["mittags", "12:00"],
  ["zwölf Uhr", "12:00"],
  ["2026-12-01T14:30:00", "14:30"],
  ["09:00", "09:00"],
  ["vormittags", "00:00-12:00"],
  ["am Nachmittag", "12:00-18:00"],
  ["25:70", "none"],
  ["in drei Tagen", "none"],
  ["Dienstag", "none"],
  ["", "none"],
])("%s is %s", (text, expected) => {
  const clock = (minute: number): string => `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
  const found = readSpokenTime(text);
  expect(
    found.kind === "time" ? clock(found.minute) : found.kind === "part" ? `${clock(found.part.from)}-${clock(found.part.until)}` : "none",
  ).toBe(expected);
});
