import type pg from "pg";
import type { Vendor } from "../vendors/vendor.ts";
import { afterTime, nextBreaker, type Breaker, type BreakerEvent, type BreakerPhase, type BreakerPolicy } from "./breaker.ts";
import { timedQuery } from "../../kernel/timed-query.ts";

/** A breaker as the store has it. `at`: the database's clock when it was read, epoch ms; all processes share that clock. */
export type StoredBreaker = { readonly vendor: Vendor; readonly breaker: Breaker; readonly version: string; readonly at: number };

/** A database that hangs must not take the connections of everybody else with it. */
const queryLimitMs = 1500;
const timed = (text: string, values: unknown[]): pg.QueryConfig => timedQuery(text, values, queryLimitMs);

type BreakerRow = {
  vendor: Vendor;
  state: BreakerPhase["state"];
  since: number;
  trial_after: number | null;
  trial_owner: string | null;
  trial_until: number | null;
  forced_by: string | null;
  forced_reason: string | null;
  forced_until: number | null;
  calls: Breaker["calls"];
  open_count: number;
  last_failure: Breaker["lastFailure"] | null;
  last_slow: Breaker["lastSlow"] | null;
  version: string;
  at: number;
};

const epoch = (column: string): string => `(extract(epoch from ${column}) * 1000)::float8 as ${column}`;
const moment = (position: number): string => `to_timestamp($${position}::float8 / 1000)`;

const readAll = `
  select vendor, state, ${epoch("since")}, ${epoch("trial_after")}, trial_owner, ${epoch("trial_until")}, forced_by, forced_reason,
    ${epoch("forced_until")}, calls, open_count, last_failure, last_slow, version, (extract(epoch from clock_timestamp()) * 1000)::float8 as at
  from gateway.breaker`;

const addMissing = `insert into gateway.breaker (vendor, state, since) select unnest($1::text[]), 'closed', now() on conflict do nothing`;

// One statement: the change and its record are written together or not at all.
const writeOne = `
  with changed as (
    update gateway.breaker set state = $3::text, since = ${moment(4)}, trial_after = ${moment(5)}, trial_owner = $6, trial_until = ${moment(7)},
      forced_by = $8, forced_reason = $9, forced_until = ${moment(10)}, calls = $11, open_count = $12, last_failure = $13, last_slow = $14,
      version = version + 1, changed_at = now()
    where vendor = $1 and version = $2 returning vendor
  ), recorded as (
    insert into gateway.breaker_change (vendor, at, from_state, to_state, why, made_by, reason)
    select vendor, clock_timestamp(), $15::text, $3::text, $16::text, $17::text, $18::text from changed
    where $15::text <> $3::text or $17::text is not null
  ), forgotten as (
    delete from gateway.breaker_change where at < now() - interval '90 days'
  )
  select vendor from changed`;

export async function addBreakers(pool: pg.Pool, vendors: readonly Vendor[]): Promise<void> {
  await pool.query(timed(addMissing, [vendors]));
}

export async function readBreakers(pool: pg.Pool): Promise<StoredBreaker[]> {
  const { rows } = await pool.query<BreakerRow>(timed(readAll, []));
  return rows.map(fromRow);
}

/**
 * Lets events happen to one breaker, all or none, whoever else writes at the same time: read, decide, write if nobody was faster.
 * Returns what stands in the store afterwards.
 */
export async function applyEvents(
  pool: pg.Pool,
  vendor: Vendor,
  events: readonly BreakerEvent[],
  policy: BreakerPolicy,
): Promise<StoredBreaker> {
  for (;;) {
    const { rows } = await pool.query<BreakerRow>(timed(`${readAll} where vendor = $1`, [vendor]));
    if (rows[0] === undefined) {
      await addBreakers(pool, [vendor]);
      continue;
    }
    const found = fromRow(rows[0]);
    const breaker = events.reduce((before, event) => nextBreaker(before, event, found.at, policy), afterTime(found.breaker, found.at));
    if (breaker === found.breaker) return found;
    const values = [vendor, found.version, ...toColumns(breaker), found.breaker.phase.state, ...recordOf(breaker, events)];
    const { rowCount } = await pool.query(timed(writeOne, values));
    if (rowCount === 1) return { ...found, breaker, version: String(Number(found.version) + 1) };
  }
}

/** Why it changed, who did it and what for: the last event that was made by hand, else what the calls said. */
function recordOf(breaker: Breaker, events: readonly BreakerEvent[]): [why: string, by: string | null, reason: string | null] {
  for (const event of events.toReversed()) {
    if ("forced" in event) return [event.kind, event.forced.by, event.forced.reason];
    if ("by" in event) return [event.kind, event.by, "reason" in event ? event.reason : "why" in event ? event.why : null];
  }
  const why = breaker.phase.state === "open" ? (breaker.lastFailure?.why ?? "slow") : (events.at(-1)?.kind ?? "time");
  return [why, null, null];
}

function toColumns({ phase, calls, openCount, lastFailure, lastSlow }: Breaker): unknown[] {
  const trial = phase.state === "half-open" ? phase.trial : undefined;
  const forced = "forced" in phase ? phase.forced : undefined;
  return [
    phase.state,
    phase.since,
    phase.state === "open" ? phase.trialAfter : null,
    trial?.owner ?? null,
    trial?.until ?? null,
    forced?.by ?? null,
    forced?.reason ?? null,
    forced?.until ?? null,
    JSON.stringify(calls),
    openCount,
    lastFailure === undefined ? null : JSON.stringify(lastFailure),
    lastSlow === undefined ? null : JSON.stringify(lastSlow),
  ];
}

function fromRow(row: BreakerRow): StoredBreaker {
  const { vendor, version, at } = row;
  return {
    vendor,
    version,
    at,
    breaker: {
      phase: phaseOf(row),
      calls: row.calls,
      openCount: row.open_count,
      ...(row.last_failure === null ? {} : { lastFailure: row.last_failure }),
      ...(row.last_slow === null ? {} : { lastSlow: row.last_slow }),
    },
  };
}

/** A row that lost a part of its state is read as "open, to be tried": never as closed, never as forced for ever. */
function phaseOf(row: BreakerRow): BreakerPhase {
  const { since } = row;
  const forced =
    row.forced_until === null ? undefined : { by: row.forced_by ?? "?", reason: row.forced_reason ?? "?", until: row.forced_until };
  const trial = row.trial_owner === null || row.trial_until === null ? undefined : { owner: row.trial_owner, until: row.trial_until };
  switch (row.state) {
    case "closed":
      return { state: "closed", since };
    case "open":
      return { state: "open", since, trialAfter: row.trial_after ?? since };
    case "half-open":
      return { state: "half-open", since, ...(trial === undefined ? {} : { trial }), ...(forced === undefined ? {} : { forced }) };
    case "isolated":
      return forced === undefined ? { state: "open", since, trialAfter: since } : { state: "isolated", since, forced };
  }
}
