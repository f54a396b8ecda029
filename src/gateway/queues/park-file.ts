import { createHash, type Hash } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

/** Where parked work is written down, below the state folder; readable by its owner only, as it holds what callers said. */
export const parkFolder = (stateFolder: string): string => join(stateFolder, "parked");

/** One line per parked item goes into `<parkId>.jsonl`; the hash is over the items, in order. */
export type ParkExport = {
  add(item: unknown, ...hashed: readonly (string | Buffer)[]): Promise<void>;
  /** Makes it durable under its final name. */
  finish(): Promise<{ readonly file: string; readonly count: number; readonly hash: string }>;
  /** Nothing was parked: the file goes. */
  abandon(): Promise<void>;
};

const flushBytes = 1_048_576;

export async function openParkExport(stateFolder: string, parkId: string): Promise<ParkExport> {
  const folder = parkFolder(stateFolder);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, `${parkId}.jsonl`);
  const unfinished = `${file}.unfinished`;
  const handle = await open(unfinished, "w", 0o600);
  const hash = createHash("sha256");
  let count = 0;
  let pending: string[] = [];
  let pendingBytes = 0;
  const flush = async (): Promise<void> => {
    await handle.appendFile(pending.join(""));
    pending = [];
    pendingBytes = 0;
  };
  return {
    add: async (item, ...hashed) => {
      count += 1;
      addToHash(hash, hashed);
      const line = `${JSON.stringify(item)}\n`;
      pending.push(line);
      pendingBytes += line.length;
      if (pendingBytes >= flushBytes) await flush();
    },
    finish: async () => {
      await flush();
      await makeDurable(handle, unfinished, file, folder);
      return { file, count, hash: hash.digest("hex") };
    },
    abandon: async () => {
      await handle.close();
      await rm(unfinished, { force: true });
    },
  };
}

/** Each part with its length before it: two lists of parts never make the same bytes. */
export function addToHash(hash: Hash, parts: readonly (string | Buffer)[]): void {
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part);
}

const manifestSchema = z.object({
  parkId: z.string(),
  /** Name under `queues` in ampel.yaml. */
  queue: z.string(),
  format: z.enum(["laravel", "bullmq"]),
  keys: z.array(z.object({ key: z.string(), parkedKey: z.string(), count: z.number().optional() })),
  /** Absent while the park is being made: its keys tell then. */
  count: z.number().optional(),
  hash: z.string().optional(),
  file: z.string().optional(),
  reason: z.string(),
  owner: z.string(),
  parkedAt: z.number(),
  restoredAt: z.number().optional(),
});

/** What was parked out of a queue of the guarded system. Written before anything is moved, so that nothing parked is ever unknown. */
export type ParkManifest = z.infer<typeof manifestSchema>;

export async function saveManifest(stateFolder: string, manifest: ParkManifest): Promise<void> {
  const folder = parkFolder(stateFolder);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, `${manifest.parkId}.json`);
  const handle = await open(`${file}.new`, "w", 0o600);
  await handle.writeFile(JSON.stringify(manifest, null, 2));
  await makeDurable(handle, `${file}.new`, file, folder);
}

/** Newest first. One that cannot be read is never passed over: it throws. */
export async function listManifests(stateFolder: string): Promise<ParkManifest[]> {
  const folder = parkFolder(stateFolder);
  const names = await readdir(folder).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  });
  const manifests = await Promise.all(
    names
      .filter((name) => name.endsWith(".json"))
      .map(async (name) => manifestSchema.parse(JSON.parse(await readFile(join(folder, name), "utf8")))),
  );
  return manifests.toSorted((left, right) => right.parkedAt - left.parkedAt);
}

async function makeDurable(handle: FileHandle, from: string, to: string, folder: string): Promise<void> {
  await handle.sync();
  await handle.close();
  await rename(from, to);
  const directory = await open(folder, "r");
  await directory.sync();
  await directory.close();
}
