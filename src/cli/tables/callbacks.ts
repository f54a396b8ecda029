import { message } from "../../kernel/message.ts";
import type { CommandEntry } from "../command-entry.ts";

export const callbacksCommands: Readonly<Record<string, CommandEntry>> = {
  "retell:enable-queue-mode": {
    summary: message("command.retell-queue-mode"),
    isChanging: true,
    load: async () => (await import("../commands/retell-queue-mode.ts")).retellQueueMode,
  },
  "callback:list": {
    summary: message("command.callback-list"),
    isChanging: false,
    load: async () => (await import("../commands/callback.ts")).callbackList,
  },
  "callback:cancel": {
    summary: message("command.callback-cancel"),
    isChanging: true,
    load: async () => (await import("../commands/callback.ts")).callbackCancel,
  },
  "callback:done": {
    summary: message("command.callback-done"),
    isChanging: true,
    load: async () => (await import("../commands/callback.ts")).callbackDone,
  },
  "callback:retry": {
    summary: message("command.callback-retry"),
    isChanging: true,
    load: async () => (await import("../commands/callback.ts")).callbackRetry,
  },
};
