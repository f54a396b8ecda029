import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import type { PostgresBinaries } from "./postgres-binaries.ts";

/** Where one store lives. */
export type Place = {
  readonly folder: string;
  readonly data: string;
  readonly socketFolder: string;
  readonly log: string;
  readonly stateFolder: string;
  readonly owner: Owner;
  url(name: string): string;
};

/** The account the server runs under; `isOther` when it is not ours. */
export type Owner = { readonly uid: number; readonly gid: number; readonly isOther: boolean };

export function locate(stateFolder: string): Place {
  const folder = join(stateFolder, "store");
  const owner = findOwner();
  // sun_path holds 107 bytes (unix(7)); deep state folders get a short socket folder of their own.
  const near = join(folder, "run");
  const short = join(tmpdir(), `ampel-${userInfo().uid}-${createHash("sha256").update(folder).digest("hex").slice(0, 12)}`);
  const socketFolder = near.length <= 85 ? near : short;
  return {
    folder,
    data: join(folder, "data"),
    socketFolder,
    log: join(folder, "postgres.log"),
    stateFolder,
    owner,
    url: (name) => `postgresql://ampel@localhost/${name}?host=${encodeURIComponent(socketFolder)}`,
  };
}

/** Postgres refuses to run as root, so root hands it to `ampel`, `postgres` or, at last, `nobody`. */
function findOwner(): Owner {
  const { uid, gid } = userInfo();
  if (uid !== 0) return { uid, gid, isOther: false };
  const accounts = readFileSync("/etc/passwd", "utf8").split("\n").map((line) => line.split(":"));
  for (const name of ["ampel", "postgres", "nobody"]) {
    const account = accounts.find(([candidate]) => candidate === name);
    if (account !== undefined) return { uid: Number(account[2]), gid: Number(account[3]), isOther: true };
  }
  return { uid: 65_534, gid: 65_534, isOther: true };
}

/** Makes the folders, private to the server's account. */
export function prepareFolders({ stateFolder, folder, socketFolder, owner }: Place): void {
  // Others may pass through the state folder (the database's own user has to); each part is private in itself.
  if (!existsSync(stateFolder)) mkdirSync(stateFolder, { recursive: true, mode: 0o755 });
  for (const each of [folder, socketFolder]) {
    mkdirSync(each, { recursive: true, mode: 0o700 });
    if (owner.isOther) chownSync(each, owner.uid, owner.gid);
  }
}

/** Makes a data folder in a draft and renames it, so that a killed attempt leaves nothing half done. */
export function initialise({ folder, data, owner }: Place, binaries: PostgresBinaries): void {
  const draft = mkdtempSync(join(folder, "draft-"));
  if (owner.isOther) chownSync(draft, owner.uid, owner.gid);
  try {
    const made = spawnSync(
      join(binaries.binFolder, "initdb"),
      ["-D", draft, "-U", "ampel", "--auth=peer", "-E", "UTF8", "--locale=C", "--no-instructions"],
      { cwd: folder, env: { ...binaries.env, PATH: process.env["PATH"] ?? "" }, encoding: "utf8", ...(owner.isOther ? { uid: owner.uid, gid: owner.gid } : {}) },
    );
    if (made.status !== 0) throw new Error((made.error?.message ?? made.stderr).trim());
    // Only the operating system's word counts: whoever started us, and the server's own user.
    const users = new Set([userInfo().username, nameOf(owner.uid)]);
    writeFileSync(join(draft, "pg_hba.conf"), "local all all peer map=ampel\n");
    writeFileSync(join(draft, "pg_ident.conf"), [...users].map((user) => `ampel ${user} ampel\n`).join(""));
    writeFileSync(join(draft, "postgresql.auto.conf"), "listen_addresses = ''\nshared_buffers = '32MB'\nlog_timezone = 'UTC'\ntimezone = 'UTC'\n");
    for (const file of ["pg_hba.conf", "pg_ident.conf", "postgresql.auto.conf"]) chmodSync(join(draft, file), 0o644);
    if (!existsSync(data)) renameSync(draft, data);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

function nameOf(uid: number): string {
  const account = readFileSync("/etc/passwd", "utf8").split("\n").map((line) => line.split(":")).find((fields) => fields[2] === String(uid));
  return account?.[0] ?? userInfo().username;
}
