import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { newId } from "../../kernel/ids.ts";
import type { KeptChange } from "./plan-fallback.ts";

const changeSchema = z.object({
  vendor: z.enum(["retell", "calcom", "twilio"]),
  what: z.enum(["agent", "number", "webhook", "voice-fallback"]),
  id: z.string(),
  from: z.string().optional(),
  to: z.string().optional(),
});
const recordSchema = z.object({
  id: z.string(),
  at: z.number(),
  origin: z.string(),
  changes: z.array(changeSchema),
  restoredAt: z.number().optional(),
});

/** What the addresses were before a switch, so that there is a way back. A file: this may be the night the database is gone. */
export type FallbackRecord = {
  readonly id: string;
  readonly at: number;
  readonly origin: string;
  readonly changes: readonly KeptChange[];
  readonly restoredAt?: number | undefined;
};

export function recordPath(stateFolder: string): string {
  return join(stateFolder, "webhook-targets.json");
}

/** Oldest first. @throws when the file is there and cannot be read: overwriting it would lose the way back */
export function readRecords(stateFolder: string): FallbackRecord[] {
  let text: string;
  try {
    text = readFileSync(recordPath(stateFolder), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
  return z.array(recordSchema).parse(JSON.parse(text)) as FallbackRecord[];
}

/** On disk when it returns; before the first change, so that a process that dies half way leaves the way back. */
export function addRecord(stateFolder: string, at: number, origin: string, changes: readonly KeptChange[]): FallbackRecord {
  const record = { id: newId("target"), at, origin, changes };
  write(stateFolder, [...readRecords(stateFolder), record]);
  return record;
}

export function endRecord(stateFolder: string, id: string, restoredAt: number): void {
  write(
    stateFolder,
    readRecords(stateFolder).map((record) => (record.id === id ? { ...record, restoredAt } : record)),
  );
}

function write(stateFolder: string, records: readonly FallbackRecord[]): void {
  mkdirSync(stateFolder, { recursive: true });
  const draft = `${recordPath(stateFolder)}.${process.pid}`;
  const handle = openSync(draft, "w", 0o600);
  try {
    writeSync(handle, JSON.stringify(records, null, 2));
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(draft, recordPath(stateFolder));
}
