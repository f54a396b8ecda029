import type { Durable } from "../responder/durable.ts";
import type { Entry } from "../logbook/entry.ts";

/** A setting an operator made for a while: it says who, why and until when, and ends by itself. Times: epoch ms. */
export type Switch = {
  readonly key: string;
  readonly value: string;
  readonly reason: string;
  readonly owner: string;
  readonly setAt: number;
  readonly expiresAt: number;
};

/** Longer than this is not temporary: it belongs into ampel.yaml. */
export const longestSwitchMs = 24 * 3_600_000;

/** `*` stands for the name of a subject. Values are `true` or `false`. */
export const switchKeys = {
  "automation.paused": "switch.automation-paused",
  "quiet.*": "switch.quiet",
} as const;

/** The key's pattern, or `undefined` when there is no such switch. */
export function patternOf(key: string): keyof typeof switchKeys | undefined {
  const patterns = Object.keys(switchKeys) as (keyof typeof switchKeys)[];
  return patterns.find(
    (pattern) => pattern === key || (pattern.endsWith("*") && key.startsWith(pattern.slice(0, -1)) && key.length >= pattern.length),
  );
}

type SwitchRow = { key: string; value: string; reason: string; owner: string; set_at: Date; expires_at: Date };

/** The switches that are on now. An expired one is off from that moment, whether or not anybody has written it down. */
export async function listSwitches(durable: Durable, now: number): Promise<Switch[]> {
  if (durable.store === undefined) return replay(durable.entries(), now);
  const { rows } = await durable.store.pool.query<SwitchRow>(
    `select key, value, reason, owner, set_at, expires_at from ampel.switch
     where ended_at is null and expires_at > to_timestamp($1::float8 / 1000) order by key`,
    [now],
  );
  return rows.map(({ set_at, expires_at, ...row }) => ({ ...row, setAt: set_at.getTime(), expiresAt: expires_at.getTime() }));
}

function replay(entries: readonly Entry[], now: number): Switch[] {
  const on = new Map<string, Switch>();
  for (const entry of entries) {
    if (entry.kind === "switch-set") {
      on.set(entry.key, {
        key: entry.key,
        value: entry.value,
        reason: entry.reason,
        owner: entry.owner,
        setAt: entry.at,
        expiresAt: entry.expiresAt,
      });
    }
    if (entry.kind === "switch-ended") on.delete(entry.key);
  }
  return [...on.values()].filter(({ expiresAt }) => expiresAt > now);
}
