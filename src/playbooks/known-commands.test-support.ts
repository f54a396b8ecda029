import type { KnownCommand } from "./lint/rule.ts";

/** The commands playbooks may call, as the command table names them. */
export const knownCommands: readonly KnownCommand[] = [
  ...["db:sessions", "disk:usage", "health:check", "performance:emergency-check", "probe:wait", "service:plan"].map((name) => ({ name })),
  ...["cache:clear", "config:set", "db:reconnect", "disk:free", "disk:restore", "optimize:clear", "service:restart", "service:start"].map(
    (name) => ({ name, isWriting: true }),
  ),
];
