import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ProbeMemory } from "./probe.ts";

/** What all probes remember, in one file that needs no database. */
export type MemoryFile = {
  of(probeId: string): ProbeMemory;
  /** Asks whoever looks next, in whatever process, to begin anew with something it remembers. */
  ask(probeId: string, request: string): void;
  /** What was asked of a probe since its last look; each request is handed out once. */
  takeRequests(probeId: string): string[];
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
    ask: (probeId, request) => {
      const folder = requestFolder(path, probeId);
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      writeFileSync(join(folder, randomUUID()), request, { mode: 0o600 });
    },
    takeRequests: (probeId) => {
      const folder = requestFolder(path, probeId);
      if (!existsSync(folder)) return [];
      return readdirSync(folder).map((name) => {
        const request = readFileSync(join(folder, name), "utf8");
        rmSync(join(folder, name));
        return request;
      });
    },
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

function requestFolder(path: string, probeId: string): string {
  return join(dirname(path), "requests", encodeURIComponent(probeId));
}

function read(path: string): Record<string, Record<string, unknown>> {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Record<string, Record<string, unknown>>;
  } catch {
    return {};
  }
}
