import { expect, test } from "vitest";
import { newId } from "./ids.ts";

test("an id is its prefix and eight letters that sound and look apart", () => {
  for (const id of Array.from({ length: 500 }, () => newId("inc"))) expect(id).toMatch(/^inc-[2-9bcdfghjkmnpqrstvwxz]{8}$/);
});

test("ten thousand ids are ten thousand different ones, and every letter is used", () => {
  const ids = Array.from({ length: 10_000 }, () => newId("run"));
  expect(new Set(ids).size).toBe(ids.length);
  expect(new Set(ids.flatMap((id) => id.slice("run-".length).split(""))).size).toBe("23456789bcdfghjkmnpqrstvwxz".length);
});
