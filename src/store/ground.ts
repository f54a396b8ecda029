import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import { existsSync } from "node:fs";
import { Failure } from "../kernel/failure.ts";
import { message, verbatim } from "../kernel/message.ts";
import { findClosedFolder, prepareFolders, type Place } from "./server-folder.ts";

const mebibyte = 1024 * 1024;
/** A new data folder takes 39 MiB and a first log segment of 16 MiB; the packaged programs 61 MiB. */
const freeForNewBytes = 160 * mebibyte;
/** Two log segments of 16 MiB: with less, Postgres stops in the middle of a write. */
const freeForMoreBytes = 32 * mebibyte;

/**
 * Looks whether a store can live in this place, before anything is tried that would take long to fail.
 * @throws {Failure} store-unreachable
 */
export function checkGround(place: Place): void {
  const { folder, owner, stateFolder } = place;
  const neededBytes = existsSync(place.data) ? freeForMoreBytes : freeForNewBytes;
  const freeBytes = readFreeBytes(stateFolder);
  if (freeBytes < neededBytes) {
    const values = { folder, freeMib: Math.floor(freeBytes / mebibyte), neededMib: neededBytes / mebibyte };
    throw new Failure("store-unreachable", message("store.disk-full", values), message("store.disk-full-next", { folder: stateFolder }));
  }
  try {
    prepareFolders(place);
  } catch (error) {
    const what = message("store.not-writable", { folder, reason: verbatim((error as NodeJS.ErrnoException).code ?? String(error)) });
    throw new Failure("store-unreachable", what, message("store.not-writable-next"), { cause: error });
  }
  const closed = owner.isOther ? findClosedFolder(stateFolder, owner) : undefined;
  if (closed !== undefined) {
    const values = { folder, closed, account: owner.name };
    throw new Failure("store-unreachable", message("store.closed-folder", values), message("store.closed-folder-next", { closed }));
  }
}

/** What is left for ordinary accounts where this folder is or will be. */
function readFreeBytes(folder: string): number {
  if (!existsSync(folder)) return readFreeBytes(dirname(folder));
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
