import { minutes, seconds } from "../../kernel/clock.ts";
import { maskPersonalData } from "../../kernel/mask.ts";
import type { EventOutcome } from "../event-handler.ts";

/** How often and how patiently an event is tried. */
export type RetryPolicy = { readonly attempts: number; readonly firstPauseMs: number; readonly longestPauseMs: number };

/** 1 s, 2 s, 4 s … 5 min: about half an hour in all; a vendor's or a database's short illness ends within it. */
export const defaultRetries: RetryPolicy = { attempts: 12, firstPauseMs: seconds(1), longestPauseMs: minutes(5) };

/** What is written to the row of an event that was looked at. */
export type Settled = {
  readonly status: "done" | "retry" | "dead";
  readonly outcome: "applied" | "ignored" | "unknown-shape" | "unresolved" | null;
  readonly attempts: number;
  readonly pauseMs: number;
  readonly error: string | null;
};

/** Full jitter on the upper half: a thousand events that failed together do not come back together. `random` in [0, 1). */
export function decidePauseMs(attempts: number, policy: RetryPolicy, random: number): number {
  const ceiling = Math.min(policy.longestPauseMs, policy.firstPauseMs * 2 ** Math.min(attempts - 1, 30));
  return Math.round(ceiling * (0.5 + random / 2));
}

/** What becomes of an event after this outcome. `attempts`: tries before this one. */
export function afterOutcome(outcome: EventOutcome, attempts: number, policy: RetryPolicy, random: number): Settled {
  const tried = attempts + 1;
  const over = { attempts: tried, pauseMs: 0 };
  switch (outcome.kind) {
    case "done":
      return { ...over, status: "done", outcome: "applied", error: null };
    case "ignored":
      return { ...over, status: "done", outcome: "ignored", error: shorten(outcome.why) };
    case "unknown-shape":
      return { ...over, status: "done", outcome: "unknown-shape", error: shorten(outcome.why) };
    case "dead":
      return { ...over, status: "dead", outcome: null, error: shorten(outcome.why) };
    case "later":
      return tried >= policy.attempts
        ? { ...over, status: "dead", outcome: null, error: shorten(`after ${tried} attempts: ${outcome.why}`) }
        : { status: "retry", outcome: null, attempts: tried, pauseMs: decidePauseMs(tried, policy, random), error: shorten(outcome.why) };
  }
}

/** Nobody's number or agent fits: set aside until the company is known, and not tried meanwhile. */
export function afterUnresolved(attempts: number): Settled {
  return { status: "dead", outcome: "unresolved", attempts, pauseMs: 0, error: "no company fits its number, agent or event type" };
}

/** Held over without having been tried, because its whole group is failing. */
export function afterHeldOver(attempts: number, policy: RetryPolicy, why: string): Settled {
  return { status: "retry", outcome: null, attempts, pauseMs: 5 * policy.firstPauseMs, error: shorten(why) };
}

/** An error as an outcome: tried again. Its text is masked, it may carry what a caller said. */
export function afterThrow(error: unknown): EventOutcome {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { kind: "later", why: text };
}

function shorten(why: string): string {
  return maskPersonalData(why).slice(0, 500);
}
