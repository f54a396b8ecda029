import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";

/** An append-only file of JSON lines that moves to the next folder when its own takes no more data. */
export type JournalFile<Line extends object> = {
  readonly lines: readonly Line[];
  /** Returns once the line is on disk. @throws the last folder's error when none takes it */
  append(line: Line): void;
  close(): void;
};

/** Opens a journal by name, with what earlier processes left in any of the folders. */
export function openJournalFile<Line extends object>(folders: readonly string[], name: string): JournalFile<Line> {
  const lines: Line[] = readLongest<Line>(folders, name);
  let candidates = [...folders];
  let handle: number | undefined;

  const write = (given: readonly Line[]): void => {
    for (;;) {
      const [folder] = candidates;
      if (folder === undefined) throw new Error(`no folder takes the journal ${name}: ${folders.join(", ")}`);
      try {
        if (handle === undefined) {
          handle = reopen(join(folder, name), lines);
        }
        writeLines(handle, given);
        return;
      } catch (error) {
        if (handle !== undefined) closeSync(handle);
        handle = undefined;
        candidates = candidates.slice(1);
        if (candidates.length === 0) throw error;
      }
    }
  };
  return {
    lines,
    append(line) {
      write([line]);
      lines.push(line);
    },
    close() {
      if (handle !== undefined) closeSync(handle);
      handle = undefined;
    },
  };
}

/** Names of the journals with this ending in any of the folders. */
export function listJournalFiles(folders: readonly string[], ending: string): string[] {
  const names = folders.flatMap((folder) => (existsSync(folder) ? readdirSync(folder) : []));
  return [...new Set(names.filter((name) => name.endsWith(ending)))].sort();
}

/** The lines of a journal; one that moved folders counts where it is longest. A torn last line is no line. */
export function readLongest<Line extends object>(folders: readonly string[], name: string): Line[] {
  const found = folders.map((folder) => parseLines<Line>(join(folder, name)));
  return found.reduce((longest, lines) => (lines.length > longest.length ? lines : longest), []);
}

function parseLines<Line>(path: string): Line[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return [];
  }
  const lines: Line[] = [];
  for (const line of text.split("\n")) {
    if (line === "") continue;
    try {
      lines.push(JSON.parse(line) as Line);
    } catch {
      break;
    }
  }
  return lines;
}

/** Writes what is known into a draft and renames it: the torn last line of a killed process would swallow the next one. */
function reopen(path: string, lines: readonly object[]): number {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.draft`;
  const handle = openSync(draft, "w", 0o600);
  writeLines(handle, lines);
  renameSync(draft, path);
  return handle;
}

function writeLines(handle: number, lines: readonly object[]): void {
  if (lines.length === 0) return;
  writeSync(handle, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  fsyncSync(handle);
}
