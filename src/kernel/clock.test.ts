import { expect, test, vi } from "vitest";
import { hours, minutes, seconds, systemClock } from "./clock.ts";

test("the units are milliseconds", () => {
  expect([seconds(1.5), minutes(2), hours(24)]).toEqual([1500, 120_000, 86_400_000]);
});

test("a sleep lasts at least as long as it was asked to", async () => {
  const startedMs = systemClock.monotonicMs();
  await systemClock.sleep(30);
  // Node's timers may fire up to a millisecond early.
  expect(systemClock.monotonicMs() - startedMs).toBeGreaterThanOrEqual(29);
});

test("an aborted sleep rejects with the reason of the abort, also when it came before", async () => {
  const controller = new AbortController();
  const reason = new Error("the incident is over");
  const sleeping = systemClock.sleep(60_000, controller.signal);
  controller.abort(reason);
  await expect(sleeping).rejects.toBe(reason);
  await expect(systemClock.sleep(60_000, controller.signal)).rejects.toBe(reason);
});

test("a sleep that ended leaves no listener on its signal", async () => {
  const { signal } = new AbortController();
  const add = vi.spyOn(signal, "addEventListener");
  const remove = vi.spyOn(signal, "removeEventListener");
  await systemClock.sleep(1, signal);
  expect(remove.mock.calls.length).toBe(add.mock.calls.length);
});

test("when the wall clock jumps back, the monotonic one does not", () => {
  const before = systemClock.monotonicMs();
  vi.setSystemTime(0);
  try {
    expect(systemClock.now()).toBe(0);
    expect(systemClock.monotonicMs()).toBeGreaterThanOrEqual(before);
  } finally {
    vi.useRealTimers();
  }
});
