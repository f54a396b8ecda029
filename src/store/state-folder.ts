import { accessSync, constants, mkdirSync } from "node:fs";
import { homedir, tmpdir, userInfo } from "node:os";
import { join } from "node:path";

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
  return [join(stateFolder, "journal"), join("/var/tmp", privateName()), join(tmpdir(), privateName()), join("/dev/shm", privateName())];
}

/** The first folder that takes a file, created private to us; `undefined` when none does. */
export function firstWritable(folders: readonly string[]): string | undefined {
  return folders.find((folder) => {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      accessSync(folder, constants.W_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function privateName(): string {
  return `ampel-${userInfo().uid}`;
}
