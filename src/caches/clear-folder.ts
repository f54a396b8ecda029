import { lstat, mkdir, open, readdir, realpath, rename, rm } from "node:fs/promises";
import { basename, dirname, isAbsolute, join } from "node:path";
import { Failure } from "../kernel/failure.ts";
import { newId } from "../kernel/ids.ts";
import { message, type Message } from "../kernel/message.ts";
import type { CacheStore, ClearPlan, ClearReport } from "./cache-store.ts";

type FolderStore = Extract<CacheStore, { kind: "folder" }>;

const hashFolder = /^[0-9a-f]{2}$/;
const hashFile = /^[0-9a-f]{40}$/;
const keptNames = new Set([".gitignore", ".gitkeep"]);
/** Laravel's file cache: ten digits of expiry, then a serialised value; a lock's value is its owner, 16 letters and digits. */
const lockContent = /^(\d{10})s:16:"[A-Za-z0-9]{16}";$/;

/**
 * Looks whether the folder is a file cache of Laravel (`ab/cd/SHA-1`) and nothing else, and counts its files. Changes nothing.
 * A link anywhere below, a foreign file, a lock in force: refused.
 */
export async function planFolderClear(store: FolderStore, signal: AbortSignal, now: number = Date.now()): Promise<ClearPlan> {
  const refuse = (what: Message, nextStep: Message = message("cache.folder-next")): ClearPlan => ({
    store,
    count: 0,
    spared: 0,
    samples: [],
    refusals: [{ what, nextStep }],
  });
  let path: string;
  try {
    path = await realpath(store.path);
    if (!(await lstat(path)).isDirectory()) return refuse(message("cache.folder-root", { path }));
  } catch (error) {
    return refuse(message("cache.folder-missing", { path: store.path, reason: (error as NodeJS.ErrnoException).code ?? "-" }));
  }
  // Two levels below the root is still `/var/lib` or `/home/name`.
  if (!isAbsolute(store.path) || path.split("/").filter((part) => part !== "").length < 3) {
    return refuse(message("cache.folder-root", { path }));
  }
  let count = 0;
  let locks = 0;
  const samples: string[] = [];
  for (const first of await readdir(path, { withFileTypes: true })) {
    if (keptNames.has(first.name) && first.isFile()) continue;
    if (!first.isDirectory() || !hashFolder.test(first.name)) return refuse(message("cache.folder-other", { path, sample: first.name }));
    for (const second of await readdir(join(path, first.name), { withFileTypes: true })) {
      if (!second.isDirectory() || !hashFolder.test(second.name)) {
        return refuse(message("cache.folder-other", { path, sample: join(first.name, second.name) }));
      }
      for (const file of await readdir(join(path, first.name, second.name), { withFileTypes: true })) {
        signal.throwIfAborted();
        const name = join(first.name, second.name, file.name);
        if (!file.isFile() || !hashFile.test(file.name)) return refuse(message("cache.folder-other", { path, sample: name }));
        count += 1;
        if (samples.length < 5) samples.push(`${first.name}/${second.name}/…`);
        if (await isLockInForce(join(path, name), now)) locks += 1;
      }
    }
  }
  if (locks > 0) return { ...refuse(message("cache.folder-locks", { count: locks, path }), message("cache.locks-next")), count, samples };
  return { store, count, spared: 0, samples, refusals: [] };
}

async function isLockInForce(path: string, now: number): Promise<boolean> {
  try {
    await using file = await open(path);
    const { size } = await file.stat();
    if (size > 40) return false;
    const expiry = lockContent.exec((await file.readFile("latin1")).trim())?.[1];
    return expiry !== undefined && Number(expiry) * 1000 > now;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false; // it ran out just now
    throw error;
  }
}

/**
 * Moves each hash folder aside in one step and deletes it there; the cache folder itself stays, with its owner and mode.
 * @throws {Failure} refused-unsafe
 */
export async function clearFolder(store: FolderStore, signal: AbortSignal): Promise<ClearReport> {
  const startedMs = performance.now();
  const plan = await planFolderClear(store, signal);
  const [refusal] = plan.refusals;
  if (refusal !== undefined) throw new Failure("refused-unsafe", refusal.what, refusal.nextStep);
  const path = await realpath(store.path);
  const startedAt = Date.now();
  await removeLeftovers(path);
  const aside = join(dirname(path), `${asideName(path)}${newId("x").slice(2)}`);
  await mkdir(aside, { mode: 0o700 });
  for (const { name } of await readdir(path, { withFileTypes: true })) {
    signal.throwIfAborted();
    if (hashFolder.test(name)) await rename(join(path, name), join(aside, name));
  }
  await rm(aside, { recursive: true, force: true });
  const { old, fresh } = await countFiles(path, startedAt);
  const problems = old.length === 0 ? [] : [message("cache.folder-remains", { count: old.length, sample: old[0] ?? "" })];
  return {
    removed: plan.count - old.length,
    refilled: fresh,
    spared: 0,
    queues: [],
    takenByWorkers: 0,
    problems,
    durationMs: Math.round(performance.now() - startedMs),
  };
}

function asideName(path: string): string {
  return `.${basename(path)}.cleared-`;
}

/** A clearing that was killed in the middle left its folder beside the cache. */
async function removeLeftovers(path: string): Promise<void> {
  const names = await readdir(dirname(path), { withFileTypes: true });
  for (const entry of names) {
    if (entry.isDirectory() && entry.name.startsWith(asideName(path))) {
      await rm(join(dirname(path), entry.name), { recursive: true, force: true });
    }
  }
}

async function countFiles(path: string, startedAt: number): Promise<{ old: string[]; fresh: number }> {
  const old: string[] = [];
  let fresh = 0;
  for (const entry of await readdir(path, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || keptNames.has(entry.name)) continue;
    const file = join(entry.parentPath, entry.name);
    const { ctimeMs } = await lstat(file).catch(() => ({ ctimeMs: startedAt }));
    if (ctimeMs < startedAt - 1) old.push(file);
    else fresh += 1;
  }
  return { old, fresh };
}
