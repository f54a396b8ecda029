import type { Secret } from "../../kernel/secret.ts";
import type { NamedKey } from "./verification.ts";

/** A rotated key counts at the latest after this long, and at once when nothing else fits. */
const freshMs = 1000;
const rereadMs = 100;

type Kept = { value: string; readAt: number };
const kept = new WeakMap<Secret, Kept>();

/**
 * The values of the keys now. They are kept in memory for a second, because the accept path must not wait for a disk; a key
 * that cannot be read for a moment, as in the middle of a rotation, keeps its last value, and one that never could is left out.
 * Times: `now` in milliseconds of a clock that never jumps.
 */
export function readKeys(keys: Readonly<Record<string, Secret>>, now: number, wish: "fresh" | "kept" = "kept"): readonly NamedKey[] {
  const maxAgeMs = wish === "fresh" ? rereadMs : freshMs;
  return Object.entries(keys).flatMap(([id, secret]) => {
    const value = readKey(secret, now, maxAgeMs);
    return value === undefined ? [] : [{ id, value }];
  });
}

function readKey(secret: Secret, now: number, maxAgeMs: number): string | undefined {
  const known = kept.get(secret);
  if (known !== undefined && now - known.readAt <= maxAgeMs) return known.value;
  try {
    const value = secret.reveal();
    kept.set(secret, { value, readAt: now });
    return value;
  } catch {
    if (known !== undefined) known.readAt = now;
    return known?.value;
  }
}
