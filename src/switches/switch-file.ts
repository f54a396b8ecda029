import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import { switchFilePath } from "./switch-file-path.ts";
import type { Switch } from "./switch.ts";

/** The switches as somebody last read them from the store, kept for those who have to do without it. */
export type KeptSwitches = { readonly asOf: number; readonly switches: readonly Switch[] };

const keptSchema = z.object({
  asOf: z.number(),
  switches: z.array(
    z.object({ key: z.string(), value: z.string(), reason: z.string(), owner: z.string(), setAt: z.number(), expiresAt: z.number() }),
  ),
});

/** Returns whether it is on disk; without it only a start without the store knows less. */
export function keepSwitches(stateFolder: string, kept: KeptSwitches): boolean {
  const path = switchFilePath(stateFolder);
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    const draft = `${path}.${process.pid}`;
    writeFileSync(draft, JSON.stringify(kept), { mode: 0o644 });
    renameSync(draft, path);
    return true;
  } catch {
    return false;
  }
}

/** Those that are still in force; none when there is no such file or it is torn. */
export function readKeptSwitches(stateFolder: string, now: number): KeptSwitches {
  try {
    const kept = keptSchema.parse(JSON.parse(readFileSync(switchFilePath(stateFolder), "utf8")));
    return { asOf: kept.asOf, switches: kept.switches.filter(({ expiresAt }) => expiresAt > now) };
  } catch {
    return { asOf: 0, switches: [] };
  }
}
