import { expect, test } from "vitest";
import { Failure } from "../kernel/failure.ts";
import { verbatim } from "../kernel/message.ts";
import { nearestOf, readArguments } from "./arguments.ts";

const command = { words: ["SUBJECT", "[FILE]"], options: { for: { value: "20s", what: verbatim("") }, force: { what: verbatim("") } } };

function refusal(argv: readonly string[]): string {
  try {
    readArguments("x", command, true, argv);
    return "";
  } catch (error) {
    if (error instanceof Failure) return error.what.key;
    throw error;
  }
}

test("words, flags and values are told apart, in any order, with = and without", () => {
  const given = readArguments("x", command, true, ["--force", "nginx", "--for", "5s", "--json"]);
  expect([...given.words]).toEqual(["nginx"]);
  expect([...given.flags]).toEqual(["force", "json"]);
  expect(given.values.get("for")).toBe("5s");
  expect(readArguments("x", command, true, ["nginx", "--for=5s"]).values.get("for")).toBe("5s");
});

test.each([
  [["nginx", "--dryrun"], "cli.option-unknown-near"],
  [["nginx", "--xyzzy"], "cli.option-unknown"],
  [["nginx", "--for"], "cli.value-missing"],
  [["nginx", "--for", "--force"], "cli.value-missing"],
  [["nginx", "--force=yes"], "cli.no-value"],
  [[], "cli.word-missing"],
  [["a", "b", "c"], "cli.word-surplus"],
  [["nginx", "-x"], "cli.option-unknown"],
])("%j is refused before anything starts: %s", (argv, expected) => {
  expect(refusal(argv)).toBe(expected);
});

test("--dry-run exists only where something can change", () => {
  expect(() => readArguments("x", command, false, ["nginx", "--dry-run"])).toThrow(Failure);
});

test("--help needs no other word", () => {
  expect(refusal(["--help"])).toBe("");
});

test.each([
  ["stauts", "status"],
  ["emergency-respons", "emergency-response"],
  ["zzzzzz", undefined],
])("%s was probably meant as %s", (given, expected) => {
  expect(nearestOf(given, ["status", "watch", "emergency-response"])).toBe(expected);
});
