import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { z } from "zod";
import { expect, test } from "vitest";
import { configJsonSchema, printConfigJsonSchema } from "./json-schema.ts";
import { ruleNames } from "./rule-words.ts";
import { configSchema } from "./schema.ts";

const example = fileURLToPath(new URL("../../examples/askproai/ampel.yaml", import.meta.url));

test("the schema for editors accepts the sample and refuses what the parser refuses", () => {
  const schema = z.fromJSONSchema(configJsonSchema());
  const sample: unknown = parse(readFileSync(example, "utf8"), { merge: true });
  expect(schema.safeParse(sample).error?.issues).toBeUndefined();
  for (const wrong of [
    { version: 2, name: "x" },
    { version: 1 },
    { version: 1, name: "x", servises: {} },
    { version: 1, name: "x", services: { web: { unti: "nginx" } } },
  ]) {
    expect(schema.safeParse(wrong).success).toBe(false);
  }
});

test("the same configuration always gives the same text", () => {
  expect(printConfigJsonSchema()).toBe(printConfigJsonSchema());
  expect(JSON.parse(printConfigJsonSchema())).toMatchObject({ title: "ampel.yaml", type: "object", additionalProperties: false });
});

test("every section says in the editor what it is for", () => {
  const { properties } = configJsonSchema() as { properties: Record<string, { description?: string; $ref?: string }> };
  expect(Object.keys(properties).filter((name) => properties[name]?.description === undefined)).toEqual([]);
});

test("every rule that a schema names by a word has words for the operator", () => {
  const words = new Set<string>();
  collectRuleWords(configSchema, words, new Set());
  expect([...words].filter((word) => !ruleNames.includes(word))).toEqual([]);
  expect(words).toContain("service-address");
});

function collectRuleWords(schema: z.core.$ZodType, words: Set<string>, seen: Set<unknown>): void {
  if (seen.has(schema)) return;
  seen.add(schema);
  const given = schema._zod.def as unknown as Record<string, unknown> & {
    checks?: { _zod: { def: { error?: (issue: unknown) => unknown } } }[];
  };
  for (const check of given.checks ?? []) {
    const word = check._zod.def.error?.({ code: "custom", input: undefined });
    if (typeof word === "string") words.add(word);
  }
  for (const value of Object.values(given)) collectInside(value, words, seen);
}

function collectInside(value: unknown, words: Set<string>, seen: Set<unknown>): void {
  if (typeof value !== "object" || value === null) return;
  if ("_zod" in value) collectRuleWords(value as z.core.$ZodType, words, seen);
  else if (Array.isArray(value)) for (const item of value) collectInside(item, words, seen);
  else if (Object.getPrototypeOf(value) === Object.prototype) for (const item of Object.values(value)) collectInside(item, words, seen);
}
