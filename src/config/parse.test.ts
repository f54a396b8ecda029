import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { expect, test } from "vitest";
import { say } from "../kernel/message.ts";
import { parseConfig } from "./parse.ts";
import { ConfigInvalid } from "./problem.ts";

const place = { file: "ampel.yaml", folder: "/etc/ampel" };
const sample = readFileSync(fileURLToPath(new URL("../../examples/askproai/ampel.yaml", import.meta.url)), "utf8");

/** Every problem stands inside the text, and is said in both languages without a gap. */
function assertSound(text: string): void {
  const parsed = parseConfig(text, place);
  if (!("problems" in parsed)) return;
  expect(parsed.problems.length).toBeGreaterThan(0);
  const lines = text.split("\n").length;
  for (const { line, column, what, instead } of new ConfigInvalid("ampel.yaml", parsed.problems).problems) {
    expect(line).toBeGreaterThanOrEqual(1);
    expect(line).toBeLessThanOrEqual(lines);
    expect(column).toBeGreaterThanOrEqual(1);
    for (const sentence of [say(what, "de"), say(what, "en"), say(instead, "de"), say(instead, "en")]) {
      expect(sentence).not.toMatch(/^\s*$|undefined|\[object/);
    }
  }
}

test("any text at all is either a configuration or problems, never a crash", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 300 }), assertSound), { numRuns: 200 });
});

test("the sample with one line cut, doubled or garbled is either a configuration or problems with places", () => {
  const lines = sample.split("\n");
  const change = fc.record({
    at: fc.nat(lines.length - 1),
    how: fc.constantFrom("cut", "double", "indent", "truncate", "swap"),
    by: fc.string({ maxLength: 12 }),
  });
  fc.assert(
    fc.property(change, ({ at, how, by }) => {
      const changed = [...lines];
      const line = changed[at] ?? "";
      if (how === "cut") changed.splice(at, 1);
      if (how === "double") changed.splice(at, 0, line);
      if (how === "indent") changed[at] = `  ${line}`;
      if (how === "truncate") changed.length = at;
      if (how === "swap") changed[at] = line.replace(/[:,{[].*/, by);
      assertSound(changed.join("\n"));
    }),
    { numRuns: 80 },
  );
});

test.each([
  ["null"],
  ["[]"],
  ["true"],
  ["5"],
  ["{}"],
  ["text"],
  ["[1, {a: b}]"],
  ["{local: null}"],
  ["{a: {b: {c: d}}}"],
  ["&a [*a]"],
  ["&a {b: *a}"],
])("%s in the place of any section is a problem with a place", (value) => {
  const sections = [...new Set([...sample.matchAll(/^([a-z]+):/gm)].map((match) => match[1] ?? ""))];
  for (const section of sections) assertSound(`version: 1\nname: x\n${section}: ${value}\n`.replace(/^name: x\n(?=name:)/m, ""));
});
