import { message } from "../../kernel/message.ts";
import type { CommandEntry } from "../command-entry.ts";

const queueStatus: CommandEntry = {
  summary: message("command.queue-status"),
  isChanging: false,
  load: async () => (await import("../commands/queue.ts")).queueStatus,
};

export const queueCommands: Readonly<Record<string, CommandEntry>> = {
  "webhook:queue-status": {
    summary: message("command.webhook-queue-status"),
    isChanging: false,
    load: async () => (await import("../commands/webhook-queue.ts")).webhookQueueStatus,
  },
  "webhook:replay": {
    summary: message("command.webhook-replay"),
    isChanging: true,
    load: async () => (await import("../commands/webhook-replay.ts")).webhookReplay,
  },
  "webhook:quarantine": {
    summary: message("command.webhook-quarantine"),
    isChanging: true,
    load: async () => (await import("../commands/webhook-quarantine.ts")).webhookQuarantine,
  },
  "webhook:skip": {
    summary: message("command.webhook-skip"),
    isChanging: true,
    load: async () => (await import("../commands/webhook-queue.ts")).webhookSkip,
  },
  "queue:status": queueStatus,
  "horizon:status": queueStatus,
  "queue:clear": {
    summary: message("command.queue-clear"),
    isChanging: true,
    load: async () => (await import("../commands/queue.ts")).queueClear,
  },
  "queue:restore": {
    summary: message("command.queue-restore"),
    isChanging: true,
    load: async () => (await import("../commands/queue.ts")).queueRestore,
  },
};
