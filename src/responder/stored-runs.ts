import { verbatim, type Message } from "../kernel/message.ts";
import type { RunState, StepState } from "../logbook/entry.ts";
import type { RunInput, RunOutcome, StepReport } from "../playbooks/run-contract.ts";
import type { Durable } from "./durable.ts";

export type StoredRun = {
  readonly id: string;
  readonly playbookId: string;
  readonly playbookHash: string;
  readonly playbookText: string;
  readonly subject: string;
  readonly state: RunState;
  readonly startedAt: number;
  readonly input: RunInput;
  readonly outcome: RunOutcome;
};

/** The last hundred runs, newest first, from the store or from the break-glass journal. */
export async function listRuns(durable: Durable): Promise<Omit<StoredRun, "outcome" | "playbookText" | "playbookHash" | "input">[]> {
  if (durable.store === undefined) {
    return fromEntries(durable).map(({ id, playbookId, subject, state, startedAt }) => ({ id, playbookId, subject, state, startedAt }));
  }
  const { rows } = await durable.store.pool.query<{ id: string; playbook_id: string; subject: string; state: RunState; started_at: Date }>(
    "select id, playbook_id, subject, state, started_at from ampel.run order by started_at desc limit 100",
  );
  return rows.map((row) => ({
    id: row.id,
    playbookId: row.playbook_id,
    subject: row.subject,
    state: row.state,
    startedAt: row.started_at.getTime(),
  }));
}

type RunRow = {
  id: string;
  playbook_id: string;
  playbook_hash: string;
  playbook_text: string;
  subject: string;
  state: RunState;
  started_at: Date;
  ended_at: Date | null;
  input: RunInput;
  outcome: { message: Message } | null;
};
type StepRow = { name: string; state: StepState; data: { durationMs?: number; message?: Message; output?: string } };

export async function readRun(durable: Durable, id: string): Promise<StoredRun | undefined> {
  if (durable.store === undefined) return fromEntries(durable).find((run) => run.id === id);
  const { pool } = durable.store;
  const { rows } = await pool.query<RunRow>("select * from ampel.run where id = $1", [id]);
  const [row] = rows;
  if (row === undefined) return undefined;
  const steps = await pool.query<StepRow>("select name, state, data from ampel.run_step where run_id = $1 order by position", [id]);
  return {
    id,
    playbookId: row.playbook_id,
    playbookHash: row.playbook_hash,
    playbookText: row.playbook_text,
    subject: row.subject,
    state: row.state,
    startedAt: row.started_at.getTime(),
    input: row.input,
    outcome: {
      runId: id,
      playbookId: row.playbook_id,
      subject: row.subject,
      state: row.state as RunOutcome["state"],
      message: row.outcome?.message ?? verbatim(row.state),
      steps: steps.rows.map(({ name, state, data }) => ({
        name,
        state,
        durationMs: data.durationMs ?? 0,
        message: data.message ?? verbatim(""),
        output: data.output ?? "",
      })),
      durationMs: (row.ended_at?.getTime() ?? row.started_at.getTime()) - row.started_at.getTime(),
    },
  };
}

function fromEntries({ entries }: Durable): StoredRun[] {
  const all = entries();
  return all
    .flatMap((entry): StoredRun[] => {
      if (entry.kind !== "run-started") return [];
      const end = all.find((other) => other.kind === "run-ended" && other.runId === entry.runId);
      const state = end?.kind === "run-ended" ? end.state : "running";
      const reports = new Map<string, StepReport>();
      for (const other of all) if (other.kind === "step-ended" && other.runId === entry.runId) reports.set(other.name, other);
      const { runId, playbookId, playbookHash, playbookText, subject } = entry;
      return [
        {
          id: runId,
          playbookId,
          playbookHash,
          playbookText,
          subject,
          state,
          startedAt: entry.at,
          input: entry.input as RunInput,
          outcome: {
            runId,
            playbookId,
            subject,
            state: state as RunOutcome["state"],
            message: end?.kind === "run-ended" ? end.message : verbatim(state),
            steps: [...reports.values()].map(({ name, state: stepState, durationMs, message, output }) => ({
              name,
              state: stepState,
              durationMs,
              message,
              output,
            })),
            durationMs: (end?.at ?? entry.at) - entry.at,
          },
        },
      ];
    })
    .sort((left, right) => right.startedAt - left.startedAt);
}
