import { randomUUID } from "node:crypto";
import { DBOS } from "@dbos-inc/dbos-sdk";
import type pg from "pg";
import type { Clock } from "../clock.ts";
import type { Lease } from "./lease.ts";
import type { DurableRun, Effect } from "./run.ts";
import { unsettled } from "./settle.ts";
import { untilDatabaseReturns } from "./while-away.ts";

export const fenceTopic = "fence";

/** How often a waiting run looks for what no notification told it: a cancellation, a clock that was put right. */
const waitLookMs = 2000;
/** An alarm a little late meets a wait that has ended by itself; one too early would only wake it for nothing. */
const alarmGraceMs = 250;

export type RunHost = {
  readonly pool: pg.Pool;
  readonly clock: Clock;
  readonly lease: Lease;
  /** Aborted when this process stops working on runs; they go on elsewhere. */
  readonly stopping: AbortSignal;
};

/** The run of the workflow body that is being executed. */
export function openPostgresRun({ pool, clock, lease, stopping }: RunHost): DurableRun {
  const id = DBOS.workflowID ?? "";
  // A body goes on after `stop` until it meets the engine again; then it waits for the end of the process.
  const unlessStopping = async <Value>(work: () => Promise<Value>): Promise<Value> => {
    if (stopping.aborted) return await unsettled();
    try {
      return await work();
    } catch (error) {
      if (stopping.aborted) return await unsettled();
      throw error;
    }
  };
  const attempt = async <Value>(effect: Effect<Value>): Promise<Value> => {
    const key = `${id}:${DBOS.stepID}`;
    const halted = AbortSignal.any([stopping, lease.lost]);
    const cancelled = DBOS.stepStatus?.cancelSignal;
    const signal = cancelled === undefined ? halted : AbortSignal.any([cancelled, halted]);
    // Sending to itself makes DBOS compare the run's owner token: a run that was taken over is refused here.
    await DBOS.send(id, 0, fenceTopic, `fence-${key}-${randomUUID()}`);
    const isRepeat = await recordIntent(pool, clock, key, lease.executorId);
    await lease.proveHeld();
    if (stopping.aborted) return await unsettled();
    try {
      const value = await effect({ signal, key, isRepeat });
      // Cut off because this process stops: whatever it says is not the outcome of the step.
      return halted.aborted ? await unsettled() : value;
    } catch (error) {
      if (halted.aborted) return await unsettled();
      throw error;
    }
  };
  return {
    id,
    step: (name, effect) => unlessStopping(() => DBOS.runStep(() => attempt(effect), { name })),
    now: () => unlessStopping(() => DBOS.now()),
    waitFor: (topic, until) => unlessStopping(() => waitFor(id, topic, until, clock)),
  };
}

/**
 * Returns whether an earlier attempt at this step was begun. Nothing is written, and nothing begins, for a process
 * that was declared dead: its row is gone, and this waits for the end that is coming.
 */
async function recordIntent(pool: pg.Pool, clock: Clock, key: string, executorId: string): Promise<boolean> {
  const attempt = randomUUID(); // a lost connection may hide a commit; the same attempt is not counted twice
  const { rows } = await untilDatabaseReturns(
    () =>
      pool.query<{ attempts: number }>(
        `with held as (select id from ampel.executor where id = $2 for key share)
         insert into ampel.step_intent as known (key, executor, attempt) select $1, id, $3 from held
         on conflict (key) do update set attempt = excluded.attempt, executor = excluded.executor,
           attempts = known.attempts + (known.attempt <> excluded.attempt)::int
         returning attempts`,
        [key, executorId, attempt],
      ),
    { clock },
  );
  const [row] = rows;
  return row === undefined ? await unsettled() : row.attempts > 1;
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
    const alarm = setAlarm(id, topic, restMs + alarmGraceMs);
    try {
      const got = await DBOS.recv<{ value?: Value; isAlarm?: boolean }>(topic, {
        timeoutSeconds: restMs / 1000,
        pollingIntervalMs: waitLookMs,
      });
      if (got !== null && got.isAlarm !== true) return got.value;
    } finally {
      alarm.clear();
    }
    const isDue = await DBOS.runStep(async () => clock.monotonicMs() - startedMs >= spanMs - alarmGraceMs, { name: `due:${topic}` });
    if (isDue) return undefined;
  }
}

/** Timers hold 31 bits of milliseconds (24.8 days); a longer wait is looked at once more then. */
const longestTimerMs = 2 ** 31 - 1;

function setAlarm(id: string, topic: string, afterMs: number): { clear(): void } {
  const timer = setTimeout(() => void DBOS.send(id, { isAlarm: true }, topic).catch(() => {}), Math.min(afterMs, longestTimerMs));
  return { clear: () => clearTimeout(timer) };
}
