import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  afterTime,
  canTry,
  defaultBreakerPolicy as policy,
  newBreaker,
  nextBreaker,
  stateOf,
  type Breaker,
  type BreakerEvent,
} from "./breaker.ts";

const start = 1_000_000;
const call = (verdict: "ok" | "slow" | "failed" | "ours", at: number): BreakerEvent => ({ kind: "call", verdict, at });
function after(events: readonly BreakerEvent[], breaker = newBreaker(start), now = start): Breaker {
  return events.reduce((before, event) => nextBreaker(before, event, now, policy), breaker);
}
const times = (count: number, verdict: "ok" | "slow" | "failed" | "ours"): BreakerEvent[] =>
  Array.from({ length: count }, () => call(verdict, start));

describe("what opens it", () => {
  test.each([
    ["four failures of four are too few to say", times(4, "failed"), "closed"],
    ["five of five", times(5, "failed"), "open"],
    ["half of the calls", [...times(5, "ok"), ...times(5, "failed")], "open"],
    ["fewer than half", [...times(11, "ok"), ...times(9, "failed")], "closed"],
    ["slow calls alone, when nearly all are", [...times(1, "ok"), ...times(4, "slow")], "open"],
    ["some slow calls", [...times(3, "ok"), ...times(7, "slow")], "closed"],
    ["slow and failed together", [...times(2, "ok"), ...times(5, "slow"), ...times(3, "failed")], "open"],
    ["our own faults, however many", times(100, "ours"), "closed"],
    ["only the last twenty count", [...times(4, "failed"), ...times(20, "ok"), ...times(9, "failed")], "closed"],
  ])("%s", (_, events, state) => {
    expect(after(events).phase.state).toBe(state);
  });

  test("failures of yesterday do not count today", () => {
    const yesterday = after(times(4, "failed"));
    const today = start + 24 * 3_600_000;
    expect(nextBreaker(yesterday, call("failed", today), today, policy).phase.state).toBe("closed");
  });
});

test("each opening in a row doubles the pause, up to two minutes; a success begins anew", () => {
  let breaker = after(times(5, "failed"));
  let now = start;
  const pauses: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    if (breaker.phase.state !== "open") throw new Error(breaker.phase.state);
    pauses.push(breaker.phase.trialAfter - now);
    now = breaker.phase.trialAfter;
    breaker = nextBreaker(breaker, { kind: "take-trial", owner: "one" }, now, policy);
    breaker = nextBreaker(breaker, { kind: "trial-ended", owner: "one", verdict: "failed" }, now, policy);
  }
  expect(pauses).toEqual([15_000, 30_000, 60_000, 120_000, 120_000]);
  breaker = nextBreaker(breaker, { kind: "proven", by: "mara" }, now, policy);
  expect(breaker).toMatchObject({ phase: { state: "closed" }, openCount: 0 });
});

test("a trial that fails on our side says nothing: open as before, tried again in a second", () => {
  const opened = after(times(5, "failed"));
  const now = start + 15_000;
  const trying = nextBreaker(opened, { kind: "take-trial", owner: "one" }, now, policy);
  const ended = nextBreaker(trying, { kind: "trial-ended", owner: "one", verdict: "ours" }, now, policy);
  expect(ended).toMatchObject({ phase: { state: "open", trialAfter: now + 1000 }, openCount: 1 });
});

test("a trial whose lease ran out says nothing any more", () => {
  const now = start + 15_000;
  const first = nextBreaker(after(times(5, "failed")), { kind: "take-trial", owner: "first" }, now, policy);
  const later = now + policy.trialMs;
  const second = nextBreaker(first, { kind: "take-trial", owner: "second" }, later, policy);
  expect(nextBreaker(second, { kind: "trial-ended", owner: "first", verdict: "ok" }, later, policy)).toBe(second);
  expect(nextBreaker(second, { kind: "trial-ended", owner: "second", verdict: "ok" }, later, policy).phase.state).toBe("closed");
});

test("reset by force goes to half-open, never to closed, and opens again at the first failure or at its end", () => {
  const forced = { by: "mara", reason: "their status page says well", until: start + 60_000 };
  const trying = after([...times(5, "failed"), { kind: "force-trial", forced }]);
  expect(trying.phase.state).toBe("half-open");
  expect(stateOf(trying, start + 60_000)).toBe("open");
  const lease = nextBreaker(trying, { kind: "take-trial", owner: "one" }, start, policy);
  expect(nextBreaker(lease, { kind: "trial-ended", owner: "one", verdict: "failed" }, start, policy).phase.state).toBe("open");
});

const owner = fc.constantFrom("one", "two", "three");
const forced = fc.record({ by: fc.constant("mara"), reason: fc.constant("why"), until: fc.integer({ min: start, max: start + 400_000 }) });
const verdict = fc.constantFrom("ok", "slow", "failed", "ours" as const);
const event: fc.Arbitrary<BreakerEvent> = fc.oneof(
  fc.record({ kind: fc.constant("call" as const), at: fc.constant(start), verdict }),
  fc.record({ kind: fc.constant("take-trial" as const), owner }),
  fc.record({ kind: fc.constant("trial-ended" as const), owner, verdict }),
  fc.record({ kind: fc.constant("proven" as const), by: fc.constant("mara") }),
  fc.record({ kind: fc.constant("refuted" as const), by: fc.constant("mara"), why: fc.constant("HTTP 502") }),
  fc.record({ kind: fc.constant("isolate" as const), forced }),
  fc.record({ kind: fc.constant("release" as const), by: fc.constant("mara"), reason: fc.constant("why") }),
  fc.record({ kind: fc.constant("force-trial" as const), forced }),
);
const story = fc.array(fc.tuple(event, fc.integer({ min: 0, max: 40_000 })), { maxLength: 60 });

/** Calls `see` with each state, the event and the state after it. */
function tell(
  steps: readonly (readonly [BreakerEvent, number])[],
  see: (before: Breaker, event: BreakerEvent, next: Breaker, now: number) => void,
): void {
  let breaker = newBreaker(start);
  let now = start;
  for (const [happening, pause] of steps) {
    now += pause;
    const before = afterTime(breaker, now);
    breaker = nextBreaker(before, happening, now, policy);
    see(before, happening, breaker, now);
  }
}

describe("laws, whatever happens in whatever order", () => {
  test("closed is reached only by a call that went well", () => {
    fc.assert(
      fc.property(story, (steps) => {
        tell(steps, (before, happening, next) => {
          if (before.phase.state === "closed" || next.phase.state !== "closed") return;
          expect(happening.kind === "proven" || (happening.kind === "trial-ended" && happening.verdict === "ok")).toBe(true);
        });
      }),
    );
  });

  test("never two trials at once: a lease that runs is nobody else's", () => {
    fc.assert(
      fc.property(story, (steps) => {
        tell(steps, (before, happening, next, now) => {
          const held = before.phase.state === "half-open" ? before.phase.trial : undefined;
          if (happening.kind !== "take-trial" || held === undefined || now >= held.until) return;
          expect(next).toBe(before);
          expect(canTry(before, now)).toBe(false);
        });
      }),
    );
  });

  test("isolated by hand stays isolated until its end or its release, and everything forced ends", () => {
    fc.assert(
      fc.property(story, (steps) => {
        tell(steps, (before, happening, next, now) => {
          if (before.phase.state === "isolated" && happening.kind !== "release") expect(next.phase.state).toBe("isolated");
          const limit = "forced" in next.phase ? next.phase.forced?.until : undefined;
          if (limit !== undefined) expect(stateOf(next, Math.max(limit, now))).toBe("open");
        });
      }),
    );
  });

  test("our own faults change nothing while it is closed, and the window never grows", () => {
    fc.assert(
      fc.property(story, (steps) => {
        tell(steps, (before, happening, next) => {
          if (happening.kind === "call" && happening.verdict === "ours") expect(next).toBe(before);
          expect(next.calls.length).toBeLessThanOrEqual(policy.windowCalls);
        });
      }),
    );
  });
});
