import { basename } from "node:path";
import { CsvError, parse, type Info } from "csv-parse/sync";
import { findNearest } from "../../../config/nearest.ts";
import type { ConfigProblem } from "../../../config/problem.ts";
import { message, type Message } from "../../../kernel/message.ts";
import { entities, kinds, type Kind } from "./entities.ts";
import { findField, problemAt, refuseFile, unknownField, type Place, type RawFile, type RawRow, type RawValue } from "./raw-row.ts";

const kindOfName = new Map(kinds.map((kind) => [`${entities[kind].section}.csv`, kind]));
export const csvNames: readonly string[] = [...kindOfName.keys()];

/** One kind of entry per file, told by its name; first line: the fields, with `company` and `id`. Comma, semicolon or tab. */
export function readCsv(file: string, text: string): RawFile {
  const start = { file, line: 1, column: 1 };
  const name = basename(file).toLowerCase();
  const kind = kindOfName.get(name);
  if (kind === undefined) {
    const nearest = findNearest(name, csvNames) ?? csvNames.join(", ");
    return refuseFile(start, message("companies.csv-name", { name }), message("companies.csv-name-next", { nearest }));
  }
  if (/[\u0000\uFFFD]/.test(text)) return refuseFile(start, message("config.not-text"), message("companies.save-as-utf8"));
  const records = parseRecords(text);
  if (records instanceof CsvError) {
    const line = typeof records["lines"] === "number" ? records["lines"] : 1;
    return refuseFile({ ...start, line }, message("companies.csv-broken", { reason: records.code }), message("companies.csv-quotes"));
  }
  const [header, ...body] = records;
  if (header === undefined) return refuseFile(start, message("companies.file-empty"), headerOf(kind));
  const columns = header.record.map((written) => findField(kind, written));
  const problems = checkHeader(kind, header.record, columns, start);
  if (problems.length > 0) return { rows: [], problems };
  const rows = body.flatMap(({ record, info }) => {
    // The parser tells where a record ends; a cell may have line ends in it.
    const place = { file, line: info.lines - record.join("").split("\n").length + 1, column: 1 };
    if (record.length === columns.length) return [toRow(kind, columns as string[], record, place)];
    const what = message("companies.cell-count", { found: record.length, expected: columns.length });
    problems.push(problemAt(place, "", what, message("companies.csv-quotes")));
    return [];
  });
  return { rows, problems };
}

type CsvRecord = { readonly record: readonly string[]; readonly info: Info };

function parseRecords(text: string): readonly CsvRecord[] | CsvError {
  try {
    const options = { bom: true, delimiter: delimiterOf(text), info: true, relax_column_count: true, skip_empty_lines: true, trim: true };
    return parse(text, options) as unknown as CsvRecord[];
  } catch (error) {
    if (error instanceof CsvError) return error;
    throw error;
  }
}

function checkHeader(kind: Kind, written: readonly string[], columns: readonly (string | undefined)[], start: Place): ConfigProblem[] {
  const unknown = written.flatMap((name, index) =>
    columns[index] === undefined ? [unknownField(kind, name, { ...start, column: index + 1 }, ["company", "id"])] : [],
  );
  const missing = keysOf(kind).filter((needed) => !columns.includes(needed));
  const twice = new Set(columns.filter((column, index) => column !== undefined && columns.indexOf(column) !== index));
  return [
    ...unknown,
    ...[...twice].map((column = "") => problemAt(start, column, message("companies.column-twice", { column }), headerOf(kind))),
    ...missing.map((column) => problemAt(start, column, message("companies.column-missing", { column }), headerOf(kind))),
  ];
}

function toRow(kind: Kind, columns: readonly string[], record: readonly string[], place: Place): RawRow {
  const cells = new Map(columns.map((column, index) => [column, { value: record[index] ?? "", place: { ...place, column: index + 1 } }]));
  const id = cells.get("id")?.value ?? "";
  const companyId = kind === "company" ? id : (cells.get("company")?.value ?? "");
  const fields = [...cells].filter(([name]) => name !== "id" && name !== "company");
  return {
    kind,
    companyId,
    id,
    place,
    fields: new Map(
      fields.map(([name, cell]): [string, { value: RawValue; place: Place }] => [
        name,
        { ...cell, value: cell.value === "" ? null : cell.value },
      ]),
    ),
  };
}

/** German Excel writes semicolons. */
function delimiterOf(text: string): string {
  const [header = ""] = text.split(/\r?\n/, 1);
  const counted = [",", ";", "\t"].map((delimiter) => ({ delimiter, count: header.split(delimiter).length }));
  return counted.sort((one, other) => other.count - one.count)[0]?.delimiter ?? ",";
}

function keysOf(kind: Kind): readonly string[] {
  return kind === "company" ? ["id"] : ["company", "id"];
}

function headerOf(kind: Kind): Message {
  return message("companies.csv-header", { columns: [...keysOf(kind), ...Object.keys(entities[kind].fields)].join(",") });
}
