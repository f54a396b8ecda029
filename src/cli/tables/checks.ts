import type { CommandEntry } from "../command-entry.ts";

export const checksCommands: Readonly<Record<string, CommandEntry>> = {};
