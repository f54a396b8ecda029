import type pg from "pg";
import { seconds, type Clock } from "../../kernel/clock.ts";
import type { GatewayCheck, GatewayJob } from "../gateway.ts";
import { tryToWrite } from "../accept/keep.ts";
import type { FindingBook } from "./findings.ts";
import type { CheckRound } from "./parts.ts";

/** Figures of the inbox as of the last look. `oldestSeconds`: how long the oldest event that is due waits. */
export type BacklogLook = { seenAt: number; counts: Record<string, number> };

/** What `/health` tells and no request may wait for. */
export type Looks = { writtenAt: number; backlog: BacklogLook; checks: Map<string, GatewayCheck> };

const checkEveryMs = seconds(15);
const checkLimitMs = seconds(10);

export function newLooks(): Looks {
  return { writtenAt: 0, backlog: { seenAt: 0, counts: {} }, checks: new Map() };
}

/** The server's own rounds; each keeps what it saw in `looks`. */
export function ownJobs(
  looks: Looks,
  { pool, clock, findings, checks }: { pool: pg.Pool | undefined; clock: Clock; findings: FindingBook; checks: readonly CheckRound[] },
): readonly GatewayJob[] {
  const checkRound: GatewayJob = {
    name: "checks",
    everyMs: checkEveryMs,
    runsOn: "each",
    run: async (signal) => {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(checkLimitMs)]);
      const rounds = await Promise.allSettled(checks.map((round) => round(limit)));
      for (const each of rounds.flatMap((round) => (round.status === "fulfilled" ? round.value : []))) {
        looks.checks.set(`${each.id} ${each.subject}`, each);
      }
      // What was seen before stays, with its time: an old look is shown as old.
      const failed = rounds.find((round) => round.status === "rejected");
      if (failed !== undefined) throw failed.reason;
    },
  };
  if (pool === undefined) return checks.length === 0 ? [] : [checkRound];
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
    checkRound,
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
  const { rows } = await pool.query<{ status: string; count: number; waits: number | null }>({ text, query_timeout: 5000 } as pg.QueryConfig);
  const states = ["ready", "retry", "quarantined", "dead", "parked", "expired"];
  const counts = Object.fromEntries(states.map((state) => [state, rows.find(({ status }) => status === state)?.count ?? 0]));
  const waits = rows.map((row) => row.waits ?? 0);
  return { ...counts, oldestDueSeconds: Math.max(0, Math.round(Math.max(0, ...waits))) };
}
