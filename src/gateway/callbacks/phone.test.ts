import fc from "fast-check";
import { expect, test } from "vitest";
import { maskedNumber, readCallerNumber } from "./phone.ts";

test.each<[string | undefined, string]>([
  ["+4930901820001", "+4930901820001"],
  ["030 901820001", "+4930901820001"],
  ["0171 1234567", "+491711234567"],
  ["Meine Nummer ist 0171 123 45 67.", "+491711234567"],
  ["00431234567890", "+431234567890"],
  ["sip:+4930901820001@carrier.example", "+4930901820001"],
  ["anonymous", "anonymous"],
  ["sip:anonymous@anonymous.invalid", "anonymous"],
  ["Restricted", "anonymous"],
  ["+266696687", "anonymous"],
  ["", "anonymous"],
  [undefined, "anonymous"],
  ["+499001123456", "not-callable"],
  ["110", "not-callable"],
  ["+49123", "not-callable"],
  ["klick mich", "not-callable"],
  ["1".repeat(500), "not-callable"],
])("%s is %s", (text, expected) => {
  const read = readCallerNumber(text);
  expect(read.kind === "callable" ? read.phone : read.kind).toBe(expected);
});

test("never throws, and gives only E.164", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const read = readCallerNumber(text);
      if (read.kind === "callable") expect(read.phone).toMatch(/^\+[1-9]\d{6,14}$/);
    }),
  );
});

test("a masked number tells two apart and rings nobody", () => {
  expect(maskedNumber("+4930901820001")).toBe("+493…01");
  expect(maskedNumber("+49")).toBe("…");
});
