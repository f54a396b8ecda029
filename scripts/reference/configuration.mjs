import { watchFields } from "../../src/config/fields.ts";
import { printConfigJsonSchema } from "../../src/config/json-schema.ts";
import { configSchema } from "../../src/config/schema.ts";
import { z } from "zod";
import { isMap, listFields, readSchema, row, tableHead } from "./fields.mjs";

const intro = [
  "# ampel.yaml",
  "",
  "A complete one: [examples/askproai/ampel.yaml](../../examples/askproai/ampel.yaml). Check yours with `ampel config:check`.",
  "Editors complete and check it by [ampel.schema.json](ampel.schema.json); `ampel init` writes the line for it.",
  "",
  "A duration is written as `500ms`, `10s`, `5m`, `2h`, `1d`. A secret is only ever a reference: `${env:NAME}`, `${file:/path}` or `${credential:name}`.",
  "Names are small letters, digits, dots, dashes and underscores. Entries that begin with `x-` are yours, as a place for YAML anchors.",
  "",
];

/** Every field of ampel.yaml as a table per section, and the JSON Schema for editors. */
export function describeConfiguration() {
  const schema = readSchema(configSchema);
  const sections = Object.entries(schema.properties).map(([name, part]) => ({ name, part }));
  const isPlain = ({ part }) => part.properties === undefined && !isMap(part);
  const watched = listFields(readSchema(z.strictObject(watchFields)));
  const lines = [
    ...intro,
    ...tableHead,
    ...sections.filter(isPlain).map(({ name, part }) => row(name, part, schema.required.includes(name))),
    ...["", "## Fields of everything that is watched", ""],
    "Entries under `services`, `databases`, `queues`, `vendors`, `backups`, `certificates`, `heartbeats`, `logs`, `releases` and `probes`, and the",
    "built-in checks of a host, may have these beside their own.",
    "",
    ...tableHead,
    ...watched.map(({ line }) => line),
    ...sections.filter((section) => !isPlain(section)).flatMap((section) => describeSection(section, watched)),
  ];
  return { "configuration.md": lines, "ampel.schema.json": printConfigJsonSchema().trimEnd().split("\n") };
}

function describeSection({ name, part }, watched) {
  const lines = ["", `## ${name}`, "", `${part.description}.`, ""];
  if (!isMap(part)) return [...lines, ...tableHead, ...listFields(part).map(({ line }) => line)];
  const entry = part.additionalProperties;
  const variants = entry.oneOf ?? entry.anyOf;
  if (name === "probes") return [...lines, "The kinds and their fields: [probes](probes.md)."];
  if (variants === undefined) return [...lines, ...describeEntry(entry, watched)];
  // Engines that take the same fields share a table.
  const byTable = Map.groupBy(variants, (variant) => describeEntry(withoutEngine(variant), watched).join("\n"));
  return [
    ...lines,
    ...[...byTable].flatMap(([table, same], index) => {
      const engines = same.map(({ properties }) => `\`engine: ${properties.engine.const}\``).join(" or ");
      return [...(index === 0 ? [] : [""]), `### ${engines}`, "", table];
    }),
  ];
}

function withoutEngine({ properties, ...variant }) {
  return { ...variant, properties: Object.fromEntries(Object.entries(properties).filter(([name]) => name !== "engine")) };
}

function describeEntry(entry, watched) {
  const fields = listFields(entry, "NAME.");
  const common = new Set(watched.map(({ name }) => `NAME.${name}`));
  // A heartbeat's `every` is its own and required.
  const own = fields.filter(({ name, line }) => !common.has(name) || line.includes("| required |"));
  const isWatched = fields.some(({ name }) => name === "NAME.damping");
  return [...tableHead, ...own.map(({ line }) => line), ...(isWatched ? ["", "And the fields of everything that is watched."] : [])];
}
