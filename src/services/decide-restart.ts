import { hours, minutes } from "../kernel/clock.ts";

/** A restart done by automation. `at`: epoch ms UTC. */
export type PastRestart = { readonly service: string; readonly at: number };

export type RestartBudget = {
  readonly perService: { readonly count: number; readonly windowMs: number };
  readonly overall: { readonly count: number; readonly windowMs: number };
};

/** One per service in 15 minutes, three in an hour over all: a restart that did not help will not help the second time either. */
export const defaultRestartBudget: RestartBudget = {
  perService: { count: 1, windowMs: minutes(15) },
  overall: { count: 3, windowMs: hours(1) },
};

export type RestartDecision =
  | { readonly isAllowed: true }
  | {
      readonly isAllowed: false;
      readonly limit: "service" | "overall";
      readonly count: number;
      readonly windowMs: number;
      readonly allowedAt: number;
    };

/**
 * May automation restart this service now? `allowedAt` (epoch ms UTC) is when the budget has room again.
 * A restart noted in the future (the clock went back) counts as if it were now.
 */
export function decideRestart(service: string, history: readonly PastRestart[], budget: RestartBudget, now: number): RestartDecision {
  const limits = [
    { limit: "service" as const, ...budget.perService, past: history.filter((restart) => restart.service === service) },
    { limit: "overall" as const, ...budget.overall, past: history },
  ];
  for (const { limit, count, windowMs, past } of limits) {
    const recent = past
      .map(({ at }) => Math.min(at, now))
      .filter((at) => at > now - windowMs)
      .toSorted((left, right) => left - right);
    if (recent.length < count) continue;
    // Room is there again when so many have left the window that one fewer than `count` remain.
    const freeing = count === 0 ? now : (recent[recent.length - count] ?? now);
    return { isAllowed: false, limit, count, windowMs, allowedAt: freeing + windowMs };
  }
  return { isAllowed: true };
}
