import { closeSync, openSync, readdirSync, rmSync, utimesSync, writeSync } from "node:fs";
import { join } from "node:path";
import { hours, systemClock } from "../../kernel/clock.ts";
import { message } from "../../kernel/message.ts";
import { cacheFile, listCacheFiles, packEntry, writeEntry } from "../cache-entry.ts";
import { usedBytes } from "../disk.ts";
import { worldLimits } from "../health.ts";
import { ask } from "../request.ts";
import { diskBudgetBytes, worldPaths, type World } from "../world.ts";
import type { Fault } from "./fault.ts";

const rotatedLog = /^app\.log\.\d+$/;
const rotatedLogBytes = 4 * 1024 * 1024;

const diskFull: Fault = {
  name: "disk-full",
  what: message("sandbox.fault.disk-full"),
  causes: ["disk-full"],
  subject: "local",
  playbook: "red/disk-full",
  async inject(world, signal) {
    const line = `${"x".repeat(127)}\n`;
    const block = Buffer.from(line.repeat(rotatedLogBytes / line.length));
    const { logs } = worldPaths(world.folder);
    // One file beyond the budget, so that the worker's heartbeat does not decide whether the disk is full.
    const missingBytes = diskBudgetBytes - usedBytes(logs) + rotatedLogBytes;
    const first = listRotated(world).length + 1;
    for (let index = 0; index * rotatedLogBytes < missingBytes; index += 1) {
      signal?.throwIfAborted();
      const file = join(logs, `app.log.${first + index}`);
      const handle = openSync(file, "w");
      writeSync(handle, block);
      closeSync(handle);
      // Old enough that the rules of the configuration let it go.
      const changedAt = (systemClock.now() - hours(24 * (first + index))) / 1000;
      utimesSync(file, changedAt, changedAt);
    }
  },
  isInjected: async (world) => usedBytes(worldPaths(world.folder).logs) >= diskBudgetBytes,
  async mend(world) {
    for (const name of listRotated(world)) rmSync(join(worldPaths(world.folder).logs, name), { force: true });
  },
};

function listRotated(world: World): string[] {
  return readdirSync(worldPaths(world.folder).logs).filter((name) => rotatedLog.test(name));
}

const cacheBatch = 50;
const cacheLimit = 5000;
/** A page of a megabyte, as the pages of one that shows everything are; packed it is small. */
const bigPage = JSON.stringify({ id: 1, company_id: 1, call_status: "ended", duration_ms: 30_000 }).repeat(14_000);

const cacheBloated: Fault = {
  name: "cache-bloated",
  what: message("sandbox.fault.cache-bloated"),
  causes: ["slow-response"],
  subject: "app",
  playbook: "green/system-slow",
  async inject(world, signal) {
    const { cache } = worldPaths(world.folder);
    const entry = packEntry({ key: "all-calls", expiresAt: 0, body: bigPage });
    // How many entries make a page slow depends on the machine: some are tried, the rest is reckoned from their cost.
    const aimMs = worldLimits.latencyMs * 1.8;
    for (let count = listEntries(world).length, next = cacheBatch; count < cacheLimit;) {
      signal?.throwIfAborted();
      if (count > 0) {
        const takesMs = await pageTakesMs(world, signal);
        if (takesMs > worldLimits.latencyMs * 1.5) return;
        next = Math.max(cacheBatch, Math.ceil((count * (aimMs - takesMs)) / takesMs));
      }
      for (const end = count + next; count < end; count += 1) writeEntry(cacheFile(cache, `expired-${count}`), entry);
    }
  },
  // Half a batch: a cache that was cleared fills again with a few.
  isInjected: async (world) => listEntries(world).length > cacheBatch / 2,
  async mend(world) {
    for (const file of listEntries(world)) rmSync(file, { force: true });
  },
};

function listEntries(world: World): string[] {
  const { cache } = worldPaths(world.folder);
  return listCacheFiles(cache).filter((file) => file !== cacheFile(cache, "calls"));
}

async function pageTakesMs(world: World, signal?: AbortSignal): Promise<number> {
  const answers = [];
  for (let count = 0; count < 2; count += 1) answers.push(await ask(world.ports.app, "/calls", { signal, timeoutMs: 10_000 }));
  return Math.min(...answers.map(({ totalMs }) => totalMs));
}

export const diskFaults: readonly Fault[] = [diskFull, cacheBloated];
