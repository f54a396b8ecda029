import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { say } from "../kernel/message.ts";
import { lintPlaybook, lintRules } from "./lint.ts";
import { knownCommands } from "./known-commands.test-support.ts";

const folder = new URL("../../test/fixtures/source-playbook/", import.meta.url);
const text = readFileSync(new URL("source-playbook.md", folder), "utf8");
const findings = lintPlaybook(text, "source-playbook.md", { commands: knownCommands, now: Date.UTC(2026, 10, 23) });

/**
 * How far lint can see, for each of the 41 procedures: "names" = the dangerous act itself is recognised in any document;
 * "wording" = only a typical wording gives it away, the harm lies in facts no text holds (which tenant, which capacity, which host).
 * None of the 41 escapes it in the source playbook.
 */
const reach: Record<number, "names" | "wording"> = {
  ...Object.fromEntries([2, 3, 4, 8, 9, 12, 15, 18, 22, 23, 25, 26, 27, 30, 31, 33, 34, 37, 39].map((procedure) => [procedure, "names"])),
  ...Object.fromEntries(
    [1, 5, 6, 7, 10, 11, 13, 14, 16, 17, 19, 20, 21, 24, 28, 29, 32, 35, 36, 38, 40, 41].map((procedure) => [procedure, "wording"]),
  ),
};

test("each of the 41 procedures that went wrong in the source playbook is named, with a safe way in both languages", () => {
  expect(Object.keys(reach)).toHaveLength(41);
  const named = new Set(findings.map(({ procedure }) => procedure));
  expect(
    Object.keys(reach)
      .map(Number)
      .filter((procedure) => !named.has(procedure)),
  ).toEqual([]);
  for (const { safeWay } of findings) {
    for (const language of ["de", "en"] as const) expect(say(safeWay, language)).not.toMatch(/^lint\.|\{\w+\}/);
  }
});

test("the findings in the source playbook are those of the golden file", () => {
  const golden = new URL("findings.txt", folder);
  const table = findings
    .map(({ rule, severity, lines, procedure, excerpt }) => `${procedure ?? "-"} | ${rule} | ${severity} | ${lines.join(",")} | ${excerpt}`)
    .join("\n");
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(golden, `${table}\n`);
  expect(`${table}\n`).toBe(readFileSync(golden, "utf8"));
});

test("no finding prints the password, the token or the contract number", () => {
  const printed = JSON.stringify(findings);
  for (const secret of ["Example-Passw0rd", "YOUR_TOKEN", "hosting000000", "#000000"]) {
    expect(text).toContain(secret);
    expect(printed).not.toContain(secret);
  }
});

test("every rule has its own texts, and a procedure between 1 and 41 or none", () => {
  expect(new Set(lintRules.map(({ id }) => id)).size).toBe(lintRules.length);
  for (const { id, procedure } of lintRules) {
    expect(say({ key: `lint.${id}`, values: {} }, "de")).not.toContain("lint.");
    expect(say({ key: `lint.${id}.way`, values: {} }, "en")).not.toContain("lint.");
    if (procedure !== undefined) expect(procedure).toBeGreaterThan(0);
  }
});
