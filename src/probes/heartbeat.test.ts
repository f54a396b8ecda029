import fc from "fast-check";
import { expect, test } from "vitest";
import { lookOnce, mapMemory } from "../../test/network-look.ts";
import { decideHeartbeat, type Ping } from "./heartbeat-decision.ts";
import { heartbeatProbe, recordPing } from "./heartbeat.ts";

const spec = { name: "nightly-backup", everyMs: 60_000, graceMs: 10_000 };
const start = 1_800_000_000_000;

test.each<[string, Ping | undefined, number, string, boolean]>([
  ["no report yet, within the grace", undefined, 70_000, "unknown", false],
  ["no report ever", undefined, 70_001, "down", false],
  ["a fresh report", { at: start + 1_000_000 }, 1_000_001, "ok", false],
  ["a report at the edge", { at: start + 1_000_000 }, 1_070_000, "ok", false],
  ["a report that is overdue", { at: start + 1_000_000 }, 1_070_001, "down", true],
  ["a fresh failure", { at: start + 1_000_000, exitCode: 3 }, 1_000_001, "down", true],
  ["a fresh success with its code", { at: start + 1_000_000, exitCode: 0 }, 1_000_001, "ok", false],
  ["a report from the future", { at: start + 4_600_000 }, 1_000_000, "unknown", false],
  ["an old report, but we only listen again since a moment", { at: start - 500_000 }, 5000, "unknown", false],
])("%s", (_, ping, afterMs, state, isDefinite) => {
  const seen = decideHeartbeat(ping, start + afterMs, spec, start);
  expect(seen).toMatchObject({ state, ...(isDefinite ? { isDefinite } : {}) });
  const bad = ping !== undefined && "exitCode" in ping && ping.exitCode !== 0 ? "job-failed" : "heartbeat-missing";
  expect(seen.cause).toBe(state === "down" ? bad : undefined);
});

test("silence longer than interval and grace is never ok, whatever came before", () => {
  const ping = fc.option(fc.record({ at: fc.integer({ min: start - 10_000_000, max: start }) }), { nil: undefined });
  fc.assert(
    fc.property(ping, fc.nat(10_000_000), fc.nat(10_000_000), (last, afterMs, watchedMs) => {
      const now = start + afterMs;
      const isOverdue = last === undefined || now - last.at > spec.everyMs + spec.graceMs;
      expect(decideHeartbeat(last, now, spec, now - watchedMs).state === "ok").toBe(!isOverdue);
    }),
  );
});

test("a job that reported, then stops, is missed; when it reports again all is well", async () => {
  const memory = mapMemory();
  let now = start;
  const look = async (): Promise<string> =>
    (await lookOnce(heartbeatProbe, { name: "job", every: "1m", grace: "10s" }, { memory, now: () => now })).state;
  const states: string[] = [await look()];
  recordPing(memory, "job", now);
  for (const pause of [30_000, 30_000, 30_000]) {
    now += pause;
    states.push(await look());
  }
  recordPing(memory, "job", now);
  states.push(await look());
  recordPing(memory, "job", now, { exitCode: 1 });
  states.push(await look());
  expect(states).toEqual(["unknown", "ok", "ok", "down", "ok", "down"]);
});

test("after a night in which nobody listened, an old report is unknown, and missing only when it still does not come", async () => {
  const memory = mapMemory();
  let now = start;
  const look = async (): Promise<string> =>
    (await lookOnce(heartbeatProbe, { name: "job", every: "1m", grace: "10s" }, { memory, now: () => now })).state;
  recordPing(memory, "job", now);
  expect(await look()).toBe("ok");
  now += 8 * 3_600_000;
  expect(await look()).toBe("unknown");
  now += 60_000;
  expect(await look()).toBe("unknown");
  now += 11_000;
  expect(await look()).toBe("down");
});
