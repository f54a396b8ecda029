import { expect, test } from "vitest";
import { findNearest } from "./nearest.ts";

const keys = ["dependsOn", "unit", "supervisor", "host", "zone", "every", "deadline", "apiKey", "databases"];

test.each([
  ["depends_on", "dependsOn"],
  ["dependson", "dependsOn"],
  ["depends", "dependsOn"],
  ["unti", "unit"],
  ["units", "unit"],
  ["hots", "host"],
  ["api_key", "apiKey"],
  ["key", "apiKey"],
  ["database", "databases"],
  ["supervisior", "supervisor"],
  ["evry", "every"],
  ["colour", undefined],
  ["", undefined],
  ["x", undefined],
  ["password", undefined],
])("%j is taken for %j", (word, nearest) => {
  expect(findNearest(word, keys)).toBe(nearest);
});

test("among no candidates nothing is near", () => {
  expect(findNearest("unit", [])).toBeUndefined();
});
