import { expect, test } from "vitest";
import { exitCodes, Failure, failureCodes, type FailureCode } from "./failure.ts";
import { message, verbatim } from "./message.ts";

test("the exit codes are the contract that scripts rely on", () => {
  expect(exitCodes).toEqual({ allClear: 0, bug: 1, usage: 2, refused: 3, green: 10, yellow: 11, red: 12, blind: 13 });
});

test("an expected failure is never taken for a bug, a success or a state of the system", () => {
  for (const [code, exitCode] of Object.entries(failureCodes)) {
    expect([exitCodes.usage, exitCodes.refused], code).toContain(exitCode);
    expect(new Failure(code as FailureCode, verbatim("was"), verbatim("dann")).exitCode).toBe(exitCode);
  }
});

test("codes are words that a script can match, in alphabetical order", () => {
  const codes = Object.keys(failureCodes);
  expect(codes.filter((code) => !/^[a-z]+(?:-[a-z]+)*$/.test(code))).toEqual([]);
  expect(codes).toEqual(codes.toSorted());
});

test("a failure speaks English to the log, keeps its cause, and carries both texts as messages", () => {
  const cause = new Error("ECONNREFUSED");
  const failure = new Failure("secret-missing", message("secret.env-missing", { name: "KEY" }), verbatim("weiter"), { cause });
  expect(failure).toBeInstanceOf(Error);
  expect(failure).toMatchObject({ name: "Failure", code: "secret-missing", message: "The environment variable KEY is not set", cause });
  expect(failure.what.key).toBe("secret.env-missing");
  expect(failure.nextStep).toEqual(verbatim("weiter"));
  expect(failure.stack).toContain("failure.test.ts");
});
