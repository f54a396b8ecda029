import { z } from "zod";
import { minutes } from "../kernel/clock.ts";
import { durationSchema } from "../kernel/duration.ts";
import { localHost, pathSchema, referenceSchema } from "./fields.ts";
import { sectionOf } from "./watch-schema.ts";

/** Time until an incident must be fixed, per zone; milliseconds once parsed (source playbook: 5, 15 and 2 minutes). */
export const zonesSection = z
  .strictObject({
    green: durationSchema.default(minutes(5)).describe("Default 5m"),
    yellow: durationSchema.default(minutes(15)).describe("Default 15m"),
    red: durationSchema.default(minutes(2)).describe("Default 2m"),
  })
  .prefault({})
  .describe("Time budget of each zone");

/** Bad looks out of the last few before a finding is raised, good ones in a row before it is closed. */
export const dampingSection = z
  .strictObject({
    failures: z.int().min(1).max(20).default(3).describe("Default 3"),
    of: z.int().min(1).max(20).default(4).describe("Default 4"),
    recoveries: z.int().min(1).max(20).default(3).describe("Default 3"),
  })
  .prefault({})
  .describe("How many looks decide, unless an entry says otherwise");

export const authorityLevels = ["observe", "propose", "act"] as const;

export const authoritySection = z
  .strictObject({
    level: z
      .enum(authorityLevels)
      .default("propose")
      .describe("observe: looks only; propose: asks first; act: does read and write steps alone"),
    drilledDanger: z
      .array(z.string().regex(/^(green|yellow|red|return)\/[a-z0-9-]+\/[a-z0-9-]+$/, { error: "step" }))
      .default([])
      .describe("Dangerous steps (playbook/step) that may run unasked, as long as a drill of them passed within 8 days"),
  })
  .prefault({})
  .describe("What Ampel may do without asking");

export const automationSection = z
  .strictObject({
    runsPerPlaybookAndHour: z.int().min(0).max(100).default(3).describe("Default 3"),
    runsPerHour: z.int().min(0).max(1000).default(6).describe("Default 6"),
    restartsPerServiceIn15Minutes: z.int().min(0).max(20).default(1).describe("Default 1"),
  })
  .prefault({})
  .describe("Limits of what runs by itself; reaching one ends automation with an alarm");

export const playbooksSection = z
  .strictObject({
    folders: z.array(z.string().min(1)).default([]).describe("Folders with playbooks of your own, beside the shipped ones"),
    parameters: z
      .record(z.string().regex(/^[A-Z_][A-Z0-9_]*$/, { error: "parameter" }), z.union([z.string(), z.number()]).transform(String))
      .default({})
      .describe("Values for the parameters that playbooks name (APP_HOST: api.example.org)"),
  })
  .prefault({})
  .describe("Own playbooks, and values for the parameters of all");

export type Person = {
  readonly name: string;
  readonly phone?: string | undefined;
  readonly email?: string | undefined;
  readonly chat?: string | undefined;
};

export const peopleSection = sectionOf<Person>(
  z
    .strictObject({
      name: z.string().min(1),
      phone: z
        .string()
        .regex(/^\+[1-9]\d{6,14}$/, { error: "phone" })
        .optional()
        .describe('International: "+4915112345678"'),
      email: z.email({ error: "email" }).optional(),
      chat: z.string().min(1).optional().describe("Name in the team's chat"),
    })
    .refine(({ phone, email, chat }) => [phone, email, chat].some((one) => one !== undefined), { error: "person-reach" }),
  "Who can be reached, and how",
);

/** What `disk:free` may remove; nothing else is ever touched. */
export type Disposable = { readonly host: string; readonly paths: readonly string[]; readonly olderThanMs: number; readonly park?: string };

/** A pattern below a folder that is named in full; never inside what the machine itself is made of. */
const patternSchema = z
  .string()
  .regex(/^\/(?!(bin|boot|dev|etc|lib|lib32|lib64|proc|run|sbin|sys|usr)\/)(?!.*\/\.\.?(\/|$))[^/*?[\]{}\u0000]+\/[^\u0000]*[^/\u0000]$/, {
    error: "disposable",
  });

export const disposablesSection = sectionOf<Disposable>(
  z
    .strictObject({
      host: referenceSchema.default(localHost),
      paths: z.array(patternSchema).min(1).describe("Full paths; * and ? as in a shell, below a folder named in full"),
      olderThan: durationSchema.describe("Files changed within this time stay"),
      park: pathSchema.optional().describe("Folder on another file system; files are moved there instead of deleted"),
    })
    .transform(({ host, paths, olderThan, park }): Disposable => ({
      host,
      paths,
      olderThanMs: olderThan,
      ...(park === undefined ? {} : { park }),
    })),
  "What may be removed when a disk is full",
);
