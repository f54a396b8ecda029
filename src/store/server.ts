import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { systemClock } from "../kernel/clock.ts";
import { Failure } from "../kernel/failure.ts";
import { message, verbatim } from "../kernel/message.ts";
import { findPostgres, oldestVersion, type PostgresBinaries } from "./postgres-binaries.ts";
import { initialise, locate, prepareFolders, type Place } from "./server-folder.ts";

/** Ampel's own Postgres below the state folder, reached by unix socket only: no port, no collision, no network. */
export type StoreServer = {
  /** Connection facts for `pg`, database `ampel`. */
  readonly url: string;
  /** Stops the server unless another process still uses it: the last one out turns off the light. */
  leave(): Promise<void>;
};

const database = "ampel";
const leavingLock = 7_201;
const startLimitMs = 15_000;

/**
 * Finds the running server or starts it, and keeps it running as long as this process is there.
 * No lock of ours: Postgres lets one postmaster own a data folder and `initialise` renames a finished draft,
 * so any number of processes may do this at once.
 * @throws {Failure} store-unreachable, store-version
 */
export async function holdServer(stateFolder: string, signal?: AbortSignal): Promise<StoreServer> {
  const place = locate(stateFolder);
  // An open connection tells the others that the server is in use, and tells us at once when it dies.
  let presence = await connectOrStart(place, signal);
  let isLeaving = false;
  const revive = async (): Promise<void> => {
    while (!isLeaving) {
      try {
        presence = await connectOrStart(place);
        presence.once("end", () => void revive());
        return;
      } catch {
        await systemClock.sleep(500); // a full disk may be emptied, a missing folder may come back
      }
    }
  };
  presence.once("end", () => void revive());
  return {
    url: place.url(database),
    leave: async () => {
      isLeaving = true;
      await leaveServer(place, presence);
    },
  };
}

async function connectOrStart(place: Place, signal?: AbortSignal): Promise<pg.Client> {
  const deadlineMs = systemClock.monotonicMs() + startLimitMs;
  let started: Attempt | undefined;
  let failedStarts = 0;
  while (systemClock.monotonicMs() < deadlineMs && failedStarts < 3) {
    signal?.throwIfAborted();
    const answer = await tryConnect(place);
    if (answer instanceof pg.Client) return answer;
    if (started?.hasExited) {
      // Another process was faster, or a killed server's children are still going: not a failure of the start.
      if (!/already exists|pre-existing shared memory/.test(lastLogLine(place) ?? "")) failedStarts += 1;
      started = undefined;
      await systemClock.sleep(100, signal);
    } else if (started === undefined && !isThere.test(answer)) {
      started = startServer(place);
    }
    await systemClock.sleep(30, signal);
  }
  throw notStarted(place, lastLogLine(place) ?? "no answer");
}

// cannot_connect_now, admin_shutdown, too_many_connections: a server is there, another try will meet it.
const isThere = /^(57P0[13]|53300)$/;

/** A connection to Ampel's database, made if it is missing; else the error code of the refusal. */
async function tryConnect(place: Place): Promise<pg.Client | string> {
  const client = await connect(place.url(database));
  if (client !== "3D000") return client; // invalid_catalog_name: the server is new
  const maker = await connect(place.url("postgres"));
  if (typeof maker === "string") return maker;
  try {
    await maker.query(`create database ${database}`);
  } catch {
    // another process created it in the same moment, or the server went away: the next try tells
  } finally {
    await maker.end().catch(() => {});
  }
  return await connect(place.url(database));
}

async function connect(url: string): Promise<pg.Client | string> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 3000, application_name: "ampel" });
  client.on("error", () => {}); // a lost connection ends the client; whoever uses it sees that
  try {
    await client.connect();
    return client;
  } catch (error) {
    return (error as { code?: string }).code ?? "unreachable";
  }
}

type Attempt = { hasExited: boolean };

/** Starts a postmaster; where one runs already, this one ends by itself. */
function startServer(place: Place): Attempt {
  try {
    prepareFolders(place);
    const binaries = findBinaries(place);
    if (!existsSync(place.data)) initialise(place, binaries);
    const log = openSync(place.log, "a");
    const server = spawn(join(binaries.binFolder, "postgres"), ["-D", place.data, "-k", place.socketFolder], {
      cwd: place.folder,
      env: { ...binaries.env, PATH: process.env["PATH"] ?? "", LANG: "C", TZ: "UTC" },
      // It must outlive us: another process may be using it when we end.
      detached: true,
      stdio: ["ignore", log, log],
      ...(place.owner.isOther ? { uid: place.owner.uid, gid: place.owner.gid } : {}),
    });
    const attempt: Attempt = { hasExited: false };
    const onEnd = (): void => {
      attempt.hasExited = true;
    };
    server.once("error", onEnd).once("exit", onEnd);
    server.unref();
    closeSync(log);
    return attempt;
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw notStarted(place, (error as Error).message);
  }
}

function findBinaries(place: Place): PostgresBinaries {
  const versionFile = join(place.data, "PG_VERSION");
  const version = existsSync(versionFile) ? Number(readFileSync(versionFile, "utf8")) : undefined;
  const binaries = findPostgres(place.stateFolder, version);
  if (binaries !== undefined) return binaries;
  if (version === undefined) {
    throw new Failure("store-unreachable", message("store.no-postgres", { oldest: oldestVersion }), message("store.no-postgres-next"));
  }
  const what = message("store.wrong-version", { folder: place.data, version });
  throw new Failure("store-version", what, message("store.wrong-version-next", { version }));
}

async function leaveServer(place: Place, presence: pg.Client): Promise<void> {
  try {
    // Two that leave in the same moment would each see the other and both go: the lock lets one be the last.
    await presence.query("select pg_advisory_lock($1)", [leavingLock]);
    const { rows } = await presence.query<{ others: number }>(
      "select count(*)::int as others from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()",
    );
    if (rows[0]?.others !== 0) return;
    const [pid] = readFileSync(join(place.data, "postmaster.pid"), "utf8").split("\n");
    process.kill(Number(pid), "SIGINT"); // fast shutdown, see "Shutting Down the Server" in the PostgreSQL manual
  } catch {
    return; // gone already, or not ours to stop
  } finally {
    await presence.end().catch(() => {});
  }
  const deadlineMs = systemClock.monotonicMs() + 10_000;
  while (existsSync(join(place.data, "postmaster.pid")) && systemClock.monotonicMs() < deadlineMs) await systemClock.sleep(20);
}

function lastLogLine({ log }: Place): string | undefined {
  try {
    return readFileSync(log, "utf8").trim().split("\n").filter((line) => /FATAL|PANIC|ERROR/.test(line)).at(-1);
  } catch {
    return undefined;
  }
}

function notStarted(place: Place, reason: string): Failure {
  const what = message("store.not-started", { folder: place.folder, reason: verbatim(reason) });
  return new Failure("store-unreachable", what, message("store.not-started-next", { log: place.log }));
}
