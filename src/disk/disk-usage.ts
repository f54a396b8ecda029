import type { Host } from "../integrations/host.ts";
import { couldNotAsk } from "./disposable-files.ts";

export type FolderUsage = { readonly path: string; readonly bytes: number };

/**
 * The largest folders of the file system that holds `path`, three levels deep. Bounded to `limitMs`:
 * a tree that takes longer is reported as far as it was read.
 */
export async function measureUsage(
  host: Host,
  path: string,
  limitMs: number,
  signal: AbortSignal,
): Promise<{ folders: FolderUsage[]; isComplete: boolean }> {
  const seconds = Math.max(1, Math.floor(limitMs / 1000) - 1);
  const script = `timeout ${seconds} nice du --one-file-system --block-size=1 --max-depth=3 -- "$FOLDER" 2>/dev/null || [ $? -le 124 ]`;
  const found = await host.script(script, { env: { FOLDER: path }, signal, timeoutMs: limitMs, maxOutputBytes: 4 * 1024 * 1024 });
  if (found.exitCode === undefined) throw couldNotAsk(host, found.startError ?? "timeout");
  const folders = found.stdout.split("\n").flatMap((line): FolderUsage[] => {
    const [bytes, name] = line.split("\t");
    return name === undefined ? [] : [{ bytes: Number(bytes), path: name }];
  });
  return {
    folders: folders.sort((left, right) => right.bytes - left.bytes).slice(0, 15),
    isComplete: folders.some((folder) => folder.path === path),
  };
}
