import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node, type Scalar, type YAMLMap } from "yaml";
import type { ConfigProblem } from "../../../config/problem.ts";
import { readSource } from "../../../config/source.ts";
import { message } from "../../../kernel/message.ts";
import { entities, kinds, type Kind } from "./entities.ts";
import { findField, problemAt, refuseFile, unknownField, type Place, type RawFile, type RawRow, type RawValue } from "./raw-row.ts";

const innerKinds = kinds.filter((kind) => kind !== "company");
const sectionKinds = new Map<string, Kind>(innerKinds.map((kind) => [entities[kind].section, kind]));

type Reading = { readonly document: Document; placeOf(node: unknown): Place; readonly rows: RawRow[]; readonly problems: ConfigProblem[] };

/**
 * `companies: {ID: {name: …, branches: {ID: {…}}, numbers: {…}}}`. Every value is taken as the text that stands there:
 * YAML would make a number of `030 1234567` and lose the zero.
 */
export function readYaml(file: string, text: string): RawFile {
  const start = { file, line: 1, column: 1 };
  if (text.trim() === "") return refuseFile(start, message("companies.file-empty"), message("companies.file-shape"));
  const source = readSource(file, text);
  if (source.problems.length > 0) return { rows: [], problems: source.problems };
  const lines = new LineCounter();
  const document = parseDocument(text.replace(/^\uFEFF/, ""), { schema: "failsafe", lineCounter: lines, prettyErrors: false });
  const placeOf = (node: unknown): Place => {
    const { line, col } = lines.linePos((node as Node | undefined)?.range?.[0] ?? 0);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const reading: Reading = { document, placeOf, rows: [], problems: [] };
  for (const [key, value, keyNode] of entriesOf(reading, document.contents, "")) {
    if (key === "companies") for (const company of entriesOf(reading, value, "companies")) readCompany(reading, ...company);
    else if (!key.startsWith("x-")) {
      const what = message("companies.unknown-field", { field: key });
      reading.problems.push(problemAt(placeOf(keyNode), key, what, message("companies.file-shape")));
    }
  }
  const isSilent = reading.rows.length === 0 && reading.problems.length === 0;
  return isSilent ? refuseFile(start, message("companies.file-empty"), message("companies.file-shape")) : reading;
}

function readCompany(reading: Reading, companyId: string, value: Node | undefined, keyNode: Node): void {
  const fields: Entry[] = [];
  const sections: Entry[] = [];
  for (const entry of entriesOf(reading, value, companyId)) (sectionKinds.has(entry[0]) ? sections : fields).push(entry);
  readRow(reading, "company", companyId, [companyId, keyNode], fields);
  for (const [section, inner] of sections) {
    const kind = sectionKinds.get(section) as Kind;
    for (const [id, row, idNode] of entriesOf(reading, inner, `${companyId}.${section}`)) {
      readRow(reading, kind, companyId, [id, idNode], entriesOf(reading, row, id));
    }
  }
}

function readRow(reading: Reading, kind: Kind, companyId: string, [id, idNode]: [string, Node], entries: readonly Entry[]): void {
  const fields = new Map<string, { value: RawValue; place: Place }>();
  const sections = kind === "company" ? [...sectionKinds.keys()] : [];
  for (const [key, value, keyNode] of entries) {
    const name = findField(kind, key);
    if (name === undefined || name === "id" || name === "company") {
      reading.problems.push(unknownField(kind, key, reading.placeOf(keyNode), sections));
      continue;
    }
    const place = reading.placeOf(value ?? keyNode);
    const read = readValue(reading, value);
    if (read !== undefined) fields.set(name, { value: read, place });
    else {
      const expects = entities[kind].fields[name]?.expects ?? message("companies.expects-text");
      reading.problems.push(problemAt(place, key, message("companies.no-plain-value"), expects));
    }
  }
  reading.rows.push({ kind, companyId, id, fields, place: reading.placeOf(idNode) });
}

/** `undefined` for what is neither a text nor a list of texts. */
function readValue(reading: Reading, given: Node | undefined): RawValue | undefined {
  const node = isAlias(given) ? given.resolve(reading.document) : given;
  if (node === undefined) return null;
  if (isScalar(node)) return readScalar(node);
  if (!isSeq(node)) return undefined;
  const items = node.items.map((item) => (isScalar(item) ? textOf(item) : undefined));
  return items.includes(undefined) ? undefined : (items as string[]);
}

function readScalar(node: Scalar): RawValue {
  const text = textOf(node);
  return text === "" || (node.type === "PLAIN" && ["~", "null"].includes(text)) ? null : text;
}

/** Read without a schema, every scalar is a text already. */
function textOf({ value }: Scalar): string {
  return typeof value === "string" ? value : "";
}

type Entry = [key: string, value: Node | undefined, keyNode: Node];

/** The entries of a mapping; anything else in its place is a problem. Nothing at all has none. */
function entriesOf(reading: Reading, given: unknown, field: string): Entry[] {
  const node = isAlias(given) ? given.resolve(reading.document) : given;
  if (node === null || node === undefined || (isScalar(node) && readScalar(node) === null)) return [];
  if (!isMap(node)) {
    reading.problems.push(problemAt(reading.placeOf(node), field, message("companies.no-mapping"), message("companies.file-shape")));
    return [];
  }
  return (node as YAMLMap<Node, Node | null>).items.map(({ key, value }) => [isScalar(key) ? textOf(key) : "", value ?? undefined, key]);
}
