import type { ProbeResult } from "../probes/probe.ts";

/** `failures` bad looks of the last `window` raise a finding; `recoveries` good looks in a row clear it. */
export type DampingPolicy = { readonly failures: number; readonly window: number; readonly recoveries: number };

/** What is known of one probe: its recent looks, newest last, and whether it is raised. */
export type ProbeHistory = {
  readonly recent: readonly ProbeResult[];
  /** The bad look that raised it, with its beginning; absent while it counts as well. */
  readonly raised?: ProbeResult;
  readonly since?: number;
};

export const emptyHistory: ProbeHistory = { recent: [] };

/**
 * Two thresholds, one up and one down, so that a flapping target neither pages nor clears with every look.
 * A definite look (a unit that died, a table that is gone) raises at once. `unknown` proves nothing in either direction.
 */
export function nextHistory(history: ProbeHistory, result: ProbeResult, policy: DampingPolicy): ProbeHistory {
  if (result.state === "unknown") return { ...history, recent: [...history.recent, result].slice(-policy.window) };
  const recent = [...history.recent, result].slice(-Math.max(policy.window, policy.recoveries));
  const isBad = result.state !== "ok";
  if (history.raised !== undefined) {
    const lastLooks = recent.slice(-policy.recoveries);
    const hasRecovered = lastLooks.length >= policy.recoveries && lastLooks.every(({ state }) => state === "ok");
    if (hasRecovered) return { recent };
    return { recent, raised: isBad ? result : history.raised, since: history.since ?? result.at };
  }
  const bad = recent.slice(-policy.window).filter(({ state }) => state === "down" || state === "degraded");
  if (isBad && (result.isDefinite === true || bad.length >= policy.failures)) {
    return { recent, raised: result, since: bad[0]?.at ?? result.at };
  }
  return { recent };
}

/** True when the newest look could not see: whatever was known before may be out of date. */
export function isBlind(history: ProbeHistory): boolean {
  return history.recent.at(-1)?.state === "unknown";
}
