import { readdir, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { holdResponderLock } from "../../kernel/responder-lock.ts";
import { listSegments, type Segment } from "./spool-files.ts";

/** What lies in all folders of a spool, of living and dead processes. `oldestAt`: epoch ms. */
export type SpoolMeasure = {
  readonly bytes: number;
  readonly segments: number;
  readonly oldestAt: number | undefined;
  readonly aside: number;
};

export async function measureSpool(root: string): Promise<SpoolMeasure> {
  const segments = (await Promise.all((await listFolders(root)).map((name) => listSegments(join(root, name))))).flat();
  const times = segments.filter(({ bytes }) => bytes > 0).map(({ oldestAt }) => oldestAt);
  return {
    bytes: segments.reduce((sum, { bytes }) => sum + bytes, 0),
    segments: segments.length,
    oldestAt: times.length === 0 ? undefined : Math.min(...times),
    aside: (await readdir(join(root, "aside")).catch(() => [])).length,
  };
}

/**
 * Does `work` with the segments of every process that is dead: the lock of its folder is free then, however it died.
 * An emptied folder is removed.
 */
export async function adoptOrphans(root: string, own: string, work: (segment: Segment) => Promise<void>): Promise<void> {
  for (const name of await listFolders(root)) {
    const folder = join(root, name);
    if (folder === own) continue;
    const lock = await holdResponderLock(folder);
    if (lock === undefined) continue;
    try {
      for (const segment of await listSegments(folder)) await work(segment);
      await rmdir(folder).catch(() => {});
    } finally {
      await lock.release();
    }
  }
}

async function listFolders(root: string): Promise<string[]> {
  const names = await readdir(root).catch(() => []);
  return names.filter((name) => name.startsWith("spool-")).sort();
}
