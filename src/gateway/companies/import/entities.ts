import {
  countField,
  emailField,
  idField,
  idListField,
  idSchema,
  languageField,
  openingHoursField,
  phoneField,
  phoneSchema,
  secretField,
  textField,
  timeZoneField,
  urlField,
  yesNoField,
  type Field,
} from "./fields.ts";
import { companyIdPattern } from "../tenant.ts";
import { z } from "zod";

export const kinds = ["company", "branch", "agent", "number", "staff", "service", "customer"] as const;
export type Kind = (typeof kinds)[number];

/** One kind of entry: where it stands in a file, in which table, with which fields. `kinds` is the order of writing: parents first. */
export type Entity = {
  /** The mapping in YAML and the name of the CSV file. */
  readonly section: string;
  readonly table: string;
  /** Column of its id beside `company_id`. */
  readonly idColumn: string;
  readonly idSchema: z.ZodType<string, string>;
  readonly fields: Readonly<Record<string, Field>>;
  /** Fields that name another entry of the same company. */
  readonly references: Readonly<Record<string, Kind>>;
};

const vendorId = { least: 1, most: Number.MAX_SAFE_INTEGER };

export const entities: Readonly<Record<Kind, Entity>> = {
  company: {
    section: "companies",
    table: "company",
    idColumn: "company_id",
    idSchema: z.string().trim().regex(companyIdPattern),
    fields: {
      name: textField("name", { isRequired: true }),
      isActive: yesNoField("is_active", true),
      timeZone: timeZoneField("time_zone"),
      language: languageField("language"),
      retellKey: secretField("retell_key"),
      calcomKey: secretField("calcom_key"),
      calcomTeam: countField("calcom_team_id", vendorId),
    },
    references: {},
  },
  branch: {
    section: "branches",
    table: "branch",
    idColumn: "branch_id",
    idSchema,
    fields: {
      name: textField("name", { isRequired: true }),
      isActive: yesNoField("is_active", true),
      openingHours: openingHoursField("opening_hours"),
      emergencyNumber: phoneField("emergency_number"),
      notificationEmail: emailField("notification_email"),
    },
    references: {},
  },
  agent: {
    section: "agents",
    table: "agent",
    idColumn: "agent_id",
    idSchema,
    fields: {
      name: textField("name", { isRequired: true }),
      version: countField("version", { least: 0, most: 1_000_000 }),
      webhookUrl: urlField("webhook_url"),
    },
    references: {},
  },
  number: {
    section: "numbers",
    table: "phone_number",
    idColumn: "number",
    idSchema: phoneSchema,
    fields: {
      branch: idField("branch_id", { isRequired: true }),
      agent: idField("agent_id"),
      agentVersion: countField("agent_version", { least: 0, most: 1_000_000 }),
      carrierSid: idField("carrier_sid"),
      isActive: yesNoField("is_active", true),
    },
    references: { branch: "branch", agent: "agent" },
  },
  staff: {
    section: "staff",
    table: "staff",
    idColumn: "staff_id",
    idSchema,
    fields: {
      name: textField("name", { isRequired: true }),
      branch: idField("branch_id", { isRequired: true }),
      email: emailField("email"),
      calcomUser: countField("calcom_user_id", vendorId),
      isActive: yesNoField("is_active", true),
    },
    references: { branch: "branch" },
  },
  service: {
    section: "services",
    table: "service",
    idColumn: "service_id",
    idSchema,
    fields: {
      name: textField("name", { isRequired: true }),
      branch: idField("branch_id"),
      minutes: countField("duration_minutes", { least: 1, most: 1440 }, { isRequired: true }),
      calcomEventType: countField("calcom_event_type_id", vendorId),
      isActive: yesNoField("is_active", true),
      staff: idListField(),
    },
    references: { branch: "branch", staff: "staff" },
  },
  customer: {
    section: "customers",
    table: "customer",
    idColumn: "customer_id",
    idSchema,
    fields: { name: textField("name"), phone: phoneField("phone"), email: emailField("email") },
    references: {},
  },
};
