/**
 * Where what arrives is kept now. `store`: the inbox. `spool`: files, because the database did not take something in its slice;
 * it is tried every `trialMs` with a write of its own, so that no sender pays for the attempt. Times: monotonic ms.
 */
export type Place = { readonly at: "store" } | { readonly at: "spool"; readonly since: number; readonly reason: string };

export const trialMs = 300;

/** A delivery was refused or too slow: nobody after it waits for the same answer. */
export function afterRefusal(place: Place, reason: string, now: number): Place {
  return place.at === "spool" ? place : { at: "spool", since: now, reason };
}

/** A trial came through in its slice and the spool is empty but for what fits into one batch. */
export function afterTrial(place: Place, trial: { readonly isTaken: boolean; readonly isDrained: boolean }): Place {
  return place.at === "spool" && trial.isTaken && trial.isDrained ? { at: "store" } : place;
}
