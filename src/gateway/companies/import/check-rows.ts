import type { ConfigProblem } from "../../../config/problem.ts";
import { message, type Message } from "../../../kernel/message.ts";
import { entities, type Kind } from "./entities.ts";
import type { Field, FieldValue } from "./fields.ts";
import { problemAt, type Place, type RawFile, type RawRow, type RawValue } from "./raw-row.ts";

/** One entry, its values valid and in our form; whether what it refers to exists is not known yet. */
export type ImportRecord = {
  readonly kind: Kind;
  readonly companyId: string;
  readonly id: string;
  readonly values: ReadonlyMap<string, FieldValue>;
  readonly place: Place;
  readonly places: ReadonlyMap<string, Place>;
};

export type CheckedRows = { readonly records: readonly ImportRecord[]; readonly problems: readonly ConfigProblem[] };

/** Every row against the rules of its fields; pure. Nothing is left out silently: a row is a record or has a problem. */
export function checkRows({ rows, problems: found }: RawFile): CheckedRows {
  const problems = [...found];
  const records: ImportRecord[] = [];
  const seen = new Map<string, Place>();
  for (const row of rows) {
    const record = checkRow(row, problems);
    if (record === undefined) continue;
    // A telephone number belongs to one company; every other id is the company's own.
    const key = JSON.stringify([row.kind, row.kind === "number" ? "" : record.companyId, record.id]);
    const before = seen.get(key);
    if (before !== undefined) {
      problems.push(
        problemAt(
          row.place,
          record.id,
          message("companies.twice", { id: record.id }),
          message("companies.twice-next", { file: before.file, line: before.line }),
        ),
      );
    }
    seen.set(key, row.place);
    records.push(record);
  }
  return { records, problems };
}

function checkRow(row: RawRow, problems: ConfigProblem[]): ImportRecord | undefined {
  const { kind, place, fields } = row;
  const entity = entities[kind];
  const company = entities.company.idSchema.safeParse(row.companyId);
  const id = entity.idSchema.safeParse(row.id);
  const refuse = (field: string, value: string, expects: Message): void => {
    problems.push(problemAt(place, field, message("companies.bad-value", { value: shorten(value) }), expects));
  };
  if (!company.success) refuse("company", row.companyId, message("companies.expects-company-id"));
  if (!id.success && kind !== "company") {
    refuse("id", row.id, kind === "number" ? message("companies.expects-phone") : message("companies.expects-id"));
  }
  const values = new Map<string, FieldValue>();
  for (const [name, given] of fields) {
    const field = entity.fields[name];
    if (field === undefined) continue;
    const value = checkValue(field, name, given, problems);
    if (value !== undefined) values.set(name, value);
  }
  if (!company.success || !id.success) return undefined;
  const places = new Map([...fields].map(([name, given]) => [name, given.place]));
  return { kind, companyId: company.data, id: id.data, values, place, places };
}

function checkValue(
  field: Field,
  name: string,
  { value, place }: { value: RawValue; place: Place },
  problems: ConfigProblem[],
): FieldValue | undefined {
  if (value === null || value.length === 0) {
    if (field.isRequired !== true) return field.whenEmpty ?? null;
    problems.push(problemAt(place, name, message("companies.empty", { field: name }), field.expects));
    return undefined;
  }
  const read = field.schema.safeParse(value);
  if (read.success) return read.data;
  const what = field.isSecret === true ? message("companies.secret-plain") : message("companies.bad-value", { value: shorten(value) });
  problems.push(problemAt(place, name, what, field.expects));
  return undefined;
}

function shorten(value: string | readonly string[]): string {
  const text = typeof value === "string" ? value : value.join(", ");
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
