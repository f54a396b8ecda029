import type { KnownCommand } from "./lint/rule.ts";

/** The commands playbooks may call, as the command table names them. */
export const knownCommands: readonly KnownCommand[] = [
  ...["callback:list", "calls:show-failed", "circuit-breaker:status", "company:list", "company:show", "config:get"].map((name) => ({
    name,
  })),
  { name: "webhook:queue-status" },
  ...["db:sessions", "disk:usage", "health:check", "performance:emergency-check", "probe:wait", "service:plan"].map((name) => ({ name })),
  ...["cache:clear", "config:set", "db:reconnect", "disk:free", "disk:restore", "optimize:clear", "service:restart", "service:start"].map(
    (name) => ({ name, isWriting: true }),
  ),
  ...["booking:conflicts", "calcom:emergency-sync", "calls:backfill", "circuit-breaker:reset", "company:reset-integration"].map((name) => ({
    name,
    isWriting: true,
  })),
  ...["retell:enable-queue-mode", "webhook:quarantine", "webhook:replay", "webhook:set-fallback-url"].map((name) => ({
    name,
    isWriting: true,
  })),
];
