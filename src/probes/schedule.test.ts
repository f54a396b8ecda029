import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import type { Clock } from "../kernel/clock.ts";
import { verbatim } from "../kernel/message.ts";
import type { Probe, ProbeResult } from "./probe.ts";
import { startSchedule, type Schedule, type ScheduleOptions } from "./schedule.ts";

/** Time that only moves when told to; everything due is run in its order. */
function manualClock() {
  let passedMs = 0;
  let jumpedMs = 0;
  const sleepers = new Set<{ atMs: number; wake: () => void }>();
  const settle = async (): Promise<void> => await new Promise((resolve) => setImmediate(resolve));
  const clock: Clock = {
    now: () => 1_800_000_000_000 + passedMs + jumpedMs,
    monotonicMs: () => passedMs,
    sleep: async (ms, signal) =>
      await new Promise((resolve, reject) => {
        const sleeper = { atMs: passedMs + ms, wake: resolve };
        sleepers.add(sleeper);
        signal?.addEventListener("abort", () => {
          sleepers.delete(sleeper);
          reject(signal.reason);
        });
      }),
  };
  return {
    ...clock,
    jumpWall: (ms: number) => void (jumpedMs += ms),
    /** The process stood still: time is gone, nobody was woken meanwhile. */
    freeze: (ms: number) => void (passedMs += ms),
    advance: async (ms: number): Promise<void> => {
      const untilMs = passedMs + ms;
      for (;;) {
        await settle();
        const next = [...sleepers].toSorted((left, right) => left.atMs - right.atMs)[0];
        if (next === undefined || next.atMs > untilMs) break;
        passedMs = Math.max(passedMs, next.atMs);
        sleepers.delete(next);
        next.wake();
      }
      passedMs = Math.max(passedMs, untilMs);
      await settle();
    },
  };
}

function probe(id: string, everyMs: number): Probe {
  return { id, kind: "tcp", spec: {}, host: "local", subject: id, dependsOn: [], everyMs, deadlineMs: 1000 };
}

type Started = { id: string; atMs: number };

function world(probes: readonly Probe[], durationMs: (id: string) => number = () => 0, more: Partial<ScheduleOptions> = {}) {
  const clock = manualClock();
  const started: Started[] = [];
  const results: string[] = [];
  const errors: unknown[] = [];
  const busy = new Set<string>();
  let overlaps = 0;
  const run = async ({ id }: Probe, signal: AbortSignal): Promise<ProbeResult> => {
    if (busy.has(id)) overlaps += 1;
    busy.add(id);
    started.push({ id, atMs: clock.monotonicMs() });
    try {
      if (durationMs(id) > 0) await clock.sleep(durationMs(id), signal);
      return { state: "ok", message: verbatim("fine"), probeId: id, at: clock.now(), durationMs: 0 };
    } finally {
      busy.delete(id);
    }
  };
  schedule = startSchedule(probes, run, {
    clock,
    onResult: ({ probeId }) => void results.push(probeId),
    onError: (error) => void errors.push(error),
    ...more,
  });
  return { clock, schedule, started, results, errors, overlaps: () => overlaps };
}

let schedule: Schedule | undefined;

afterEach(async () => {
  await schedule?.stop();
  schedule = undefined;
});

const many = (count: number, everyMs: number): Probe[] => Array.from({ length: count }, (_, index) => probe(`p${index}`, everyMs));

test("a thousand probes are looked at once within 5 s and evenly over the interval from then on", async () => {
  const { clock, started } = world(many(1000, 30_000));
  await clock.advance(5000);
  expect(new Set(started.map(({ id }) => id)).size).toBe(1000);
  await clock.advance(55_000);
  const perSecond = Map.groupBy(
    started.filter(({ atMs }) => atMs >= 30_000),
    ({ atMs }) => Math.floor(atMs / 1000),
  );
  expect(Math.max(...[...perSecond.values()].map((looks) => looks.length))).toBeLessThanOrEqual(35);
});

test("a wall clock that jumps by an hour changes nothing", async () => {
  const { clock, started, schedule } = world(many(3, 30_000));
  await clock.advance(60_000);
  const before = started.length;
  clock.jumpWall(3_600_000);
  await clock.advance(60_000);
  clock.jumpWall(-7_200_000);
  await clock.advance(60_000);
  expect(started.length - before).toBe(12);
  expect(schedule.slip().maxMs).toBe(0);
});

test("looks that all last until a deadline close to the interval are never left out", async () => {
  const { clock, schedule } = world(
    many(50, 30_000).map((each) => ({ ...each, deadlineMs: 25_000 })),
    () => 25_000,
  );
  await clock.advance(300_000);
  expect(schedule.slip()).toMatchObject({ skipped: 0, maxMs: 0 });
});

test("a look that takes longer than its interval is never joined by a second one, and that is counted", async () => {
  const { clock, started, schedule, overlaps } = world([probe("slow", 1000)], () => 2500);
  await clock.advance(10_000);
  expect(overlaps()).toBe(0);
  expect(started.length).toBeGreaterThanOrEqual(3);
  expect(schedule.slip().skipped).toBeGreaterThan(0);
});

test("an event starts the check at once, and right after a look that is under way", async () => {
  const { clock, started, schedule } = world([probe("unit", 30_000)], () => 400);
  await clock.advance(10_000);
  expect(schedule.checkNow("unit")).toBe(true);
  await clock.advance(100);
  expect(started.at(-1)).toEqual({ id: "unit", atMs: 10_000 });
  schedule.checkNow("unit");
  schedule.checkNow("unit");
  await clock.advance(1000);
  expect(started.slice(-2)).toEqual([
    { id: "unit", atMs: 10_000 },
    { id: "unit", atMs: 10_400 },
  ]);
  expect(schedule.checkNow("nobody")).toBe(false);
});

test("a replaced configuration ends old looks without a result and begins the new ones", async () => {
  const { clock, started, results, schedule } = world([probe("old", 30_000), probe("both", 30_000)], () => 5000);
  await clock.advance(2600);
  schedule.replace([probe("both", 10_000), probe("new", 10_000)]);
  await clock.advance(9000);
  expect(results).not.toContain("old");
  expect(results.toSorted()).toEqual(["both", "new"]);
  expect(started.filter(({ atMs }) => atMs >= 2600).map(({ id }) => id)).toEqual(["both", "new"]);
});

test("a process that was frozen for ten minutes looks at everything once, spread, and reports its slip", async () => {
  const { clock, started, schedule } = world(many(100, 30_000));
  await clock.advance(60_000);
  const before = started.length;
  clock.freeze(600_000);
  await clock.advance(5000);
  const after = started.slice(before);
  expect(after.length).toBe(100);
  expect(new Set(after.map(({ atMs }) => atMs)).size).toBe(100);
  expect(schedule.slip().maxMs).toBeGreaterThan(500_000);
});

test("stopping ends what runs and nothing starts afterwards", async () => {
  const { clock, started, results, schedule } = world(many(10, 1000), () => 60_000);
  await clock.advance(900);
  await schedule.stop();
  await clock.advance(60_000);
  expect(started.length).toBe(10);
  expect(results).toEqual([]);
  expect(schedule.checkNow("p1")).toBe(false);
});

test("a result handler that throws is reported and stops no other check", async () => {
  const { clock, started, errors } = world([probe("bad", 1000), probe("good", 1000)], () => 0, {
    onResult: ({ probeId }) => {
      if (probeId === "bad") throw new Error("handler");
    },
  });
  await clock.advance(5000);
  expect(errors.length).toBeGreaterThan(3);
  expect(started.filter(({ id }) => id === "good").length).toBeGreaterThan(3);
});

test("with any intervals and durations no probe overlaps itself and none is forgotten", async () => {
  const specs = fc.array(fc.record({ everyMs: fc.integer({ min: 100, max: 5000 }), durationMs: fc.integer({ min: 0, max: 4000 }) }), {
    minLength: 1,
    maxLength: 12,
  });
  await fc.assert(
    fc.asyncProperty(specs, async (given) => {
      const probes = given.map(({ everyMs }, index) => probe(`p${index}`, everyMs));
      const lengthMs = (id: string): number => given[Number(id.slice(1))]?.durationMs ?? 0;
      const { clock, started, overlaps, schedule } = world(probes, lengthMs);
      await clock.advance(20_000);
      await schedule.stop();
      expect(overlaps()).toBe(0);
      for (const { id, everyMs } of probes) {
        const times = [0, ...started.filter((each) => each.id === id).map(({ atMs }) => atMs), 20_000];
        const gaps = times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0));
        expect(Math.max(...gaps)).toBeLessThanOrEqual(Math.max(everyMs * 2, lengthMs(id) + everyMs) + 1);
      }
    }),
    { numRuns: 30 },
  );
});
