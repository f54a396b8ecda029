import type { Block, Step } from "./playbook.ts";

/** The least time in which a step could do anything at all. */
export const leastSliceMs = 500;

/** What a step may take at most by its own time limits: guard, every attempt, verify, and the fallback with a second verify. */
export function longestMs(step: Step): number {
  const of = (block: Block | undefined): number => block?.timeoutMs ?? 0;
  const fallback = step.fallback === undefined ? 0 : of(step.fallback) + of(step.verify);
  return of(step.guard) + step.timeoutMs * (1 + step.retries) + of(step.verify) + fallback;
}

/**
 * The zone's budget in slices, in milliseconds, one for each step: in proportion to what the steps may take,
 * and never more than that. Their sum never exceeds the budget.
 */
export function sliceBudget(steps: readonly Step[], budgetMs: number): number[] {
  const longest = steps.map(longestMs);
  const sum = longest.reduce((total, ms) => total + ms, 0);
  const share = sum === 0 ? 0 : Math.min(1, Math.max(0, budgetMs) / sum);
  return longest.map((ms) => Math.floor(ms * share));
}
