import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../kernel/clock.ts";
import { verbatim } from "../kernel/message.ts";
import { openStore, type Store } from "../store/store.ts";
import type { Happening } from "./entry.ts";
import { importFileEntries, openFileLogbook, openStoreLogbook, readFileEntries } from "./logbook.ts";

const base = mkdtempSync(join(tmpdir(), "ampel-logbook-"));
let store: Store;
beforeAll(async () => {
  chmodSync(base, 0o755);
  store = await openStore({ stateFolder: join(base, "state"), databaseUrl: undefined });
}, 60_000);
afterAll(async () => {
  await store.close();
  rmSync(base, { recursive: true, force: true, maxRetries: 5 });
});

function openJournal(name: string): { folder: string; write: (happening: Happening, id?: string) => Promise<void>; close: () => void } {
  const folder = join(base, name);
  mkdirSync(folder, { mode: 0o700 });
  return { folder, ...openFileLogbook([folder], systemClock) };
}

const started = (runId: string, incidentId?: string): Happening => ({
  kind: "run-started",
  runId,
  playbookId: "sample",
  playbookHash: "hash",
  playbookText: "text",
  incidentId,
  subject: "web",
  input: { subject: "web" },
  steps: ["one", "two"],
});
const ended = (runId: string, name: string): Happening => ({
  kind: "step-ended",
  runId,
  name,
  state: "done",
  durationMs: 5,
  message: verbatim("done"),
  output: "",
});

async function readRun(id: string): Promise<{ state: string; steps: string[] }> {
  const run = await store.pool.query<{ state: string }>("select state from ampel.run where id = $1", [id]);
  const steps = await store.pool.query<{ name: string; state: string }>(
    "select name, state from ampel.run_step where run_id = $1 order by position",
    [id],
  );
  return { state: run.rows[0]?.state ?? "none", steps: steps.rows.map(({ name, state }) => `${name} ${state}`) };
}

test("what a process that took over wrote again counts once, as the first wrote it", async () => {
  const first = openJournal("twice");
  await first.write(started("run-twice"), "run-twice:started");
  first.close();
  const second = openFileLogbook([first.folder], systemClock);
  await second.write(started("run-twice"), "run-twice:started");
  await second.write(ended("run-twice", "one"), "run-twice:one:ended");
  second.close();
  const entries = readFileEntries([first.folder]);
  expect(entries.map(({ id }) => id)).toEqual(["run-twice:started", "run-twice:one:ended"]);
});

test("a journal becomes rows of the store, and importing it again changes nothing", async () => {
  const journal = openJournal("imported");
  await journal.write({ kind: "incident-opened", incidentId: "inc-1", zone: "red" });
  await journal.write(started("run-1", "inc-1"), "run-1:started");
  await journal.write({ kind: "step-started", runId: "run-1", name: "one" }, "run-1:one:started");
  await journal.write(ended("run-1", "one"), "run-1:one:ended");
  await journal.write({ kind: "alarm", message: verbatim("loud") });
  expect(await importFileEntries(store.pool, [journal.folder])).toBe(5);
  expect(await importFileEntries(store.pool, [journal.folder])).toBe(0);
  expect(await readRun("run-1")).toEqual({ state: "running", steps: ["one done", "two waiting"] });
  // The rest of the same run, written by whoever finished it.
  await journal.write({ kind: "run-ended", runId: "run-1", state: "succeeded", message: verbatim("good") }, "run-1:ended");
  journal.close();
  expect(await importFileEntries(store.pool, [journal.folder])).toBe(1);
  expect((await readRun("run-1")).state).toBe("succeeded");
});

test("a run whose incident never reached the store is imported without it", async () => {
  const journal = openJournal("orphan");
  await journal.write(started("run-orphan", "inc-nowhere"), "run-orphan:started");
  journal.close();
  expect(await importFileEntries(store.pool, [journal.folder])).toBe(1);
  expect((await readRun("run-orphan")).state).toBe("running");
});

test("torn and foreign lines do not keep the others from being imported", async () => {
  const folder = join(base, "torn");
  mkdirSync(folder, { mode: 0o700 });
  const entry = JSON.stringify({ id: "run-torn:started", at: 1000, ...started("run-torn") });
  writeFileSync(join(folder, "log-x.entries.jsonl"), `${entry}\n{"id":"half\n[]\n\n`);
  expect(await importFileEntries(store.pool, [folder])).toBe(1);
  expect((await readRun("run-torn")).state).toBe("running");
});

test("an entry that the store holds already is not written twice, also not by the store's own logbook", async () => {
  const logbook = openStoreLogbook(store.pool, systemClock);
  await logbook.write(started("run-own"), "run-own:started");
  await logbook.write({ kind: "run-ended", runId: "run-own", state: "failed", message: verbatim("bad") }, "run-own:ended");
  await logbook.write(started("run-own"), "run-own:started");
  await logbook.write({ kind: "run-ended", runId: "run-own", state: "succeeded", message: verbatim("late") }, "run-own:ended");
  expect((await readRun("run-own")).state).toBe("failed");
  const { rows } = await store.pool.query<{ count: string }>("select count(*) as count from ampel.entry where id like 'run-own:%'");
  expect(rows[0]?.count).toBe("2");
});

test("a second incident cannot be opened beside one that is open; the finding of a lost incident is dropped without an error", async () => {
  const logbook = openStoreLogbook(store.pool, systemClock);
  await logbook.write({ kind: "incident-opened", incidentId: "inc-2", zone: "green" });
  const { rows } = await store.pool.query<{ id: string }>("select id from ampel.incident where state <> 'resolved'");
  expect(rows).toEqual([{ id: "inc-1" }]);
  await logbook.write({ kind: "incident-zone", incidentId: "inc-1", zone: "green" });
  const zone = await store.pool.query("select zone, highest_zone from ampel.incident where id = 'inc-1'");
  expect(zone.rows).toEqual([{ zone: "green", highest_zone: "red" }]);
});
