import { appendFileSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isOurs } from "./journal-file.ts";

/** What was sent to a run while there is no store; `key` makes it one, however often it was sent. */
export type SentMessage = { readonly key: string; readonly topic: string; readonly value?: unknown };

/** Appends to the first folder that takes it. Several processes may send at once. @throws the last folder's error */
export function writeMessage(folders: readonly string[], runId: string, sent: SentMessage): void {
  let last: unknown = new Error(`no folder for messages to ${runId}`);
  for (const folder of folders) {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      if (!isOurs(folder)) continue;
      // The leading line break keeps a line that a killed sender left unfinished from swallowing this one.
      appendFileSync(join(folder, fileName(runId)), `\n${JSON.stringify(sent)}\n`, { flush: true, mode: 0o600 });
      return;
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

/** In the order of their sending, each key once. */
export function readMessages(folders: readonly string[], runId: string): SentMessage[] {
  const found = new Map<string, SentMessage>();
  for (const folder of folders.filter(isOurs)) {
    for (const line of readLines(join(folder, fileName(runId)))) {
      const sent = parse(line);
      if (sent !== undefined && !found.has(sent.key)) found.set(sent.key, sent);
    }
  }
  return [...found.values()];
}

function fileName(runId: string): string {
  return `${runId}.messages`;
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, "utf8").split("\n");
  } catch {
    return [];
  }
}

function parse(line: string): SentMessage | undefined {
  try {
    const value = JSON.parse(line) as SentMessage | null;
    return typeof value?.key === "string" && typeof value.topic === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}
