import fc from "fast-check";
import { expect, test } from "vitest";
import { durationSchema, formatDuration, parseDuration } from "./duration.ts";

test.each([
  ["500ms", 500],
  ["10s", 10_000],
  ["5m", 300_000],
  ["2h", 7_200_000],
  ["1d", 86_400_000],
  ["1.5h", 5_400_000],
  ["0s", 0],
])("%s is %i ms", (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each(["", "5", "m", "5 m", "-5m", "5M", "1h30m", "1e3s", "٥m", "5m ", "5min", ".5h", "5.h", "0x5s", "Infinitys", "\n5m"])(
  "%j is no duration",
  (text) => {
    expect(parseDuration(text)).toBeUndefined();
    expect(durationSchema.safeParse(text).success).toBe(false);
  },
);

test.each([
  [0, "0ms"],
  [999, "999ms"],
  [90_000, "90s"],
  [120_000, "2m"],
  [5_400_000, "90m"],
  [172_800_000, "2d"],
])("%i ms are written as %s", (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test("every whole number of milliseconds is read back as it was written", () => {
  fc.assert(fc.property(fc.nat({ max: Number.MAX_SAFE_INTEGER }), (ms) => parseDuration(formatDuration(ms)) === ms));
  const amount = fc.tuple(fc.nat({ max: 100_000 }), fc.constantFrom(1, 1000, 60_000, 3_600_000, 86_400_000));
  fc.assert(fc.property(amount, ([count, unitMs]) => parseDuration(formatDuration(count * unitMs)) === count * unitMs));
});

test("the schema gives what the parser gives", () => {
  fc.assert(
    fc.property(fc.nat({ max: 99_999 }), fc.constantFrom("ms", "s", "m", "h", "d"), (count, unit) => {
      expect(durationSchema.parse(`${count}${unit}`)).toBe(parseDuration(`${count}${unit}`));
    }),
  );
});
