import type pg from "pg";
import type { Clock } from "../../kernel/clock.ts";
import { newId } from "../../kernel/ids.ts";
import type { Vendor } from "../vendors/vendor.ts";
import { within } from "../vendors/within.ts";
import { openBreakerCopy, type Cell } from "./breaker-copy.ts";
import { canTry, defaultBreakerPolicy, stateOf, type Breaker, type BreakerEvent, type BreakerPolicy } from "./breaker.ts";
import { BreakerOpen, type BreakerState, type Breakers, type CallVerdict } from "./breakers.ts";
import { judgeCall, nameFault, statusOf, type CallEnd } from "./judge-call.ts";

export type BreakerSettings = {
  readonly policy: BreakerPolicy;
  /** From when on a call counts as slow: the critical latencies of the domain's table 5.5. */
  readonly slowMs: Readonly<Record<Vendor, number>>;
  readonly pollMs: number;
  /** How long a caller waits for the store's word on who may try; then this process decides for itself. */
  readonly storeWaitMs: number;
};

export const defaultBreakerSettings: BreakerSettings = {
  policy: defaultBreakerPolicy,
  slowMs: { retell: 2000, calcom: 3000, twilio: 3000 },
  pollMs: 400,
  storeWaitMs: 300,
};

export type BreakerOptions = {
  readonly pool: pg.Pool | undefined;
  readonly clock: Clock;
  readonly settings?: Partial<BreakerSettings>;
  /** Hears the status of every call that brought one; 401 and 403 concern a key and are counted where the keys are. */
  readonly onStatus?: (vendor: Vendor, status: number) => void;
};

/** `isShared`: the store answered at the last look; otherwise this is what this process alone knows. */
export type BreakerView = {
  readonly vendor: Vendor;
  readonly state: BreakerState;
  readonly breaker: Breaker;
  readonly isShared: boolean;
  readonly seenAt: number;
};

export type BreakersKeeper = Breakers & {
  list(): readonly BreakerView[];
  /** The pause is over and nobody is looking: somebody should. */
  isDue(vendor: Vendor): boolean;
  /** An event by hand. @throws when the store does not take it */
  change(vendor: Vendor, event: BreakerEvent): Promise<Breaker>;
  /** Resolves when everything counted so far is in the store, or the store has refused. */
  flush(): Promise<void>;
  close(): Promise<void>;
};

type Work<Value> = (signal: AbortSignal) => Promise<Value>;

/**
 * One breaker per vendor, its state in the store, a copy here that is at most `pollMs` old. Without a store, or while it
 * is away, the copy goes on by the same rules.
 */
export async function openBreakers({ pool, clock, settings = {}, onStatus }: BreakerOptions): Promise<BreakersKeeper> {
  const { policy, slowMs, pollMs, storeWaitMs } = { ...defaultBreakerSettings, ...settings };
  const closing = new AbortController();
  const copy = openBreakerCopy(pool, clock, policy);
  const { cellOf, now } = copy;
  const trying = new Set<Vendor>();
  const wells = new Map(copy.cells.map(({ vendor }) => [vendor, newWell(policy.windowCalls)]));

  const tellStatus = (vendor: Vendor, end: CallEnd): void => {
    if (onStatus === undefined) return;
    const status = statusOf("reply" in end ? end.reply : end.error);
    if (status !== undefined) onStatus(vendor, status);
  };
  const judge = (cell: Cell, end: CallEnd, latencyMs: number): Judged => {
    tellStatus(cell.vendor, end);
    const verdict = judgeCall(end, latencyMs, slowMs[cell.vendor]);
    if (verdict === "failed") return { verdict, why: nameFault(end), latencyMs };
    return verdict === "slow" ? { verdict, latencyMs } : { verdict };
  };

  const count = (cell: Cell, end: CallEnd, latencyMs: number): void => {
    const judged = judge(cell, end, latencyMs);
    const well = wells.get(cell.vendor);
    if (judged.verdict === "ours" || well === undefined) return;
    if (judged.verdict === "ok" && cell.isClean) {
      noteWell(well, now());
      return;
    }
    for (const at of takeWell(well)) copy.happen(cell, { kind: "call", at, verdict: "ok" });
    copy.happen(cell, { kind: "call", at: now(), ...judged });
  };

  const runClosed = async <Value>(cell: Cell, work: Work<Value>, signal: AbortSignal): Promise<Value> => {
    const startedMs = clock.monotonicMs();
    let reply: Value;
    try {
      reply = await work(signal);
    } catch (error) {
      count(cell, { error }, clock.monotonicMs() - startedMs);
      throw error;
    }
    count(cell, { reply }, clock.monotonicMs() - startedMs);
    return reply;
  };

  /** Whether this call is the one that may look; asks the store, which answers yes to one process only. */
  const takeTrial = async (cell: Cell): Promise<string | undefined> => {
    if (trying.has(cell.vendor) || !canTry(cell.breaker, now())) return undefined;
    trying.add(cell.vendor);
    const owner = newId("trial");
    await copy.decide(cell, { kind: "take-trial", owner }, storeWaitMs);
    const { phase } = cell.breaker;
    if (phase.state === "half-open" && phase.trial?.owner === owner) return owner;
    trying.delete(cell.vendor);
    return undefined;
  };

  const runTrial = async <Value>(cell: Cell, work: Work<Value>, signal: AbortSignal): Promise<Value> => {
    signal.throwIfAborted();
    const owner = await takeTrial(cell);
    if (owner === undefined) {
      // Another process may have closed it while we asked.
      if (cell.state === "closed") return await runClosed(cell, work, signal);
      throw new BreakerOpen(cell.vendor, cell.state);
    }
    const startedMs = clock.monotonicMs();
    const finish = (end: CallEnd): void => {
      trying.delete(cell.vendor);
      copy.happen(cell, { kind: "trial-ended", owner, ...judge(cell, end, clock.monotonicMs() - startedMs) });
    };
    let reply: Value;
    try {
      // It must not outlive its lease, or two would be on their way.
      reply = await work(AbortSignal.any([signal, AbortSignal.timeout(policy.trialMs)]));
    } catch (error) {
      finish({ error });
      throw error;
    }
    finish({ reply });
    return reply;
  };

  const keepLooking = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      await clock.sleep(pollMs, closing.signal).catch(() => {});
      if (closing.signal.aborted) return;
      await copy.look().catch(() => {}); // seen as `isShared: false`; the copy goes on alone
      copy.passTime();
    }
  };
  await within(copy.look(), 5 * storeWaitMs).catch(() => {});
  const looking = keepLooking();

  return {
    state: (vendor) => cellOf(vendor).state,
    run: (vendor, work, signal) => {
      const cell = cellOf(vendor);
      return cell.state === "closed" ? runClosed(cell, work, signal) : runTrial(cell, work, signal);
    },
    list: () =>
      copy.cells.map(({ vendor, breaker }) => ({
        vendor,
        breaker,
        state: stateOf(breaker, now()),
        isShared: copy.isShared(),
        seenAt: now(),
      })),
    isDue: (vendor) => !trying.has(vendor) && canTry(cellOf(vendor).breaker, now()),
    change: async (vendor, event) => {
      await copy.send(cellOf(vendor), [event]);
      return cellOf(vendor).breaker;
    },
    flush: async () => {
      for (const cell of copy.cells) await (cell.pending.length > 0 ? copy.send(cell).catch(() => {}) : cell.sending);
    },
    close: async () => {
      for (const cell of copy.cells) {
        await within(cell.pending.length > 0 ? copy.send(cell) : cell.sending, storeWaitMs).catch(() => {});
      }
      closing.abort();
      await looking;
    },
  };
}

type Judged = { readonly verdict: CallVerdict; readonly why?: string; readonly latencyMs?: number };

/** Times of calls that went well while nothing was wrong: told to the store only when something is, so that a good day costs it nothing. */
type Well = { readonly times: Float64Array; count: number };

function newWell(size: number): Well {
  return { times: new Float64Array(size), count: 0 };
}

function noteWell(well: Well, at: number): void {
  well.times[well.count % well.times.length] = at;
  well.count += 1;
}

/** Oldest first; taken out. */
function takeWell(well: Well): number[] {
  const size = well.times.length;
  const kept = Math.min(well.count, size);
  const times = Array.from({ length: kept }, (_, index) => well.times[(well.count - kept + index) % size] ?? 0);
  well.count = 0;
  return times;
}
