import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import pg from "pg";
import { connectionString } from "../database.ts";
import { ask } from "../request.ts";
import { readWorld, worldPaths, writeWhole } from "../world.ts";

// The guarded worker: takes jobs one by one, asks Cal.com, and says once a second that it lives.
const world = readWorld(process.argv[2] ?? "");
if (world === undefined) throw new Error("usage: worker WORLD.json");
const { folder, ports } = world;
const paths = worldPaths(folder);

const pool = new pg.Pool({
  connectionString: connectionString(world),
  max: 2,
  connectionTimeoutMillis: 1000,
  query_timeout: 5000,
  application_name: "worker",
});
// The pool listens only while a connection is idle; one that is lost in our hands, between two queries, would end the process.
pool.on("connect", (client) => client.on("error", () => {}));
pool.on("error", () => {}); // the next query makes a new connection or fails

const idleMs = 100;
const retryMs = 300;
let doneCount = 0;
let lastBeatMs = Number.NEGATIVE_INFINITY;

/** Written at most once a second, so that a hung worker is seen within two. */
function beat(database: string): void {
  if (performance.now() - lastBeatMs < 1000) return;
  lastBeatMs = performance.now();
  writeWhole(paths.readyFile("worker"), JSON.stringify({ pid: process.pid, at: Date.now(), doneCount, database }));
}

/** Takes one job inside a transaction: if we die, it is waiting again. Returns false when there was none. */
async function workOnce(): Promise<boolean> {
  const client = await pool.connect();
  try {
    await client.query("begin");
    const { rows } = await client.query<{ id: string; call_id: string | null; attempts: number }>(
      "select id, call_id, attempts from jobs where state = 'waiting' and run_at <= now() order by id limit 1 for update skip locked",
    );
    const [job] = rows;
    if (job !== undefined && (await isAccepted())) {
      await client.query("update calls set synced_at = now() where id = $1", [job.call_id]);
      await client.query("update jobs set state = 'done', done_at = now() where id = $1", [job.id]);
      doneCount += 1;
    } else if (job !== undefined) {
      // Cal.com said no: later again, each time twice as late, at most after a minute.
      const delaySeconds = Math.min(60, 2 ** job.attempts);
      await client.query("update jobs set attempts = attempts + 1, run_at = now() + $2 * interval '1 second' where id = $1", [
        job.id,
        delaySeconds,
      ]);
    }
    await client.query("commit");
    client.release();
    return job !== undefined;
  } catch (error) {
    client.release(true); // whatever state this connection is in, nobody gets it again
    throw error;
  }
}

async function isAccepted(): Promise<boolean> {
  try {
    const headers = { authorization: `Bearer ${readFileSync(paths.secret("calcom-key"), "utf8")}` };
    return (await ask(ports.calcom, "/v2/me", { headers, timeoutMs: 1000 })).status === 200;
  } catch {
    return false;
  }
}

process.once("SIGTERM", () => process.exit(0));
beat("ok");

for (;;) {
  try {
    const hadWork = await workOnce();
    beat("ok");
    if (!hadWork) await wait(idleMs);
  } catch (error) {
    beat((error as Error).message || String(error));
    await wait(retryMs);
  }
}
