import { describe, expect, test } from "vitest";
import { runGate } from "./planted-tree.ts";

type Violation = readonly [title: string, planted: Record<string, string | undefined>, named: RegExp];

const kernelFile = (text: string): Record<string, string> => ({ "src/kernel/count.ts": `export const count = (): number => 1;\n${text}` });
const extraFile = (path: string, text: string): Record<string, string> => ({ [path]: text });

/** What each gate must refuse. A gate that checks nothing passes too; these are its canaries. */
const gates: Readonly<Record<string, readonly Violation[]>> = {
  types: [
    ["a wrong type in the code", kernelFile('export const wrong: number = "text";\n'), /TS2322/],
    ["a wrong type in a test", extraFile("test/stories/wrong.test.ts", "export const wrong: string = 1;\n"), /TS2322/],
    ["an enum, which Node cannot strip", kernelFile("export enum Colour {\n  Red,\n}\n"), /TS1294/],
    ["an index that may be missing", kernelFile("export const first = (list: number[]): number => list[0];\n"), /TS2322/],
  ],
  lint: [
    ["any", kernelFile("export const loose = (given: any): unknown => given;\n"), /no-explicit-any/],
    ["a promise nobody waits for", kernelFile("export const later = (): void => {\n  Promise.resolve(1);\n};\n"), /no-floating-promises/],
    ["a default export", kernelFile("export default count;\n"), /no-default-export/],
    ["a file of 301 lines", kernelFile("// one more\n".repeat(300)), /max-lines/],
    ["a circle of types", circle("import type"), /no-cycle/],
    [
      "fetch outside of integrations",
      extraFile("src/triage/look.ts", 'export const look = async (): Promise<Response> => await fetch("http://127.0.0.1");\n'),
      /no-restricted-globals/,
    ],
    [
      "printing outside of the command line",
      extraFile("src/triage/shout.ts", 'export const shout = (): void => console.log("x");\n'),
      /no-console/,
    ],
    [
      "writing to the terminal outside of the command line",
      extraFile("src/triage/shout.ts", 'export const shout = (): boolean => process.stdout.write("x");\n'),
      /no-restricted-properties/,
    ],
    ["a switch that forgets a case", kernelFile(forgetfulSwitch()), /switch-exhaustiveness-check/],
    ["a one-letter name", kernelFile("export const add = (a: number): number => a;\n"), /id-length/],
    ["a file name with capitals", extraFile("src/kernel/badName.ts", "export const bad = 1;\n"), /filename-case/],
    [
      "a test without an assertion",
      extraFile("test/stories/empty.test.ts", 'import { test } from "vitest";\n\ntest("nothing", () => {});\n'),
      /expect-expect/,
    ],
    [
      "the only test that runs",
      extraFile("test/stories/only.test.ts", 'import { expect, test } from "vitest";\n\ntest.only("one", () => expect(1).toBe(1));\n'),
      /no-focused-tests/,
    ],
  ],
  "format:check": [
    ["single quotes", kernelFile("export const word = 'x';\n"), /count\.ts/],
    ["a line that is too long", kernelFile(`export const sum = [${"1000, ".repeat(40)}];\n`), /count\.ts/],
  ],
  layers: [
    ["a circle", circle("import"), /no-circle/],
    ["a circle of types only", circle("import type"), /no-circle/],
    [
      "a kernel that knows an integration",
      kernelFile('export { ask } from "../integrations/weather.ts";\n'),
      /kernel-imports-nothing-of-ours/,
    ],
    [
      "an integration that knows a capability",
      extraFile("src/integrations/bad.ts", 'export { sort } from "../triage/sort.ts";\n'),
      /integrations-stand-on-the-kernel/,
    ],
    [
      "a capability that knows a surface",
      extraFile("src/triage/bad.ts", 'export type { print } from "../cli/print.ts";\n'),
      /nobody-imports-a-surface/,
    ],
    [
      "an HTTP client in a capability",
      extraFile("src/triage/bad.ts", 'export { request } from "node:http";\n'),
      /the-outside-only-through-integrations/,
    ],
    ["a file that is not there", extraFile("src/triage/bad.ts", 'export { nothing } from "./nothing.ts";\n'), /resolvable/],
    [
      "a development package at run time",
      extraFile("src/triage/bad.ts", 'export { test } from "vitest";\n'),
      /runtime-needs-no-development-package/,
    ],
    [
      "shipped code that imports a test's help",
      { "src/triage/bad.ts": 'export { help } from "../../test/help.ts";\n', "test/help.ts": "export const help = 1;\n" },
      /shipped-code-imports-no-test/,
    ],
  ],
  unused: [
    ["a file nobody imports", extraFile("src/triage/alone.ts", "export const alone = 1;\n"), /alone\.ts/],
    ["an export nobody imports", kernelFile("export const forgotten = 2;\n"), /forgotten/],
    [
      "an import that no package.json names",
      extraFile(
        "src/triage/sort.ts",
        'import { parse } from "yaml";\n\nexport const sort = async (): Promise<number> => await Promise.resolve(Number(parse("1")));\n',
      ),
      /yaml/,
    ],
  ],
  "lockfile:check": [
    ["a lockfile that npm ci refuses", { "package-lock.json": lockfile({ "bell-darwin-arm64": "1.0.0" }) }, /bell-darwin-arm64/],
  ],
};

const skippedTest = 'import { expect, test } from "vitest";\n\ntest.skip("needs a moon (bring-a-moon.sh)", () => expect(1).toBe(1));\n';

function circle(how: string): Record<string, string> {
  const half = (other: string): string => `${how} { ${other} } from "./${other}.ts";\n\nexport type Of${other} = typeof ${other};\n`;
  return {
    "src/triage/left.ts": `${half("right")}export const left = 1;\n`,
    "src/triage/right.ts": `${half("left")}export const right = 1;\n`,
  };
}

function forgetfulSwitch(): string {
  return 'export function name(state: "open" | "closed"): void {\n  switch (state) {\n    case "open":\n      count();\n  }\n}\n';
}

function lockfile(optionalDependencies: Record<string, string>): string {
  return JSON.stringify({ packages: { "": {}, "node_modules/bell": { version: "1.0.0", optionalDependencies } } });
}

const baseline = { "package-lock.json": lockfile({}) };

describe.each(Object.entries(gates))("the gate %s", (gate, violations) => {
  test("passes a clean tree", { timeout: 60_000 }, async () => {
    const ended = await runGate(gate, baseline);
    expect(ended, ended.stdout + ended.stderr).toMatchObject({ exitCode: 0 });
  });

  test.each(violations)("refuses %s", { timeout: 60_000 }, async (_, planted, named) => {
    const ended = await runGate(gate, { ...baseline, ...planted });
    expect(ended.exitCode, ended.stdout + ended.stderr).not.toBe(0);
    expect(ended.isTimedOut).toBe(false);
    expect(ended.stdout + ended.stderr).toMatch(named);
  });
});

describe("the gate test", () => {
  const run = (planted: Record<string, string>, ...flags: string[]) =>
    runGate("test", { ...baseline, ...planted }, ["--prepared", ...flags]);

  test("passes a clean tree and counts", { timeout: 60_000 }, async () => {
    const ended = await run({}, "--no-skip");
    expect(ended, ended.stdout + ended.stderr).toMatchObject({ exitCode: 0 });
    expect(ended.stdout.trimEnd().split("\n").at(-1)).toBe("2 passed, 0 failed, 0 skipped");
  });

  const failing = 'import { expect, test } from "vitest";\n\ntest("wrong", () => expect(1).toBe(2));\n';
  const stray =
    'import { expect, test } from "vitest";\n\ntest("one", () => {\n  void Promise.reject(new Error("stray"));\n  expect(1).toBe(1);\n});\n';
  test.each([
    ["a failing test", failing, "2 passed, 1 failed, 0 skipped"],
    ["a file that cannot be loaded", 'import "./nowhere.ts";\n', "2 passed, 1 failed, 0 skipped"],
    ["an error outside of any test", stray, "3 passed, 1 failed, 0 skipped"],
  ])("refuses %s", { timeout: 60_000 }, async (_, text, closingLine) => {
    const ended = await run({ "test/stories/planted.test.ts": text });
    expect(ended.exitCode).toBe(1);
    expect(ended.stdout.trimEnd().split("\n").at(-1)).toBe(closingLine);
  });

  test("names a skipped test, and refuses it only where nothing may be skipped", { timeout: 60_000 }, async () => {
    const planted = { "test/stories/planted.test.ts": skippedTest };
    const lenient = await run(planted);
    expect(lenient.exitCode).toBe(0);
    expect(lenient.stdout).toContain("skipped: test/stories/planted.test.ts: needs a moon (bring-a-moon.sh)");
    expect(lenient.stdout.trimEnd().split("\n").at(-1)).toBe("2 passed, 0 failed, 1 skipped");
    expect((await run(planted, "--no-skip")).exitCode).toBe(1);
  });

  test("refuses a run without tests", { timeout: 60_000 }, async () => {
    expect((await run({}, "no-such-file")).exitCode).toBe(1);
  });
});

test("verify runs every gate although one fails, names them, and ends with the tests' count", { timeout: 120_000 }, async () => {
  const ended = await runGate("verify", { ...baseline, ...kernelFile("export const wrong: number = 'text';\n") }, ["--prepared"]);
  expect(ended.exitCode).toBe(1);
  for (const [outcome, gate] of [
    ["FAILED", "types"],
    ["ok", "lockfile:check"],
    ["FAILED", "format:check"],
    ["ok", "layers"],
    ["ok", "test"],
  ] as const) {
    expect(ended.stdout).toMatch(new RegExp(`^${outcome} +${gate} `, "m"));
  }
  expect(ended.stdout.trimEnd().split("\n").at(-1)).toBe("2 passed, 0 failed, 0 skipped");
});
