/** A bucket that fills again by itself: `perSecond` units up to `burst`. */
export type RateLimit = { readonly perSecond: number; readonly burst: number };

export type RateLimiter = {
  /** Takes `units` of this source's bucket, or none at all and `false`. `nowMs`: monotonic. */
  take(source: string, units: number, nowMs: number): boolean;
  readonly sources: number;
};

type Bucket = { units: number; filledMs: number };

/** Sources that are remembered at once: whoever comes from ever new addresses must not fill the memory. */
const mostSources = 10_000;

/** One bucket per source, in memory. When there are too many sources, the one that was quiet longest is forgotten. */
export function openRateLimiter({ perSecond, burst }: RateLimit): RateLimiter {
  const buckets = new Map<string, Bucket>();
  return {
    take: (source, units, nowMs) => {
      const known = buckets.get(source);
      const refilled = known === undefined ? burst : Math.min(burst, known.units + ((nowMs - known.filledMs) / 1000) * perSecond);
      const isTaken = refilled >= units;
      // Deleted first: a Map keeps the order of insertion, so the first entry is the one that was quiet longest.
      buckets.delete(source);
      buckets.set(source, { units: isTaken ? refilled - units : refilled, filledMs: nowMs });
      if (buckets.size > mostSources) buckets.delete(buckets.keys().next().value ?? source);
      return isTaken;
    },
    get sources() {
      return buckets.size;
    },
  };
}
