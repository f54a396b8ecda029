import fc from "fast-check";
import { expect, test } from "vitest";
import { formatOpeningHours, parseOpeningHours } from "./opening-hours.ts";

const nineToSix = [{ from: "09:00", to: "18:00" }];
const week = { "1": nineToSix, "2": nineToSix, "3": nineToSix, "4": nineToSix, "5": nineToSix };

test.each([
  ["mo-fr 09:00-18:00", week],
  ["Mo–Fr 9 – 18 Uhr", week],
  ["mon-fri 9-18", week],
  ["Montag bis Freitag 9.00-18.00", week],
  [
    "mo-fr 9-12 13-18",
    {
      ...Object.fromEntries(
        ["1", "2", "3", "4", "5"].map((day) => [
          day,
          [
            { from: "09:00", to: "12:00" },
            { from: "13:00", to: "18:00" },
          ],
        ]),
      ),
    },
  ],
  [
    "di 13-18, 9-12",
    {
      "2": [
        { from: "09:00", to: "12:00" },
        { from: "13:00", to: "18:00" },
      ],
    },
  ],
  ["sa-mo 10-14", { "1": [{ from: "10:00", to: "14:00" }], "6": [{ from: "10:00", to: "14:00" }], "7": [{ from: "10:00", to: "14:00" }] }],
  ["mo 0-24; so geschlossen", { "1": [{ from: "00:00", to: "24:00" }] }],
  ["sonnabend 8:30-12:00", { "6": [{ from: "08:30", to: "12:00" }] }],
  [
    "sa 10-14 22-02",
    {
      "6": [
        { from: "10:00", to: "14:00" },
        { from: "22:00", to: "02:00" },
      ],
    },
  ],
  ["", {}],
])("%j is understood", (text, hours) => {
  expect(parseOpeningHours(text)).toEqual(hours);
});

test.each([
  ["mo-xx 9-18", { part: "mo-xx 9-18", why: "day" }],
  ["9-18", { part: "9-18", why: "day" }],
  ["täglich 9-18", { part: "täglich 9-18", why: "day" }],
  ["mo-fr-so 9-18", { part: "mo-fr-so 9-18", why: "day" }],
  ["mo-fr", { part: "mo-fr", why: "time" }],
  ["mo 9-25", { part: "mo 9-25", why: "time" }],
  ["mo 9:70-18:00", { part: "mo 9:70-18:00", why: "time" }],
  ["mo 9-18 vielleicht", { part: "mo 9-18 vielleicht", why: "time" }],
  ["mo 24-24", { part: "mo 24-24", why: "order" }],
  ["sa 22-02, sa 23-24", { part: "sa 23-24", why: "overlap" }],
  ["mo-fr 9-18, mi 12-13", { part: "mi 12-13", why: "overlap" }],
])("%j is refused, with the part that is wrong", (text, problem) => {
  expect(parseOpeningHours(text)).toEqual(problem);
});

const minute = fc.integer({ min: 0, max: 1440 });
const clockText = (of: number): string => `${String(Math.floor(of / 60)).padStart(2, "0")}:${String(of % 60).padStart(2, "0")}`;
const spans = fc.uniqueArray(minute, { minLength: 2, maxLength: 8 }).map((ends) => {
  const sorted = [...ends].sort((one, other) => one - other);
  return Array.from({ length: Math.floor(sorted.length / 2) }, (_, pair) => ({
    from: clockText(sorted[pair * 2] ?? 0),
    to: clockText(sorted[pair * 2 + 1] ?? 0),
  }));
});
const anyHours = fc.dictionary(fc.constantFrom("1", "2", "3", "4", "5", "6", "7"), spans, { noNullPrototype: true });

test("what is printed is read back as the same hours", () => {
  fc.assert(
    fc.property(anyHours, (hours) => {
      expect(parseOpeningHours(formatOpeningHours(hours))).toEqual(hours);
    }),
  );
});

test("no text makes it throw", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      parseOpeningHours(text);
    }),
  );
});
