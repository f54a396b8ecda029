import { gunzipSync, gzipSync } from "node:zlib";

/** An entry of the guarded app's file cache: packed pages without an index, so each must be opened to learn its key. */
export type CacheEntry = {
  readonly key: string;
  /** Epoch ms UTC. */
  readonly expiresAt: number;
  readonly body: string;
};

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
