import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { runCommand, type CommandResult } from "../kernel/exec.ts";
import { Failure } from "../kernel/failure.ts";
import { message, verbatim } from "../kernel/message.ts";
import { findPostgres } from "../store/postgres-binaries.ts";
import { findKeep } from "./keep.ts";
import { worldPaths, worldVariable, writeWhole, type World } from "./world.ts";

export const databaseName = "askproai";
export const databaseUser = "sandbox";

/** Postgres refuses to run as root; this number is "nobody" on every Linux. */
const nobody = 65_534;

/**
 * Chooses programs, account and data folder of a world's Postgres.
 * Its data lies inside the world unless the server's account may not pass through to there (a world below /root).
 * @throws {Failure} sandbox-failed when no Postgres is found
 */
export function planPostgres(folder: string): World["postgres"] {
  const binaries = findPostgres(findKeep("") ?? folder);
  if (binaries === undefined) throw new Failure("sandbox-failed", message("sandbox.no-postgres"), message("sandbox.no-postgres-next"));
  const { binFolder, env } = binaries;
  const inside = join(worldPaths(folder).postgres, "data");
  if (process.getuid?.() !== 0) return { binFolder, env, data: inside };
  const canPass = spawnSync("test", ["-x", join(folder, ".")], { uid: nobody, gid: nobody }).status === 0;
  const data = canPass ? inside : join(makeOutsideFolder(folder), "data");
  return { binFolder, env, data, uid: nobody, gid: nobody };
}

const ownerFile = "belongs-to";

function makeOutsideFolder(folder: string): string {
  const outside = mkdtempSync(join(tmpdir(), "ampel-sandbox-postgres-"));
  chmodSync(outside, 0o755);
  writeFileSync(join(outside, ownerFile), folder);
  return outside;
}

/** Removes the data folder where it lies outside of its world; only if it says that it belongs to this one. */
export function removeOutsideData({ folder, postgres }: World): void {
  const outside = dirname(postgres.data);
  if (outside === worldPaths(folder).postgres) return;
  try {
    if (readFileSync(join(outside, ownerFile), "utf8") === folder) rmSync(outside, { recursive: true, force: true });
  } catch {
    // no such folder, or not this world's: it stays
  }
}

/**
 * Makes the data folder unless it is there: a copy of an earlier one if we have it, else by initdb.
 * Both work on a draft of their own and rename it, so that a killed starter leaves nothing that looks whole.
 */
export async function preparePostgres(world: World, signal?: AbortSignal): Promise<void> {
  const { data } = world.postgres;
  if (existsSync(data)) return;
  mkdirSync(dirname(data), { recursive: true, mode: 0o755 });
  giveToServer(world, dirname(data));
  const drafts = mkdtempSync(join(dirname(data), "draft-"));
  giveToServer(world, drafts);
  const draft = join(drafts, "data");
  const template = templateFolder(world);
  if (template === undefined || !(await copyTemplate(world, template, draft, signal))) {
    await initialise(world, draft, signal);
    if (template !== undefined) await saveTemplate(world, draft, template, signal);
  }
  renameSync(draft, data);
  rmSync(drafts, { recursive: true, force: true });
}

function giveToServer({ postgres: { uid, gid } }: World, path: string): void {
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid);
}

async function initialise(world: World, draft: string, signal?: AbortSignal): Promise<void> {
  const password = randomBytes(18).toString("base64url");
  // initdb, under the server's account, takes a password from a file only.
  const passwordFile = join(dirname(draft), "password");
  writeFileSync(passwordFile, password, { mode: 0o600 });
  giveToServer(world, passwordFile);
  const argv = [
    join(world.postgres.binFolder, "initdb"),
    "-D",
    draft,
    "-U",
    databaseUser,
    `--pwfile=${passwordFile}`,
    "--auth=scram-sha-256",
  ];
  const rest = ["-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions", "--wal-segsize=1"];
  const made = await run(world, underServerAccount(world, [...argv, ...rest]), signal);
  rmSync(passwordFile, { force: true });
  if (made.exitCode !== 0) {
    const reason = verbatim(made.startError ?? (made.stderr.trim() || "initdb"));
    throw new Failure("sandbox-failed", message("sandbox.initdb-failed", { reason }), message("sandbox.retry-next"));
  }
  keepPassword(world, password);
}

/** A command that belongs to the world: if we are killed, it is found and ended with it. */
async function run({ folder, postgres }: World, argv: readonly string[], signal?: AbortSignal): Promise<CommandResult> {
  const env = { ...postgres.env, [worldVariable]: folder };
  return await runCommand(argv, { cwd: dirname(postgres.data), env, timeoutMs: 60_000, ...(signal === undefined ? {} : { signal }) });
}

function keepPassword({ folder, ports }: World, password: string): void {
  const paths = worldPaths(folder);
  writeWhole(paths.secret("postgres-password"), password, 0o600);
  writeWhole(paths.secret("postgres-url"), `postgresql://${databaseUser}:${password}@127.0.0.1:${ports.postgres}/${databaseName}`, 0o600);
}

/** A finished data folder kept for the next world: initdb takes seconds, a copy does not. */
function templateFolder({ postgres }: World): string | undefined {
  const cache = findKeep("sandbox-cache");
  const programs = postgres.binFolder.replaceAll(/[^a-zA-Z0-9.]+/g, "-");
  return cache === undefined ? undefined : join(cache, `data-1${programs}`);
}

async function copyTemplate(world: World, template: string, draft: string, signal?: AbortSignal): Promise<boolean> {
  try {
    const password = readFileSync(join(template, "password"), "utf8");
    const isCopied = await copyFolder(world, join(template, "data"), draft, signal);
    if (!isCopied || statSync(draft).uid !== (world.postgres.uid ?? process.getuid?.())) throw new Error("not usable");
    keepPassword(world, password);
    return true;
  } catch {
    signal?.throwIfAborted();
    rmSync(draft, { recursive: true, force: true });
    return false;
  }
}

/** Best effort: without a template worlds only start slower. A rename makes it whole or absent. */
async function saveTemplate(world: World, data: string, template: string, signal?: AbortSignal): Promise<void> {
  const draft = mkdtempSync(`${template}-`);
  try {
    const password = readFileSync(worldPaths(world.folder).secret("postgres-password"), "utf8");
    writeFileSync(join(draft, "password"), password, { mode: 0o600 });
    if (!(await copyFolder(world, data, join(draft, "data"), signal))) return;
    rmSync(template, { recursive: true, force: true });
    renameSync(draft, template);
  } catch {
    // another world was faster, or the disk is full
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

async function copyFolder(world: World, from: string, to: string, signal?: AbortSignal): Promise<boolean> {
  return (await run(world, ["cp", "--archive", "--reflink=auto", from, to], signal)).exitCode === 0;
}

/** The command line that runs `argv` as the account of the server; the process keeps its number. */
export function underServerAccount({ postgres: { uid, gid } }: World, argv: readonly string[]): string[] {
  return uid === undefined ? [...argv] : ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--clear-groups", ...argv];
}

/**
 * The command that runs the server in the foreground. A killed server may stay as a zombie where nobody collects the dead
 * (a container whose first process is no init), and Postgres takes a zombie for a living rival. Its lock file is then given
 * our own number, which it knows to be left over; all its other checks still hold.
 */
export function postgresStart(world: World): string[] {
  return [
    "bash",
    "-c",
    takeOverLock,
    "postgres",
    join(world.postgres.data, "postmaster.pid"),
    ...underServerAccount(world, postgresCommand(world)),
  ];
}

const takeOverLock = `
lock=$1; shift
if [ -r "$lock" ] && read -r pid <"$lock" && read -r stat 2>/dev/null <"/proc/$pid/stat"; then
  rest=\${stat##*) }
  if [ "\${rest%% *}" = Z ]; then text=$(sed "1s/.*/$$/; 8s/.*/starting/" "$lock") && printf '%s\\n' "$text" >"$lock"; fi
fi
exec "$@"`;

/** The server's command line; the settings trade safety for speed: this data is thrown away. */
function postgresCommand({ postgres, ports }: World): string[] {
  const settings = {
    port: String(ports.postgres),
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    shared_buffers: "16MB",
    max_connections: "40",
    fsync: "off",
    synchronous_commit: "off",
    full_page_writes: "off",
    wal_level: "minimal",
    max_wal_senders: "0",
    timezone: "UTC",
    log_timezone: "UTC",
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  return [join(postgres.binFolder, "postgres"), "-D", postgres.data, ...options];
}

/** True once the server with this pid takes connections; see "postmaster.pid" in the PostgreSQL manual (storage layout). */
export function isPostgresReady({ postgres }: World, pid: number): boolean {
  try {
    const lines = readFileSync(join(postgres.data, "postmaster.pid"), "utf8").split("\n");
    return Number(lines[0]) === pid && lines[7]?.trim() === "ready";
  } catch {
    return false;
  }
}
