import { configJsonSchema, printConfigJsonSchema } from "../../src/config/json-schema.ts";

/** Every field of ampel.yaml as a table per section, and the JSON Schema for editors. */
export function describeConfiguration() {
  const schema = configJsonSchema();
  const resolve = (part) => {
    if (typeof part?.$ref !== "string") return part ?? {};
    const { $ref, ...beside } = part;
    return { ...resolve(schema.$defs[$ref.replace("#/$defs/", "")]), ...beside };
  };
  const sections = Object.entries(schema.properties).map(([name, part]) => ({ name, part: resolve(part) }));
  const lines = [
    "# ampel.yaml",
    "",
    "Durations are written as `500ms`, `10s`, `5m`, `2h`, `1d`; secrets only as `${env:NAME}`, `${file:/path}` or `${credential:name}`.",
    "",
    ...head(),
  ];
  const isPlain = ({ part }) => typeOf(part, resolve) !== "fields" && !isMap(part);
  for (const { name, part } of sections.filter(isPlain)) lines.push(row(name, part, schema.required, resolve));
  for (const { name, part } of sections.filter((section) => !isPlain(section))) {
    lines.push("", `## ${name}`, "", part.description ?? "", "", ...head());
    lines.push(...fields(isMap(part) ? "NAME." : "", isMap(part) ? resolve(part.additionalProperties) : part, resolve));
  }
  return { "configuration.md": lines, "ampel.schema.json": printConfigJsonSchema().trimEnd().split("\n") };
}

const head = () => ["| field | value | default | what it is |", "|---|---|---|---|"];
const isMap = (part) => typeof part.additionalProperties === "object" && part.properties === undefined;

function fields(prefix, part, resolve) {
  const variants = part.anyOf ?? part.oneOf;
  if (variants !== undefined) {
    // A table has each row once, however many kinds of entry share the field.
    return [...new Set(variants.flatMap((variant) => fields(prefix, resolve(variant), resolve)))];
  }
  if (part.type === "array") return fields(`${prefix}[].`.replace("..", "."), resolve(part.items), resolve);
  if (part.properties === undefined) return [row(prefix.replace(/\.$/, ""), part, [], resolve)];
  return Object.entries(part.properties).flatMap(([name, raw]) => {
    const field = resolve(raw);
    const own = row(prefix + name, field, part.required, resolve);
    const inner = field.type === "array" ? resolve(field.items) : isMap(field) ? resolve(field.additionalProperties) : field;
    const step = field.type === "array" ? "[]." : isMap(field) ? ".NAME." : ".";
    return inner.properties === undefined ? [own] : [own, ...fields(`${prefix}${name}${step}`, inner, resolve)];
  });
}

function row(name, part, required = [], resolve = (same) => same) {
  const isNeeded = required.includes(name.split(/[.[\]]+/).findLast((word) => word !== ""));
  const otherwise =
    part.default === undefined || JSON.stringify(part.default) === "{}"
      ? isNeeded
        ? "required"
        : ""
      : `\`${JSON.stringify(part.default)}\``;
  return `| \`${name}\` | ${typeOf(part, resolve)} | ${otherwise} | ${escape(part.description ?? "")} |`;
}

function typeOf(part, resolve) {
  if (part.const !== undefined) return `\`${escape(JSON.stringify(part.const))}\``;
  if (part.enum !== undefined) return part.enum.map((value) => `\`${value}\``).join(", ");
  const variants = part.anyOf ?? part.oneOf;
  if (variants !== undefined) return [...new Set(variants.map((variant) => typeOf(resolve(variant), resolve)))].join(" or ");
  if (part.type === "array") return `list of ${typeOf(resolve(part.items), resolve)}`;
  if (part.properties !== undefined) return "fields";
  if (isMap(part)) return "entries by name";
  return part.type === "string" || part.type === undefined ? "text" : String(part.type);
}

const escape = (text) => text.replaceAll("|", "\\|").replaceAll("\n", " ");
