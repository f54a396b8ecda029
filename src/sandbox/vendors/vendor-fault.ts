/**
 * What one answer of a vendor can be instead of a good one.
 * `done-but-silent` and `half-body` do the work first: the trap of every repetition. `lying` says yes and does nothing.
 */
export type VendorFault =
  | { readonly kind: "down" | "silent" | "done-but-silent" | "half-body" | "lying" | "suspended" }
  | { readonly kind: "slow"; readonly delayMs: number }
  | { readonly kind: "error"; readonly status?: number }
  | { readonly kind: "html"; readonly status?: number }
  | { readonly kind: "throttled"; readonly retryAfterSeconds?: number };

/** Which answers are spoilt, and how many; without an endpoint all of them, without a number until cleared. */
export type FaultPlace<Endpoint extends string> = { readonly endpoint?: Endpoint; readonly times?: number };

export type Faults<Endpoint extends string> = {
  /** Replaces what was set for the same endpoint. */
  set(fault: VendorFault, place?: FaultPlace<Endpoint>): void;
  /** Without an endpoint: every fault goes. */
  clear(endpoint?: Endpoint): void;
  /** The fault of the next answer; counts it. An endpoint's own fault goes before the one of all. */
  take(endpoint: Endpoint | undefined): VendorFault | undefined;
  /** The fault over the whole vendor now, uncounted. */
  overall(): VendorFault | undefined;
  /** True while the vendor as a whole does nothing: no call is put through, no webhook leaves. */
  isAway(): boolean;
};

/** `weather` is asked at every request and goes before all that was set: another process's control file, for example. */
export function createFaults<Endpoint extends string>(weather: () => VendorFault | undefined = () => undefined): Faults<Endpoint> {
  const everywhere = "*";
  const set = new Map<string, { fault: VendorFault; left: number }>();
  const overall = (): VendorFault | undefined => weather() ?? set.get(everywhere)?.fault;
  return {
    set: (fault, { endpoint, times = Infinity } = {}) => void set.set(endpoint ?? everywhere, { fault, left: times }),
    clear: (endpoint) => (endpoint === undefined ? set.clear() : void set.delete(endpoint)),
    take: (endpoint) => {
      const current = weather();
      if (current !== undefined) return current;
      const place = endpoint !== undefined && set.has(endpoint) ? endpoint : everywhere;
      const found = set.get(place);
      if (found === undefined) return undefined;
      found.left -= 1;
      if (found.left <= 0) set.delete(place);
      return found.fault;
    },
    overall,
    isAway: () => {
      const kind = overall()?.kind;
      return kind === "down" || kind === "silent" || kind === "error" || kind === "html" || kind === "suspended";
    },
  };
}
