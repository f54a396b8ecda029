import { appendFileSync, cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCommand, type CommandResult } from "../../src/kernel/exec.ts";

const repository = join(import.meta.dirname, "../..");
let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "ampel-docs-"));
  for (const name of ["scripts", "package.json"]) cpSync(join(repository, name), join(root, name), { recursive: true });
  for (const name of ["src", "playbooks", "node_modules"]) symlinkSync(join(repository, name), join(root, name));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const run = (gate: string): Promise<CommandResult> => runCommand(["npm", "run", "--silent", gate], { cwd: root, timeoutMs: 60_000 });

test("the gate docs:check passes what was just written, and writing again changes nothing", { timeout: 60_000 }, async () => {
  expect(await run("docs")).toMatchObject({ exitCode: 0 });
  expect(await run("docs:check")).toMatchObject({ exitCode: 0, stdout: "" });
  expect((await run("docs")).stdout).toMatch(/: 0 of \d+ pages renewed/);
});

test("it refuses a page that was changed by hand, one that is missing, and one that nothing writes", { timeout: 60_000 }, async () => {
  await run("docs");
  const page = (name: string): string => join(root, "docs/reference", name);
  appendFileSync(page("exit-codes.md"), "| 99 | invented |\n");
  rmSync(page("failure-codes.md"));
  writeFileSync(page("stranger.md"), "left over\n");
  const ended = await run("docs:check");
  expect(ended.exitCode).toBe(1);
  expect(ended.stdout).toContain("exit-codes.md is not what the code says");
  expect(ended.stdout).toContain("failure-codes.md is not what the code says");
  expect(ended.stdout).toContain("stranger.md is written by nothing");
  await run("docs");
  expect(await run("docs:check")).toMatchObject({ exitCode: 0 });
});
