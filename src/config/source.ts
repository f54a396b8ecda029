import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node, type Pair } from "yaml";
import { message, type Message } from "../kernel/message.ts";
import { printField, type ConfigProblem, type FieldPath } from "./problem.ts";

/** A configuration runs to a few hundred lines; a file above this is not one. */
export const maxConfigBytes = 1024 * 1024;

/** The text of ampel.yaml with the way back from a field to its line. */
export type ConfigSource = {
  readonly file: string;
  readonly text: string;
  /** The document as plain values; `undefined` when it could not be read as YAML. */
  readonly value: unknown;
  readonly problems: readonly ConfigProblem[];
  /** A problem at a field: at its value, or at its key when the key itself is wrong. */
  problemAt(path: FieldPath, what: Message, instead: Message, at?: "key" | "value"): ConfigProblem;
};

/** Reads YAML 1.2 with anchors and merge keys; every error keeps its place. Never throws. */
export function readSource(file: string, given: string): ConfigSource {
  const text = given.replace(/^\uFEFF/, "");
  const lines = new LineCounter();
  const placed = (offset: number, path: FieldPath, what: Message, instead: Message): ConfigProblem => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col), field: printField(path), what, instead };
  };
  const unreadable = (what: Message, instead: Message): ConfigSource => {
    const problem = { file, line: 1, column: 1, field: "", what, instead };
    return { file, text, value: undefined, problems: [problem], problemAt: () => problem };
  };
  const size = Buffer.byteLength(text);
  if (size > maxConfigBytes) return unreadable(tooBig(size), message("config.too-big-instead"));
  // A NUL or the replacement character is what a program, an archive or a foreign encoding leaves behind.
  if (/[\u0000\uFFFD]/.test(text)) return unreadable(message("config.not-text"), message("config.not-text-instead"));

  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true });
  const problems = yamlProblems(document, placed);
  const seen = document.errors.length === 0 ? plainValue(document) : undefined;
  if (seen instanceof Error) {
    const name = /: (\S+)$/.exec(seen.message)?.[1] ?? "?";
    problems.push(
      placed(
        Math.max(0, text.indexOf(`*${name}`)),
        [],
        message("config.yaml-alias", { name }),
        message("config.yaml-alias-instead", { name }),
      ),
    );
  }
  const isEmpty = problems.length === 0 && (seen === null || seen === undefined);
  if (isEmpty) problems.push(placed(0, [], message("config.empty"), message("config.empty-instead")));
  return {
    file,
    text,
    value: seen instanceof Error || isEmpty ? undefined : seen,
    problems,
    problemAt: (path, what, instead, at = "value") => placed(offsetOf(document, path, at), path, what, instead),
  };
}

export function tooBig(bytes: number): Message {
  return message("config.too-big", { size: mebibytes(bytes), limit: mebibytes(maxConfigBytes) });
}

function plainValue(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: 200 });
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

type Placed = (offset: number, path: FieldPath, what: Message, instead: Message) => ConfigProblem;

/** Our own words: the parser's messages quote the line, and a line may hold a secret. */
function yamlProblems(document: Document, placed: Placed): ConfigProblem[] {
  const known = {
    DUPLICATE_KEY: [message("config.yaml-duplicate"), message("config.yaml-duplicate-instead")],
    TAB_AS_INDENT: [message("config.yaml-tab"), message("config.yaml-tab-instead")],
    MISSING_CHAR: [message("config.yaml-unclosed"), message("config.yaml-unclosed-instead")],
    BAD_INDENT: [message("config.yaml-indent"), message("config.yaml-indent-instead")],
    BLOCK_AS_IMPLICIT_KEY: [message("config.yaml-nested"), message("config.yaml-nested-instead")],
    MULTILINE_IMPLICIT_KEY: [message("config.yaml-no-colon"), message("config.yaml-no-colon-instead")],
    MULTIPLE_DOCS: [message("config.yaml-documents"), message("config.yaml-documents-instead")],
    BAD_SCALAR_START: [message("config.yaml-quote"), message("config.yaml-quote-instead")],
    TAG_RESOLVE_FAILED: [message("config.yaml-tag"), message("config.yaml-tag-instead")],
  } as Partial<Record<string, readonly [Message, Message]>>;
  const lines = new Set<number>();
  const problems: ConfigProblem[] = [];
  for (const { code, pos, message: words } of [...document.errors, ...document.warnings]) {
    // The parser calls a bracket that is never closed an indentation.
    const cause = code === "BAD_INDENT" && words.startsWith("Flow") ? "MISSING_CHAR" : code;
    const [what, instead] = known[cause] ?? [message("config.yaml-other", { code }), message("config.yaml-other-instead")];
    const problem = placed(pos[0], [], what, instead);
    // One slip makes the parser stumble several times on the same line.
    if (!lines.has(problem.line)) problems.push(problem);
    lines.add(problem.line);
  }
  return problems;
}

/** Where a field stands in the text; the nearest parent that is there when it is missing or comes from an anchor. */
function offsetOf(document: Document, path: FieldPath, at: "key" | "value"): number {
  let node: Node | null | undefined = document.contents;
  let offset = node?.range?.[0] ?? 0;
  for (const [index, part] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document);
    const isLast = index === path.length - 1;
    if (isMap(node)) {
      const pair: Pair | undefined = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(part));
      if (pair === undefined) return offset;
      const key = isNode(pair.key) ? pair.key.range?.[0] : undefined;
      const value: Node | undefined = isNode(pair.value) ? pair.value : undefined;
      // A nested mapping "stands" at its key: its own start is a line further down.
      const isBlock = isMap(value) || isSeq(value) || value === undefined || (isScalar(value) && value.range?.[0] === value.range?.[1]);
      offset = (isLast && at === "key") || isBlock ? (key ?? offset) : (value.range?.[0] ?? key ?? offset);
      node = value;
    } else if (isSeq(node)) {
      const item: unknown = node.items[Number(part)];
      if (!isNode(item)) return offset;
      node = item;
      offset = item.range?.[0] ?? offset;
    } else return offset;
  }
  return offset;
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
