import fc from "fast-check";
import { expect, test } from "vitest";
import { hours, minutes } from "../../kernel/clock.ts";
import type { OpeningHours } from "../companies/directory.ts";
import { assumedHours, hoursOf, isOpen, nextOpenAt, openSpans } from "./opening.ts";
import { decidePromise, type Priority, type Promised, type PromiseFacts, type Waiting } from "./promise.ts";

const zone = "Europe/Berlin";
const at = (text: string): number => Temporal.PlainDateTime.from(text).toZonedDateTime(zone).epochMilliseconds;
const local = (epochMs: number): string =>
  Temporal.Instant.fromEpochMilliseconds(epochMs).toZonedDateTimeISO(zone).toPlainDateTime().toString({ smallestUnit: "minute" });
const daily = (from: string, to: string): OpeningHours =>
  Object.fromEntries(["1", "2", "3", "4", "5", "6", "7"].map((day) => [day, [{ from, to }]]));

function waiting(index: number, given: Partial<Waiting> = {}): Waiting {
  const notBefore = at("2026-11-23T09:00");
  const own = {
    callbackId: `cb-${index}`,
    companyId: "praxis",
    phone: `+49301000${index}`,
    opensAt: notBefore,
    promisedBy: notBefore + hours(2),
  };
  return { ...own, priority: "normal", attempts: 0, notBefore, ...given };
}

function promiseAt(now: string, given: Partial<PromiseFacts> = {}): Promised {
  const base: PromiseFacts = {
    now: at(now),
    waiting: [],
    priority: "normal",
    perHour: 20,
    shortestMs: minutes(30),
    hours: assumedHours,
    timeZone: zone,
  };
  return decidePromise({ ...base, ...given });
}

const rush = Array.from({ length: 25 }, (_, index) => waiting(index));

test.each<[string, string, Partial<PromiseFacts>, string]>([
  ["nobody waits: the shortest promise", "2026-11-23T10:00", {}, "2026-11-23T10:30"],
  ["odd minutes are rounded up to five", "2026-11-23T10:01", {}, "2026-11-23T10:35"],
  ["25 wait at 20 per hour: three minutes each, ours the 26th", "2026-11-23T10:00", { waiting: rush }, "2026-11-23T11:20"],
  ["twice the rate halves it", "2026-11-23T10:00", { waiting: rush, perHour: 40 }, "2026-11-23T10:40"],
  ["an urgent one does not stand behind normal ones", "2026-11-23T10:00", { waiting: rush, priority: "urgent" }, "2026-11-23T10:30"],
  [
    "those called once already come after us",
    "2026-11-23T10:00",
    { waiting: rush.map((each) => ({ ...each, attempts: 1 })) },
    "2026-11-23T10:30",
  ],
  ["before opening: the half hour begins when it opens", "2026-11-23T07:00", {}, "2026-11-23T09:30"],
  ["what does not fit before closing goes on next morning", "2026-11-23T17:50", {}, "2026-11-24T09:20"],
  ["just before closing it ends with it", "2026-11-23T17:30", {}, "2026-11-23T18:00"],
  ["Friday evening: Monday", "2026-11-27T19:00", {}, "2026-11-30T09:30"],
  [
    "a lunch break is jumped over",
    "2026-11-23T11:45",
    {
      hours: {
        1: [
          { from: "08:00", to: "12:00" },
          { from: "14:00", to: "18:00" },
        ],
      },
    },
    "2026-11-23T14:15",
  ],
  ["a night shift goes on after midnight", "2026-11-24T00:10", { hours: { 1: [{ from: "22:00", to: "02:00" }] } }, "2026-11-24T00:40"],
  ["open until 24:00", "2026-11-23T23:00", { hours: daily("00:00", "24:00") }, "2026-11-23T23:30"],
  ["open around the clock, over midnight", "2026-11-23T23:50", { hours: daily("00:00", "24:00") }, "2026-11-24T00:20"],
  ["the hour that is skipped in March", "2026-03-29T01:45", { hours: daily("00:00", "24:00") }, "2026-03-29T03:15"],
  ["opening inside the skipped hour opens at three", "2026-03-29T01:00", { hours: daily("02:30", "18:00") }, "2026-03-29T04:00"],
  [
    "the hour that comes twice in October is an hour more of time",
    "2026-10-25T01:45",
    { hours: daily("00:00", "24:00"), shortestMs: hours(2) },
    "2026-10-25T02:45",
  ],
])("%s", (_, now, given, expected) => {
  expect(local(promiseAt(now, given).promisedBy)).toBe(expected);
});

test("both nights of a clock change: the promise is half an hour of real time away", () => {
  for (const now of ["2026-03-29T01:45", "2026-10-25T02:45"]) {
    expect(promiseAt(now, { hours: daily("00:00", "24:00") }).promisedBy - at(now)).toBe(minutes(30));
  }
});

test("another branch's morning does not push back somebody who is called today, and a broken promise still counts", () => {
  const tomorrow = rush.map((each) => ({ ...each, notBefore: at("2026-11-24T09:00"), promisedBy: at("2026-11-24T11:00") }));
  expect(promiseAt("2026-11-23T10:00", { waiting: tomorrow }).ahead).toBe(0);
  const broken = rush.map((each) => ({ ...each, promisedBy: at("2026-11-23T09:30") }));
  expect(promiseAt("2026-11-23T10:00", { waiting: broken }).ahead).toBe(25);
  const doneByThen = rush.map((each) => ({ ...each, promisedBy: at("2026-11-23T12:00") }));
  expect(promiseAt("2026-11-23T19:00", { waiting: doneByThen }).ahead).toBe(25); // all broken by now
  expect(promiseAt("2026-11-23T10:00", { waiting: doneByThen, hours: { 2: [{ from: "09:00", to: "18:00" }] } }).ahead).toBe(0);
});

const hourText = fc.integer({ min: 0, max: 24 }).map((hour) => `${String(hour).padStart(2, "0")}:00`);
const anyHours = fc
  .uniqueArray(fc.tuple(fc.constantFrom("1", "2", "3", "4", "5", "6", "7"), hourText, hourText), { selector: ([day]) => day, minLength: 1 })
  .map((days): OpeningHours => Object.fromEntries(days.map(([day, from, to]) => [day, [{ from, to }]])));
const anyNow = fc.integer({ min: at("2026-01-01T00:00"), max: at("2027-12-31T00:00") });
const anyPriority = fc.constantFrom<Priority>("normal", "high", "urgent");

test("laws: never sooner than the shortest, inside open hours, and later the longer the line", () => {
  fc.assert(
    fc.property(
      anyNow,
      anyHours,
      fc.integer({ min: 0, max: 60 }),
      fc.integer({ min: 1, max: 120 }),
      anyPriority,
      (now, opening, count, perHour, priority) => {
        fc.pre(nextOpenAt(opening, zone, now) !== undefined);
        const line = Array.from({ length: count }, (_, index) => waiting(index, { notBefore: now, promisedBy: now + hours(9) }));
        const facts = { now, waiting: line, priority, perHour, shortestMs: minutes(30), hours: opening, timeZone: zone };
        const promised = decidePromise(facts);
        const one = decidePromise({ ...facts, waiting: [] });
        expect(promised.promisedBy - now).toBeGreaterThanOrEqual(Math.min(minutes(30), one.promisedBy - now));
        expect(promised.promisedBy).toBeGreaterThanOrEqual(one.promisedBy);
        expect(promised.ahead).toBeLessThanOrEqual(count);
        expect(isOpen(opening, zone, promised.promisedBy - 1)).toBe(true);
        expect(promised.opensAt).toBe(nextOpenAt(opening, zone, now));
        expect(promised.notBefore).toBe(Math.max(now + minutes(2), nextOpenAt(opening, zone, now) ?? 0));
      },
    ),
    { numRuns: 150 },
  );
});

test("laws: open spans lie in order, do not touch, and hold the moment they are asked for", () => {
  fc.assert(
    fc.property(anyNow, anyHours, (now, opening) => {
      const spans = [...openSpans(opening, zone, now)];
      for (const [index, span] of spans.entries()) {
        expect(span.endsAt).toBeGreaterThan(Math.max(span.startsAt, now));
        expect(span.startsAt).toBeGreaterThan(spans[index - 1]?.endsAt ?? -Infinity);
      }
    }),
    { numRuns: 100 },
  );
});

test("hours are the branch's own, else the company's, else assumed; garbage counts as none", () => {
  const branch = { branchId: "mitte", name: "Mitte", isActive: true, openingHours: {} };
  const other = { ...branch, branchId: "nord", openingHours: daily("10:00", "11:00") };
  const company = {
    companyId: "praxis",
    name: "Praxis",
    isActive: true,
    timeZone: zone,
    language: "de",
    branches: [branch, other],
    services: [],
  };
  expect(hoursOf(company, "mitte")).toEqual({ hours: other.openingHours, isAssumed: false });
  expect(hoursOf({ ...company, branches: [branch] }, "mitte")).toEqual({ hours: assumedHours, isAssumed: true });
  expect(
    hoursOf({ ...company, branches: [{ ...branch, openingHours: { 1: [{ from: "morgens", to: "25:99" }] } }] }, "mitte").isAssumed,
  ).toBe(true);
  expect(hoursOf(undefined).isAssumed).toBe(true);
});
