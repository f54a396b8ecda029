import { message } from "../../kernel/message.ts";
import type { CommandEntry } from "../command-entry.ts";

export const callsCommands: Readonly<Record<string, CommandEntry>> = {
  "calls:show-failed": {
    summary: message("command.calls-show-failed"),
    isChanging: false,
    load: async () => (await import("../commands/calls.ts")).callsShowFailed,
  },
  "calls:backfill": {
    summary: message("command.calls-backfill"),
    isChanging: true,
    load: async () => (await import("../commands/calls-backfill.ts")).callsBackfill,
  },
};
