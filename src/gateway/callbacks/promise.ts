import { hours, minutes } from "../../kernel/clock.ts";
import type { OpeningHours } from "../companies/directory.ts";
import { openSpans } from "./opening.ts";

export type Priority = "normal" | "high" | "urgent";
export const priorityRank: Readonly<Record<Priority, number>> = { normal: 0, high: 1, urgent: 2 };

/** Somebody who waits to be called back, as far as it matters for those behind. Times: epoch ms UTC. */
export type Waiting = {
  readonly callbackId: string;
  readonly companyId: string;
  readonly phone: string;
  readonly priority: Priority;
  /** A first call goes before a repeated one. */
  readonly attempts: number;
  /** When the branch opens, or opened already. */
  readonly opensAt: number;
  readonly notBefore: number;
  readonly promisedBy: number;
};

export type PromiseFacts = {
  readonly now: number;
  /** Everybody who waits, of all companies: one line dials for all. */
  readonly waiting: readonly Waiting[];
  readonly priority: Priority;
  readonly perHour: number;
  /** The shortest that is ever promised, ms. */
  readonly shortestMs: number;
  readonly hours: OpeningHours;
  readonly timeZone: string;
};

/**
 * `opensAt`: now, or the next opening. `notBefore`: when it may first be dialled. `ahead`: how many are dialled before.
 * Times: epoch ms UTC.
 */
export type Promised = Pick<Waiting, "promisedBy" | "opensAt" | "notBefore"> & { readonly ahead: number };

/** So long nobody is rung up: whoever was just promised a callback may still be listening to it. */
const longestGraceMs = minutes(2);

/** A quarter of the shortest promise at most, so that the grace never breaks it. Milliseconds. */
export function graceOf(shortestMs: number): number {
  return Math.min(longestGraceMs, shortestMs / 4);
}

/** A time that is spoken has no odd minutes. */
const roundToMs = minutes(5);

/**
 * By when somebody who asks now is called back: the shortest promise, or as long as the dialler needs for those ahead
 * at its rate, counted in the branch's open hours only and rounded up to five minutes.
 */
export function decidePromise(facts: PromiseFacts): Promised {
  const gapMs = hours(1) / facts.perHour;
  const spans = [...openSpans(facts.hours, facts.timeZone, facts.now)];
  const opensAt = Math.max(facts.now, spans[0]?.startsAt ?? facts.now);
  const notBefore = Math.max(opensAt, facts.now + graceOf(facts.shortestMs));
  const rivals = facts.waiting.filter((other) => other.attempts === 0 && priorityRank[other.priority] >= priorityRank[facts.priority]);
  let ahead = 0;
  // The later our turn, the more of the others come before it: grows until it holds.
  for (;;) {
    const promisedBy = afterOpenTime(spans, facts.now, Math.max(facts.shortestMs, (ahead + 1) * gapMs));
    const counted = rivals.filter((other) => isAhead(other, opensAt, promisedBy, facts.now)).length;
    if (counted <= ahead) return { promisedBy, opensAt, notBefore, ahead };
    ahead = counted;
  }
}

/** Whoever may be dialled before us and is not certainly done when our turn begins; a broken promise still waits. */
function isAhead(other: Waiting, ourStart: number, ourEnd: number, now: number): boolean {
  return other.notBefore < ourEnd && (other.promisedBy > ourStart || other.promisedBy <= now);
}

/** The moment at which it has been open for `neededMs`, rounded up within the same opening; the end of all openings when they are too short. */
function afterOpenTime(spans: readonly { startsAt: number; endsAt: number }[], now: number, neededMs: number): number {
  let restMs = neededMs;
  for (const { startsAt, endsAt } of spans) {
    const from = Math.max(now, startsAt);
    if (from + restMs <= endsAt) return Math.min(Math.ceil((from + restMs) / roundToMs) * roundToMs, endsAt);
    restMs -= endsAt - from;
  }
  return spans.at(-1)?.endsAt ?? now + neededMs;
}
