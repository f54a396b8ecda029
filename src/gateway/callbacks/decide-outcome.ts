import type { CallOutcome } from "./line.ts";

/** Endings of a call in which a customer was spoken to, of the 34 in retell-sdk 5.66.1 (`disconnection_reason`). */
const spokenTo: ReadonlySet<string> = new Set([
  "user_hangup",
  "agent_hangup",
  "call_transfer",
  "call_take_over",
  "transfer_bridged",
  "transfer_cancelled",
  "inactivity",
  "max_duration_reached",
  "manual_stopped",
]);

/** Pure. Anything that is not known to be a conversation is missed: a second call is better than none. */
export function decideOutcome(disconnectionReason: string): CallOutcome {
  return spokenTo.has(disconnectionReason) ? { kind: "reached" } : { kind: "missed", why: disconnectionReason };
}

/** What happens to a callback after an attempt: again after a pause, in open hours, or over. Times: epoch ms. */
export type NextAttempt = { readonly kind: "wait"; readonly notBefore: number } | { readonly kind: "give-up" };

export function afterMissed(
  attempts: number,
  now: number,
  policy: { readonly attempts: number; readonly pause: number },
  nextOpenAt: (at: number) => number | undefined,
): NextAttempt {
  if (attempts >= policy.attempts) return { kind: "give-up" };
  const earliest = now + policy.pause;
  return { kind: "wait", notBefore: nextOpenAt(earliest) ?? earliest };
}
