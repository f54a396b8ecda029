import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { runCommand, type CommandResult } from "../../src/kernel/exec.ts";

const repository = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "ampel-record-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const picture = join(folder, "picture.svg");
const record = (columns: number, ...command: string[]): Promise<CommandResult> =>
  runCommand([process.execPath, join(repository, "scripts/record-terminal.mjs"), picture, String(columns), ...command], {
    timeoutMs: 20_000,
  });

/** The texts of the picture below its title, each with its class. */
function textsOf(): string[] {
  const texts = readFileSync(picture, "utf8").matchAll(/<text(?: class="([^"]*)")? x="[^"]*" y="[^"]*" textLength[^>]*>([^<]*)</g);
  return [...texts].map(([, style = "plain", text = ""]) => `${style}: ${text}`);
}

test("what a command leaves on the terminal is drawn, with its colours, and nothing that was overwritten", async () => {
  const printed = String.raw`\033[31m● ROT\033[39m  <&>\nlooking 1\n\033[1A\r\033[Jlooking 2\n\033[1mfett\033[22m und \033[2mblass\033[0m\n`;
  expect(await record(40, "printf", printed)).toMatchObject({ exitCode: 0 });
  expect(textsOf()).toEqual(["red: ● ROT", "plain: &lt;&amp;&gt;", "plain: looking 2", "bold: fett", "plain: und", "dim: blass"]);
});

test("the command sees a terminal of the width asked for, and a long line goes on below", async () => {
  await record(20, "sh", "-c", "stty size; printf %025d 7");
  expect(textsOf()).toEqual(["plain: 200 20", `plain: ${"0".repeat(20)}`, "plain: 00007"]);
});

test("a sequence it does not know is an error, never a wrong picture", async () => {
  rmSync(picture, { force: true });
  const ended = await record(40, "printf", String.raw`\033[48;5;1mred\n`);
  expect(ended.exitCode).toBe(1);
  expect(ended.stderr).toContain("does not know the style 48");
  expect(existsSync(picture)).toBe(false);
});
