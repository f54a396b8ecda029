import type { CommandEntry } from "../command-entry.ts";

export const callbacksCommands: Readonly<Record<string, CommandEntry>> = {};
