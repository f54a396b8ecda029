import type pg from "pg";
import { minutes, seconds } from "../../kernel/clock.ts";
import type { GatewayCheck, GatewayJob } from "../gateway.ts";

/** Some checks that come round together: what asks a vendor comes seldom, what reads memory comes often. */
export type CheckRound = {
  readonly name: string;
  readonly everyMs: number;
  /** All that there is to say now: what an earlier round saw and this one does not mention is over. */
  run(signal: AbortSignal): Promise<readonly GatewayCheck[]>;
};

/** Checks as of the last look, by round. */
export type CheckBoard = Map<string, readonly GatewayCheck[]>;

const readEveryMs = seconds(5);
const roundLimitMs = minutes(1);

/**
 * The rounds as jobs. With a database the leader looks and every process shows what it saw; without one each looks itself.
 * A round that fails leaves the last looks, with their time: an old look is shown as old.
 */
export function checkJobs(board: CheckBoard, rounds: readonly CheckRound[], pool: pg.Pool | undefined): readonly GatewayJob[] {
  const looks = rounds.map((round): GatewayJob => ({
    name: `check ${round.name}`,
    everyMs: round.everyMs,
    runsOn: pool === undefined ? "each" : "leader",
    run: async (signal) => {
      const seen = await round.run(AbortSignal.any([signal, AbortSignal.timeout(roundLimitMs)]));
      board.set(round.name, seen);
      if (pool !== undefined) await writeChecks(pool, round.name, seen);
    },
  }));
  if (pool === undefined) return looks;
  const names = rounds.map(({ name }) => name);
  const read: GatewayJob = {
    name: "checks-read",
    everyMs: readEveryMs,
    runsOn: "each",
    run: async () => {
      const known = await readChecks(pool);
      const freshest = (checks: readonly GatewayCheck[] | undefined): number => Math.max(0, ...(checks ?? []).map(({ seenAt }) => seenAt));
      for (const name of names) {
        const stored = known.get(name);
        if (stored !== undefined && freshest(stored) >= freshest(board.get(name))) board.set(name, stored);
      }
    },
  };
  return [...looks, read];
}

async function writeChecks(pool: pg.Pool, round: string, checks: readonly GatewayCheck[]): Promise<void> {
  // One statement: a process that reads in between sees the round before or this one, never half of it.
  await pool.query(
    `with seen as (
       select * from jsonb_to_recordset($2::jsonb) as seen (id text, subject text, data jsonb, "seenAt" float8)
     ), gone as (
       delete from gateway.check_result as old
       where round = $1 and not exists (select from seen where seen.id = old.id and seen.subject = old.subject)
     )
     insert into gateway.check_result (round, id, subject, data, seen_at)
     select distinct on (id, subject) $1, id, subject, data, to_timestamp("seenAt" / 1000) from seen
     on conflict (round, id, subject) do update set data = excluded.data, seen_at = excluded.seen_at`,
    [round, JSON.stringify(checks.map((check) => ({ id: check.id, subject: check.subject, seenAt: check.seenAt, data: check })))],
  );
}

async function readChecks(pool: pg.Pool): Promise<Map<string, GatewayCheck[]>> {
  const { rows } = await pool.query<{ round: string; data: GatewayCheck }>(
    "select round, data from gateway.check_result order by round, id, subject",
  );
  return new Map([...Map.groupBy(rows, ({ round }) => round)].map(([round, found]) => [round, found.map(({ data }) => data)]));
}
