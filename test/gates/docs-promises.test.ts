import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";
import { optionsOf, readArguments } from "../../src/cli/arguments.ts";
import { commandTable } from "../../src/cli/table.ts";
import { parseConfigOrThrow } from "../../src/config/parse.ts";
import { Failure } from "../../src/kernel/failure.ts";
import { say } from "../../src/kernel/message.ts";
import { ownKeys } from "../../src/playbooks/attributes.ts";
import { formatPlaybook } from "../../src/playbooks/format.ts";
import { lintPlaybook } from "../../src/playbooks/lint.ts";
import { anchorsOf, blocksOf, isGenerated, nodesOf, readPages, repository, spansOf, targetsOf, wordsOf } from "./promised.ts";

const pages = readPages();
const readme = pages.find(({ path }) => path === "README.md") ?? expect.fail("there is no README.md");
const playbookGuide = pages.find(({ path }) => path === join("docs", "playbooks.md")) ?? expect.fail("there is no docs/playbooks.md");
const written = pages.filter((page) => !isGenerated(page));
const commands = await Promise.all(
  Object.entries(commandTable).map(async ([name, entry]) => ({ name, isChanging: entry.isChanging, command: await entry.load() })),
);
const known = commands.map(({ name, isChanging }) => ({ name, isWriting: isChanging }));
const manifest = JSON.parse(readFileSync(join(repository, "package.json"), "utf8")) as { scripts: Record<string, string> };
const now = Date.parse("2026-12-01");

/** Why this command line of ours would be refused before it does anything; `undefined` when it would not. */
function refusalOf(words: readonly string[], isWhole: boolean): string | undefined {
  const [name = "", ...rest] = words;
  if (/^(--help|--version|COMMAND|help)$/.test(name)) return undefined;
  const found = commands.find((each) => each.name === name);
  if (found === undefined) return `there is no command ${name}`;
  try {
    // In running text a command may stand without its words; its options must exist all the same.
    readArguments(name, isWhole ? found.command : { ...found.command, words: ["[WORD…]"] }, found.isChanging, rest);
    return undefined;
  } catch (error) {
    return error instanceof Failure ? say(error.what, "en") : String(error);
  }
}

const ours = /^(?:\.\/)?ampel (?=\S)/;
const lines = written.flatMap((page) =>
  blocksOf(page, "sh")
    .flatMap((block) => block.split("\n"))
    .map((line) => [page.path, line.trim()] as const),
);

test.each(lines.filter(([, line]) => ours.test(line)))("%s: `%s` is a command line that Ampel takes", (_, line) => {
  expect(refusalOf(wordsOf(line).slice(1), true)).toBeUndefined();
});

test("every command in running text exists, with its options", () => {
  const spans = written.flatMap((page) => spansOf(page).map((span) => ({ page: page.path, span })));
  const wrong = spans.filter(({ span }) => ours.test(span) && refusalOf(wordsOf(span).slice(1), false) !== undefined);
  expect(wrong).toEqual([]);
  expect(spans.filter(({ span }) => ours.test(span)).length).toBeGreaterThan(10);
});

test("every option in running text is one of Ampel's, or of our scripts", () => {
  const options = new Set(commands.flatMap(({ command, isChanging }) => Object.keys(optionsOf(command, isChanging))));
  const ofScripts = ["no-skip", "ignore-scripts", "rehearse"];
  // A decision tells of mistyped ones, too.
  const told = written.filter(({ path }) => !path.startsWith(join("docs", "adr")));
  const named = told.flatMap((page) => spansOf(page).filter((span) => /^--[a-z-]+$/.test(span)));
  expect(named.filter((span) => !options.has(span.slice(2)) && !ofScripts.includes(span.slice(2)))).toEqual([]);
});

test("the README's table of commands names each command there is, and no other", () => {
  const table = nodesOf(readme, "heading").find(({ children: [first] }) => first?.type === "text" && first.value === "Commands");
  const after = readme.text.slice(table?.position?.end.offset ?? expect.fail("no heading Commands"));
  const section = after.slice(0, after.indexOf("\n## "));
  const inTable = section.split("\n").filter((line) => line.startsWith("| ") && line.includes("`"));
  const named = inTable.flatMap((line) => [...line.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name));
  expect(named.toSorted()).toEqual(commands.map(({ name }) => name).toSorted());
});

test("every npm script that a page names exists", () => {
  const named = written.flatMap(({ path, text }) => [...text.matchAll(/npm run ([a-z:]+)/g)].map(([, name = ""]) => `${path}: ${name}`));
  expect(named.filter((line) => manifest.scripts[line.split(": ")[1] ?? ""] === undefined)).toEqual([]);
  expect(named.length).toBeGreaterThan(3);
});

test("every relative link and picture leads somewhere, to its heading too", () => {
  const broken = pages.flatMap((page) =>
    targetsOf(page)
      .filter((target) => !/^[a-z]+:/.test(target))
      .filter((target) => {
        const [file = "", anchor] = target.split("#");
        const path = file === "" ? page.path : normalize(join(dirname(page.path), decodeURIComponent(file)));
        if (!existsSync(join(repository, path))) return true;
        const other = pages.find((each) => each.path === path);
        return anchor !== undefined && other !== undefined && !anchorsOf(other).has(anchor);
      })
      .map((target) => `${page.path} → ${target}`),
  );
  expect(broken).toEqual([]);
});

test("the pictures load nothing from elsewhere", () => {
  const pictures = targetsOf(readme).filter((target) => target.endsWith(".svg"));
  expect(pictures.length).toBeGreaterThan(1);
  for (const picture of pictures) {
    const text = readFileSync(join(repository, picture), "utf8").replace('xmlns="http://www.w3.org/2000/svg"', "");
    expect(text).not.toMatch(/https?:|<script|<image|@import|url\(/);
  }
});

test("the sample playbook of the README passes the linter, is in its form, and is as short as promised", () => {
  const [sample = ""] = blocksOf(readme, "markdown");
  expect(lintPlaybook(`${sample}\n`, "queue-stuck.md", { commands: known, now })).toEqual([]);
  expect(formatPlaybook(`${sample}\n`)).toBe(`${sample}\n`);
  expect(sample.split("\n").length).toBeLessThanOrEqual(20);
});

test("the head that docs/playbooks.md shows is one that the linter takes", () => {
  const [head = ""] = blocksOf(playbookGuide, "yaml");
  const [sample = ""] = blocksOf(readme, "markdown");
  const body = sample.split("\n---\n")[1] ?? "";
  expect(lintPlaybook(`${head}\n${body}\n`, "queue-stuck.md", { commands: known, now })).toEqual([]);
});

test("docs/playbooks.md explains every attribute that is ours", () => {
  const explained = spansOf(playbookGuide);
  expect(ownKeys.filter((key) => !explained.includes(key))).toEqual([]);
});

test("every piece of ampel.yaml on a page is one that Ampel takes", () => {
  const pieces = pages.flatMap((page) => blocksOf(page, "yaml").filter((text) => !text.startsWith("---")));
  expect(pieces.length).toBeGreaterThan(1);
  for (const piece of pieces) {
    const text = `version: 1\nname: sample\n${piece}\n`;
    expect(() => parseConfigOrThrow(text, { file: "ampel.yaml", folder: "/" })).not.toThrow();
  }
});

const hasVerifier = spawnSync("systemd-analyze", ["--version"]).status === 0;
test.skipIf(!hasVerifier)("systemd takes the unit of the README (apt-get install systemd)", () => {
  const folder = mkdtempSync(join(tmpdir(), "ampel-unit-"));
  try {
    const [unit = ""] = blocksOf(readme, "ini");
    expect(unit).toContain("ExecStart=/opt/ampel/ampel daemon");
    const file = join(folder, "ampel.service");
    writeFileSync(file, unit.replace("/opt/ampel/ampel", join(repository, "ampel")));
    const { status, stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", file], { encoding: "utf8" });
    expect([status, stderr]).toEqual([0, ""]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
