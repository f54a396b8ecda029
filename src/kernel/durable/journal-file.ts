import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";

/** An append-only file of JSON lines that moves to the next folder when its own takes no more data. */
export type JournalFile<Line extends object> = {
  readonly lines: readonly Line[];
  /** Returns once the line is on disk. @throws when no folder takes it, with the last folder's error as its cause */
  append(line: Line): void;
  close(): void;
};

/** Opens a journal by name, with what earlier processes left in any of the folders. */
export function openJournalFile<Line extends object>(folders: readonly string[], name: string): JournalFile<Line> {
  const lines: Line[] = readLongest<Line>(folders, name);
  let candidates = [...folders];
  let handle: number | undefined;

  const write = (line: Line): void => {
    const text = `${JSON.stringify(line)}\n`; // outside the loop: a value that is no JSON is not the folder's fault
    for (let cause: unknown; ;) {
      const [folder] = candidates;
      if (folder === undefined) throw new Error(`no folder takes the journal ${name}: ${folders.join(", ")}`, { cause });
      try {
        handle ??= reopen(join(folder, name), lines);
        writeFully(handle, text);
        return;
      } catch (error) {
        cause = error;
        if (handle !== undefined) closeSync(handle);
        handle = undefined;
        candidates = candidates.slice(1);
      }
    }
  };
  return {
    lines,
    append(line) {
      write(line);
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
  const names = folders.filter(isOurs).flatMap((folder) => readdirSync(folder));
  return [...new Set(names.filter((name) => name.endsWith(ending)))].sort();
}

/** The lines of a journal; one that moved folders counts where it is longest. */
export function readLongest<Line extends object>(folders: readonly string[], name: string): Line[] {
  const found = folders.filter(isOurs).map((folder) => parseLines<Line>(join(folder, name)).lines);
  return found.reduce((longest, lines) => (lines.length > longest.length ? lines : longest), []);
}

/**
 * Whether a folder is one that only we can have written: some lie where every account may make one, and what stands
 * in a journal is carried out with our rights.
 */
export function isOurs(folder: string): boolean {
  try {
    const found = lstatSync(folder);
    return found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o022) === 0;
  } catch {
    return false; // nothing there, or nothing we could read
  }
}

/**
 * A line that is no object is left out and the rest counts: behind a torn line an intent may stand, and an intent
 * overlooked is an effect done twice.
 */
function parseLines<Line extends object>(path: string): { lines: Line[]; isDamaged: boolean } {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return { lines: [], isDamaged: existsSync(path) };
  }
  const written = text.split("\n").filter((line) => line !== "");
  const lines: Line[] = [];
  for (const line of written) {
    try {
      const value: unknown = JSON.parse(line);
      if (typeof value === "object" && value !== null && !Array.isArray(value)) lines.push(value as Line);
    } catch {
      // torn by a kill in the middle of a write, or not ours
    }
  }
  return { lines, isDamaged: lines.length < written.length };
}

/** Writes what is known into a draft and renames it: the torn last line of a killed process would swallow the next one. */
function reopen(path: string, lines: readonly object[]): number {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  if (!isOurs(dirname(path))) throw new Error(`${dirname(path)} belongs to somebody else or is open to others`);
  if (parseLines(path).isDamaged) keepDamaged(path);
  const draft = `${path}.draft`;
  rmSync(draft, { force: true });
  const handle = openSync(draft, "wx", 0o600);
  try {
    writeFully(handle, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    renameSync(draft, path);
    syncFolder(dirname(path));
    return handle;
  } catch (error) {
    closeSync(handle);
    rmSync(draft, { force: true });
    throw error;
  }
}

/** What could not be read may still tell a person something. */
function keepDamaged(path: string): void {
  try {
    copyFileSync(path, `${path}.damaged`);
  } catch {
    // no room for it: going on matters more
  }
}

/** A disk that is nearly full takes a part and reports no error. */
function writeFully(handle: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let written = 0; written < bytes.length;) written += writeSync(handle, bytes, written);
  fsyncSync(handle);
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
