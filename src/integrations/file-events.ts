import { statSync, watch, type FSWatcher } from "node:fs";
import { basename, dirname } from "node:path";

/** A file appeared, changed or went. `at`: epoch ms UTC. */
export type FileEvent = { readonly path: string; readonly at: number };

const fallbackPaceMs = 1_000;
const settleMs = 20;

/**
 * Watches local files until the signal aborts. The folder is watched, not the file: editors and deployments replace files.
 * What the kernel cannot watch (folder not there yet, network file systems, no watches left) is looked at every second.
 */
export function watchFiles(paths: readonly string[], onEvent: (event: FileEvent) => void, signal: AbortSignal): void {
  if (signal.aborted) return;
  const pending = new Map<string, NodeJS.Timeout>();
  const watchers = new Map<string, FSWatcher>();
  const known = new Map(paths.map((path) => [path, identify(path)]));
  const check = (path: string): void => {
    const now = identify(path);
    if (now === known.get(path)) return;
    known.set(path, now);
    // One save is several events; the last state is looked at once.
    clearTimeout(pending.get(path));
    pending.set(
      path,
      setTimeout(() => (pending.delete(path), onEvent({ path, at: Date.now() })), settleMs),
    );
  };
  const byFolder = Map.groupBy(paths, dirname);
  const open = (folder: string, inside: readonly string[]): void => {
    try {
      const watcher = watch(folder, { persistent: false }, (_, name) => {
        for (const path of inside) if (name === null || name === basename(path)) check(path);
        // The folder itself was moved away or removed: its name must be found anew.
        if (name === basename(folder)) drop();
      });
      const drop = (): void => {
        watcher.close();
        if (watchers.get(folder) === watcher) watchers.delete(folder);
      };
      watcher.on("error", drop);
      watchers.set(folder, watcher);
      for (const path of inside) check(path);
    } catch {
      // looked at every second below
    }
  };
  for (const [folder, inside] of byFolder) open(folder, inside);
  const timer = setInterval(() => {
    for (const [folder, inside] of byFolder) if (!watchers.has(folder)) open(folder, inside);
    // The safety net also covers a link inside the path that now leads elsewhere (`current`).
    for (const path of paths) check(path);
  }, fallbackPaceMs);
  timer.unref();
  signal.addEventListener(
    "abort",
    () => {
      clearInterval(timer);
      for (const one of pending.values()) clearTimeout(one);
      for (const watcher of watchers.values()) watcher.close();
    },
    { once: true },
  );
}

function identify(path: string): string {
  try {
    const { ino, size, mtimeMs, ctimeMs, dev } = statSync(path);
    return `${dev} ${ino} ${size} ${mtimeMs} ${ctimeMs}`;
  } catch {
    return "";
  }
}
