import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { watchFiles, type FileEvent } from "./file-events.ts";

let folder = "";
let abort: AbortController;
let events: FileEvent[] = [];
const at = (name: string): string => join(folder, name);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ampel files-"));
  abort = new AbortController();
  events = [];
});
afterEach(() => {
  abort.abort();
  rmSync(folder, { recursive: true });
});
const watch = (...names: string[]): void => watchFiles(names.map(at), (event) => events.push(event), abort.signal);
const heard = async (act: () => void, limitMs = 3_000): Promise<string[]> => {
  events = [];
  act();
  await vi.waitFor(() => expect(events.length).toBeGreaterThan(0), { timeout: limitMs, interval: 5 });
  return events.map(({ path }) => path.slice(folder.length + 1));
};

test("a file is heard when it appears, grows, is replaced by another one, and goes", async () => {
  watch("it.yaml", "other");
  expect(await heard(() => writeFileSync(at("it.yaml"), "a"))).toEqual(["it.yaml"]);
  expect(await heard(() => appendFileSync(at("it.yaml"), "b"))).toEqual(["it.yaml"]);
  writeFileSync(at("it.yaml.new"), "ab");
  expect(await heard(() => renameSync(at("it.yaml.new"), at("it.yaml")))).toEqual(["it.yaml"]);
  expect(await heard(() => unlinkSync(at("it.yaml")))).toEqual(["it.yaml"]);
});

test("many writes at once are few events, and neighbours are none", async () => {
  watch("it");
  writeFileSync(at("neighbour"), "x");
  expect(
    await heard(() => {
      for (let turn = 0; turn < 50; turn += 1) writeFileSync(at("it"), String(turn));
    }),
  ).toEqual(["it"]);
});

test("a file in a folder that comes later, goes and comes again is heard", async () => {
  watch("later/it");
  expect(
    await heard(() => {
      mkdirSync(at("later"));
      writeFileSync(at("later/it"), "x");
    }),
  ).toEqual(["later/it"]);
  expect(await heard(() => rmSync(at("later"), { recursive: true }))).toEqual(["later/it"]);
  expect(
    await heard(() => {
      mkdirSync(at("later"));
      writeFileSync(at("later/it"), "y");
    }),
  ).toEqual(["later/it"]);
});

test("a link on the way that now leads elsewhere is heard", async () => {
  for (const release of ["41", "42"]) {
    mkdirSync(at(release));
    writeFileSync(at(`${release}/VERSION`), release);
  }
  symlinkSync("41", at("current"));
  watch("current/VERSION");
  expect(
    await heard(() => {
      symlinkSync("42", at("next"));
      renameSync(at("next"), at("current"));
    }),
  ).toEqual(["current/VERSION"]);
  expect(await heard(() => writeFileSync(at("42/VERSION"), "42b"))).toEqual(["current/VERSION"]);
});

test("after the signal there is silence", async () => {
  watch("it");
  abort.abort();
  writeFileSync(at("it"), "x");
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(events).toEqual([]);
});
