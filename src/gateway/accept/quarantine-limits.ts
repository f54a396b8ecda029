import { openRateLimiter, type RateLimit } from "./rate-limit.ts";

/** What unverified requests may bring. Verified ones are never limited: that would be an outage of our own making. */
export type QuarantineLimits = {
  /** False: this source, or all of them together, has brought as much as is kept of strangers. */
  admit(source: string, bytes: number, nowMs: number): boolean;
};

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;

const requestsOfSource: RateLimit = { perSecond: 10, burst: 600 };
const bytesOfSource: RateLimit = { perSecond: 32 * kibibyte, burst: 16 * mebibyte };
const bytesOfAll: RateLimit = { perSecond: 128 * kibibyte, burst: 256 * mebibyte };

/**
 * Caps in requests and bytes per source, and in bytes in total. `scale` widens them while an operator has put verification into
 * quarantine mode, since then genuine events come unverified too: what is kept of a whole rotation must fit.
 */
export function openQuarantineLimits(scale: () => number = () => 1): QuarantineLimits {
  const requests = openRateLimiter(requestsOfSource);
  const bytesBySource = openRateLimiter(bytesOfSource);
  const bytesInAll = openRateLimiter(bytesOfAll);
  return {
    admit: (source, bytes, nowMs) => {
      const share = 1 / scale();
      return (
        requests.take(source, share, nowMs) &&
        bytesBySource.take(source, bytes * share, nowMs) &&
        bytesInAll.take("all", bytes * share, nowMs)
      );
    },
  };
}
