import { linkSync, readFileSync, readlinkSync, realpathSync, renameSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { randomUUID } from "node:crypto";
import type { Place } from "./server-folder.ts";

/**
 * Removes the lock files of a dead server whose pid belongs to another program by now (after a reboot, in a container).
 * Postgres itself only asks whether the pid is alive, and would refuse to start until somebody looks.
 */
export function removeForeignLocks(place: Place): void {
  for (const path of [join(place.data, "postmaster.pid"), join(place.socketFolder, ".s.PGSQL.5432.lock")]) {
    const pid = readPid(path);
    if (pid !== undefined && isForeign(pid, place.data)) removeUnlessReplaced(path, pid);
  }
}

/** The pid a lock file names; `undefined` when there is no such file or no pid in it. */
export function readPid(path: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(path, "utf8"), 10);
    return pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** A living process that is certainly no server of this data folder: a server works inside its data folder. */
function isForeign(pid: number, data: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/cwd`) !== realpathSync(data);
  } catch {
    return false; // gone, or not ours to look at: Postgres knows what to do with both
  }
}

/** Two processes may do this at once, and one of them may have started a server already: its lock must survive. */
function removeUnlessReplaced(path: string, pid: number): void {
  const aside = `${path}.${randomUUID()}`;
  try {
    renameSync(path, aside);
    if (readPid(aside) !== pid) linkSync(aside, path);
    unlinkSync(aside);
  } catch {
    // somebody else was faster
  }
}
