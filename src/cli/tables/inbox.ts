import { message } from "../../kernel/message.ts";
import type { CommandEntry } from "../command-entry.ts";

export const inboxCommands: Readonly<Record<string, CommandEntry>> = {
  gateway: {
    summary: message("command.gateway"),
    isChanging: true,
    load: async () => (await import("../commands/gateway.ts")).gateway,
  },
  up: {
    summary: message("command.up"),
    isChanging: true,
    load: async () => (await import("../commands/up.ts")).up,
  },
};
