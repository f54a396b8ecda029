import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import type pg from "pg";
import type { Clock } from "../clock.ts";
import { timedQuery } from "../timed-query.ts";

export const leaseTables = `
create table ampel.executor (
  id text primary key,
  shape text not null,
  host text not null,
  pid integer not null,
  process_start text not null,
  beats bigint not null default 0,
  seen_at timestamptz not null default now()
);
create table ampel.step_intent (
  key text primary key,
  executor text not null,
  attempt uuid not null,
  attempts integer not null default 1,
  first_at timestamptz not null default now()
);`;

/** A process whose count of beats stands still for this long is dead; its runs go to another. */
export const leaseMs = 5000;
const beatMs = 1000;
/** Younger than this, a beat proves that nobody can have taken over: everybody else still has to wait a second more. */
const freshMs = leaseMs - 1000;
/** A look that comes later than this says nothing about the others: it was us who slept. */
const longestGapMs = 2500;
const queryLimitMs = 3000;
const timed = (text: string, values: unknown[]): pg.QueryConfig => timedQuery(text, values, queryLimitMs);

export type Lease = {
  readonly executorId: string;
  /** Aborted when this process may no longer act for its runs. */
  readonly lost: AbortSignal;
  /** Resolves while this process certainly owns its runs; never resolves when they may belong to another. */
  proveHeld(): Promise<void>;
  /** Milliseconds since the database last answered. */
  awayMs(): number;
  /** From now on the runs of the dead are taken over. */
  beginTakeover(takeOver: (executorIds: readonly string[]) => Promise<void>): void;
  release(): Promise<void>;
};

export type LeaseOptions = {
  readonly pool: pg.Pool;
  readonly executorId: string;
  /** Shape of the workflows this process can continue. */
  readonly shape: string;
  readonly clock: Clock;
  /** The runs belong to another process now: end this one, whoever supervises it starts a fresh one. */
  onLost(reason: string): void;
};

type Executor = {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly process_start: string;
  readonly beats: string;
};

/**
 * Says "I am alive" once a second and looks for those who no longer do. No wall clock is involved: everybody counts
 * beats in the database and times their standing still on the own monotonic clock, so no jump of any clock kills anybody.
 * While the database is away nobody can take anything over, so an outage alone ends no process.
 */
export async function holdLease({ pool, executorId, shape, clock, onLost }: LeaseOptions): Promise<Lease> {
  const me = [executorId, shape, machineName(), process.pid, processStart(process.pid) ?? ""];
  await pool.query("insert into ampel.executor (id, shape, host, pid, process_start) values ($1, $2, $3, $4, $5)", me);
  let confirmedMs = clock.monotonicMs();
  let isReleased = false;
  let takeOver: ((executorIds: readonly string[]) => Promise<void>) | undefined;
  let seen = new Map<string, { beats: string; sinceMs: number }>();
  const lost = new AbortController();

  const loseOnce = (reason: string): void => {
    if (lost.signal.aborted || isReleased) return;
    lost.abort(new Error(`this process lost its runs: ${reason}`));
    onLost(reason);
  };

  const beat = async (): Promise<void> => {
    const sentMs = clock.monotonicMs();
    const text = "update ampel.executor set beats = beats + 1, seen_at = clock_timestamp() where id = $1";
    const { rowCount } = await pool.query(timed(text, [executorId]));
    if (rowCount === 0) return loseOnce("declared dead");
    if (sentMs - confirmedMs > longestGapMs) seen = new Map();
    confirmedMs = sentMs;
  };

  const bury = async (): Promise<void> => {
    const { rows } = await pool.query<Executor>(
      timed("select id, host, pid, process_start, beats from ampel.executor where id <> $1", [executorId]),
    );
    const nowMs = clock.monotonicMs();
    const before = seen;
    seen = new Map(
      rows.map(({ id, beats }) => {
        const known = before.get(id);
        return [id, known?.beats === beats ? known : { beats, sinceMs: nowMs }];
      }),
    );
    const dead = rows.filter((row) => hasEnded(row) || nowMs - (seen.get(row.id)?.sinceMs ?? nowMs) > leaseMs);
    // The row goes first, and only if it did not beat meanwhile: from then on its process can prove nothing any more.
    for (const { id, beats } of dead) await pool.query(timed("delete from ampel.executor where id = $1 and beats = $2", [id, beats]));
  };

  const adopt = async (): Promise<void> => {
    if (takeOver === undefined) return;
    // Not "those just buried": whoever buried them may have died before it took over their runs.
    const { rows } = await pool.query<{ executor_id: string }>(timed(orphans, [shape]));
    if (rows.length > 0) await takeOver(rows.map((row) => row.executor_id));
  };

  let timer: NodeJS.Timeout | undefined;
  const loop = async (): Promise<void> => {
    try {
      await beat();
      await bury();
      await adopt();
    } catch {
      seen = new Map(); // after an outage everybody gets a whole lease to report again
    }
    // Not setInterval: a tick that waits for the database must not pile up behind itself.
    if (!isReleased && !lost.signal.aborted) timer = setTimeout(() => void loop(), beatMs);
  };
  void loop();

  return {
    executorId,
    lost: lost.signal,
    proveHeld: async () => {
      while (clock.monotonicMs() - confirmedMs > freshMs && !lost.signal.aborted) {
        await beat().catch(() => clock.sleep(50));
      }
      if (lost.signal.aborted) await new Promise<never>(() => {});
    },
    awayMs: () => clock.monotonicMs() - confirmedMs,
    beginTakeover: (given) => {
      takeOver = given;
      void adopt().catch(() => {}); // the next beat tries again
    },
    release: async () => {
      isReleased = true;
      clearTimeout(timer);
      await pool.query(timed("delete from ampel.executor where id = $1", [executorId])).catch(() => {});
    },
  };
}

const orphans = `
  select distinct executor_id from dbos.workflow_status
  where status = 'PENDING' and application_version = $1 and application_name = 'ampel'
    and not exists (select from ampel.executor where id = executor_id)`;

/** True when the process is known to be gone: same machine, and no process with that pid and start time. */
function hasEnded(row: Executor): boolean {
  return row.host === machineName() && row.process_start !== "" && processStart(row.pid) !== row.process_start;
}

/** This boot of this machine and its process namespace: only inside it does a pid mean anything. Host names repeat. */
function machineName(): string {
  try {
    return `${hostname()}/${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()}/${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return `${hostname()}/${process.pid}`; // known to nobody else: only the lease decides
  }
}

/** Start time in clock ticks since boot (proc(5), stat field 22): tells a recycled pid from the old one. */
export function processStart(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
