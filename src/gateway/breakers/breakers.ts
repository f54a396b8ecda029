import type { Vendor } from "../vendors/vendor.ts";

export type BreakerState = "closed" | "open" | "half-open" | "isolated";

/** What one call to a vendor did, as the breaker counts it. `ours`: our own 4xx or our own lost network; never counted against the vendor. */
export type CallVerdict = "ok" | "slow" | "failed" | "ours";

/** One breaker per vendor, its state shared by every process. */
export type Breakers = {
  /** From memory: cheap enough for every request (under 2 µs). */
  state(vendor: Vendor): BreakerState;
  /**
   * Calls the vendor if the breaker lets it through, and counts how it went.
   * @throws {BreakerOpen} without having called
   */
  run<Value>(vendor: Vendor, work: (signal: AbortSignal) => Promise<Value>, signal: AbortSignal): Promise<Value>;
};

/** The vendor was not called: its breaker is open or it is isolated by hand. */
export class BreakerOpen extends Error {
  readonly vendor: Vendor;
  readonly state: BreakerState;

  constructor(vendor: Vendor, state: BreakerState) {
    super(`${vendor} is not called: its circuit breaker is ${state}`);
    this.name = "BreakerOpen";
    this.vendor = vendor;
    this.state = state;
  }
}
