import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Language, Message } from "../kernel/message.ts";
import type { Picture } from "../triage/triage.ts";

/** The last picture, as a file: `ampel status` reads it without database, configuration or network. */
export type StatusFile = {
  readonly name: string;
  readonly language: Language;
  readonly timeZone: string;
  readonly picture: Picture;
  readonly incident?: { readonly id: string; readonly openedAt: number; readonly budgetMs: number };
  /** The picture is old, and to be shown as such, after this many milliseconds. */
  readonly freshForMs: number;
  readonly nextStep?: Message;
};

export function statusPath(stateFolder: string): string {
  return join(stateFolder, "status.json");
}

/** Returns whether it is on disk. */
export function writeStatus(stateFolder: string, status: StatusFile): boolean {
  const path = statusPath(stateFolder);
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    const draft = `${path}.${process.pid}`;
    writeFileSync(draft, JSON.stringify(status), { mode: 0o644 });
    renameSync(draft, path);
    return true;
  } catch {
    return false;
  }
}

export function readStatus(stateFolder: string): StatusFile | undefined {
  try {
    return JSON.parse(readFileSync(statusPath(stateFolder), "utf8")) as StatusFile;
  } catch {
    return undefined;
  }
}
