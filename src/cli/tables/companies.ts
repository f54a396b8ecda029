import type { CommandEntry } from "../command-entry.ts";

export const companiesCommands: Readonly<Record<string, CommandEntry>> = {};
