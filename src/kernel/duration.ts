import { z } from "zod";

const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const pattern = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;

/** Milliseconds of `500ms`, `10s`, `5m`, `2h`, `1d`; `undefined` for anything else. */
export function parseDuration(text: string): number | undefined {
  const [, amount, unit] = pattern.exec(text) ?? [];
  if (amount === undefined || unit === undefined || amount.length > 16) return undefined;
  return Number(amount) * unitMs[unit as keyof typeof unitMs];
}

/** The largest whole unit: `90000` → `90s`, `120000` → `2m`. */
export function formatDuration(ms: number): string {
  for (const unit of ["d", "h", "m", "s"] as const) {
    if (ms >= unitMs[unit] && ms % unitMs[unit] === 0) return `${ms / unitMs[unit]}${unit}`;
  }
  return `${Math.round(ms)}ms`;
}

/** A duration in ampel.yaml, in milliseconds once parsed. */
export const durationSchema = z
  .string()
  .regex(pattern, { error: "duration" })
  .transform((text) => parseDuration(text) ?? 0);
