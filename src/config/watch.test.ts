import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findConfigChanges } from "./changes.ts";
import { readConfigFile } from "./load.ts";
import { parseConfigOrThrow } from "./parse.ts";
import { watchConfig, type ConfigChangeEvent } from "./watch.ts";

let folder: string;
let file: string;
const stop: AbortController[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ampel-watch-"));
  file = join(folder, "ampel.yaml");
  await writeFile(file, named("first"));
});
afterEach(async () => {
  for (const controller of stop.splice(0)) controller.abort();
  await rm(folder, { recursive: true });
});

const named = (name: string): string => `version: 1\nname: ${name}\n`;

type Seen = {
  next(): Promise<ConfigChangeEvent>;
  readonly all: ConfigChangeEvent[];
  readonly ended: Promise<void>;
  readonly controller: AbortController;
};

async function startWatching(): Promise<Seen> {
  const { hash } = await readConfigFile(file);
  const controller = new AbortController();
  stop.push(controller);
  const all: ConfigChangeEvent[] = [];
  let taken = 0;
  let wake = (): void => {};
  const ended = watchConfig(file, (event) => (all.push(event), wake()), controller.signal, { hash, pollMs: 200 });
  const next = async (): Promise<ConfigChangeEvent> => {
    while (all.length <= taken) await new Promise<void>((resolve) => (wake = resolve));
    taken += 1;
    return all[taken - 1] as ConfigChangeEvent;
  };
  return { next, all, ended, controller };
}

function nameOf(event: ConfigChangeEvent): string {
  return "loaded" in event ? event.loaded.config.name : event.failure.code;
}

test("a file written in place and one put in its place are both taken up", async () => {
  const seen = await startWatching();
  await writeFile(file, named("second"));
  expect(nameOf(await seen.next())).toBe("second");
  await writeFile(`${file}.tmp`, named("third"));
  await rename(`${file}.tmp`, file);
  expect(nameOf(await seen.next())).toBe("third");
});

test("an invalid new file is reported once and the next good one is taken up again", async () => {
  const seen = await startWatching();
  await writeFile(file, "version: 1\nnmae: broken\n");
  expect(nameOf(await seen.next())).toBe("config-invalid");
  await writeFile(file, "version: 1\nnmae: broken\n"); // touched, the same mistake
  await writeFile(file, named("first"));
  expect(nameOf(await seen.next())).toBe("first");
  expect(seen.all).toHaveLength(2);
});

test("a file that disappears is a failure, and the same text again is no change", async () => {
  const seen = await startWatching();
  await rm(file);
  expect(nameOf(await seen.next())).toBe("config-missing");
  await writeFile(file, named("first"));
  expect(nameOf(await seen.next())).toBe("first");
  await writeFile(file, named("first"));
  await writeFile(file, named("last"));
  expect(nameOf(await seen.next())).toBe("last");
});

test("a file that an editor empties before it writes it is never reported as broken", async () => {
  const seen = await startWatching();
  await writeFile(file, "");
  await writeFile(file, named("whole"));
  expect(nameOf(await seen.next())).toBe("whole");
  expect(seen.all).toHaveLength(1);
});

test("watching ends when it is told to", async () => {
  const seen = await startWatching();
  seen.controller.abort();
  await seen.ended;
  await writeFile(file, named("late"));
  expect(seen.all).toEqual([]);
});

test("what changed is listed field by field, a secret only by its reference", () => {
  const place = { file: "ampel.yaml", folder: "/etc/ampel" };
  const before = parseConfigOrThrow(`${named("x")}vendors: { retell: { apiKey: "\${env:OLD}" } }\n`, place);
  const after = parseConfigOrThrow(`${named("x")}zones: { red: 3m }\nvendors: { retell: { apiKey: "\${env:NEW}" } }\n`, place);
  expect(findConfigChanges(before, before)).toEqual([]);
  expect(findConfigChanges(before, after)).toEqual([
    { field: "vendors.retell.spec.key", before: "${env:OLD}", after: "${env:NEW}" },
    { field: "zones.red", before: "120000", after: "180000" },
  ]);
});
