import type { Waiting } from "./promise.ts";

/**
 * Who waits to be called back, in memory: what the database last said and what this process promised since.
 * A caller's promise is computed from it without asking anybody.
 */
export type Backlog = {
  waiting(): readonly Waiting[];
  find(companyId: string, phone: string): Waiting | undefined;
  /** Promised just now; stays until the database shows it or the promise has passed. */
  add(waiting: Waiting): void;
  remove(companyId: string, phone: string): void;
  /** What the database says; `asOf`: when the look began, epoch ms. */
  replace(rows: readonly Waiting[], asOf: number): void;
  /** When the database was last seen, epoch ms; 0 = never. */
  readonly asOf: number;
};

export function createBacklog(): Backlog {
  let known = new Map<string, Waiting>();
  const own = new Map<string, Waiting>();
  let asOf = 0;
  const keyOf = (companyId: string, phone: string): string => `${companyId}\n${phone}`;
  const find = (companyId: string, phone: string): Waiting | undefined => {
    const key = keyOf(companyId, phone);
    return known.get(key) ?? own.get(key);
  };
  return {
    find,
    waiting: () => [...known.values(), ...[...own].flatMap(([key, waiting]) => (known.has(key) ? [] : [waiting]))],
    add: (waiting) => void own.set(keyOf(waiting.companyId, waiting.phone), waiting),
    remove: (companyId, phone) => {
      known.delete(keyOf(companyId, phone));
      own.delete(keyOf(companyId, phone));
    },
    replace: (rows, seenAt) => {
      known = new Map(rows.map((row) => [keyOf(row.companyId, row.phone), row]));
      asOf = seenAt;
      for (const [key, { promisedBy }] of own) {
        // On its way through the inbox it is not a row yet; once its time has passed it was one, and is done.
        if (known.has(key) || promisedBy < seenAt) own.delete(key);
      }
    },
    get asOf() {
      return asOf;
    },
  };
}
