import { Secret } from "../kernel/secret.ts";
import type { Config } from "./schema.ts";

/** One field that differs; a secret is shown by its reference only. */
export type ConfigChange = { readonly field: string; readonly before: string | undefined; readonly after: string | undefined };

/** What is different between two configurations, in the order of the file; values as short JSON. */
export function findConfigChanges(before: Config, after: Config): ConfigChange[] {
  const old = new Map(leaves(before, ""));
  const now = new Map(leaves(after, ""));
  const fields = [...new Set([...old.keys(), ...now.keys()])];
  return fields
    .filter((field) => old.get(field) !== now.get(field))
    .map((field) => ({ field, before: old.get(field), after: now.get(field) }));
}

function* leaves(value: unknown, field: string): Generator<[string, string]> {
  if (value instanceof Secret) yield [field, value.reference];
  else if (Array.isArray(value) || typeof value !== "object" || value === null) yield [field, JSON.stringify(value) ?? "null"];
  else {
    const entries = Object.entries(value);
    if (entries.length === 0) return;
    for (const [key, item] of entries) yield* leaves(item, field === "" ? key : `${field}.${key}`);
  }
}
