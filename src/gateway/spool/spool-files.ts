import { mkdir, open, readdir, rename, stat, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** A closed segment: nothing is appended to it any more. */
export type Segment = { readonly path: string; readonly bytes: number; readonly oldestAt: number };

const segmentPattern = /^\d{10}\.seg$/;

export function segmentName(sequence: number): string {
  return `${String(sequence).padStart(10, "0")}.seg`;
}

/** The segments of a folder in the order they were written; none when there is no folder. */
export async function listSegments(folder: string): Promise<Segment[]> {
  const names = await readdir(folder).catch(() => []);
  const found = await Promise.all(
    names
      .filter((name) => segmentPattern.test(name))
      .sort()
      .map(async (name) => {
        const path = join(folder, name);
        const facts = await stat(path).catch(() => undefined);
        return facts === undefined ? undefined : { path, bytes: facts.size, oldestAt: facts.birthtimeMs };
      }),
  );
  return found.filter((segment) => segment !== undefined);
}

/** The names in a folder survive a power cut only after this. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export async function removeSegment(folder: string, path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  });
  await syncFolder(folder);
}

/** Where damaged and refused bytes are kept for a human, durably before the segment they came from is removed. */
export async function setAside(root: string, name: string, bytes: Buffer): Promise<string> {
  const folder = join(root, "aside");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, name);
  await writeFile(`${path}.draft`, bytes, { mode: 0o600, flush: true });
  await rename(`${path}.draft`, path);
  await syncFolder(folder);
  return path;
}
