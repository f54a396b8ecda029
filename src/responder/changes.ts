import type { App } from "../app.ts";
import type { Message } from "../kernel/message.ts";

/** What changed in the last 24 hours, newest first: half of the known failures followed a change. */
export async function recentChanges(_app: App): Promise<readonly Message[]> {
  return [];
}
