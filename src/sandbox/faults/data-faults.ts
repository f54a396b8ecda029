import { systemClock } from "../../kernel/clock.ts";
import { message } from "../../kernel/message.ts";
import { sowDatabase, withDatabase } from "../database.ts";
import { worldLimits } from "../health.ts";
import { freeze, halt, launch, runningProgram, thaw } from "../launch.ts";
import type { World } from "../world.ts";
import type { Fault } from "./fault.ts";

const appSlow: Fault = {
  name: "app-slow",
  what: message("sandbox.fault.app-slow"),
  causes: ["slow-response", "long-transaction"],
  subject: "app",
  playbook: "green/system-slow",
  inject: async (world, signal) => void (await launch(world, "session", signal)),
  isInjected: async (world) => runningProgram(world, "session") !== undefined,
  mend: (world) => halt(world, "session"),
};

const backlogDepth = 300;

/** The worker is there and does nothing; meanwhile the work of a morning has piled up. */
const queueBacklog: Fault = {
  name: "queue-backlog",
  what: message("sandbox.fault.queue-backlog", { depth: backlogDepth }),
  causes: ["queue-backlog", "queue-stuck"],
  subject: "jobs",
  async inject(world, signal) {
    await freeze(world, "worker", signal);
    await withDatabase(world, (database) =>
      database.query(
        `insert into jobs (kind, call_id, created_at, run_at)
         select 'sync-call', 1 + number % 200, now() - interval '20 minutes' + number * interval '3 seconds', now()
         from generate_series(1, greatest(0, $1 - (select count(*)::int from jobs where state = 'waiting'))) number`,
        [backlogDepth],
      ),
    );
  },
  isInjected: async (world) => (await countWaiting(world)) > worldLimits.queueDepth,
  async mend(world, signal) {
    thaw(world, "worker");
    await launch(world, "worker", signal);
    const deadlineMs = systemClock.monotonicMs() + 15_000;
    while ((await countWaiting(world)) > worldLimits.queueDepth && systemClock.monotonicMs() < deadlineMs) {
      await systemClock.sleep(100, signal);
    }
  },
};

async function countWaiting(world: World): Promise<number> {
  return await withDatabase(world, async (database) => {
    const { rows } = await database.query<{ waiting: number }>("select count(*)::int as waiting from jobs where state = 'waiting'");
    return rows[0]?.waiting ?? 0;
  });
}

/** Nothing may put this back blindly: an empty table in its place would hide the loss. */
const tableDropped: Fault = {
  name: "table-dropped",
  what: message("sandbox.fault.table-dropped", { table: "appointments" }),
  causes: ["data-loss", "schema-changed"],
  subject: "askproai",
  inject: (world) => withDatabase(world, async (database) => void (await database.query("drop table if exists appointments"))),
  isInjected: (world) =>
    withDatabase(
      world,
      async (database) => (await database.query("select 1 from pg_tables where tablename = 'appointments'")).rowCount === 0,
    ),
  mend: sowDatabase,
};

export const dataFaults: readonly Fault[] = [appSlow, queueBacklog, tableDropped];
