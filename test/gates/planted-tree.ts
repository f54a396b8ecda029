import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { runCommand, type CommandResult } from "../../src/kernel/exec.ts";

const repository = join(import.meta.dirname, "../..");
const gateFiles = [
  [".oxlintrc.json", ".oxfmtrc.json", ".dependency-cruiser.cjs", ".gitignore", "knip.json"],
  ["tsconfig.json", "tsconfig.build.json", "vitest.config.ts", "scripts"],
].flat();

/** A small clean tree that every gate passes: a kernel, an integration, a capability, a surface, a test. */
const cleanTree: Readonly<Record<string, string>> = {
  "src/kernel/count.ts": "export const count = (): number => 1;\n",
  "src/integrations/weather.ts":
    'import { count } from "../kernel/count.ts";\n\nexport async function ask(signal: AbortSignal): Promise<number> {\n' +
    '  const answer = await fetch("http://127.0.0.1", { signal });\n  return answer.status + count();\n}\n',
  "src/triage/sort.ts":
    'import { ask } from "../integrations/weather.ts";\n\nexport const sort = async (): Promise<number> => await ask(AbortSignal.timeout(1));\n',
  "src/cli/print.ts":
    'import { sort } from "../triage/sort.ts";\n\nexport const print = async (): Promise<void> => console.log(await sort());\n',
  "src/main.ts": 'import { print } from "./cli/print.ts";\n\nawait print();\n',
  "src/kernel/count.test.ts":
    'import { expect, test } from "vitest";\nimport { count } from "./count.ts";\n\ntest("it counts", () => expect(count()).toBe(1));\n',
  "test/stories/story.test.ts": 'import { expect, test } from "vitest";\n\ntest("a story", () => expect(1).toBe(1));\n',
  "bench/run.ts": "console.log(1);\n",
};

/**
 * Runs one gate, exactly as `npm run NAME` does here, over a clean tree in a temporary folder plus the planted files.
 * A planted text of `undefined` leaves that file out.
 */
export async function runGate(
  gate: string,
  planted: Readonly<Record<string, string | undefined>> = {},
  flags: readonly string[] = [],
): Promise<CommandResult> {
  const root = mkdtempSync(join(tmpdir(), "ampel-gate-"));
  try {
    for (const name of gateFiles) cpSync(join(repository, name), join(root, name), { recursive: true });
    // The reference pages are made from the real code, which the small tree does not have.
    for (const name of ["docs.mjs", "reference", "record-terminal.mjs", "record"]) rmSync(join(root, "scripts", name), { recursive: true });
    symlinkSync(join(repository, "node_modules"), join(root, "node_modules"));
    const manifest = JSON.parse(readFileSync(join(repository, "package.json"), "utf8")) as Record<string, Record<string, string>>;
    // Only what the small tree uses: the gate for unused packages looks at it too.
    const keep = ["@types/node", "@typescript/native", "dependency-cruiser", "knip", "typescript", "vitest"];
    const devDependencies = Object.fromEntries(Object.entries(manifest["devDependencies"] ?? {}).filter(([name]) => keep.includes(name)));
    const files = {
      ...cleanTree,
      "package.json": JSON.stringify({ ...manifest, dependencies: {}, optionalDependencies: {}, devDependencies }),
      ...planted,
    };
    for (const [name, text] of Object.entries(files)) {
      if (text === undefined) continue;
      mkdirSync(dirname(join(root, name)), { recursive: true });
      writeFileSync(join(root, name), text);
    }
    return await runCommand(["npm", "run", "--silent", gate, "--", ...flags], {
      cwd: root,
      timeoutMs: 60_000,
      env: { NO_COLOR: "1", FORCE_COLOR: "0" },
    });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
