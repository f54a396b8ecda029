import { loadCatalogue } from "../../src/playbooks/catalogue.ts";
import { probeKinds } from "../../src/probes/catalogue.ts";
import { causes } from "../../src/probes/cause.ts";
import { dirname, join } from "node:path";
import { listFields, readSchema, tableHead } from "./fields.mjs";

const root = dirname(dirname(import.meta.dirname));

/** Every kind of check with its fields, and every cause with the playbook that answers it. */
export async function describeProbes() {
  const kinds = [...probeKinds].sort((left, right) => left.kind.localeCompare(right.kind));
  return {
    "probes.md": [
      "# Probes",
      "",
      "Every kind of check. Most are made from a shorter section of [ampel.yaml](configuration.md); any of them can stand under `probes:` as well:",
      "",
      ...[
        "```yaml",
        "probes:",
        "  login:",
        "    kind: http",
        "    url: https://app.example.org/login",
        "    expectBody: password",
        "```",
        "",
      ],
      "A probe says `ok`, `degraded`, `down` or `unknown`. Unknown is not ok: what could not be looked at is shown and counts as a blind spot.",
      "Beside its own fields each may have `host`, `subject` and the [fields of everything that is watched](configuration.md#fields-of-everything-that-is-watched).",
      "",
      ...kinds.map(({ kind, schema }) => `- [\`${kind}\`](#${kind}) ${describe(kind, schema)}`),
      ...kinds.flatMap(({ kind, schema }) => ["", `## ${kind}`, "", `${describe(kind, schema)}.`, "", ...fieldsOf(schema)]),
    ],
    "causes.md": await describeCauses(),
  };
}

function fieldsOf(schema) {
  const part = readSchema(schema);
  const fields = listFields(part);
  return fields.length === 0 ? ["No fields of its own."] : [...tableHead, ...fields.map(({ line }) => line)];
}

function describe(kind, { description }) {
  if (description === undefined) throw new Error(`the schema of the probe ${kind} has no .describe("…")`);
  return description;
}

async function describeCauses() {
  const { playbooks } = await loadCatalogue([join(root, "playbooks")]);
  const answers = (cause) => playbooks.filter(({ triggers }) => triggers.includes(cause)).map(({ path }) => path.slice(root.length + 1));
  return [
    "# Causes",
    "",
    "What a finding is about, in words that never change: `cause` in `--json`, `triggers` in a playbook. The zone is the usual one; `zone` of an entry in",
    "`ampel.yaml` replaces it. A cause without a shipped playbook waits for a person, or for a playbook of yours.",
    "",
    "| cause | zone | shipped playbook |",
    "|---|---|---|",
    ...Object.entries(causes).map(
      ([cause, zone]) =>
        `| \`${cause}\` | ${zone} | ${answers(cause)
          .map((path) => `[${path.slice(10, -3)}](../../${path})`)
          .join(", ")} |`,
    ),
  ];
}
