import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import type pg from "pg";
import type { Clock } from "../clock.ts";

export const leaseTables = `
create table ampel.executor (
  id text primary key,
  host text not null,
  pid integer not null,
  process_start text not null,
  beat timestamptz not null default now()
);
create table ampel.step_intent (
  key text primary key,
  executor text not null,
  attempts integer not null default 1,
  first_at timestamptz not null default now()
);`;

/** A process that has not beaten for this long is dead; its runs go to another. */
export const leaseMs = 5000;
const beatMs = 1000;
/** A process that was not scheduled for this long may have been declared dead, so it ends itself. */
const frozenMs = leaseMs - 1000;

export type Lease = {
  readonly executorId: string;
  /** @throws when this process was frozen: what it believes to own may belong to another by now. */
  assertHeld(): void;
  release(): Promise<void>;
};

export type LeaseDuties = {
  /** Called with the ids of dead executors; must take over their runs. Racing callers are the callee's concern. */
  takeOver(executorIds: readonly string[]): Promise<void>;
  /** The lease is lost: end the process, whoever supervises it starts a fresh one. */
  onLost(reason: string): void;
};

/**
 * Says "I am alive" once a second on the database's clock and looks for those who no longer do.
 * While the database is away nobody can take anything over, so an outage alone ends no process.
 */
export async function holdLease(pool: pg.Pool, executorId: string, clock: Clock, duties: LeaseDuties): Promise<Lease> {
  const me = [executorId, hostname(), process.pid, processStart(process.pid) ?? ""];
  await pool.query("insert into ampel.executor (id, host, pid, process_start) values ($1, $2, $3, $4)", me);
  let ranAtMs = clock.monotonicMs();
  let healthySinceMs = clock.monotonicMs();
  let isReleased = false;

  const wasFrozen = (): boolean => clock.monotonicMs() - ranAtMs > frozenMs;
  const tick = async (): Promise<void> => {
    if (isReleased) return;
    if (wasFrozen()) return duties.onLost("frozen");
    ranAtMs = clock.monotonicMs();
    try {
      const { rowCount } = await pool.query("update ampel.executor set beat = clock_timestamp() where id = $1", [executorId]);
      if (rowCount === 0 && !isReleased) return duties.onLost("declared dead");
      await reap();
    } catch {
      healthySinceMs = clock.monotonicMs();
    }
  };
  const reap = async (): Promise<void> => {
    const { rows } = await pool.query<{ id: string; host: string; pid: number; process_start: string; is_stale: boolean }>(
      "select id, host, pid, process_start, beat < clock_timestamp() - make_interval(secs => $2) as is_stale from ampel.executor where id <> $1",
      [executorId, leaseMs / 1000],
    );
    // After an outage everybody looks dead: they get one lease time to report before anybody is buried.
    const mayBury = clock.monotonicMs() - healthySinceMs > leaseMs;
    const dead = rows.filter((row) => (row.is_stale && mayBury) || hasEnded(row)).map((row) => row.id);
    if (dead.length === 0) return;
    await duties.takeOver(dead);
    await pool.query("delete from ampel.executor where id = any($1)", [dead]);
  };

  // Not setInterval: a tick that waits for the database must not pile up behind itself.
  let timer: NodeJS.Timeout | undefined;
  const loop = async (): Promise<void> => {
    // A query that hangs in a half-dead connection must not look like a frozen process.
    const pulse = setInterval(() => {
      if (!wasFrozen()) ranAtMs = clock.monotonicMs();
    }, beatMs / 2);
    await tick();
    clearInterval(pulse);
    if (!isReleased) timer = setTimeout(() => void loop(), beatMs);
  };
  void loop();

  return {
    executorId,
    assertHeld: () => {
      if (!wasFrozen()) return;
      duties.onLost("frozen");
      throw new Error(`executor ${executorId} was frozen and may have been declared dead`);
    },
    release: async () => {
      isReleased = true;
      clearTimeout(timer);
      await pool.query("delete from ampel.executor where id = $1", [executorId]).catch(() => {});
    },
  };
}

/** True when the process is known to be gone: same machine, and no process with that pid and start time. */
function hasEnded(row: { host: string; pid: number; process_start: string }): boolean {
  return row.host === hostname() && row.process_start !== "" && processStart(row.pid) !== row.process_start;
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
