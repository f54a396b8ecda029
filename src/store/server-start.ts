import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../kernel/failure.ts";
import { message } from "../kernel/message.ts";
import { findPostgres, oldestVersion, type PostgresBinaries } from "./postgres-binaries.ts";
import { initialise, type Place } from "./server-folder.ts";
import { readPid, removeForeignLocks } from "./stale-lock.ts";

/** One try to start a server. */
export type StartAttempt = {
  /** False while the server that was started is running. */
  hasEnded(): boolean;
  /** The reason in the server's own words, from this attempt only. */
  reason(): string | undefined;
};

const longestLogBytes = 4 * 1024 * 1024;

const settings = {
  listen_addresses: "",
  // Several commands and a daemon, each with a pool of its own.
  max_connections: "200",
  shared_buffers: "32MB",
  max_wal_size: "128MB",
  min_wal_size: "32MB",
  log_timezone: "UTC",
  timezone: "UTC",
} as const;

/**
 * Starts a server; where one runs already, this one ends by itself. The data folder is made if it is missing;
 * `undefined` while another process is making it.
 * @throws {Failure} store-unreachable, store-version when there are no programs for this data
 */
export async function startServer(place: Place, signal?: AbortSignal): Promise<StartAttempt | undefined> {
  const binaries = findBinaries(place);
  if (!existsSync(place.data)) {
    const maker = join(place.folder, "maker");
    if (!claim(maker)) return undefined;
    try {
      await initialise(place, binaries, signal);
    } finally {
      rmSync(maker, { force: true });
    }
  }
  removeForeignLocks(place);
  rotateLog(place.log);
  const log = openSync(place.log, "a", 0o640);
  const { size: logOffset } = statSync(place.log);
  const options = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  // The socket folder relative to the data folder: a path of any length fits into a socket's address then.
  const server = spawn(join(binaries.binFolder, "postgres"), ["-D", place.data, "-k", "../run", ...options], {
    cwd: place.folder,
    env: { ...binaries.env, PATH: process.env["PATH"] ?? "", LANG: "C", TZ: "UTC" },
    // It must outlive us: another process may be using it when we end.
    detached: true,
    stdio: ["ignore", log, log],
    ...(place.owner.isOther ? { uid: place.owner.uid, gid: place.owner.gid } : {}),
  });
  let hasEnded = false;
  let startError: string | undefined;
  server.once("error", (error) => {
    hasEnded = true;
    startError = error.message;
  });
  server.once("exit", () => {
    hasEnded = true;
  });
  server.unref();
  closeSync(log);
  return { hasEnded: () => hasEnded, reason: () => startError ?? lastFatalLine(place.log, logOffset) };
}

const longestMakingMs = 15_000;

/**
 * Not for safety, only so that five processes do not make five data folders at once: a claim whose process has ended,
 * or that has stood for long, counts for nothing.
 */
function claim(path: string): boolean {
  try {
    writeFileSync(path, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  const pid = readPid(path);
  const ageMs = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  if (pid !== undefined && existsSync(`/proc/${pid}`) && ageMs < longestMakingMs) return false;
  rmSync(path, { force: true });
  return true;
}

function findBinaries(place: Place): PostgresBinaries {
  const versionFile = join(place.data, "PG_VERSION");
  const version = existsSync(versionFile) ? readFileSync(versionFile, "utf8").trim() : undefined;
  const binaries = findPostgres(place.stateFolder, version === undefined ? undefined : Number(version));
  if (binaries !== undefined) return binaries;
  if (version === undefined) {
    throw new Failure("store-unreachable", message("store.no-postgres", { oldest: oldestVersion }), message("store.no-postgres-next"));
  }
  const what = message("store.wrong-version", { folder: place.data, version });
  throw new Failure("store-version", what, message("store.wrong-version-next", { version }));
}

function rotateLog(path: string): void {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > longestLogBytes) renameSync(path, `${path}.1`);
}

function lastFatalLine(path: string, offset: number): string | undefined {
  try {
    const text = readFileSync(path).subarray(offset).toString("utf8");
    const line = text
      .trim()
      .split("\n")
      .filter((each) => /FATAL|PANIC|ERROR|error while loading/.test(each))
      .at(-1);
    return line?.replace(/^.*?(FATAL|PANIC|ERROR):\s*/, "");
  } catch {
    return undefined;
  }
}
