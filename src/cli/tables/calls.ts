import type { CommandEntry } from "../command-entry.ts";

export const callsCommands: Readonly<Record<string, CommandEntry>> = {};
