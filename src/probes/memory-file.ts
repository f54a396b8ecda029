import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { ProbeMemory } from "./probe.ts";

/** What all probes remember, in one file that needs no database. */
export type MemoryFile = {
  of(probeId: string): ProbeMemory;
  /** Writes what changed; a full disk loses memory, never the diagnosis. Returns whether it is on disk. */
  save(): boolean;
};

export function openMemoryFile(path: string): MemoryFile {
  const memories = read(path);
  let isChanged = false;
  return {
    of: (probeId) => ({
      get: (key) => memories[probeId]?.[key] as never,
      set: (key, value) => {
        (memories[probeId] ??= {})[key] = value;
        isChanged = true;
      },
    }),
    save: () => {
      if (!isChanged) return true;
      try {
        mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
        const draft = `${path}.${process.pid}`;
        writeFileSync(draft, JSON.stringify(memories), { mode: 0o600, flush: true });
        renameSync(draft, path);
        isChanged = false;
        return true;
      } catch {
        return false;
      }
    },
  };
}

function read(path: string): Record<string, Record<string, unknown>> {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Record<string, Record<string, unknown>>;
  } catch {
    return {};
  }
}
