import type { Pool } from "pg";
import { minutes, type Clock } from "../../kernel/clock.ts";
import { asEveryCompany } from "../companies/tenant.ts";
import type { Gateway } from "../gateway.ts";
import { moment } from "./callback-rows.ts";

/** How long before its end a promise is said to be breaking: a person still has time to call. Never before half of it. */
export const breakingLeadMs = minutes(5);

/** Half of a promise is counted from when the branch is open, not from the night before. */
export const promiseStart = "greatest(promised_at, least(opens_at, promised_by))";
const halfOver = `${promiseStart} + (promised_by - ${promiseStart}) / 2`;
/** When a person is told that it is about to break: five minutes before, in a short promise half of it. */
export const breakingFrom = `greatest(promised_by - interval '${breakingLeadMs} milliseconds', ${halfOver})`;
/** Promised and not yet called. */
export const unkept = "state in ('waiting', 'dialling', 'unclear') and kept_at is null";

/**
 * Raises promises that have used up half of their time, and those about to break, each once. What is raised is committed
 * with the mark, so that a crash raises it again rather than never.
 */
export async function watchPromises({ clock, report }: Pick<Gateway, "clock" | "report">, pool: Pool): Promise<void> {
  const now = clock.now();
  const raised = await asEveryCompany(pool, async (client) => {
    const half = await client.query<{ callback_id: string; company_id: string }>(
      `select callback_id, company_id from gateway.callback where ${unkept} and raised_half_at is null and ${halfOver} <= ${moment(1)}`,
      [now],
    );
    const breaking = await client.query<{ callback_id: string; company_id: string }>(
      `select callback_id, company_id from gateway.callback where ${unkept} and raised_at is null and ${breakingFrom} <= ${moment(1)}`,
      [now],
    );
    return { half: half.rows, breaking: breaking.rows };
  });
  for (const row of raised.half) report({ kind: "promise-half", companyId: row.company_id, subject: row.callback_id });
  for (const row of raised.breaking) report({ kind: "promise-breaking", companyId: row.company_id, subject: row.callback_id });
  if (raised.half.length + raised.breaking.length === 0) return;
  await asEveryCompany(pool, async (client) => {
    const ids = (rows: readonly { callback_id: string }[]): string[] => rows.map(({ callback_id: id }) => id);
    await client.query(`update gateway.callback set raised_half_at = ${moment(2)} where callback_id = any($1)`, [ids(raised.half), now]);
    await client.query(`update gateway.callback set raised_at = ${moment(2)} where callback_id = any($1)`, [ids(raised.breaking), now]);
  });
}

/** Numbers, names and wishes of callbacks that ended longer ago than `keptMs` go; the figures stay. Returns how many. */
export async function maskEndedCallbacks(pool: Pool, clock: Clock, keptMs: number): Promise<number> {
  return await asEveryCompany(pool, async (client) => {
    const { rowCount } = await client.query(
      `update gateway.callback set phone = 'masked-' || callback_id, name = null, wish = null, recording_sid = null, customer_id = null
       where ended_at < ${moment(1)} and phone not like 'masked-%'`,
      [clock.now() - keptMs],
    );
    return rowCount ?? 0;
  });
}
