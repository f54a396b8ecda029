import type pg from "pg";
import { seconds, type Clock } from "../../kernel/clock.ts";
import { timedQuery } from "../../kernel/timed-query.ts";

/** One of all processes on a database is the leader. */
export type LeaderLease = {
  /** True while this process may act as the leader, by its own clock that never jumps. */
  isHeld(): boolean;
  /** Aborted when the lease is lost; a new one comes with the next lease. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
};

/** A dead leader's place is taken after at most `leaseMs + beatMs`, under ten seconds. */
const leaseMs = seconds(6);
const beatMs = seconds(2);

/**
 * A row, not an advisory lock: a process that hangs, or a host that vanishes without closing its connection, loses a row's
 * lease by time alone. The database's clock decides for all; each holder counts a little short of it.
 */
export function openLeaderLease({
  pool,
  clock,
  owner,
  name = "leader",
}: {
  readonly pool: pg.Pool;
  readonly clock: Clock;
  readonly owner: string;
  readonly name?: string;
}): LeaderLease {
  const stopping = new AbortController();
  let lost = new AbortController();
  let heldUntilMs = -Infinity;

  const beat = async (): Promise<void> => {
    const askedMs = clock.monotonicMs();
    const text = `
      insert into gateway.cursor (name, value, changed_at) values ($1, jsonb_build_object('owner', $2::text), clock_timestamp())
      on conflict (name) do update set value = excluded.value, changed_at = excluded.changed_at
      where gateway.cursor.value ->> 'owner' = $2 or gateway.cursor.changed_at < clock_timestamp() - make_interval(secs => $3)`;
    const { rowCount } = await pool.query(timedQuery(text, [name, owner, leaseMs / 1000], beatMs));
    if (rowCount === 1) {
      // Counted from before the question: the row's time is later than that.
      heldUntilMs = askedMs + leaseMs - 500;
      if (lost.signal.aborted) lost = new AbortController();
    } else drop();
  };
  const drop = (): void => {
    heldUntilMs = -Infinity;
    lost.abort(new Error("another process leads"));
  };
  const rounds = (async () => {
    while (!stopping.signal.aborted) {
      await beat().catch(() => {}); // away: the lease runs out by itself
      if (clock.monotonicMs() >= heldUntilMs) drop();
      await clock.sleep(beatMs, stopping.signal).catch(() => {});
    }
  })();
  return {
    isHeld: () => clock.monotonicMs() < heldUntilMs,
    get lost() {
      return lost.signal;
    },
    release: async () => {
      stopping.abort();
      await rounds;
      drop();
      const text = "delete from gateway.cursor where name = $1 and value ->> 'owner' = $2";
      await pool.query(timedQuery(text, [name, owner], beatMs)).catch(() => {});
    },
  };
}
