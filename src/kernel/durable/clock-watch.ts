import type { Clock } from "../clock.ts";

/** One look at both clocks, ms. */
export type ClockReading = { readonly wallMs: number; readonly monotonicMs: number };

export type ClockDrift = {
  /** How far the wall clock moved against the monotonic one since the last report; negative = backwards. */
  readonly jumpMs: number;
  /** The same since the watch began: near zero again once a wrong clock was put right. */
  readonly offsetMs: number;
};

/** Longest honest disagreement; above it waits, expiries and the timeline are no longer to be trusted. */
export const driftLimitMs = 2000;
const lookEveryMs = 1000;

/** The drift to report, or `undefined` while the clocks agree. Suspending the machine counts as a jump forwards. */
export function decideDrift(first: ClockReading, last: ClockReading, now: ClockReading, limitMs = driftLimitMs): ClockDrift | undefined {
  const jumpMs = now.wallMs - last.wallMs - (now.monotonicMs - last.monotonicMs);
  const offsetMs = now.wallMs - first.wallMs - (now.monotonicMs - first.monotonicMs);
  return Math.abs(jumpMs) > limitMs ? { jumpMs, offsetMs } : undefined;
}

/** Compares both clocks once a second and reports each jump once. Does not keep the process alive. */
export function watchClock(clock: Clock, onDrift: (drift: ClockDrift) => void): { stop(): void } {
  const look = (): ClockReading => ({ wallMs: clock.now(), monotonicMs: clock.monotonicMs() });
  const first = look();
  let last = first;
  const timer = setInterval(() => {
    const now = look();
    const drift = decideDrift(first, last, now);
    if (drift === undefined) return;
    last = now; // otherwise the same jump would be reported every second
    onDrift(drift);
  }, lookEveryMs);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
