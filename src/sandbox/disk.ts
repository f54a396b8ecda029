import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** Bytes that the files below a folder take on the disk, as `du` counts them; files that vanish meanwhile count nothing. */
export function usedBytes(folder: string): number {
  let bytes = 0;
  for (const name of listNames(folder)) {
    const path = join(folder, name);
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found === undefined) continue;
    bytes += found.blocks * 512 + (found.isDirectory() ? usedBytes(path) : 0);
  }
  return bytes;
}

function listNames(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
