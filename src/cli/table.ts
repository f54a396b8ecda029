import { message } from "../kernel/message.ts";
import type { CommandEntry } from "./command-entry.ts";
import { companiesCommands } from "./tables/companies.ts";
import { inboxCommands } from "./tables/inbox.ts";
import { queueCommands } from "./tables/queue.ts";
import { callsCommands } from "./tables/calls.ts";
import { callbacksCommands } from "./tables/callbacks.ts";
import { bookingsCommands } from "./tables/bookings.ts";
import { breakersCommands } from "./tables/breakers.ts";

/** Every command under its own name, those of the source playbook to the letter; loaded when called. */
export const commandTable: Readonly<Record<string, CommandEntry>> = {
  "emergency-response": {
    summary: message("command.emergency-response"),
    isChanging: true,
    load: async () => (await import("./commands/emergency-response.ts")).emergencyResponse,
  },
  status: {
    summary: message("command.status"),
    isChanging: false,
    load: async () => (await import("./commands/status.ts")).status,
  },
  watch: {
    summary: message("command.watch"),
    isChanging: false,
    load: async () => (await import("./commands/watch.ts")).watch,
  },
  "health:check": {
    summary: message("command.health-check"),
    isChanging: false,
    load: async () => (await import("./commands/health-check.ts")).healthCheck,
  },
  "performance:emergency-check": {
    summary: message("command.performance-check"),
    isChanging: false,
    load: async () => (await import("./commands/performance-check.ts")).performanceCheck,
  },
  "probe:wait": {
    summary: message("command.probe-wait"),
    isChanging: false,
    load: async () => (await import("./commands/probe-wait.ts")).probeWait,
  },
  "service:plan": {
    summary: message("command.service-plan"),
    isChanging: false,
    load: async () => (await import("./commands/service.ts")).servicePlan,
  },
  "service:start": {
    summary: message("command.service-start"),
    isChanging: true,
    load: async () => (await import("./commands/service.ts")).serviceStart,
  },
  "service:restart": {
    summary: message("command.service-restart"),
    isChanging: true,
    load: async () => (await import("./commands/service.ts")).serviceRestart,
  },
  "playbook:list": {
    summary: message("command.playbook-list"),
    isChanging: false,
    load: async () => (await import("./commands/playbook-read.ts")).playbookList,
  },
  "playbook:show": {
    summary: message("command.playbook-show"),
    isChanging: false,
    load: async () => (await import("./commands/playbook-read.ts")).playbookShow,
  },
  "playbook:lint": {
    summary: message("command.playbook-lint"),
    isChanging: false,
    load: async () => (await import("./commands/playbook-read.ts")).playbookLint,
  },
  "playbook:fmt": {
    summary: message("command.playbook-fmt"),
    isChanging: true,
    load: async () => (await import("./commands/playbook-read.ts")).playbookFormat,
  },
  "playbook:plan": {
    summary: message("command.playbook-plan"),
    isChanging: false,
    load: async () => (await import("./commands/playbook-read.ts")).playbookPlan,
  },
  "playbook:run": {
    summary: message("command.playbook-run"),
    isChanging: true,
    load: async () => (await import("./commands/playbook-run.ts")).playbookRun,
  },
  "run:list": {
    summary: message("command.run-list"),
    isChanging: false,
    load: async () => (await import("./commands/run.ts")).runList,
  },
  "run:show": {
    summary: message("command.run-show"),
    isChanging: false,
    load: async () => (await import("./commands/run.ts")).runShow,
  },
  "run:resume": {
    summary: message("command.run-resume"),
    isChanging: true,
    load: async () => (await import("./commands/run.ts")).runResume,
  },
  "run:cancel": {
    summary: message("command.run-cancel"),
    isChanging: true,
    load: async () => (await import("./commands/run.ts")).runCancel,
  },
  "run:undo": {
    summary: message("command.run-undo"),
    isChanging: true,
    load: async () => (await import("./commands/run.ts")).runUndo,
  },
  "run:approve": {
    summary: message("command.run-approve"),
    isChanging: true,
    load: async () => (await import("./commands/run.ts")).runApprove,
  },
  "disk:usage": {
    summary: message("command.disk-usage"),
    isChanging: false,
    load: async () => (await import("./commands/disk.ts")).diskUsage,
  },
  "disk:free": {
    summary: message("command.disk-free"),
    isChanging: true,
    load: async () => (await import("./commands/disk.ts")).diskFree,
  },
  "disk:restore": {
    summary: message("command.disk-restore"),
    isChanging: true,
    load: async () => (await import("./commands/disk.ts")).diskRestore,
  },
  "config:set": {
    summary: message("command.config-set"),
    isChanging: true,
    load: async () => (await import("./commands/switch.ts")).configSet,
  },
  "config:get": {
    summary: message("command.config-get"),
    isChanging: false,
    load: async () => (await import("./commands/switch.ts")).configGet,
  },
  "config:list": {
    summary: message("command.config-list"),
    isChanging: false,
    load: async () => (await import("./commands/switch.ts")).configList,
  },
  daemon: {
    summary: message("command.daemon"),
    isChanging: true,
    load: async () => (await import("./commands/daemon.ts")).daemon,
  },
  sandbox: {
    summary: message("command.sandbox"),
    isChanging: false,
    load: async () => (await import("./commands/sandbox.ts")).sandbox,
  },
  init: {
    summary: message("command.init"),
    isChanging: true,
    load: async () => (await import("./commands/init.ts")).init,
  },
  "config:check": {
    summary: message("command.config-check"),
    isChanging: false,
    load: async () => (await import("./commands/config-check.ts")).configCheck,
  },
  "db:sessions": {
    summary: message("command.db-sessions"),
    isChanging: false,
    load: async () => (await import("./commands/database.ts")).databaseSessions,
  },
  "db:reconnect": {
    summary: message("command.db-reconnect"),
    isChanging: true,
    load: async () => (await import("./commands/database.ts")).databaseReconnect,
  },
  "cache:clear": {
    summary: message("command.cache-clear"),
    isChanging: true,
    load: async () => (await import("./commands/cache.ts")).cacheClear,
  },
  "optimize:clear": {
    summary: message("command.optimize-clear"),
    isChanging: true,
    load: async () => (await import("./commands/cache.ts")).optimizeClearCommand,
  },
  "schema:acknowledge": {
    summary: message("command.schema-acknowledge"),
    isChanging: true,
    load: async () => (await import("./commands/schema-acknowledge.ts")).schemaAcknowledge,
  },
  ...companiesCommands,
  ...inboxCommands,
  ...queueCommands,
  ...callsCommands,
  ...callbacksCommands,
  ...bookingsCommands,
  ...breakersCommands,
};
