import { message } from "../../kernel/message.ts";
import type { CommandEntry } from "../command-entry.ts";

export const bookingsCommands: Readonly<Record<string, CommandEntry>> = {
  "calcom:emergency-sync": {
    summary: message("command.calcom-emergency-sync"),
    isChanging: true,
    load: async () => (await import("../commands/calcom-sync.ts")).calcomEmergencySync,
  },
  "booking:conflicts": {
    summary: message("command.booking-conflicts"),
    isChanging: true,
    load: async () => (await import("../commands/booking-conflicts.ts")).bookingConflicts,
  },
};
