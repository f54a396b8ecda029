import type { CommandEntry } from "../command-entry.ts";

export const inboxCommands: Readonly<Record<string, CommandEntry>> = {};
