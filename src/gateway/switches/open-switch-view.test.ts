import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { systemClock, type Clock } from "../../kernel/clock.ts";
import type { Happening } from "../../logbook/entry.ts";
import { importFileEntries, openFileLogbook, openStoreLogbook } from "../../logbook/logbook.ts";
import { openStore, type Store } from "../../store/store.ts";
import { activeSwitches } from "../../switches/active-switches.ts";
import { openSwitchView, type SwitchKeeper } from "./open-switch-view.ts";

let ground: string;
let store: Store;
let folder: string;
const opened: SwitchKeeper[] = [];
beforeAll(async () => {
  ground = mkdtempSync(join(tmpdir(), "ampel-switches-"));
  chmodSync(ground, 0o755);
  store = await openStore({ stateFolder: join(ground, "state") });
}, 60_000);
beforeEach(async () => {
  folder = mkdtempSync(join(ground, "case-"));
  mkdirSync(join(folder, "journal"));
  await store.pool.query("truncate ampel.switch, ampel.entry");
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((view) => view.close()));
});
afterAll(async () => {
  await store.close();
  rmSync(ground, { recursive: true, force: true });
});

const dead = { query: () => Promise.reject(new Error("Connection terminated")) } as unknown as Store["pool"];
async function open(pool: Store["pool"] | undefined = store.pool, clock: Clock = systemClock): Promise<SwitchKeeper> {
  const view = await openSwitchView({ pool, stateFolder: folder, journalFolders: [join(folder, "journal")], clock, pollMs: 50 });
  opened.push(view);
  return view;
}
const made = (key: string, given: { value?: string; forMs?: number } = {}): Happening => ({
  kind: "switch-set",
  key,
  value: given.value ?? "true",
  reason: "Retell is ill",
  owner: "mara",
  expiresAt: Date.now() + (given.forMs ?? 60_000),
});
const inStore = async (happening: Happening): Promise<void> => await openStoreLogbook(store.pool, systemClock).write(happening);
async function inJournal(happening: Happening): Promise<void> {
  const book = openFileLogbook([join(folder, "journal")], systemClock);
  await book.write(happening);
  book.close();
}
async function until(isSo: () => boolean): Promise<void> {
  const startedMs = performance.now();
  while (!isSo()) {
    if (performance.now() - startedMs > 1000) throw new Error("not so within a second");
    await systemClock.sleep(10);
  }
}

test("what is set on the command line counts in the gateway within a second, for all or for one company", async () => {
  const view = await open();
  expect(view.isOn("retell.fallback_mode")).toBe(false);
  await inStore(made("retell.fallback_mode.acme"));
  await until(() => view.isOn("retell.fallback_mode", "acme"));
  expect(view.isOn("retell.fallback_mode")).toBe(false);
  expect(view.isOn("retell.fallback_mode", "other")).toBe(false);
  await inStore(made("retell.fallback_mode"));
  await until(() => view.isOn("retell.fallback_mode", "other"));
  await inStore({ kind: "switch-ended", key: "retell.fallback_mode", by: "mara" });
  await until(() => !view.isOn("retell.fallback_mode", "other"));
});

test("verify_signature=false is set, shown, and ends in true by itself", async () => {
  const view = await open();
  expect([view.value("webhook.verify_signature"), view.isOn("webhook.verify_signature")]).toEqual([true, false]);
  await inStore(made("webhook.verify_signature", { value: "false", forMs: 600 }));
  await until(() => view.isOn("webhook.verify_signature"));
  expect(view.value("webhook.verify_signature")).toBe(false);
  await until(() => activeSwitches(folder, Date.now()).lines.length === 1);
  expect(activeSwitches(folder, Date.now()).switches[0]).toMatchObject({ key: "webhook.verify_signature", value: "false" });
  await until(() => view.value("webhook.verify_signature"));
  expect(view.list()).toEqual([]);
});

test("the store is lost: the last known switches count, each until its own end, also after a restart", async () => {
  const before = await open();
  await inStore(made("retell.queue_mode", { forMs: 5000 }));
  await inStore(made("calcom.use_cache_fallback"));
  await until(() => before.isOn("calcom.use_cache_fallback"));
  await before.close();
  let aheadMs = 0;
  const view = await open(dead, { ...systemClock, now: () => Date.now() + aheadMs });
  expect([view.isOn("retell.queue_mode"), view.isOn("calcom.use_cache_fallback")]).toEqual([true, true]);
  aheadMs = 6000;
  expect([view.isOn("retell.queue_mode"), view.isOn("calcom.use_cache_fallback")]).toEqual([false, true]);
});

test("a switch set or ended while the store was lost counts, before and after its entry is brought into the store", async () => {
  await inStore(made("retell.queue_mode"));
  const alive = await open();
  await systemClock.sleep(5);
  await inJournal({ kind: "switch-ended", key: "retell.queue_mode", by: "jonas" });
  await inJournal(made("webhook.processing_paused"));
  const lost = await open(dead);
  const states = (view: SwitchKeeper): boolean[] => [view.isOn("retell.queue_mode"), view.isOn("webhook.processing_paused")];
  expect(states(lost)).toEqual([false, true]);
  await until(() => states(alive).join() === "false,true");
  expect(await importFileEntries(store.pool, [join(folder, "journal")])).toBe(2);
  // The files stay; what is set later must not be undone by them.
  await inStore(made("retell.queue_mode"));
  await inStore({ kind: "switch-ended", key: "webhook.processing_paused", by: "mara" });
  await until(() => states(alive).join() === "true,false");
});
