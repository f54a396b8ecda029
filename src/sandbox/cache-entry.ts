import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";

/** An entry of the guarded app's file cache: packed pages without an index, so each must be opened to learn its key. */
export type CacheEntry = {
  readonly key: string;
  /** Epoch ms UTC. */
  readonly expiresAt: number;
  readonly body: string;
};

/** Where an entry lies: as in Laravel's file cache, by the hash of its key and two levels down. */
export function cacheFile(folder: string, key: string): string {
  const hash = createHash("sha1").update(key).digest("hex");
  return join(folder, hash.slice(0, 2), hash.slice(2, 4), hash);
}

export function writeEntry(file: string, packed: Buffer): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, packed); // a reader takes half an entry for none
}

/** The files of all entries; none while somebody is just clearing them away. */
export function listCacheFiles(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((found) =>
      found.isFile() ? [join(found.parentPath, found.name)] : [],
    );
  } catch {
    return [];
  }
}

export function packEntry(entry: CacheEntry): Buffer {
  return gzipSync(JSON.stringify(entry));
}

/** `undefined` for half an entry or something else. */
export function unpackEntry(packed: Buffer): CacheEntry | undefined {
  try {
    return JSON.parse(gunzipSync(packed).toString("utf8")) as CacheEntry;
  } catch {
    return undefined;
  }
}
