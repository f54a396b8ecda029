import { message } from "../../kernel/message.ts";
import type { CommandEntry } from "../command-entry.ts";

export const breakersCommands: Readonly<Record<string, CommandEntry>> = {
  "circuit-breaker:status": {
    summary: message("command.circuit-breaker-status"),
    isChanging: false,
    load: async () => (await import("../commands/circuit-breaker.ts")).circuitBreakerStatus,
  },
  "circuit-breaker:reset": {
    summary: message("command.circuit-breaker-reset"),
    isChanging: true,
    load: async () => (await import("../commands/circuit-breaker.ts")).circuitBreakerReset,
  },
  "circuit-breaker:isolate": {
    summary: message("command.circuit-breaker-isolate"),
    isChanging: true,
    load: async () => (await import("../commands/circuit-breaker.ts")).circuitBreakerIsolate,
  },
  "circuit-breaker:release": {
    summary: message("command.circuit-breaker-release"),
    isChanging: true,
    load: async () => (await import("../commands/circuit-breaker.ts")).circuitBreakerRelease,
  },
  "webhook:set-fallback-url": {
    summary: message("command.webhook-set-fallback-url"),
    isChanging: true,
    load: async () => (await import("../commands/webhook-fallback-url.ts")).webhookSetFallbackUrl,
  },
};
