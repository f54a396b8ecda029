import { expect, test } from "vitest";
import type { Clock } from "../clock.ts";
import { decideDrift, watchClock, type ClockReading } from "./clock-watch.ts";

const first: ClockReading = { wallMs: 1_000_000, monotonicMs: 500 };
const after = (wallMs: number, monotonicMs: number): ClockReading => ({
  wallMs: first.wallMs + wallMs,
  monotonicMs: first.monotonicMs + monotonicMs,
});

test.each([
  ["both clocks went on", after(10_000, 10_000), undefined],
  ["the process slept for a minute: both clocks went on", after(60_000, 60_000), undefined],
  ["two seconds are still honest", after(12_000, 10_000), undefined],
  ["the wall clock jumped an hour forwards", after(3_610_000, 10_000), 3_600_000],
  ["the wall clock jumped an hour back", after(-3_590_000, 10_000), -3_600_000],
])("%s", (_, now, jumpMs) => {
  expect(decideDrift(first, first, now)?.jumpMs).toBe(jumpMs);
});

test("a clock that was put right is reported too, with nothing left of the offset", () => {
  const wrong = after(3_610_000, 10_000);
  expect(decideDrift(first, wrong, after(20_000, 20_000))).toEqual({ jumpMs: -3_600_000, offsetMs: 0 });
});

test("each jump is reported once", async () => {
  let wallMs = 0;
  const clock: Clock = { now: () => wallMs + performance.now(), monotonicMs: () => performance.now(), sleep: async () => {} };
  const drifts: number[] = [];
  const first2 = Promise.withResolvers<void>();
  const watch = watchClock(clock, ({ jumpMs }) => {
    drifts.push(Math.round(jumpMs));
    if (drifts.length === 1) wallMs = 0;
    else first2.resolve();
  });
  wallMs = 5000;
  await first2.promise;
  watch.stop();
  expect(drifts).toEqual([5000, -5000]);
});
