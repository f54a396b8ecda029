import { cpSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCommand, type CommandResult } from "../../src/kernel/exec.ts";

const repository = join(import.meta.dirname, "../..");
const shipped = [
  ".npmrc",
  "ampel",
  "emergency-response.sh",
  "package.json",
  "package-lock.json",
  "scripts",
  "src",
  "tsconfig.json",
  "tsconfig.build.json",
];

/** The PATH of whoever types the command: npm puts node_modules/.bin of this repository in front when it runs the tests. */
const outerPath = (process.env["PATH"] ?? "")
  .split(delimiter)
  .filter((folder) => !folder.includes("node_modules"))
  .join(delimiter);

/** npm's settings of this run (registry, cache) stay; its settings for this package's scripts would confuse another one. */
const outerEnvironment: Record<string, string> = { PATH: outerPath, npm_config_local_prefix: "", INIT_CWD: "", npm_package_json: "" };

/** From the registry: a minute on a slow line. */
const installMs = 300_000;

describe("npm ci --ignore-scripts in an empty folder", () => {
  const root = join(realpathSync(mkdtempSync(join(tmpdir(), "ampel-clean-"))), "a b");
  let installed: CommandResult;
  const run = (argv: string[], cwd = root): Promise<CommandResult> => runCommand(argv, { cwd, env: outerEnvironment, timeoutMs: 60_000 });

  beforeAll(async () => {
    for (const name of shipped) cpSync(join(repository, name), join(root, name), { recursive: true });
    installed = await runCommand(["npm", "ci", "--ignore-scripts"], { cwd: root, env: outerEnvironment, timeoutMs: installMs });
  }, installMs + 10_000);
  afterAll(() => rmSync(join(root, ".."), { recursive: true, force: true }));

  test("installs with the outer Node and npm, whatever their version", () => {
    expect(installed, installed.stdout + installed.stderr).toMatchObject({ exitCode: 0 });
  });

  test("./ampel builds itself and starts", async () => {
    const ended = await run(["./ampel", "--help"]);
    expect(ended, ended.stderr).toMatchObject({ exitCode: 0 });
    expect(ended.stdout).toContain("emergency-response");
  });

  test("npx ampel in the root is the same command", { timeout: 60_000 }, async () => {
    const [direct, byNpx] = [await run(["./ampel", "--help"]), await run(["npx", "ampel", "--help"])];
    expect(byNpx.stdout).toBe(direct.stdout);
    expect(byNpx.exitCode).toBe(direct.exitCode);
  });

  test("the emergency script finds it fresh and starts without a word on stderr", async () => {
    const ended = await run([join(root, "emergency-response.sh"), "--help"], "/");
    expect(ended).toMatchObject({ exitCode: 0, stderr: "" });
  });

  test("everything runs on the lockfile's Node 26", async () => {
    const ended = await run(["sh", "scripts/node.sh", "--version"]);
    expect(ended.stdout).toMatch(/^v26\./);
  });
});
