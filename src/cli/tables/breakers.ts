import type { CommandEntry } from "../command-entry.ts";

export const breakersCommands: Readonly<Record<string, CommandEntry>> = {};
