import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findStateFolder, listJournalFolders, writableFolders } from "./state-folder.ts";

test.each([
  ["what was given", { AMPEL_STATE_DIR: "/srv/ampel", XDG_STATE_HOME: "/x" }, true, "/srv/ampel"],
  ["the system's folder for root", { XDG_STATE_HOME: "/x", HOME: "/root" }, true, "/var/lib/ampel"],
  ["the state home of an ordinary user", { XDG_STATE_HOME: "/x/state", HOME: "/home/anna" }, false, "/x/state/ampel"],
  ["its default", { HOME: "/home/anna" }, false, "/home/anna/.local/state/ampel"],
  ["an empty word counts as none", { AMPEL_STATE_DIR: "", XDG_STATE_HOME: "", HOME: "/home/anna" }, false, "/home/anna/.local/state/ampel"],
])("state lives in %s", (_, env, isRoot, folder) => {
  expect(findStateFolder(env, isRoot)).toBe(folder);
});

test("the journal has a last resort in memory", () => {
  const folders = listJournalFolders("/var/lib/ampel");
  expect(folders[0]).toBe("/var/lib/ampel/journal");
  expect(folders.at(-1)).toMatch(/^\/dev\/shm\/ampel-\d+-[0-9a-f]{12}$/);
});

test("a rehearsal never takes up the journal of the real thing", () => {
  const [real, rehearsal] = ["/var/lib/ampel", "/tmp/rehearsal/ampel"].map(listJournalFolders);
  expect(real?.filter((folder) => rehearsal?.includes(folder))).toEqual([]);
});

test("only folders that take data count, in their order", () => {
  const ground = mkdtempSync(join(tmpdir(), "ampel-folders-"));
  try {
    writeFileSync(join(ground, "file"), "");
    const folders = ["one", "file/below", "two"].map((name) => join(ground, name));
    expect(writableFolders(folders)).toEqual([join(ground, "one"), join(ground, "two")]);
  } finally {
    rmSync(ground, { recursive: true });
  }
});
