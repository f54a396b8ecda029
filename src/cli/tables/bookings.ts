import type { CommandEntry } from "../command-entry.ts";

export const bookingsCommands: Readonly<Record<string, CommandEntry>> = {};
