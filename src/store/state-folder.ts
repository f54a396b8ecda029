import { createHash } from "node:crypto";
import { closeSync, fsyncSync, mkdirSync, openSync, unlinkSync, writeSync } from "node:fs";
import { homedir, tmpdir, userInfo } from "node:os";
import { join, resolve } from "node:path";
import { isOurs } from "../kernel/durable/journal-file.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where Ampel keeps what must outlive a process: `AMPEL_STATE_DIR`, else `/var/lib/ampel` for root,
 * else `$XDG_STATE_HOME/ampel` (XDG Base Directory Specification: default `~/.local/state`).
 */
export function findStateFolder(env: Environment = process.env, isRoot = process.getuid?.() === 0): string {
  const given = env["AMPEL_STATE_DIR"];
  if (given !== undefined && given !== "") return given;
  if (isRoot) return "/var/lib/ampel";
  return join(env["XDG_STATE_HOME"] || join(env["HOME"] || homedir(), ".local", "state"), "ampel");
}

/** Folders for what must be written when the state folder cannot be: in order, the last one lives in memory. */
export function listJournalFolders(stateFolder: string): string[] {
  const name = privateName(stateFolder);
  return [join(stateFolder, "journal"), join("/var/tmp", name), join(tmpdir(), name), join("/dev/shm", name)];
}

/**
 * The folders that really take data, best first. A full disk still makes folders and empty files,
 * so each is asked to write and sync a block.
 */
export function writableFolders(folders: readonly string[]): string[] {
  return folders.filter((folder) => {
    const sample = join(folder, `.sample-${process.pid}`);
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      if (!isOurs(folder)) return false;
      const file = openSync(sample, "w", 0o600);
      try {
        writeSync(file, Buffer.alloc(16 * 1024));
        fsyncSync(file);
      } finally {
        closeSync(file);
        unlinkSync(sample);
      }
      return true;
    } catch {
      return false;
    }
  });
}

/** Ours, and of this state folder: a rehearsal must not take up the journal of the real thing. */
function privateName(stateFolder: string): string {
  const hash = createHash("sha256").update(resolve(stateFolder)).digest("hex");
  return `ampel-${userInfo().uid}-${hash.slice(0, 12)}`;
}
