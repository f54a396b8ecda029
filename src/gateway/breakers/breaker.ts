import type { BreakerState, CallVerdict } from "./breakers.ts";

/** One call as the breaker remembers it. Times: epoch ms. */
export type CountedCall = { readonly at: number; readonly verdict: "ok" | "slow" | "failed" };

/** What an operator made for a while; it ends by itself at `until`. */
export type Forced = { readonly by: string; readonly reason: string; readonly until: number };

/** The one call that is let through to see; whoever holds it loses it at `until`. */
export type Trial = { readonly owner: string; readonly until: number };

export type BreakerPhase =
  | { readonly state: "closed"; readonly since: number }
  | { readonly state: "open"; readonly since: number; readonly trialAfter: number }
  | { readonly state: "half-open"; readonly since: number; readonly trial?: Trial; readonly forced?: Forced }
  | { readonly state: "isolated"; readonly since: number; readonly forced: Forced };

export type Breaker = {
  readonly phase: BreakerPhase;
  /** Oldest first. */
  readonly calls: readonly CountedCall[];
  /** Openings since the vendor was last proven well; each doubles the pause before the next trial. */
  readonly openCount: number;
  readonly lastFailure?: { readonly at: number; readonly why: string };
  readonly lastSlow?: { readonly at: number; readonly latencyMs: number };
};

/**
 * Defaults follow the source's own figures (5 failures, 30 to 60 s) where they agree, and resilience4j's shares.
 * `slowShare` counts slow and failed together: a vendor that answers too late for a caller is as good as gone.
 */
export type BreakerPolicy = {
  readonly windowCalls: number;
  readonly windowMs: number;
  readonly minimumCalls: number;
  readonly failedShare: number;
  readonly slowShare: number;
  readonly coolDownMs: number;
  readonly longestCoolDownMs: number;
  /** How long a trial may take before another process may try. */
  readonly trialMs: number;
  /** Pause after a trial that said nothing about the vendor, because our own side failed. */
  readonly retryMs: number;
};

export const defaultBreakerPolicy: BreakerPolicy = {
  windowCalls: 20,
  windowMs: 5 * 60_000,
  minimumCalls: 5,
  failedShare: 0.5,
  slowShare: 0.8,
  coolDownMs: 15_000,
  longestCoolDownMs: 120_000,
  trialMs: 20_000,
  retryMs: 1000,
};

export type BreakerEvent =
  | { readonly kind: "call"; readonly at: number; readonly verdict: CallVerdict; readonly why?: string; readonly latencyMs?: number }
  | { readonly kind: "take-trial"; readonly owner: string }
  | {
      readonly kind: "trial-ended";
      readonly owner: string;
      readonly verdict: CallVerdict;
      readonly why?: string;
      readonly latencyMs?: number;
    }
  /** A person looked, with a call of their own. */
  | { readonly kind: "proven"; readonly by: string }
  | { readonly kind: "refuted"; readonly by: string; readonly why: string }
  | { readonly kind: "isolate"; readonly forced: Forced }
  | { readonly kind: "release"; readonly by: string; readonly reason: string }
  /** `reset --force`: calls go through one at a time from now on, without waiting for the pause. */
  | { readonly kind: "force-trial"; readonly forced: Forced };

export function newBreaker(now: number): Breaker {
  return { phase: { state: "closed", since: now }, calls: [], openCount: 0 };
}

/** The state after an event. Never `closed` from anything else without a call that went well. */
export function nextBreaker(before: Breaker, event: BreakerEvent, now: number, policy: BreakerPolicy): Breaker {
  const breaker = afterTime(before, now);
  const { phase } = breaker;
  switch (event.kind) {
    case "call":
      return afterCall(breaker, event, now, policy);
    case "take-trial":
      return canTry(breaker, now)
        ? { ...breaker, phase: halfOpen(phase, now, { owner: event.owner, until: now + policy.trialMs }) }
        : breaker;
    case "trial-ended":
      if (phase.state !== "half-open" || phase.trial?.owner !== event.owner) return breaker;
      return afterTrial(breaker, event, now, policy);
    case "proven":
      return phase.state === "isolated" ? breaker : closed(breaker, now);
    case "refuted":
      return phase.state === "isolated" ? breaker : { ...breaker, lastFailure: { at: now, why: event.why } };
    case "isolate":
      return { ...breaker, phase: { state: "isolated", since: phase.state === "isolated" ? phase.since : now, forced: event.forced } };
    case "release":
      return phase.state === "isolated" ? { ...breaker, phase: { state: "open", since: now, trialAfter: now } } : breaker;
    case "force-trial":
      return phase.state === "open" || phase.state === "half-open"
        ? { ...breaker, phase: { state: "half-open", since: now, forced: event.forced } }
        : breaker;
  }
}

/** What the passing of time alone does: everything forced ends by itself, in a trial and never in "closed". */
export function afterTime(breaker: Breaker, now: number): Breaker {
  const { phase } = breaker;
  const forced = "forced" in phase ? phase.forced : undefined;
  if (forced === undefined || now < forced.until) return breaker;
  return { ...breaker, phase: { state: "open", since: now, trialAfter: now } };
}

/** Whether somebody may call to see if the vendor is back. */
export function canTry(breaker: Breaker, now: number): boolean {
  const { phase } = afterTime(breaker, now);
  if (phase.state === "open") return now >= phase.trialAfter;
  return phase.state === "half-open" && (phase.trial === undefined || now >= phase.trial.until);
}

export function stateOf(breaker: Breaker, now: number): BreakerState {
  return afterTime(breaker, now).phase.state;
}

function halfOpen(phase: BreakerPhase, now: number, trial: Trial): BreakerPhase {
  if (phase.state !== "half-open") return { state: "half-open", since: now, trial };
  return { ...phase, trial };
}

type Judged = { readonly verdict: CallVerdict; readonly why?: string; readonly latencyMs?: number };

function afterCall(breaker: Breaker, event: Judged & { at: number }, now: number, policy: BreakerPolicy): Breaker {
  const { verdict, at } = event;
  if (verdict === "ours") return breaker;
  const noted = note(breaker, event, at);
  // Calls that began before the breaker opened tell nothing new once it is open.
  if (breaker.phase.state !== "closed") return noted;
  const calls = [...breaker.calls, { at, verdict }].filter((call) => now - call.at < policy.windowMs).slice(-policy.windowCalls);
  const counted = { ...noted, calls };
  return verdict !== "ok" && isTooMuch(calls, policy) ? opened(counted, now, policy) : counted;
}

function afterTrial(breaker: Breaker, event: Judged, now: number, policy: BreakerPolicy): Breaker {
  switch (event.verdict) {
    case "ok":
      return closed(breaker, now);
    case "slow":
    case "failed":
      return opened(note(breaker, event, now), now, policy);
    case "ours":
      return { ...breaker, phase: { state: "open", since: breaker.phase.since, trialAfter: now + policy.retryMs } };
  }
}

function note(breaker: Breaker, { verdict, why = "", latencyMs = 0 }: Judged, at: number): Breaker {
  if (verdict === "failed") return { ...breaker, lastFailure: { at, why } };
  if (verdict === "slow") return { ...breaker, lastSlow: { at, latencyMs: Math.round(latencyMs) } };
  return breaker;
}

function isTooMuch(calls: readonly CountedCall[], policy: BreakerPolicy): boolean {
  if (calls.length < policy.minimumCalls) return false;
  const failed = calls.filter(({ verdict }) => verdict === "failed").length;
  const slow = calls.filter(({ verdict }) => verdict === "slow").length;
  return failed / calls.length >= policy.failedShare || (failed + slow) / calls.length >= policy.slowShare;
}

function opened(breaker: Breaker, now: number, policy: BreakerPolicy): Breaker {
  const openCount = breaker.openCount + 1;
  const pauseMs = Math.min(policy.longestCoolDownMs, policy.coolDownMs * 2 ** Math.min(openCount - 1, 16));
  return { ...breaker, phase: { state: "open", since: now, trialAfter: now + pauseMs }, calls: [], openCount };
}

/** The calls of before the outage are forgotten with it. */
function closed(breaker: Breaker, now: number): Breaker {
  if (breaker.phase.state === "closed") return breaker;
  return { ...breaker, phase: { state: "closed", since: now }, calls: [], openCount: 0 };
}
