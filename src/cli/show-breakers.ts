import type pg from "pg";
import type { App } from "../app.ts";
import type { StoredBreaker } from "../gateway/breakers/breaker-rows.ts";
import { stateOf, type Breaker, type Forced } from "../gateway/breakers/breaker.ts";
import type { BreakerState } from "../gateway/breakers/breakers.ts";
import { readEgress, readMinutes } from "../gateway/vendors/egress-rows.ts";
import { join, message, type Message } from "../kernel/message.ts";
import { momentText } from "./moment-text.ts";

/** What stands below a breaker's line. */
export function detailsOf({ breaker, at }: StoredBreaker, app: App): Message[] {
  const { phase, calls, lastFailure, lastSlow, openCount } = breaker;
  const bad = countBad(calls);
  const forced = "forced" in phase && phase.forced !== undefined && phase.forced.until > at ? phase.forced : undefined;
  const history = [
    ...(lastFailure === undefined
      ? []
      : [message("breaker.failure-detail", { what: lastFailure.why, at: momentText(lastFailure.at, app) })]),
    ...(lastSlow === undefined
      ? []
      : [message("breaker.slow-detail", { latencyMs: lastSlow.latencyMs, at: momentText(lastSlow.at, app) })]),
  ];
  return [
    ...(phase.state === "open" ? [message("breaker.open-detail", { count: openCount, trial: momentText(phase.trialAfter, app) })] : []),
    ...(forced === undefined
      ? []
      : [message("breaker.forced-detail", { by: forced.by, reason: forced.reason, until: momentText(forced.until, app) })]),
    ...(calls.length === 0 ? [] : [message("breaker.window-detail", { ...bad, count: calls.length })]),
    ...(history.length === 0 ? [] : [join(history)]),
  ];
}

function countBad(calls: Breaker["calls"]): { failed: number; slow: number } {
  return {
    failed: calls.filter(({ verdict }) => verdict === "failed").length,
    slow: calls.filter(({ verdict }) => verdict === "slow").length,
  };
}

/** The same for a machine. */
export function describeBreaker({ vendor, breaker, at }: StoredBreaker): Record<string, unknown> & { state: BreakerState } {
  const { phase, calls, openCount, lastFailure, lastSlow } = breaker;
  return {
    vendor,
    state: stateOf(breaker, at),
    since: stampOf(phase.since),
    openCount,
    window: { calls: calls.length, ...countBad(calls) },
    ...(phase.state === "open" ? { trialAfter: stampOf(phase.trialAfter) } : {}),
    ...("forced" in phase && phase.forced !== undefined ? { forced: describeForced(phase.forced) } : {}),
    ...(lastFailure === undefined ? {} : { lastFailure: { what: lastFailure.why, at: stampOf(lastFailure.at) } }),
    ...(lastSlow === undefined ? {} : { lastSlow: { latencyMs: lastSlow.latencyMs, at: stampOf(lastSlow.at) } }),
  };
}

type EgressFigure = {
  readonly bucket: string;
  readonly sentLastMinute: number;
  readonly blockedUntil?: string;
  readonly lastHour: { readonly sent: number; readonly throttled: number; readonly refused: number };
};

/** What went out on each key: the last minute and the last hour. */
export async function readFigures(pool: pg.Pool): Promise<EgressFigure[]> {
  const minutes = await readMinutes(pool, 60);
  const windows = await readEgress(pool);
  const names = new Set([...windows.map(({ bucket }) => bucket), ...minutes.map(({ bucket }) => bucket)]);
  return [...names].sort().map((bucket) => {
    const window = windows.find((each) => each.bucket === bucket);
    const own = minutes.filter((each) => each.bucket === bucket);
    const sum = (what: "sent" | "throttled" | "refused"): number => own.reduce((all, minute) => all + minute[what], 0);
    return {
      bucket,
      sentLastMinute: window?.sentAt.length ?? 0,
      ...(window !== undefined && window.blockedUntil > window.at ? { blockedUntil: stampOf(window.blockedUntil) } : {}),
      lastHour: { sent: sum("sent"), throttled: sum("throttled"), refused: sum("refused") },
    };
  });
}

export function egressLines({ bucket, sentLastMinute, blockedUntil, lastHour }: EgressFigure, app: App): Message[] {
  const { sent: total, throttled, refused } = lastHour;
  return [
    message("breaker.egress-line", { bucket, sent: sentLastMinute, total, throttled, refused }),
    ...(blockedUntil === undefined
      ? []
      : [message("breaker.egress-blocked", { bucket, until: momentText(Date.parse(blockedUntil), app) })]),
  ];
}

export function describeForced({ by, reason, until }: Forced): Record<string, string> {
  return { by, reason, until: stampOf(until) };
}

export function stateText(state: BreakerState): Message {
  return message(`breaker.${state}`);
}

function stampOf(at: number): string {
  return new Date(at).toISOString();
}
