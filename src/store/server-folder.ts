import { execFile } from "node:child_process";
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { userInfo } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import type { PostgresBinaries } from "./postgres-binaries.ts";

/** Where one store lives. */
export type Place = {
  readonly folder: string;
  readonly data: string;
  readonly socketFolder: string;
  readonly log: string;
  readonly stateFolder: string;
  readonly owner: Owner;
};

/** The account the server runs under; `isOther` when it is not ours. */
export type Owner = { readonly uid: number; readonly gid: number; readonly name: string; readonly isOther: boolean };

const initdbLimitMs = 60_000;
const draftMaxAgeMs = 10 * 60_000;

export function locate(givenFolder: string): Place {
  const stateFolder = resolve(givenFolder);
  const folder = join(stateFolder, "store");
  const data = join(folder, "data");
  return { folder, data, socketFolder: join(folder, "run"), log: join(folder, "postgres.log"), stateFolder, owner: findOwner(data) };
}

/**
 * Postgres refuses to run as root, and on data of another account. So root hands a new store to `ampel`, `postgres` or,
 * at last, `nobody`, and an existing one to whom it belongs: installing a package may bring a better account later.
 */
function findOwner(data: string): Owner {
  const { uid, gid, username } = userInfo();
  if (uid !== 0) return { uid, gid, name: username, isOther: false };
  const accounts = readAccounts();
  const present = statSync(data, { throwIfNoEntry: false });
  if (present !== undefined && present.uid !== 0) {
    const name = accounts.find((account) => account.uid === present.uid)?.name ?? String(present.uid);
    return { uid: present.uid, gid: present.gid, name, isOther: true };
  }
  for (const name of ["ampel", "postgres", "nobody"]) {
    const account = accounts.find((candidate) => candidate.name === name);
    if (account !== undefined) return { ...account, isOther: true };
  }
  return { uid: 65_534, gid: 65_534, name: "65534", isOther: true };
}

function readAccounts(): { name: string; uid: number; gid: number }[] {
  const lines = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"));
  return lines.flatMap(([name, , uid, gid]) =>
    name === undefined || uid === undefined ? [] : [{ name, uid: Number(uid), gid: Number(gid) }],
  );
}

/** Makes the folders, private to the server's account. */
export function prepareFolders({ stateFolder, folder, socketFolder, owner }: Place): void {
  if (!existsSync(stateFolder)) {
    mkdirSync(stateFolder, { recursive: true });
    // Others may pass through the state folder (the database's own account has to); each part is private in itself.
    chmodSync(stateFolder, 0o755);
  }
  for (const each of [folder, socketFolder]) {
    if (!existsSync(each)) makeFolder(each);
    if (owner.isOther) chownSync(each, owner.uid, owner.gid);
  }
}

/** Not `recursive`: that one hides the true reason, a disk that is read-only. */
function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

/** The nearest folder on the way down that an account may not pass through, or `undefined`. */
export function findClosedFolder(folder: string, { uid, gid }: Owner): string | undefined {
  const above = dirname(folder) === folder ? undefined : findClosedFolder(dirname(folder), { uid, gid, name: "", isOther: true });
  if (above !== undefined) return above;
  const found = statSync(folder, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  const passBit = found.uid === uid ? 0o100 : found.gid === gid ? 0o010 : 0o001;
  return (found.mode & passBit) === 0 ? folder : undefined;
}

/** Makes a data folder in a draft and renames it, so that a killed attempt leaves nothing half done. */
export async function initialise({ folder, data, owner }: Place, binaries: PostgresBinaries, signal?: AbortSignal): Promise<void> {
  sweepDrafts(folder);
  const draft = mkdtempSync(join(folder, "draft-"));
  if (owner.isOther) chownSync(draft, owner.uid, owner.gid);
  try {
    await promisify(execFile)(
      join(binaries.binFolder, "initdb"),
      ["-D", draft, "-U", "ampel", "--auth=peer", "-E", "UTF8", "--locale=C", "--no-instructions"],
      {
        cwd: folder,
        env: { ...binaries.env, PATH: process.env["PATH"] ?? "" },
        timeout: initdbLimitMs,
        ...(signal === undefined ? {} : { signal }),
        ...(owner.isOther ? { uid: owner.uid, gid: owner.gid } : {}),
      },
    );
    // Only the operating system's word counts: whoever started us, root, and the server's own account.
    const users = new Set(["root", userInfo().username, owner.name]);
    writeFileSync(join(draft, "pg_hba.conf"), "local all all peer map=ampel\n");
    writeFileSync(join(draft, "pg_ident.conf"), [...users].map((user) => `ampel ${user} ampel\n`).join(""));
    for (const file of ["pg_hba.conf", "pg_ident.conf"]) chmodSync(join(draft, file), 0o644);
    renameSync(draft, data);
    syncFolder(folder);
  } catch (error) {
    // Another process that began in the same moment may have been faster: its data folder is as good as ours.
    if (existsSync(join(data, "PG_VERSION"))) return;
    const { stderr, message: text } = error as { stderr?: string; message: string };
    throw new Error((stderr || text).trim(), { cause: error });
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** Drafts of attempts that were killed; a living attempt is never this old. */
function sweepDrafts(folder: string): void {
  for (const name of readdirSync(folder).filter((each) => each.startsWith("draft-"))) {
    const path = join(folder, name);
    const found = statSync(path, { throwIfNoEntry: false });
    if (found !== undefined && Date.now() - found.mtimeMs > draftMaxAgeMs) rmSync(path, { recursive: true, force: true });
  }
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, "r");
  fsyncSync(handle);
  closeSync(handle);
}

/** Longest socket path unix(7) allows, less the name of the socket itself. */
const longestSocketFolder = 107 - "/.s.PGSQL.5432".length;
const openFolders = new Map<string, number>();

/** Connection facts for `pg`. Below a long path they hold in this process only: the folder is reached through an open handle. */
export function urlOf({ socketFolder }: Place, database: string): string {
  return `postgresql://ampel@localhost/${database}?host=${encodeURIComponent(reach(socketFolder))}`;
}

function reach(socketFolder: string): string {
  if (Buffer.byteLength(socketFolder) <= longestSocketFolder) return socketFolder;
  const handle = openFolders.get(socketFolder) ?? openSync(socketFolder, "r");
  openFolders.set(socketFolder, handle);
  return `/proc/self/fd/${handle}`;
}
