import { egressWindowMs } from "./egress-rows.ts";

/** What is known of one key's window. Times: epoch ms, oldest first. */
export type EgressWindow = { readonly sentAt: readonly number[]; readonly blockedUntil: number };

/** A waiter of at least this long is work in the background; shorter is somebody on the phone. */
export const patientWaitMs = 5000;
/** What is left to those who cannot wait: a long sync must not make a caller hear that nothing is free. */
const shareOfPatient = 0.8;

/** How many calls a minute a waiter may see in the window before it has to wait. */
export function limitFor(limit: number, waitMs: number): number {
  return waitMs < patientWaitMs ? limit : Math.max(1, Math.floor(limit * shareOfPatient));
}

/** The moment a token is free, `now` when one is. With a sliding window this is exact: nothing frees earlier. */
export function decideFreeAt(window: EgressWindow, limit: number, now: number): number {
  const recent = window.sentAt.filter((at) => at > now - egressWindowMs);
  // The call that has to leave the window so that one fewer than the limit remains.
  const leaving = recent.length < limit ? undefined : recent[recent.length - limit];
  const free = leaving === undefined ? now : leaving + egressWindowMs;
  return Math.max(free, window.blockedUntil, now);
}
