import { randomUUID } from "node:crypto";
import { setMaxListeners } from "node:events";
import { DBOS, type DBOSConfig } from "@dbos-inc/dbos-sdk";
import { DBOSExecutor } from "@dbos-inc/dbos-sdk/internal/dbos-executor";
import * as dbosUtils from "@dbos-inc/dbos-sdk/internal/utils";
import type pg from "pg";
import type { Clock } from "../clock.ts";
import { openEnginePool } from "./database-pool.ts";
import { holdLease, type Lease } from "./lease.ts";
import { fenceTopic, openPostgresRun, type RunHost } from "./postgres-run.ts";
import type { Delivery, DurableEngine, Workflow } from "./run.ts";
import { orAborted } from "./settle.ts";
import { untilDatabaseReturns } from "./while-away.ts";

/**
 * Names the shape of our workflows, not the build: a run is only continued by the same version.
 * Raise it when a workflow's order of steps changes, and let the old version drain first.
 */
export const workflowShape = "ampel-1";

const launchLock = 7_202;
const launchLimitMs = 60_000;

export type PostgresEngineOptions = {
  readonly url: string;
  readonly pool: pg.Pool;
  readonly clock: Clock;
  readonly workflows: readonly Workflow<never, unknown>[];
  /** Default `workflowShape`. */
  readonly shape?: string;
  /** This process was declared dead and others go on with its runs: it must end now. */
  onLost(reason: string): void;
  onTrouble?(text: string): void;
};

export type PostgresEngine = DurableEngine & {
  /** Milliseconds since the store last answered: the measure for going over to break-glass. */
  awayMs(): number;
};

/**
 * Durable runs on DBOS. It fences results, not effects (see docs/adr/0002): before each effect the run proves that
 * it still owns itself, records its intent, and proves that this process was not declared dead in between.
 * One engine per process: DBOS keeps its state in module variables.
 */
export async function startPostgresEngine(options: PostgresEngineOptions): Promise<PostgresEngine> {
  const { clock, shape = workflowShape, onLost } = options;
  const executorId = `ampel-${randomUUID()}`;
  // The default backs off for up to a minute: far too late when the database is back.
  dbosUtils.dbRetryConfig.initialBackoffSec = 0.1;
  dbosUtils.dbRetryConfig.maxBackoffSec = 1;
  // Beats and intents must not queue behind what the rest of the program asks of the store.
  const own = openEnginePool(options.url, 3);
  const system = openEnginePool(options.url, 10);
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal); // one for each run that somebody here waits for
  let lease: Lease | undefined;
  const end = async (): Promise<void> => {
    stopping.abort(new DOMException("this process stops", "AbortError"));
    await DBOS.shutdown({ workflowCompletionTimeoutMS: 0, deregister: true });
    await lease?.release(); // only now: what this process left unfinished is everybody's from here on
    await Promise.all([endPool(system, clock), endPool(own, clock)]);
  };
  try {
    const held = await holdLease({ pool: own, executorId, shape, clock, onLost });
    lease = held;
    const host: RunHost = { pool: own, clock, lease: held, stopping: stopping.signal };
    const bodies = new Map(options.workflows.map((workflow) => [workflow.name, register(workflow, host)]));
    DBOS.setConfig(configure(options, executorId, shape, system));
    await withLaunchLock(own, clock, () => DBOS.launch());
    // One UPDATE that is conditional on the dead owner: two reapers cannot both win. Keeps queue limits, unlike resumeWorkflow.
    held.beginTakeover(async (dead) => void (await DBOSExecutor.globalInstance?.recoverPendingWorkflows([...dead])));
    return { ...openEngine(bodies, own, clock, stopping.signal), awayMs: held.awayMs, stop: end };
  } catch (error) {
    await end().catch(() => {});
    throw error;
  }
}

type Body = (input: unknown) => Promise<unknown>;

function openEngine(bodies: ReadonlyMap<string, Body>, pool: pg.Pool, clock: Clock, stopping: AbortSignal): Omit<DurableEngine, "stop"> {
  return {
    async start(workflow, id, input) {
      const body = bodies.get(workflow.name);
      if (body === undefined) throw new Error(`workflow ${workflow.name} is not registered`);
      const handle = await DBOS.startWorkflow(body, { workflowID: id })(input);
      try {
        return (await orAborted(handle.getResult(), stopping)) as never;
      } catch (error) {
        const isCancelled = (await handle.getStatus().catch(() => null))?.status === "CANCELLED";
        throw isCancelled ? new DOMException(`run ${id} was cancelled`, "AbortError") : error;
      }
    },
    send: (runId, topic, value, key) => send(pool, clock, runId, topic, value, key),
    cancel: (runId) => DBOS.cancelWorkflow(runId),
  };
}

async function send(pool: pg.Pool, clock: Clock, runId: string, topic: string, value: unknown, key: string): Promise<Delivery> {
  const look = async (): Promise<Delivery | undefined> => {
    const status = await DBOS.getWorkflowStatus(runId);
    if (status === null) return "unknown-run";
    return status.status === "PENDING" || status.status === "ENQUEUED" ? undefined : "too-late";
  };
  const before = await look();
  if (before !== undefined) return before;
  await DBOS.send(runId, { value }, topic, key);
  if ((await look()) === undefined) return "delivered";
  // The run ended between the two looks: with or without this message? DBOS itself would not say.
  const { rows } = await untilDatabaseReturns(
    () => pool.query<{ consumed: boolean }>("select consumed from dbos.notifications where message_uuid = $1", [`${key}::${runId}`]),
    { clock },
  );
  return rows[0]?.consumed === true ? "delivered" : "too-late";
}

function register(workflow: Workflow<never, unknown>, host: RunHost): Body {
  const body = async (input: unknown): Promise<unknown> => {
    const run = openPostgresRun(host);
    const value = await workflow.body(run, input as never);
    // One row per step that has done its duty.
    await host.pool
      .query("delete from dbos.notifications where destination_uuid = $1 and topic = $2", [run.id, fenceTopic])
      .catch(() => {});
    return value;
  };
  return DBOS.registerWorkflow(body, { name: workflow.name });
}

/** DBOS's first launch creates tables and fails when two do it at once; a blocking lock would hang its index builds. */
async function withLaunchLock(pool: pg.Pool, clock: Clock, launch: () => Promise<void>): Promise<void> {
  const deadlineMs = clock.monotonicMs() + launchLimitMs;
  const client = await pool.connect();
  try {
    for (;;) {
      const { rows } = await client.query<{ ok: boolean }>("select pg_try_advisory_lock($1) as ok", [launchLock]);
      if (rows[0]?.ok) break;
      if (clock.monotonicMs() > deadlineMs) throw new Error("another process has been preparing the store for a minute");
      await clock.sleep(50);
    }
    await launch();
  } finally {
    client.release(true); // the lock goes with the session, whatever happened
  }
}

async function endPool(pool: pg.Pool, clock: Clock): Promise<void> {
  // A connection that a cut-off step still holds must not keep the program from ending.
  await Promise.race([pool.end().catch(() => {}), clock.sleep(1000)]);
}

function configure(
  { url, onTrouble }: PostgresEngineOptions,
  executorID: string,
  applicationVersion: string,
  systemDatabasePool: pg.Pool,
): DBOSConfig {
  const trouble = (entry: unknown): void => onTrouble?.(entry instanceof Error ? entry.message : String(entry));
  return {
    name: "ampel",
    systemDatabaseUrl: url,
    systemDatabasePool,
    executorID,
    applicationVersion,
    enableOTLP: false,
    logger: { info: () => {}, debug: () => {}, warn: trouble, error: trouble },
  };
}
