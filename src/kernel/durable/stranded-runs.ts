import type pg from "pg";
import { workflowShape } from "./postgres-engine.ts";

/** A run that no living process will go on with. */
export type StrandedRun = {
  readonly id: string;
  readonly workflow: string;
  /** The shape it was begun with; only a program of that shape can finish it. */
  readonly shape: string;
  readonly why: "other-shape" | "too-many-attempts";
  readonly startedAt: number;
};

/**
 * Runs begun by another release that nobody alive can continue, and runs given up after dying with their process
 * a hundred times. Empty when the engine never ran on this store.
 */
export async function listStrandedRuns(pool: pg.Pool, shape: string = workflowShape): Promise<StrandedRun[]> {
  const { rows: found } = await pool.query<{ is_there: boolean }>("select to_regclass('dbos.workflow_status') is not null as is_there");
  if (found[0]?.is_there !== true) return [];
  const { rows } = await pool.query<{ id: string; workflow: string; shape: string | null; status: string; started_at: string }>(
    `select workflow_uuid as id, name as workflow, application_version as shape, status, created_at as started_at
     from dbos.workflow_status
     where status = 'MAX_RECOVERY_ATTEMPTS_EXCEEDED'
        or (status in ('PENDING', 'ENQUEUED', 'DELAYED') and application_version is distinct from $1
            and not exists (select from ampel.executor where executor.shape = application_version))
     order by created_at`,
    [shape],
  );
  return rows.map((row) => ({
    id: row.id,
    workflow: row.workflow,
    shape: row.shape ?? "",
    why: row.status === "MAX_RECOVERY_ATTEMPTS_EXCEEDED" ? "too-many-attempts" : "other-shape",
    startedAt: Number(row.started_at),
  }));
}
