import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findPlaybook, findPlaybooks, loadCatalogue, playbooksFor } from "./catalogue.ts";

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "playbooks-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

function write(path: string, id: string, zone = "red", extra = ""): void {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(
    file,
    `---\nampel: { id: ${id}, owner: x, review_by: 2027-01-01, rto: 1m, triggers: [disk-full], version: 1, zone: ${zone}${extra} }\n---\n\n### A\n\nLooks.\n\n\`\`\`sh {"name":"a","risk":"read"}\nls\n\`\`\`\n`,
  );
}

test("a broken playbook, a pipe, a huge file and garbage never hide the good ones", async () => {
  write("ours/red/good.md", "good");
  write("ours/red/broken.md", "Broken!");
  write("ours/deep/er/other.md", "other", "green");
  writeFileSync(join(folder, "ours/README.md"), "# about\n");
  writeFileSync(join(folder, "ours/garbage.md"), Buffer.from([0xff, 0xfe, 0x00, 0x80]));
  writeFileSync(join(folder, "ours/huge.md"), Buffer.alloc(300 * 1024, "a"));
  execFileSync("mkfifo", [join(folder, "ours/pipe.md")]);
  symlinkSync(join(folder, "nowhere.md"), join(folder, "ours/dangling.md"));
  const { playbooks, problems } = await loadCatalogue([join(folder, "ours"), join(folder, "missing")]);
  expect(playbooks.map(({ id }) => id)).toEqual(["good", "other"]);
  expect(problems.map(({ rule, path }) => [rule, path.slice(folder.length + 1)])).toEqual([
    ["file-unreadable", "ours/dangling.md"],
    ["file-unreadable", "ours/garbage.md"],
    ["file-unreadable", "ours/huge.md"],
    ["file-unreadable", "ours/pipe.md"],
    ["front-matter-field", "ours/red/broken.md"],
    ["folder-unreadable", "missing"],
  ]);
});

test("the team's playbook takes the place of the shipped one of the same id; a broken one does not", async () => {
  write("shipped/a.md", "a");
  write("shipped/b.md", "b");
  write("ours/mine.md", "a");
  writeFileSync(join(folder, "ours/b.md"), "---\nampel: { id: b }\n---\n");
  const { playbooks, replaced } = await loadCatalogue([join(folder, "shipped"), join(folder, "ours")]);
  expect(playbooks.map(({ id, path }) => [id, path.slice(folder.length + 1)])).toEqual([
    ["a", "ours/mine.md"],
    ["b", "shipped/b.md"],
  ]);
  expect(replaced).toEqual([{ id: "a", path: join(folder, "shipped/a.md"), by: join(folder, "ours/mine.md") }]);
});

test("the same id twice in one folder, and a return that does not exist, are problems", async () => {
  write("ours/a.md", "same");
  write("ours/b.md", "same");
  write("ours/c.md", "lonely", "red", ", return: nowhere");
  const { playbooks, problems } = await loadCatalogue([join(folder, "ours")]);
  expect(playbooks.map(({ path }) => path.slice(folder.length + 1))).toEqual(["ours/c.md", "ours/a.md"]);
  expect(problems.map(({ rule }) => rule)).toEqual(["id-twice", "return-missing"]);
});

test("a finding meets the playbooks of its own zone first, then the more urgent", async () => {
  write("ours/green.md", "green-one", "green");
  write("ours/red.md", "red-one", "red");
  write("ours/yellow.md", "yellow-one", "yellow");
  const { playbooks } = await loadCatalogue([folder]);
  expect(findPlaybooks(playbooks, { cause: "disk-full", subject: "vps", zone: "green" }).map(({ id }) => id)).toEqual([
    "green-one",
    "red-one",
    "yellow-one",
  ]);
  expect(findPlaybooks(playbooks, { cause: "disk-full", subject: "vps", zone: "red" }).map(({ id }) => id)).toEqual([
    "red-one",
    "yellow-one",
    "green-one",
  ]);
  expect(findPlaybooks(playbooks, { cause: "data-loss", subject: "vps", zone: "red" })).toEqual([]);
});

test("a playbook for one subject comes before the general one, and is not for others", async () => {
  write("ours/any.md", "any");
  write("ours/backup.md", "for-backup", "green", "");
  const file = join(folder, "ours/backup.md");
  writeFileSync(file, readFileSync(file, "utf8").replace("[disk-full]", "['disk-full:backup']"));
  const { playbooks, problems } = await loadCatalogue([folder]);
  expect(problems).toEqual([]);
  const idsFor = (subject: string): string[] => findPlaybooks(playbooks, { cause: "disk-full", subject, zone: "red" }).map(({ id }) => id);
  expect(idsFor("backup")).toEqual(["for-backup", "any"]);
  expect(idsFor("vps")).toEqual(["any"]);
});

test("a playbook is found by id or by folder and id, and a slip names the nearest", async () => {
  write("ours/red/disk.md", "disk-full");
  const catalogue = await loadCatalogue([folder]);
  expect(findPlaybook(catalogue, "disk-full").id).toBe("disk-full");
  expect(findPlaybook(catalogue, "red/disk").id).toBe("disk-full");
  expect(() => findPlaybook(catalogue, "disc-full")).toThrow("the nearest is disk-full");
});

test("a playbook for systems with a section is not for one without it", async () => {
  write("ours/any.md", "any");
  write("ours/own.md", "own", "red", ", needs: ['section:gateway', 'command:ls']");
  const { playbooks, problems } = await loadCatalogue([folder]);
  expect(problems).toEqual([]);
  const idsFor = (...sections: string[]): string[] => playbooksFor(playbooks, new Set(sections)).map(({ id }) => id);
  expect(idsFor("hosts")).toEqual(["any"]);
  expect(idsFor("hosts", "gateway")).toEqual(["any", "own"]);
});
