import type pg from "pg";
import type { Clock } from "../../kernel/clock.ts";
import type { GatewayFinding } from "../gateway.ts";
import { timedQuery } from "../../kernel/timed-query.ts";

export type FindingBook = {
  /** From memory; never waits and never throws. */
  report(finding: GatewayFinding): void;
  /** Kinds that came up since this process started, with how often; no subject, as whoever reads `/health` may be anybody. */
  counts(): Readonly<Record<string, number>>;
  /** Brings what is new into the database. @throws when it is away; nothing is lost then */
  flush(): Promise<void>;
};

type Waiting = GatewayFinding & { count: number; readonly firstAt: number; lastAt: number };

/** More different findings than this between two flushes are one thing said too often; they are still counted by kind. */
const mostWaiting = 2000;

/** Something a human should know, counted once per kind, company and subject. */
export function openFindingBook({
  pool,
  clock,
  onFinding,
}: {
  readonly pool: pg.Pool | undefined;
  readonly clock: Clock;
  onFinding?(finding: GatewayFinding): void;
}): FindingBook {
  const byKind = new Map<string, number>();
  let waiting = new Map<string, Waiting>();

  const note = (finding: Waiting): void => {
    const key = JSON.stringify([finding.kind, finding.companyId ?? "", finding.subject]);
    const known = waiting.get(key);
    if (known !== undefined) {
      known.count += finding.count;
      known.lastAt = Math.max(known.lastAt, finding.lastAt);
    } else if (waiting.size < mostWaiting) waiting.set(key, finding);
  };
  return {
    report: (finding) => {
      const at = clock.now();
      byKind.set(finding.kind, (byKind.get(finding.kind) ?? 0) + 1);
      note({ ...finding, subject: finding.subject.replaceAll("\u0000", "").slice(0, 200), count: 1, firstAt: at, lastAt: at });
      onFinding?.(finding);
    },
    counts: () => Object.fromEntries(byKind),
    flush: async () => {
      if (pool === undefined || waiting.size === 0) return;
      const taken = waiting;
      waiting = new Map();
      try {
        await insertFindings(pool, [...taken.values()]);
      } catch (error) {
        for (const finding of taken.values()) note(finding);
        throw error;
      }
    },
  };
}

/** Sorted, so that two processes that say the same take the rows in the same order. */
async function insertFindings(pool: pg.Pool, findings: readonly Waiting[]): Promise<void> {
  const rows = findings
    .map(({ kind, companyId = "", subject, data = {}, count, firstAt, lastAt }) => ({
      kind,
      companyId,
      subject,
      data,
      count,
      firstAt,
      lastAt,
    }))
    .sort((left, right) =>
      `${left.kind} ${left.companyId} ${left.subject}` < `${right.kind} ${right.companyId} ${right.subject}` ? -1 : 1,
    );
  const text = `
    insert into gateway.finding (kind, company_id, subject, data, first_at, last_at, count)
    select kind, "companyId", subject, data, to_timestamp("firstAt" / 1000.0), to_timestamp("lastAt" / 1000.0), count
    from json_to_recordset($1::json) as given (
      kind text, "companyId" text, subject text, data jsonb, "firstAt" float8, "lastAt" float8, count bigint)
    on conflict (kind, company_id, subject) do update set
      data = excluded.data, last_at = greatest(finding.last_at, excluded.last_at), count = finding.count + excluded.count, cleared_at = null`;
  await pool.query(timedQuery(text, [JSON.stringify(rows)], 5000));
}
