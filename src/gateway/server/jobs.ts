import type { Clock } from "../../kernel/clock.ts";
import type { GatewayJob } from "../gateway.ts";
import type { LeaderLease } from "./leader-lease.ts";

/** Times: epoch ms, 0 = never. `problem`: why the last run failed; absent after a good one. */
export type JobState = {
  readonly name: string;
  readonly runsOn: GatewayJob["runsOn"];
  readonly everyMs: number;
  readonly lastStart: number;
  readonly lastSuccess: number;
  readonly failures: number;
  readonly problem?: string;
};

export type JobSchedule = {
  states(): readonly JobState[];
  /** Aborts what runs and waits for it. */
  stop(): Promise<void>;
};

export type JobScheduleOptions = {
  readonly clock: Clock;
  /** Absent without a database: then nothing that wants a leader runs. */
  readonly lease: LeaderLease | undefined;
  onFailure?(job: GatewayJob, error: Error): void;
};

/** How soon a new leader takes up what the old one left. */
const followerPauseMs = 500;

/** Runs every job in its own rhythm: never twice at once, the pause counted from the end of a run. */
export function startJobs(jobs: readonly GatewayJob[], { clock, lease, onFailure }: JobScheduleOptions): JobSchedule {
  const stopping = new AbortController();
  const states = new Map<GatewayJob, JobState>(
    jobs.map((job) => [job, { name: job.name, runsOn: job.runsOn, everyMs: job.everyMs, lastStart: 0, lastSuccess: 0, failures: 0 }]),
  );
  const change = (job: GatewayJob, given: Partial<JobState>): void => {
    const known = states.get(job);
    if (known !== undefined) states.set(job, { ...known, ...given });
  };
  const runOnce = async (job: GatewayJob, signal: AbortSignal): Promise<void> => {
    change(job, { lastStart: clock.now() });
    try {
      await job.run(signal);
      const { problem: _, ...rest } = states.get(job) ?? {};
      states.set(job, { ...(rest as JobState), lastSuccess: clock.now() });
    } catch (error) {
      if (signal.aborted) return;
      change(job, { problem: (error as Error).message, failures: (states.get(job)?.failures ?? 0) + 1 });
      onFailure?.(job, error as Error);
    }
  };
  const goRound = async (job: GatewayJob): Promise<void> => {
    while (!stopping.signal.aborted) {
      const isMine = job.runsOn === "each" || lease?.isHeld() === true;
      if (isMine) {
        const signals = job.runsOn === "leader" && lease !== undefined ? [stopping.signal, lease.lost] : [stopping.signal];
        await runOnce(job, AbortSignal.any(signals));
      }
      await clock.sleep(isMine ? job.everyMs : Math.min(followerPauseMs, job.everyMs), stopping.signal).catch(() => {});
    }
  };
  const rounds = jobs.map((job) => (job.runsOn === "leader" && lease === undefined ? Promise.resolve() : goRound(job)));
  return {
    states: () => [...states.values()],
    stop: async () => {
      stopping.abort();
      await Promise.all(rounds);
    },
  };
}
