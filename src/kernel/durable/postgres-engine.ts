import { randomUUID } from "node:crypto";
import { DBOS, type DBOSConfig } from "@dbos-inc/dbos-sdk";
import { DBOSExecutor } from "@dbos-inc/dbos-sdk/internal/dbos-executor";
import * as dbosUtils from "@dbos-inc/dbos-sdk/internal/utils";
import type pg from "pg";
import type { Clock } from "../clock.ts";
import { holdLease, type Lease } from "./lease.ts";
import type { Delivery, DurableEngine, DurableRun, Workflow } from "./run.ts";

/**
 * Names the shape of our workflows, not the build: a run is only continued by the same version.
 * Raise it when a workflow's order of steps changes, and let the old version drain first.
 */
export const workflowShape = "ampel-1";

const launchLock = 7_202;
const fenceTopic = "fence";

export type PostgresEngineOptions = {
  readonly url: string;
  readonly pool: pg.Pool;
  readonly clock: Clock;
  readonly workflows: readonly Workflow<never, unknown>[];
  /** Ends the process when it may have been declared dead. */
  onLost(reason: string): void;
  onTrouble?(text: string): void;
};

/**
 * Durable runs on DBOS. It fences results, not effects (see docs/adr/0002): before each effect the run proves that
 * it still owns itself, records its intent, and checks that this process was not frozen in between.
 */
export async function startPostgresEngine(options: PostgresEngineOptions): Promise<DurableEngine> {
  const { pool, clock } = options;
  const executorId = `ampel-${randomUUID()}`;
  // The default backs off for up to a minute: far too late when the database is back.
  dbosUtils.dbRetryConfig.maxBackoffSec = 1;
  DBOS.setConfig(configure(options, executorId));
  let lease: Lease | undefined;
  const bodies = new Map(options.workflows.map((workflow) => [workflow.name, register(workflow, () => lease, pool, clock)]));
  await withLaunchLock(pool, clock, () => DBOS.launch());

  lease = await holdLease(pool, executorId, clock, {
    // One UPDATE that is conditional on the dead owner: two reapers cannot both win. Keeps queue limits, unlike resumeWorkflow.
    takeOver: async (dead) => void (await DBOSExecutor.globalInstance?.recoverPendingWorkflows([...dead])),
    onLost: options.onLost,
  });

  return {
    async start(workflow, id, input) {
      const body = bodies.get(workflow.name);
      if (body === undefined) throw new Error(`workflow ${workflow.name} is not registered`);
      const handle = await DBOS.startWorkflow(body, { workflowID: id })(input);
      return (await handle.getResult()) as never;
    },
    async send(runId, topic, value, key): Promise<Delivery> {
      const status = await DBOS.getWorkflowStatus(runId);
      if (status === null) return "unknown-run";
      if (status.status !== "PENDING" && status.status !== "ENQUEUED") return "too-late";
      await DBOS.send(runId, { value }, topic, key);
      return "delivered";
    },
    cancel: (runId) => DBOS.cancelWorkflow(runId),
    async stop() {
      await lease?.release();
      await DBOS.shutdown({ workflowCompletionTimeoutMS: 0 });
    },
  };
}

type Body = (input: unknown) => Promise<unknown>;

function register(workflow: Workflow<never, unknown>, lease: () => Lease | undefined, pool: pg.Pool, clock: Clock): Body {
  const body = async (input: unknown): Promise<unknown> => await workflow.body(openRun(lease, pool, clock), input as never);
  return DBOS.registerWorkflow(body, { name: workflow.name });
}

function openRun(lease: () => Lease | undefined, pool: pg.Pool, clock: Clock): DurableRun {
  const id = DBOS.workflowID ?? "";
  return {
    id,
    step: (name, effect) =>
      DBOS.runStep(
        async () => {
          const key = `${id}:${DBOS.stepID}`;
          const signal = DBOS.stepStatus?.cancelSignal ?? new AbortController().signal;
          // Sending to itself makes DBOS compare the run's owner token: a run that was taken over is refused here.
          await DBOS.send(id, 0, fenceTopic, `fence-${key}-${randomUUID()}`);
          const isRepeat = await recordIntent(pool, key, lease()?.executorId ?? "");
          lease()?.assertHeld();
          return await effect({ signal, key, isRepeat });
        },
        { name },
      ),
    now: () => DBOS.now(),
    waitFor: (topic, until) => waitFor(id, topic, until, clock),
  };
}

async function recordIntent(pool: pg.Pool, key: string, executorId: string): Promise<boolean> {
  const { rows } = await pool.query<{ attempts: number }>(
    `insert into ampel.step_intent (key, executor) values ($1, $2)
     on conflict (key) do update set attempts = step_intent.attempts + 1, executor = excluded.executor
     returning attempts`,
    [key, executorId],
  );
  return (rows[0]?.attempts ?? 1) > 1;
}

/**
 * DBOS keeps an absolute deadline by the wall clock: a clock set back would wait for ever, one set forward wakes early.
 * An alarm on the monotonic clock ends the first, a recorded look at the elapsed time the second.
 */
async function waitFor<Value>(id: string, topic: string, until: number, clock: Clock): Promise<Value | undefined> {
  const startedMs = clock.monotonicMs();
  const spanMs = Math.max(0, until - clock.now());
  for (;;) {
    const restMs = Math.max(0, spanMs - (clock.monotonicMs() - startedMs));
    const alarm = setTimeout(() => void DBOS.send(id, { isAlarm: true }, topic).catch(() => {}), restMs + 250);
    const got = await DBOS.recv<{ value?: Value; isAlarm?: boolean }>(topic, { timeoutSeconds: restMs / 1000 });
    clearTimeout(alarm);
    if (got !== null && got.isAlarm !== true) return got.value as Value;
    const isDue = await DBOS.runStep(async () => clock.monotonicMs() - startedMs >= spanMs - 250, { name: `due:${topic}` });
    if (isDue) return undefined;
  }
}

/** DBOS's first launch creates tables and fails when two do it at once; a blocking lock would hang its index builds. */
async function withLaunchLock(pool: pg.Pool, clock: Clock, launch: () => Promise<void>): Promise<void> {
  const client = await pool.connect();
  try {
    for (;;) {
      const { rows } = await client.query<{ ok: boolean }>("select pg_try_advisory_lock($1) as ok", [launchLock]);
      if (rows[0]?.ok) break;
      await clock.sleep(50);
    }
    await launch();
    await client.query("select pg_advisory_unlock($1)", [launchLock]);
  } finally {
    client.release();
  }
}

function configure({ url, onTrouble }: PostgresEngineOptions, executorID: string): DBOSConfig {
  const trouble = (entry: unknown): void => onTrouble?.(entry instanceof Error ? entry.message : String(entry));
  return {
    name: "ampel",
    systemDatabaseUrl: url,
    executorID,
    applicationVersion: workflowShape,
    systemDatabasePoolSize: 10,
    enableOTLP: false,
    logger: { info: () => {}, debug: () => {}, warn: trouble, error: trouble },
  };
}
