import { z } from "zod";
import { formatDuration } from "../../src/kernel/duration.ts";

/** The JSON Schema of what may be written, with the defaults that JSON Schema leaves out: those of durations. */
export function readSchema(schema) {
  return z.toJSONSchema(schema, {
    io: "input",
    unrepresentable: "any",
    reused: "inline",
    override: ({ zodSchema, jsonSchema }) => {
      const { type, defaultValue, innerType } = zodSchema._zod.def;
      if (type === "default" && typeof defaultValue === "number" && innerType._zod.def.type === "pipe") {
        jsonSchema.default = formatDuration(defaultValue);
      }
    },
  });
}

export const tableHead = ["| field | value | default | what it is |", "|---|---|---|---|"];

/** Rows of a table, one per field and one per field within it: `{ name, line }`. */
export function listFields(part, prefix = "") {
  return Object.entries(part.properties ?? {}).flatMap(([name, field]) => {
    const own = { name: prefix + name, line: row(prefix + name, field, part.required?.includes(name)) };
    const step = field.type === "array" ? "[]." : isMap(field) ? ".NAME." : ".";
    const inner = field.type === "array" ? field.items : isMap(field) ? field.additionalProperties : field;
    return [own, ...listFields(inner, `${prefix}${name}${step}`)];
  });
}

export const isMap = (part) => typeof part.additionalProperties === "object" && part.properties === undefined;

export function row(name, part, isNeeded) {
  const isTold = part.default !== undefined && !["{}", "[]"].includes(JSON.stringify(part.default));
  const otherwise = isTold
    ? `\`${typeof part.default === "string" ? part.default : JSON.stringify(part.default)}\``
    : isNeeded
      ? "required"
      : "";
  return `| \`${name}\` | ${typeOf(part)} | ${otherwise} | ${inTable(part.description ?? "")} |`;
}

/** What a person writes there, in words. */
export function typeOf(part) {
  if (part.const !== undefined) return `\`${inTable(JSON.stringify(part.const))}\``;
  if (part.enum !== undefined) return part.enum.map((value) => `\`${value}\``).join(", ");
  const variants = part.anyOf ?? part.oneOf;
  if (variants !== undefined) return [...new Set(variants.map(typeOf))].join(" or ");
  if (part.type === "array") return `list of ${typeOf(part.items)}`;
  if (part.properties !== undefined) return "fields";
  if (isMap(part)) return "entries by name";
  if (part.pattern?.includes("(ms|s|m|h|d)")) return "duration";
  if (part.pattern?.includes("credential")) return "secret";
  return part.type === "string" || part.type === undefined
    ? "text"
    : part.type === "boolean"
      ? "`true` or `false`"
      : part.type === "integer"
        ? "whole number"
        : part.type;
}

export const inTable = (text) => text.replaceAll("|", "\\|").replaceAll("\n", " ");
