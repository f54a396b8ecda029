import { exitCodes } from "../kernel/failure.ts";
import { message } from "../kernel/message.ts";
import { usage } from "./arguments.ts";
import type { Call, Option } from "./command.ts";

/** `--expect nothing` beside `--dry-run`: so that a verify block of a playbook can say no. */
export const expectNothing: Readonly<Record<string, Option>> = { expect: { value: "nothing", what: message("option.expect-nothing") } };

/**
 * How a look ends: 3 when something is left to do and nothing was expected, else 0.
 * @throws {Failure} usage for any other expectation
 */
export function exitOfLook(command: string, { values }: Pick<Call, "values">, isSomethingLeft: boolean): number {
  const expected = values.get("expect");
  if (expected !== undefined && expected !== "nothing") throw usage(command, message("cli.expect-nothing-only", { given: expected }));
  return expected === "nothing" && isSomethingLeft ? exitCodes.refused : exitCodes.allClear;
}
