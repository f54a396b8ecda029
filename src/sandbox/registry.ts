import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findKeep } from "./keep.ts";
import { worldPaths } from "./world.ts";

/** Notes where a world lies, so that `list` finds it in whatever folder; without that, running worlds are still found by their processes. */
export function registerWorld(folder: string): void {
  const entry = entryOf(folder);
  if (entry !== undefined) writeFileSync(entry, folder);
}

export function forgetWorld(folder: string): void {
  const entry = entryOf(folder);
  if (entry !== undefined) rmSync(entry, { force: true });
}

/** Folders of known worlds; entries of worlds that are gone are dropped. */
export function listRegistered(): string[] {
  const keep = findKeep(keepName);
  const folders = keep === undefined ? [] : readdirSync(keep).map((name) => readFileSync(join(keep, name), "utf8"));
  return folders.filter((folder) => {
    const isThere = existsSync(worldPaths(folder).marker);
    if (!isThere) forgetWorld(folder);
    return isThere;
  });
}

const keepName = "sandbox-worlds";

function entryOf(folder: string): string | undefined {
  const keep = findKeep(keepName);
  return keep === undefined ? undefined : join(keep, createHash("sha256").update(folder).digest("hex").slice(0, 24));
}
