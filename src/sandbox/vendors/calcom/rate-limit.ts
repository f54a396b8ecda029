import { calcomError } from "./calcom-state.ts";
import type { VendorAnswer, VendorRequest } from "../vendor-server.ts";

export type RateLimit = {
  /** A refusal once the minute's share of this key, or of this address without one, is used up. */
  check(request: VendorRequest, now: number): VendorAnswer | undefined;
  isSuspended(): boolean;
  /** What the vendor's support does after a mail. */
  lift(): void;
  /** Requests of the running minute, all keys together. */
  used(): number;
};

/**
 * 120 requests in a minute for a key; after so many minutes with a breach the account is suspended, as happened twice
 * to the team this was built for. How many the vendor allows is unknown.
 */
export function createRateLimit({ perMinute, suspendAfter }: { readonly perMinute: number; readonly suspendAfter: number }): RateLimit {
  const windows = new Map<string, { startAt: number; count: number }>();
  const breachedMinutes = new Set<number>();
  return {
    check: ({ headers }, now) => {
      if (breachedMinutes.size >= suspendAfter) return suspended();
      const who = headers.authorization ?? "address";
      let window = windows.get(who);
      if (window === undefined || now - window.startAt >= 60_000) windows.set(who, (window = { startAt: now, count: 0 }));
      window.count += 1;
      if (window.count <= perMinute) return undefined;
      breachedMinutes.add(window.startAt);
      return breachedMinutes.size >= suspendAfter ? suspended() : tooMany();
    },
    isSuspended: () => breachedMinutes.size >= suspendAfter,
    lift: () => {
      breachedMinutes.clear();
      windows.clear();
    },
    used: () => [...windows.values()].reduce((sum, { count }) => sum + count, 0),
  };
}

export const tooMany = (): VendorAnswer => calcomError(429, "TOO_MANY_REQUESTS", "ThrottlerException: Too Many Requests");
export const suspended = (): VendorAnswer => calcomError(403, "FORBIDDEN", "This account has been suspended");
