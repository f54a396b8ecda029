import { existsSync, readFileSync } from "node:fs";
import pg from "pg";
import { systemClock } from "../kernel/clock.ts";
import { processStart } from "../kernel/durable/lease.ts";
import { Failure } from "../kernel/failure.ts";
import { message, verbatim } from "../kernel/message.ts";
import { checkGround } from "./ground.ts";
import { locate, urlOf, type Place } from "./server-folder.ts";
import { startServer, type StartAttempt } from "./server-start.ts";
import { timedQuery } from "../kernel/timed-query.ts";

/** Ampel's own Postgres below the state folder, reached by unix socket only: no port, no collision, no network. */
export type StoreServer = {
  /** Connection facts for `pg`, database `ampel`; good in this process. */
  readonly url: string;
  /** Stops the server unless another process still uses it: the last one out turns off the light. */
  leave(): Promise<void>;
};

const database = "ampel";
const presenceName = "ampel-presence";
const leavingLock = 7_201;
const startLimitMs = 20_000;
const mostFailedStarts = 3;

/**
 * Finds the running server or starts it, and keeps it running as long as this process is there.
 * No lock of ours: Postgres lets one postmaster own a data folder and `initialise` renames a finished draft,
 * so any number of processes may do this at once.
 * @throws {Failure} store-unreachable, store-version
 */
export async function holdServer(stateFolder: string, signal?: AbortSignal): Promise<StoreServer> {
  const place = locate(stateFolder);
  checkGround(place);
  const leaving = new AbortController();
  let reviving: Promise<void> = Promise.resolve();
  // An open connection tells the others that the server is in use, and tells us at once when it dies.
  let presence = await connectOrStart(place, signal);
  const revive = async (): Promise<void> => {
    while (!leaving.signal.aborted) {
      try {
        const next = await connectOrStart(locate(stateFolder), leaving.signal);
        watch(next);
        return;
      } catch {
        await systemClock.sleep(500, leaving.signal).catch(() => {}); // a full disk may be emptied, a missing folder come back
      }
    }
  };
  const watch = (client: pg.Client): void => {
    presence = client;
    client.once("end", () => {
      reviving = revive();
    });
  };
  watch(presence);
  return {
    url: urlOf(place, database),
    leave: async () => {
      leaving.abort();
      await reviving;
      await leaveServer(presence);
    },
  };
}

// cannot_connect_now, admin_shutdown, crash_shutdown, too_many_connections; a connection that was taken but not answered.
const isThere = /^(57P0[123]|53300|timeout)$/;

async function connectOrStart(place: Place, signal?: AbortSignal): Promise<pg.Client> {
  const deadlineMs = systemClock.monotonicMs() + startLimitMs;
  let attempt: StartAttempt | undefined;
  let reason: string | undefined;
  for (let failedStarts = 0; systemClock.monotonicMs() < deadlineMs && failedStarts < mostFailedStarts;) {
    signal?.throwIfAborted();
    const answer = await tryConnect(place);
    if (answer instanceof pg.Client) return answer;
    if (answer.isRefused) throw notStarted(place, answer.text);
    reason = answer.text;
    if (attempt?.hasEnded() === true) {
      reason = attempt.reason() ?? reason;
      attempt = undefined;
      // Another process was faster, or a killed server's children are still going: not a failure of the start.
      if (!/already exists|pre-existing shared memory/.test(reason)) failedStarts += 1;
      await systemClock.sleep(100, signal);
    } else if (attempt === undefined && !isThere.test(answer.code)) {
      attempt = await tryStart(place, signal);
    }
    await systemClock.sleep(25, signal);
  }
  throw notStarted(place, reason ?? "no answer");
}

type Refusal = { readonly code: string; readonly text: string; readonly isRefused: boolean };

/** A connection to Ampel's database, made if it is missing; else why there is none. */
async function tryConnect(place: Place): Promise<pg.Client | Refusal> {
  const client = await connect(place, database);
  if (client instanceof pg.Client || client.code !== "3D000") return client; // invalid_catalog_name: the server is new
  const maker = await connect(place, "postgres");
  if (!(maker instanceof pg.Client)) return maker;
  try {
    await maker.query(`create database ${database}`);
  } catch (error) {
    const { code = "", message: text } = error as { code?: string; message: string };
    // duplicate_database, unique_violation, object_in_use: another process does the same in the same moment.
    if (code.startsWith("53")) return { code, text, isRefused: true };
  } finally {
    await maker.end().catch(() => {});
  }
  return await connect(place, database);
}

async function connect(place: Place, name: string): Promise<pg.Client | Refusal> {
  if (!existsSync(place.socketFolder)) return { code: "ENOENT", text: "no socket folder", isRefused: false };
  const client = new pg.Client({ connectionString: urlOf(place, name), connectionTimeoutMillis: 3000, application_name: presenceName });
  client.on("error", () => {}); // a lost connection ends the client; whoever uses it sees that
  try {
    await client.connect();
    return client;
  } catch (error) {
    const { code, message: text } = error as { code?: string; message: string };
    // invalid_authorization_specification: the server is there and belongs to somebody else.
    return { code: code ?? (/timeout/.test(text) ? "timeout" : "unreachable"), text, isRefused: code === "28000" };
  }
}

async function tryStart(place: Place, signal?: AbortSignal): Promise<StartAttempt | undefined> {
  checkGround(place);
  try {
    return await startServer(place, signal);
  } catch (error) {
    if (error instanceof Failure || signal?.aborted) throw error;
    throw notStarted(place, (error as Error).message);
  }
}

async function leaveServer(presence: pg.Client): Promise<void> {
  let pid: number | undefined;
  try {
    // Two that leave in the same moment would each see the other and both go: the lock lets one be the last.
    await presence.query(timed("select pg_advisory_lock($1)", [leavingLock]));
    if (!(await isLast(presence))) return;
    // The server's own file, not the one at our path: a deleted state folder may hold another server by now.
    const { rows } = await presence.query<{ pid: number }>(
      timed("select split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int as pid", []),
    );
    // In another process namespace the same number is somebody else.
    pid = rows.map((row) => row.pid).find((each) => readFileSync(`/proc/${each}/comm`, "utf8").trim() === "postgres");
    if (pid !== undefined) process.kill(pid, "SIGINT"); // fast shutdown, see "Shutting Down the Server" in the PostgreSQL manual
  } catch {
    return; // gone already, or not ours to stop
  } finally {
    await presence.end().catch(() => {});
  }
  const deadlineMs = systemClock.monotonicMs() + 10_000;
  while (pid !== undefined && processStart(pid) !== undefined && systemClock.monotonicMs() < deadlineMs) await systemClock.sleep(20);
}

/** Connections that were just closed are counted for some milliseconds more, so a second look decides. */
async function isLast(presence: pg.Client): Promise<boolean> {
  for (let look = 0; look < 15; look += 1) {
    const { rows } = await presence.query<{ present: number; others: number }>(
      timed(
        `select count(*) filter (where application_name = $1)::int as present, count(*)::int as others
         from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()`,
        [presenceName],
      ),
    );
    if (rows[0]?.others === 0) return true;
    if (rows[0] === undefined || (rows[0].present > 0 && look > 3)) return false;
    await systemClock.sleep(20);
  }
  return false;
}

const timed = (text: string, values: unknown[]): pg.QueryConfig => timedQuery(text, values, 5000);

function notStarted(place: Place, reason: string): Failure {
  const what = message("store.not-started", { folder: place.folder, reason: verbatim(reason) });
  return new Failure("store-unreachable", what, message("store.not-started-next", { log: place.log }));
}
