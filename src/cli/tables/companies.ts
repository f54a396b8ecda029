import { message } from "../../kernel/message.ts";
import type { CommandEntry } from "../command-entry.ts";

export const companiesCommands: Readonly<Record<string, CommandEntry>> = {
  "company:list": {
    summary: message("command.company-list"),
    isChanging: false,
    load: async () => (await import("../commands/company.ts")).companyList,
  },
  "company:show": {
    summary: message("command.company-show"),
    isChanging: false,
    load: async () => (await import("../commands/company.ts")).companyShow,
  },
  "company:import": {
    summary: message("command.company-import"),
    isChanging: true,
    load: async () => (await import("../commands/company-import.ts")).companyImport,
  },
  "company:reset-integration": {
    summary: message("command.company-reset"),
    isChanging: true,
    load: async () => (await import("../commands/company-reset.ts")).companyReset,
  },
  "sandbox:seed": {
    summary: message("command.sandbox-seed"),
    isChanging: true,
    load: async () => (await import("../commands/company-seed.ts")).sandboxSeed,
  },
};
