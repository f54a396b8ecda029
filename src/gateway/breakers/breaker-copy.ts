import type pg from "pg";
import type { Clock } from "../../kernel/clock.ts";
import { vendors, type Vendor } from "../vendors/vendor.ts";
import { within } from "../vendors/within.ts";
import { addBreakers, applyEvents, readBreakers, type StoredBreaker } from "./breaker-rows.ts";
import { newBreaker, nextBreaker, stateOf, type Breaker, type BreakerEvent, type BreakerPolicy } from "./breaker.ts";
import type { BreakerState } from "./breakers.ts";

/** A vendor's breaker as this process knows it. */
export type Cell = {
  readonly vendor: Vendor;
  breaker: Breaker;
  state: BreakerState;
  /** Closed, and no call of the window was bad. */
  isClean: boolean;
  /** Happened here, applied to `breaker`, not in the store yet. */
  pending: BreakerEvent[];
  /** Writes to the store, one after the other: an older answer must not undo a newer one. */
  sending: Promise<unknown>;
  sendingCount: number;
  /** When the copy of the store was asked for, on the monotonic clock. */
  takenMs: number;
};

/** The breakers in the store, and the copy of them in this process, which goes on by the same rules while the store is away. */
export type BreakerCopy = {
  readonly cells: readonly Cell[];
  cellOf(vendor: Vendor): Cell;
  /** The database's clock as far as known: leases of several machines mean the same moment. Epoch ms. */
  now(): number;
  /** The store answered at the last look. */
  isShared(): boolean;
  /** At once here, soon in the store. */
  happen(cell: Cell, event: BreakerEvent): void;
  /** The store decides, within `limitMs`; if it does not, we do. */
  decide(cell: Cell, event: BreakerEvent, limitMs: number): Promise<void>;
  /** @throws when the store does not take it; what was pending is kept */
  send(cell: Cell, extra?: readonly BreakerEvent[]): Promise<void>;
  /** Brings what is pending to the store and the store's state here. @throws when it is away */
  look(): Promise<void>;
  /** Forced states end on time even when nobody can be asked. */
  passTime(): void;
};

export function openBreakerCopy(pool: pg.Pool | undefined, clock: Clock, policy: BreakerPolicy): BreakerCopy {
  let isShared = false;
  let anchor = { at: clock.now(), ms: clock.monotonicMs() };
  const now = (): number => (pool === undefined ? clock.now() : anchor.at + clock.monotonicMs() - anchor.ms);
  const cells = new Map<Vendor, Cell>(vendors.map((vendor) => [vendor, newCell(vendor, clock.now())]));
  const cellOf = (vendor: Vendor): Cell => {
    const cell = cells.get(vendor);
    if (cell === undefined) throw new RangeError(vendor);
    return cell;
  };

  const show = (cell: Cell, breaker: Breaker): void => {
    cell.breaker = breaker;
    cell.state = stateOf(breaker, now());
    cell.isClean = breaker.phase.state === "closed" && breaker.calls.every(({ verdict }) => verdict === "ok");
  };
  const apply = (cell: Cell, event: BreakerEvent): void => show(cell, nextBreaker(cell.breaker, event, now(), policy));
  const take = ({ vendor, breaker, at }: StoredBreaker, startedMs: number): void => {
    // The middle of the round trip is when the database looked at its clock, give or take half of it.
    anchor = { at, ms: (startedMs + clock.monotonicMs()) / 2 };
    const cell = cells.get(vendor);
    if (cell === undefined || startedMs < cell.takenMs) return;
    cell.takenMs = startedMs;
    show(cell, breaker);
    for (const event of cell.pending) apply(cell, event);
  };

  const sendNow = async (cell: Cell, open: pg.Pool, extra: readonly BreakerEvent[]): Promise<void> => {
    const sent = cell.pending;
    const startedMs = clock.monotonicMs();
    cell.pending = [];
    try {
      take(await applyEvents(open, cell.vendor, [...sent, ...extra], policy), startedMs);
      isShared = true;
    } catch (error) {
      cell.pending = [...sent, ...cell.pending].slice(-policy.windowCalls);
      isShared = false;
      throw error;
    }
  };
  const send: BreakerCopy["send"] = async (cell, extra = []) => {
    if (pool === undefined) {
      for (const event of extra) apply(cell, event);
      return;
    }
    cell.sendingCount += 1;
    const sending = cell.sending.then(() => sendNow(cell, pool, extra)).finally(() => (cell.sendingCount -= 1));
    cell.sending = sending.catch(() => {});
    await sending;
  };

  return {
    cells: [...cells.values()],
    cellOf,
    now,
    isShared: () => isShared,
    happen: (cell, event) => {
      const before = cell.breaker;
      apply(cell, event);
      if (cell.breaker === before || pool === undefined) return;
      cell.pending.push(event);
      // What went well can wait for the next look; what did not is for everybody to know.
      if (event.kind !== "call" || event.verdict !== "ok") void send(cell).catch(() => {});
    },
    decide: async (cell, event, limitMs) => {
      try {
        await within(send(cell, [event]), limitMs);
      } catch {
        apply(cell, event);
      }
    },
    send,
    look: async () => {
      if (pool === undefined) return;
      try {
        for (const cell of cells.values()) if (cell.pending.length > 0) await send(cell);
        const startedMs = clock.monotonicMs();
        const stored = await readBreakers(pool);
        if (stored.length < vendors.length) await addBreakers(pool, vendors);
        // A write under way knows more than what is read beside it.
        for (const each of stored) if (cells.get(each.vendor)?.sendingCount === 0) take(each, startedMs);
        isShared = true;
      } catch (error) {
        isShared = false;
        throw error;
      }
    },
    passTime: () => {
      for (const cell of cells.values()) show(cell, cell.breaker);
    },
  };
}

function newCell(vendor: Vendor, now: number): Cell {
  return {
    vendor,
    breaker: newBreaker(now),
    state: "closed",
    isClean: true,
    pending: [],
    sending: Promise.resolve(),
    sendingCount: 0,
    takenMs: -Infinity,
  };
}
