import { z } from "zod";
import { languages } from "../kernel/message.ts";
import { cachesSection, databasesSection } from "./data-schema.ts";
import { pathSchema } from "./fields.ts";
import { gatewaySection } from "./gateway-schema.ts";
import { hostsSection } from "./host-schema.ts";
import { queuesSection } from "./queue-schema.ts";
import {
  authoritySection,
  automationSection,
  dampingSection,
  disposablesSection,
  peopleSection,
  playbooksSection,
  zonesSection,
} from "./rules-schema.ts";
import { servicesSection } from "./service-schema.ts";
import { vendorsSection } from "./vendor-schema.ts";
import { probesSection, watchedSection } from "./watch-schema.ts";

/** Sections whose entries are probes of one kind; the first part of their ids is given beside. */
export const watchedSections = {
  backups: { kind: "backup", id: "backup" },
  certificates: { kind: "certificate", id: "certificate" },
  heartbeats: { kind: "heartbeat", id: "heartbeat" },
  logs: { kind: "log-errors", id: "log" },
  releases: { kind: "release", id: "release" },
} as const;

export type WatchedSection = keyof typeof watchedSections;

/** The whole of ampel.yaml. What it accepts is the file; what it returns is the `Config`. */
export const configSchema = z.strictObject({
  version: z.literal(1).describe("Version of this format"),
  name: z.string().min(1).max(80).describe("Name of the system, shown in every report"),
  language: z.enum(languages).default("de").describe("Language of everything an operator reads"),
  timezone: z
    .string()
    .refine((zone) => isTimezone(zone), { error: "timezone", abort: true })
    .default("Europe/Berlin")
    .describe("IANA name, for example Europe/Berlin"),
  state: pathSchema.optional().describe("Folder for Ampel's own data; default the user's state folder or /var/lib/ampel"),
  hosts: hostsSection,
  services: servicesSection,
  databases: databasesSection,
  caches: cachesSection,
  queues: queuesSection,
  vendors: vendorsSection,
  gateway: gatewaySection,
  backups: watchedSection("backup", "Backups: age, size and end of the newest artefact"),
  certificates: watchedSection("certificate", "Certificates by address or file"),
  heartbeats: watchedSection("heartbeat", "Jobs that report to Ampel; silence is a finding", "name"),
  logs: watchedSection("log-errors", "Log files and their rate of errors"),
  releases: watchedSection("release", "The running release against the deployed one"),
  probes: probesSection("Any other check: id, then kind and its fields"),
  zones: zonesSection,
  damping: dampingSection,
  authority: authoritySection,
  automation: automationSection,
  playbooks: playbooksSection,
  people: peopleSection,
  disposables: disposablesSection,
});

/** The configuration as the program sees it: checked, defaults filled in, durations in milliseconds, secrets wrapped. */
export type Config = z.infer<typeof configSchema>;

export function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return /^(UTC|[A-Z][A-Za-z_+-]+\/[A-Za-z_+\-/0-9]+)$/.test(name);
  } catch {
    return false;
  }
}
