import { readdirSync, readFileSync } from "node:fs";
import { join as joinPath } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { join, languages, message, say, verbatim } from "./message.ts";
import { catalogue } from "./texts/catalogue.ts";

const wordings: [string, { readonly de: string; readonly en: string }][] = Object.entries(catalogue);
const placeholdersOf = (text: string): string[] => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name))].toSorted();

/** What must hold for every sentence an operator can read. */
const rules: [string, (wording: { de: string; en: string }) => boolean][] = [
  ["has the same placeholders in German and English", ({ de, en }) => placeholdersOf(de).join() === placeholdersOf(en).join()],
  ["is said in both languages", ({ de, en }) => de.trim() !== "" && en.trim() !== ""],
  ["does not shout", ({ de, en }) => !/[\p{L}\d)]!/u.test(`${de} ${en}`)],
  ["has no space at its ends and none twice", ({ de, en }) => [de, en].every((text) => text === text.trim() && !/ {2}/.test(text))],
  ["leaves no brace open", ({ de, en }) => [de, en].every((text) => !/[{}]/.test(text.replace(/\{\w+\}/g, "")))],
  [
    "is written with umlauts",
    ({ de }) => !/\b(?:fuer|ueber\w*|koenn\w*|muess\w*|moeg\w*|naechst\w*|pruef\w*|waehrend|zurueck\w*|laeuft|groess\w*)\b/i.test(de),
  ],
];

test.each(rules)("every wording %s", (_, holds) => {
  expect(wordings.filter(([, wording]) => !holds(wording)).map(([key]) => key)).toEqual([]);
});

test("no key is defined by two files, which would hide one of them", () => {
  const folder = joinPath(import.meta.dirname, "texts");
  const sources = readdirSync(folder).filter((name) => name !== "catalogue.ts" && !name.endsWith(".test.ts"));
  // Read as text: a file may spread another one's table into its own.
  const keys = sources.flatMap((name) => [...readFileSync(joinPath(folder, name), "utf8").matchAll(/^ {2}(?:"([^"]+)"|(\w+)): \{/gm)]);
  const names = keys.map(([, quoted, plain]) => quoted ?? plain ?? "");
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  expect(names.toSorted()).toEqual(Object.keys(catalogue).toSorted());
});

describe("saying", () => {
  test("a message is said in the language that is asked for", () => {
    const what = message("secret.env-missing", { name: "RETELL_KEY" });
    expect(say(what, "de")).toBe("Die Umgebungsvariable RETELL_KEY ist nicht gesetzt");
    expect(say(what, "en")).toBe("The environment variable RETELL_KEY is not set");
  });

  test("values are put in as they are: no placeholder, no replacement pattern in them has a meaning", () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom(...languages), (text, language) => {
        expect(say(verbatim(text), language)).toBe(text);
        expect(say(message("secret.env-missing", { name: text }), language)).toContain(text);
      }),
    );
    for (const trap of ["{name}", "$&", "$1", "$$", "{text}"]) expect(say(verbatim(trap), "de")).toBe(trap);
  });

  test("numbers and messages within messages are said too", () => {
    expect(say({ key: "join", values: { first: 0, rest: verbatim("zwei") } }, "de")).toBe("0; zwei");
  });

  test("several messages become one sentence, in order", () => {
    expect(say(join([]), "de")).toBe("");
    expect(say(join(["a", "b", "c"].map(verbatim)), "en")).toBe("a; b; c");
    expect(say(join(Array.from({ length: 500 }, () => verbatim("x"))), "de")).toHaveLength(500 + 499 * 2);
  });

  test("what a newer version wrote is shown, not hidden and not a crash", () => {
    const stored = { key: "future.thing", values: { count: 3 } };
    expect(say(stored, "de")).toContain("future.thing");
    expect(say(stored, "de")).toContain("3");
    expect(say({ key: "secret.env-missing", values: {} }, "en")).toBe("The environment variable {name} is not set");
  });

  test("a message survives being stored", () => {
    const what = join([message("secret.env-missing", { name: "KEY" }), verbatim("ende")]);
    expect(say(JSON.parse(JSON.stringify(what)) as typeof what, "de")).toBe(say(what, "de"));
  });
});
