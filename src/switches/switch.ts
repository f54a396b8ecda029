import type pg from "pg";
import type { Entry } from "../logbook/entry.ts";
import type { Durable } from "../responder/durable.ts";

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

/**
 * `*` stands for the name of a subject. Values are `true` or `false`; a switch is set while it has the other value than
 * `normal`, and setting the normal one ends it.
 */
export const switchKeys = {
  "automation.paused": { what: "switch.automation-paused", normal: "false" },
  "quiet.*": { what: "switch.quiet", normal: "false" },
  "retell.fallback_mode": { what: "switch.retell-fallback", normal: "false" },
  "retell.fallback_mode.*": { what: "switch.retell-fallback-one", normal: "false" },
  "retell.queue_mode": { what: "switch.retell-queue", normal: "false" },
  "retell.queue_mode.*": { what: "switch.retell-queue-one", normal: "false" },
  "calcom.use_cache_fallback": { what: "switch.calcom-cache", normal: "false" },
  "calcom.use_cache_fallback.*": { what: "switch.calcom-cache-one", normal: "false" },
  "webhook.verify_signature": { what: "switch.verify-signature", normal: "true" },
  "webhook.processing_paused": { what: "switch.processing-paused", normal: "false" },
} as const;

export type SwitchPattern = keyof typeof switchKeys;

/** The key's pattern, or `undefined` when there is no such switch. */
export function patternOf(key: string): SwitchPattern | undefined {
  const patterns = Object.keys(switchKeys) as SwitchPattern[];
  return patterns.find(
    (pattern) => pattern === key || (pattern.endsWith("*") && key.startsWith(pattern.slice(0, -1)) && key.length >= pattern.length),
  );
}

/** The value a switch has while nobody has set it. */
export function normalValue(key: string): "true" | "false" {
  const pattern = patternOf(key);
  return pattern === undefined ? "false" : switchKeys[pattern].normal;
}

const warningMs = 600_000;

/** Whether it ends so soon that somebody should be told: ten minutes before, or in the last quarter of a short one. */
export function isEndingSoon({ setAt, expiresAt }: Switch, now: number): boolean {
  return expiresAt - now <= Math.min(warningMs, (expiresAt - setAt) / 4);
}

type SwitchRow = { key: string; value: string; reason: string; owner: string; set_at: Date; expires_at: Date };

/** The switches that are set now. An expired one is off from that moment, whether or not anybody has written it down. */
export async function listSwitches(durable: Durable, now: number): Promise<Switch[]> {
  return durable.store === undefined ? replaySwitches([], durable.entries(), now) : await readSwitches(durable.store.pool, now);
}

/** The same from the store alone. */
export async function readSwitches(pool: pg.Pool, now: number): Promise<Switch[]> {
  const { rows } = await pool.query<SwitchRow>({
    text: `select key, value, reason, owner, set_at, expires_at from ampel.switch
     where ended_at is null and expires_at > to_timestamp($1::float8 / 1000) order by key`,
    values: [now],
    query_timeout: 1500,
  } as pg.QueryConfig);
  return rows.map(({ set_at, expires_at, ...row }) => ({ ...row, setAt: set_at.getTime(), expiresAt: expires_at.getTime() }));
}

/** What was set, after what was written down since. */
export function replaySwitches(known: readonly Switch[], entries: readonly Entry[], now: number): Switch[] {
  const set = new Map(known.map((each) => [each.key, each]));
  for (const entry of entries) {
    if (entry.kind === "switch-set") {
      const { key, value, reason, owner, expiresAt, at } = entry;
      set.set(key, { key, value, reason, owner, setAt: at, expiresAt });
    }
    if (entry.kind === "switch-ended") set.delete(entry.key);
  }
  return [...set.values()].filter(({ expiresAt }) => expiresAt > now);
}
