import type { z } from "zod";
import { message, verbatim, type Message } from "../kernel/message.ts";
import { findNearest } from "./nearest.ts";
import { howToWrite, isSecretField, looksSecret, secretReferences } from "./plain-secrets.ts";
import type { FieldPath } from "./problem.ts";
import { ruleWords } from "./rule-words.ts";
import { isDuration, isSecret, possibleKeys, schemasAt, valueAt } from "./schema-walk.ts";

type Issue = z.core.$ZodIssue;

/** What a failed rule of the schema means for the one who wrote the file. */
export type Explanation = { readonly path: FieldPath; readonly at: "key" | "value"; readonly what: Message; readonly instead: Message };

/** One explanation per wrong field. `value` is the whole document, `root` the whole schema. */
export function explainIssue(issue: Issue, root: z.core.$ZodType, value: unknown): Explanation[] {
  const path = issue.path as FieldPath;
  const found = valueAt(value, path);
  const schemas = schemasAt(root, path, value);
  const at = (what: Message, instead: Message, where: "key" | "value" = "value"): Explanation[] => [{ path, at: where, what, instead }];

  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownKey(key, path, possibleKeys(root, path, value)));
  if (issue.code === "invalid_union") {
    return issue.errors.length === 0 ? explainChoice(issue, value) : explainUnion(issue, root, value);
  }
  if ((isSecret(schemas) || issue.message === "secret") && found !== undefined) {
    return at(message("config.secret-plain"), howToWrite(lastKey(path), found));
  }
  if (found === undefined && (issue.code === "invalid_type" || issue.code === "invalid_value")) return missing(issue, path, schemas);
  if (isDuration(schemas) && (issue.code === "invalid_type" || issue.code === "invalid_format")) {
    return at(message("config.not-duration", { value: show(found, path) }), durationHint(found));
  }
  switch (issue.code) {
    case "invalid_type":
      return at(
        message("config.wrong-type", { expected: typeName(issue.expected), found: show(found, path) }),
        typeHint(issue.expected, found, path, possibleKeys(root, path, value)),
      );
    case "invalid_value":
      return at(message("config.not-one-of", { value: show(found, path) }), choiceHint(found, issue.values.map(String)));
    case "too_small":
    case "too_big":
      return at(...explainSize(issue, found, path));
    case "invalid_key":
      return at(message("config.bad-name", { name: String(path.at(-1) ?? "") }), nameHint(issue.issues, String(path.at(-1) ?? "")), "key");
    case "invalid_format":
    case "custom":
      return at(...explainRule(issue, found, path));
    default:
      return at(verbatim(issue.message), message("config.see-schema"));
  }
}

function unknownKey(key: string, path: FieldPath, possible: readonly string[]): Explanation {
  const nearest = findNearest(key, possible);
  const list = possible.join(", ");
  const instead =
    possible.length === 0
      ? message("config.remove-key", { key })
      : nearest === undefined
        ? message("config.possible-keys", { possible: list })
        : message("config.nearest-key", { nearest, possible: list });
  return { path: [...path, key], at: "key", what: message("config.unknown-key", { key }), instead };
}

/** The word that decides the shape (`kind`, `engine`) is missing or unknown. */
function explainChoice(issue: Issue, value: unknown): Explanation[] {
  const path = issue.path as FieldPath;
  const options = ((issue as { options?: unknown[] }).options ?? []).map(String);
  const found = valueAt(value, path);
  const key = String(path.at(-1) ?? "");
  if (found === undefined) {
    return [
      {
        path,
        at: "key",
        what: message("config.missing", { key }),
        instead: message("config.missing-choice", { key, options: options.join(", ") }),
      },
    ];
  }
  return [{ path, at: "value", what: message("config.not-one-of", { value: show(found, path) }), instead: choiceHint(found, options) }];
}

/** Of several allowed shapes, the one the writer most likely meant is the one that accepts the outermost form. */
function explainUnion(issue: Extract<Issue, { code: "invalid_union" }>, root: z.core.$ZodType, value: unknown): Explanation[] {
  const inner = issue.errors.filter((branch) => !isOfOtherForm(branch));
  const candidates = inner.length > 0 ? inner : issue.errors;
  const [best] = [...candidates].sort((one, other) => one.length - other.length);
  const placed = (best ?? []).map((one) => ({ ...one, path: [...issue.path, ...one.path] }));
  const explained = placed.flatMap((one) => explainIssue(one, root, value));
  if (inner.length > 0 || issue.errors.length < 2) return explained;
  const expected = issue.errors
    .map((branch) => branch[0])
    .flatMap((one) => (one?.code === "invalid_type" ? [one.expected] : one?.code === "invalid_value" ? one.values.map(String) : []));
  const path = issue.path as FieldPath;
  const found = valueAt(value, path);
  if (found === undefined) return explained;
  return [
    {
      path,
      at: "value",
      what: message("config.no-shape", { value: show(found, path) }),
      instead: message("config.one-of-shapes", { expected: [...new Set(expected)].join(", ") }),
    },
  ];
}

/** A text where this shape wants a list: not what the writer meant. */
function isOfOtherForm(branch: readonly Issue[]): boolean {
  return branch.some(
    (one) =>
      one.path.length === 0 &&
      (one.code === "invalid_type" || one.code === "invalid_value" || (one.code === "invalid_union" && one.errors.every(isOfOtherForm))),
  );
}

function missing(issue: Issue, path: FieldPath, schemas: readonly z.core.$ZodType[]): Explanation[] {
  const key = String(path.at(-1) ?? "");
  const what = message("config.missing", { key });
  if (isSecret(schemas)) return [{ path, at: "key", what, instead: message("config.missing-secret", { key, ...secretReferences(key) }) }];
  if (isDuration(schemas)) return [{ path, at: "key", what, instead: message("config.missing-duration", { key }) }];
  if (issue.code === "invalid_value") {
    return [{ path, at: "key", what, instead: message("config.missing-choice", { key, options: issue.values.map(String).join(", ") }) }];
  }
  const expected = issue.code === "invalid_type" ? issue.expected : "string";
  return [{ path, at: "key", what, instead: message("config.missing-type", { key, expected: typeName(expected) }) }];
}

function typeName(expected: string): Message {
  switch (expected) {
    case "string":
      return message("config.type-text");
    case "number":
    case "nan":
      return message("config.type-number");
    case "int":
      return message("config.type-int");
    case "boolean":
      return message("config.type-boolean");
    case "array":
    case "tuple":
      return message("config.type-list");
    case "object":
    case "record":
      return message("config.type-mapping");
    default:
      return verbatim(expected);
  }
}

function typeHint(expected: string, found: unknown, path: FieldPath, possible: readonly string[]): Message {
  const key = lastKey(path);
  const text = show(found, path);
  const isScalar = typeof found === "string" || typeof found === "number" || typeof found === "boolean";
  if (expected === "string" && (typeof found === "number" || typeof found === "boolean")) {
    return message("config.write-text", { key, text: String(found) });
  }
  if (expected === "boolean") return message("config.write-boolean", { key });
  if ((expected === "number" || expected === "int") && typeof found === "string" && /^\d+$/.test(found)) {
    return message("config.write-number", { key, text: found });
  }
  if (expected === "int" && typeof found === "number") return message("config.write-number", { key, text: String(Math.round(found)) });
  if (expected === "array" && isScalar) return message("config.write-list", { key, text });
  if (expected === "object" || expected === "record") {
    if (Array.isArray(found)) return message("config.write-names");
    if (path.length === 0) return message("config.empty-instead");
    return possible.length > 0
      ? message("config.write-mapping", { key, possible: possible.join(", ") })
      : message("config.write-entries", { key });
  }
  return message("config.write-type", { key, expected: typeName(expected) });
}

function durationHint(found: unknown): Message {
  return typeof found === "number" ? message("config.write-duration-unit", { value: found }) : message("config.write-duration");
}

function choiceHint(found: unknown, options: readonly string[]): Message {
  const nearest = findNearest(String(found), options);
  const list = options.join(", ");
  return nearest === undefined
    ? message("config.possible-values", { options: list })
    : message("config.nearest-value", { nearest, options: list });
}

function explainSize(issue: Extract<Issue, { code: "too_small" | "too_big" }>, found: unknown, path: FieldPath): [Message, Message] {
  const key = lastKey(path);
  const limit = String(issue.code === "too_small" ? issue.minimum : issue.maximum);
  if (found === "" || found === null) return [message("config.empty-value", { key }), message("config.fill-value", { key })];
  if (Array.isArray(found)) return [message("config.list-size", { key, count: found.length }), message("config.list-limit", { limit })];
  const what = message("config.out-of-range", { value: show(found, path) });
  return [what, issue.code === "too_small" ? message("config.at-least", { limit }) : message("config.at-most", { limit })];
}

function nameHint(issues: readonly Issue[], name: string): Message {
  const options = issues.flatMap((issue) => (issue.code === "invalid_value" ? issue.values.map(String) : []));
  if (options.length > 0) return choiceHint(name, options);
  return issues.map((issue) => ruleWords(issue.message, name)?.instead).find((words) => words !== undefined) ?? message("config.name-rule");
}

/** A rule of one field (its form) or of several together; `what` is said by the rule's word. */
function explainRule(issue: Extract<Issue, { code: "invalid_format" | "custom" }>, found: unknown, path: FieldPath): [Message, Message] {
  const words = ruleWords(issue.message, found);
  const badFormat = message("config.bad-format", { value: show(found, path) });
  if (words !== undefined) return [words.what ?? badFormat, words.instead];
  if (issue.code === "custom") return [verbatim(issue.message), message("config.see-schema")];
  if (issue.format === "url") return [badFormat, message("config.format-url")];
  const pattern = (issue as { pattern?: string }).pattern ?? issue.format;
  return [badFormat, message("config.format-pattern", { pattern })];
}

function lastKey(path: FieldPath): string {
  return path.findLast((part) => typeof part === "string") ?? "";
}

/** A value as the file shows it, shortened; never one that may be a secret. */
function show(value: unknown, path: FieldPath): Message {
  if (value === null || value === undefined) return message("config.found-nothing");
  if (Array.isArray(value)) return message("config.found-list");
  if (typeof value === "object") return message("config.found-mapping");
  const text = typeof value === "string" ? value : JSON.stringify(value);
  if (isSecretField(path) || looksSecret(text)) return verbatim("[secret]");
  return verbatim(typeof value === "string" ? `"${text.length > 40 ? `${text.slice(0, 39)}…` : text}"` : text);
}
