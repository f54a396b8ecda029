import fc from "fast-check";
import { expect, test } from "vitest";
import { hours, minutes } from "../kernel/clock.ts";
import { decideRestart, defaultRestartBudget as budget, type PastRestart } from "./decide-restart.ts";

const now = hours(10);
const past = (service: string, minutesAgo: number): PastRestart => ({ service, at: now - minutes(minutesAgo) });

test.each<[string, PastRestart[], object]>([
  ["the first restart", [], { isAllowed: true }],
  ["a second one after 14 minutes", [past("web", 14)], { isAllowed: false, limit: "service", allowedAt: now + minutes(1) }],
  ["a second one after 15 minutes", [past("web", 15)], { isAllowed: true }],
  ["one while another service was restarted", [past("db", 1)], { isAllowed: true }],
  [
    "a fourth one within the hour",
    [past("a", 50), past("b", 30), past("c", 20)],
    { isAllowed: false, limit: "overall", allowedAt: now + minutes(10) },
  ],
  [
    "one after the clock went back an hour",
    [{ service: "web", at: now + hours(1) }],
    { isAllowed: false, limit: "service", allowedAt: now + minutes(15) },
  ],
])("%s", (_, history, wanted) => {
  expect(decideRestart("web", history, budget, now)).toMatchObject(wanted);
});

test("at the moment it names the budget has room, and a budget of nothing never allows", () => {
  fc.assert(
    fc.property(fc.array(fc.record({ service: fc.constantFrom("web", "db"), at: fc.integer({ min: 0, max: now }) })), (history) => {
      const decision = decideRestart("web", history, budget, now);
      if (decision.isAllowed) return;
      expect(decision.allowedAt).toBeGreaterThan(now);
      const later = decideRestart("web", history, budget, decision.allowedAt);
      expect(later.isAllowed || later.allowedAt > decision.allowedAt).toBe(true);
    }),
  );
  expect(decideRestart("web", [], { ...budget, perService: { count: 0, windowMs: 1 } }, now).isAllowed).toBe(false);
});
