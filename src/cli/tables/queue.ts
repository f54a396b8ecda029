import type { CommandEntry } from "../command-entry.ts";

export const queueCommands: Readonly<Record<string, CommandEntry>> = {};
