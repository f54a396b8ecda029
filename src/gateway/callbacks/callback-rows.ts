import type { ClientBase, Pool } from "pg";
import { asEveryCompany } from "../companies/tenant.ts";
import type { Priority, Waiting } from "./promise.ts";

/** Epoch ms as a parameter of a statement. */
export const moment = (position: number): string => `to_timestamp($${position}::float8 / 1000)`;

type WaitingRow = {
  callback_id: string;
  company_id: string;
  phone: string;
  priority: Priority;
  attempts: number;
  opens_at: Date;
  not_before: Date;
  promised_by: Date;
};

const open = "('waiting', 'dialling', 'unclear')";
const rank = "array_position(array['urgent', 'high', 'normal'], priority)";

/** The order of dialling: by priority, first calls before repeated ones, then as promised. */
export const dialOrder = `${rank}, attempts, promised_by, created_at, callback_id`;

/** Everybody who waits or is being called, of all companies. */
export async function readWaiting(pool: Pool): Promise<Waiting[]> {
  return await asEveryCompany(pool, async (client) => {
    const { rows } = await client.query<WaitingRow>(
      `select callback_id, company_id, phone, priority, case when state = 'waiting' then attempts else greatest(attempts, 1) end as attempts,
         opens_at, not_before, promised_by
       from gateway.callback where state in ${open}`,
    );
    return rows.map(toWaiting);
  });
}

function toWaiting(row: WaitingRow): Waiting {
  return {
    callbackId: row.callback_id,
    companyId: row.company_id,
    phone: row.phone,
    priority: row.priority,
    attempts: row.attempts,
    opensAt: row.opens_at.getTime(),
    notBefore: row.not_before.getTime(),
    promisedBy: row.promised_by.getTime(),
  };
}

export type DueCallback = {
  readonly callbackId: string;
  readonly companyId: string;
  readonly branchId: string | undefined;
  readonly phone: string;
  readonly name: string | undefined;
  readonly wish: string | undefined;
  readonly reason: string;
  readonly attempts: number;
  readonly createdAt: number;
};

type DueRow = {
  callback_id: string;
  company_id: string;
  branch_id: string | null;
  phone: string;
  name: string | null;
  wish: string | null;
  reason: string;
  attempts: number;
  created_at: Date;
};

/** Those who may be dialled now, in the order of dialling, locked for this transaction; locked ones of others are left out. */
export async function lockDue(client: ClientBase, now: number, limit: number): Promise<DueCallback[]> {
  const { rows } = await client.query<DueRow>(
    `select callback_id, company_id, branch_id, phone, name, wish, reason, attempts, created_at
     from gateway.callback where state = 'waiting' and not_before <= ${moment(1)}
     order by ${dialOrder} limit $2 for update skip locked`,
    [now, limit],
  );
  return rows.map((row) => ({
    callbackId: row.callback_id,
    companyId: row.company_id,
    branchId: row.branch_id ?? undefined,
    phone: row.phone,
    name: row.name ?? undefined,
    wish: row.wish ?? undefined,
    reason: row.reason,
    attempts: row.attempts,
    createdAt: row.created_at.getTime(),
  }));
}

/** Not now: the branch is closed. */
export async function postpone(client: ClientBase, callbackId: string, notBefore: number): Promise<void> {
  await client.query(`update gateway.callback set not_before = ${moment(2)} where callback_id = $1`, [callbackId, notBefore]);
}

/** The caller rang again meanwhile and was served: nobody needs to call. */
export async function hasCalledAgain(client: ClientBase, { companyId, phone, createdAt }: DueCallback): Promise<boolean> {
  const { rowCount } = await client.query(
    `select 1 from gateway.call where company_id = $1 and from_number = $2 and direction = 'inbound' and state = 'ended'
       and failure is null and not is_dead_end and started_at > ${moment(3)} limit 1`,
    [companyId, phone, createdAt],
  );
  return rowCount !== 0;
}

export async function endCallback(
  client: ClientBase,
  callbackId: string,
  end: { readonly state: "reached" | "gave-up" | "cancelled"; readonly by: string; readonly at: number; readonly why?: string },
): Promise<boolean> {
  const { rowCount } = await client.query(
    `update gateway.callback set state = $2, ended_at = ${moment(3)}, ended_by = $4, last_error = coalesce($5, last_error)
     where callback_id = $1 and state in ${open}`,
    [callbackId, end.state, end.at, end.by, end.why ?? null],
  );
  return rowCount === 1;
}
