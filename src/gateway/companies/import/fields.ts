import { parsePhoneNumberFromString } from "libphonenumber-js";
import { z } from "zod";
import { isSecretReference } from "../../../kernel/secret.ts";
import { message, type Message } from "../../../kernel/message.ts";
import { formatOpeningHours, isOpeningProblem, parseOpeningHours } from "../opening-hours.ts";
import type { OpeningHours } from "../directory.ts";

/** What a field of ours holds, as it is compared and shown. */
export type FieldValue = string | number | boolean | null | OpeningHours | readonly string[];

/** One field of an import: from the text of a file (YAML and CSV alike) to its value, and from the database's row to the same. */
export type Field = {
  /** Of the table; absent for a field that is not a column. */
  readonly column?: string;
  readonly schema: z.ZodType<FieldValue, string | readonly string[]>;
  /** What to write instead of a value that does not fit. */
  readonly expects: Message;
  /** A new entry needs it, and it can never be emptied. */
  readonly isRequired?: boolean;
  /** Its value is never shown, whatever somebody wrote there. */
  readonly isSecret?: boolean;
  /** What an empty value means; default: nothing is stored. */
  readonly whenEmpty?: FieldValue;
  fromRow(value: unknown): FieldValue;
  show(value: FieldValue): string;
};

type FieldOptions = { readonly isRequired?: boolean; readonly whenEmpty?: FieldValue };

function field(column: string, schema: Field["schema"], expects: Message, options: FieldOptions, rest: Partial<Field> = {}): Field {
  return { column, schema, expects, ...options, fromRow: toValue, show: showPlain, ...rest };
}

const lineOfText = (longest: number): z.ZodString => z.string().trim().min(1).max(longest);

export function textField(column: string, options: FieldOptions = {}): Field {
  return field(column, lineOfText(200), message("companies.expects-text"), options);
}

/** The id of another entry of the same company, or a vendor's id. */
export function idField(column: string, options: FieldOptions = {}): Field {
  return field(column, idSchema, message("companies.expects-id"), options);
}

/** Ids stand in commands, logs and addresses: no blanks, no quotes. */
export const idSchema = z
  .string()
  .trim()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,99}$/);

export function yesNoField(column: string, whenEmpty: boolean): Field {
  const words: Readonly<Record<string, boolean>> = {
    ...{ true: true, yes: true, ja: true, "1": true, wahr: true },
    ...{ false: false, no: false, nein: false, "0": false, falsch: false },
  };
  const schema = z
    .string()
    .transform((text) => words[text.trim().toLowerCase()])
    .refine((value) => value !== undefined)
    .transform(Boolean);
  return field(column, schema, message("companies.expects-yes-no"), { whenEmpty });
}

export function countField(column: string, limits: { least: number; most: number }, options: FieldOptions = {}): Field {
  const schema = z
    .string()
    .trim()
    .regex(/^\d{1,15}$/)
    .transform(Number)
    .refine((value) => value >= limits.least && value <= limits.most);
  // 64-bit columns come as text; ids of vendors stay far below 2^53.
  return field(column, schema, message("companies.expects-count", limits), options, {
    fromRow: (value) => (value === null || value === undefined ? null : Number(value)),
  });
}

/** E.164, or `undefined` for what is no telephone number; one without a country is German. */
export function toE164(text: string): string | undefined {
  const found = parsePhoneNumberFromString(text.trim().replace(/^00/, "+"), "DE");
  return found?.isValid() === true && found.ext === undefined ? found.number : undefined;
}

export const phoneSchema = z
  .string()
  .transform(toE164)
  .refine((value) => value !== undefined)
  .transform(String);

export function phoneField(column: string, options: FieldOptions = {}): Field {
  return field(column, phoneSchema, message("companies.expects-phone"), options);
}

export function emailField(column: string): Field {
  return field(column, z.string().trim().pipe(z.email()), message("companies.expects-email"), {});
}

export function urlField(column: string): Field {
  return field(
    column,
    z
      .string()
      .trim()
      .pipe(z.url({ protocol: /^https$/ })),
    message("companies.expects-url"),
    {},
  );
}

/** Only a reference is ever stored; what it points at is read when it is used. */
export function secretField(column: string): Field {
  return field(
    column,
    z.string().trim().refine(isSecretReference),
    message("companies.expects-secret", { example: "${file:/run/keys/retell}" }),
    {},
    { isSecret: true },
  );
}

export function timeZoneField(column: string): Field {
  const schema = lineOfText(60).refine((name) => /^[A-Z][\w+/-]*$/.test(name) && isTimeZone(name));
  return field(column, schema, message("companies.expects-time-zone"), { whenEmpty: "Europe/Berlin" });
}

export function languageField(column: string): Field {
  return field(
    column,
    z
      .string()
      .trim()
      .regex(/^[a-z]{2}$/),
    message("companies.expects-language"),
    { whenEmpty: "de" },
  );
}

export function openingHoursField(column: string): Field {
  const schema = z
    .union([z.string(), z.array(z.string()).transform((parts) => parts.join(", "))])
    .transform(parseOpeningHours)
    .refine((read) => !isOpeningProblem(read))
    .transform((read) => read as OpeningHours);
  return field(
    column,
    schema,
    message("companies.expects-opening-hours"),
    { whenEmpty: {} },
    {
      show: (value) => formatOpeningHours(value as OpeningHours),
    },
  );
}

/** Several ids: a YAML list, or `mia; ben` in one cell. No column of its own. */
export function idListField(): Field {
  const schema = z
    .union([z.array(z.string()), z.string().transform((text) => text.split(/[;,|]/))])
    .transform((ids) => [...new Set(ids.map((id) => id.trim()).filter((id) => id !== ""))].sort())
    .pipe(z.array(idSchema));
  return {
    schema,
    expects: message("companies.expects-ids"),
    whenEmpty: [],
    fromRow: (value) => [...(value as string[])].sort(),
    show: (value) => (value as string[]).join(", "),
  };
}

/** What a column of the kinds used here comes back as. */
function toValue(value: unknown): FieldValue {
  return value === undefined ? null : value;
}

function showPlain(value: FieldValue): string {
  return value === null ? "–" : typeof value === "object" ? JSON.stringify(value) : String(value);
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}
