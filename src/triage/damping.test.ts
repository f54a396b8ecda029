import { expect, test } from "vitest";
import { message } from "../kernel/message.ts";
import type { ProbeResult, ProbeState } from "../probes/probe.ts";
import { emptyHistory, isBlind, nextHistory, type ProbeHistory } from "./damping.ts";

const policy = { failures: 3, window: 4, recoveries: 2 };

function look(state: ProbeState, at: number, isDefinite = false): ProbeResult {
  return {
    probeId: "web",
    state,
    at,
    durationMs: 1,
    message: message("probe.interrupted"),
    ...(state === "down" ? { cause: "unreachable" } : {}),
    isDefinite,
  };
}

function lookAll(states: string): ProbeHistory {
  const words: Record<string, ProbeState> = { o: "ok", d: "down", g: "degraded", u: "unknown" };
  return states
    .split("")
    .reduce((history, letter, index) => nextHistory(history, look(words[letter] ?? "ok", index), policy), emptyHistory);
}

test.each([
  ["o", false],
  ["d", false],
  ["dd", false],
  ["ddd", true],
  ["dodd", true],
  ["dood", false],
  ["ddod", true],
  ["dgd", true],
  ["ddu", false],
  ["ddud", true],
])("after %s the finding is raised: %s", (states, isRaised) => {
  expect(lookAll(states).raised !== undefined).toBe(isRaised);
});

test.each([
  ["dddo", true],
  ["dddoo", false],
  ["dddodo", true],
  ["dddou", true],
  ["dddouo", true],
  ["dddouoo", false],
])("recovery has a threshold of its own: after %s it is still raised: %s", (states, isRaised) => {
  expect(lookAll(states).raised !== undefined).toBe(isRaised);
});

test("a unit that died needs no second opinion", () => {
  expect(nextHistory(emptyHistory, look("down", 7, true), policy)).toMatchObject({ raised: { state: "down" }, since: 7 });
});

test("the beginning of a finding is its first bad look, not the one that raised it", () => {
  expect(lookAll("oddd").since).toBe(1);
});

test("a look that could not see is blind, and neither raises nor clears", () => {
  const raised = lookAll("ddd");
  const blind = nextHistory(raised, look("unknown", 9), policy);
  expect(isBlind(blind)).toBe(true);
  expect(blind.raised).toEqual(raised.raised);
});
