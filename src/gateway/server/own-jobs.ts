import type pg from "pg";
import { seconds, type Clock } from "../../kernel/clock.ts";
import type { GatewayJob } from "../gateway.ts";
import { tryToWrite } from "../accept/keep.ts";
import { checkJobs, type CheckBoard, type CheckRound } from "./check-rounds.ts";
import type { FindingBook } from "./findings.ts";

/** Figures of the inbox as of the last look. `oldestSeconds`: how long the oldest event that is due waits. */
export type BacklogLook = { seenAt: number; counts: Record<string, number> };

/** What `/health` tells and no request may wait for. */
export type Looks = { writtenAt: number; backlog: BacklogLook; checks: CheckBoard };

export function newLooks(): Looks {
  return { writtenAt: 0, backlog: { seenAt: 0, counts: {} }, checks: new Map() };
}

/** The server's own rounds; each keeps what it saw in `looks`. */
export function ownJobs(
  looks: Looks,
  { pool, clock, findings, checks }: { pool: pg.Pool | undefined; clock: Clock; findings: FindingBook; checks: readonly CheckRound[] },
): readonly GatewayJob[] {
  const looking = checkJobs(looks.checks, checks, pool);
  if (pool === undefined) return looking;
  return [
    {
      name: "database-canary",
      everyMs: seconds(1),
      runsOn: "each",
      run: async () => {
        await tryToWrite(pool, seconds(2));
        looks.writtenAt = clock.now();
      },
    },
    { name: "findings", everyMs: seconds(1), runsOn: "each", run: () => findings.flush() },
    {
      name: "inbox-backlog",
      everyMs: seconds(5),
      runsOn: "each",
      run: async () => {
        looks.backlog = { seenAt: clock.now(), counts: await countBacklog(pool) };
      },
    },
    ...looking,
  ];
}

/** Every state by the partial index that serves it: what is done is many, and is not counted here. */
async function countBacklog(pool: pg.Pool): Promise<Record<string, number>> {
  const text = `
    select status, count(*)::int as count, extract(epoch from now() - min(next_at))::float8 as waits
    from gateway.inbox_event where status in ('ready', 'retry') group by status
    union all
    select status, count(*)::int, null from gateway.inbox_event
    where status in ('quarantined', 'dead', 'parked', 'expired') group by status`;
  const { rows } = await pool.query<{ status: string; count: number; waits: number | null }>({
    text,
    query_timeout: 5000,
  } as pg.QueryConfig);
  const states = ["ready", "retry", "quarantined", "dead", "parked", "expired"];
  const counts = Object.fromEntries(states.map((state) => [state, rows.find(({ status }) => status === state)?.count ?? 0]));
  const waits = rows.map((row) => row.waits ?? 0);
  return { ...counts, oldestDueSeconds: Math.max(0, Math.round(Math.max(0, ...waits))) };
}
