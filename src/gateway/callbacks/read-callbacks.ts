import type { ClientBase, Pool } from "pg";
import { asEveryCompany } from "../companies/tenant.ts";
import { dialOrder, endCallback, moment } from "./callback-rows.ts";

/** A callback as an operator sees it. Times: epoch ms UTC. */
export type ListedCallback = {
  readonly callbackId: string;
  readonly companyId: string;
  readonly phone: string;
  readonly name: string | undefined;
  readonly wish: string | undefined;
  readonly reason: string;
  readonly priority: string;
  readonly state: "waiting" | "dialling" | "unclear" | "reached" | "gave-up" | "cancelled";
  readonly promisedBy: number;
  readonly attempts: number;
  readonly lastError: string | undefined;
};

type Row = {
  callback_id: string;
  company_id: string;
  phone: string;
  name: string | null;
  wish: string | null;
  reason: string;
  priority: string;
  state: ListedCallback["state"];
  promised_by: Date;
  attempts: number;
  last_error: string | null;
};

const columns = "callback_id, company_id, phone, name, wish, reason, priority, state, promised_by, attempts, last_error";

export type CallbackFilter = { readonly companyId?: string; readonly endedSince?: number; readonly callbackId?: string };

/** Those still open in the order of dialling, then those that ended since a moment. */
export async function listCallbacks(pool: Pool, { companyId, endedSince, callbackId }: CallbackFilter): Promise<ListedCallback[]> {
  return await asEveryCompany(pool, async (client) => {
    const { rows } = await client.query<Row>(
      `select ${columns} from gateway.callback
       where ($1::text is null or company_id = $1) and ($3::text is null or callback_id = $3)
         and ($3::text is not null or ended_at is null or ended_at >= ${moment(2)})
       order by ended_at is not null, ${dialOrder}`,
      [companyId ?? null, endedSince ?? null, callbackId ?? null],
    );
    return rows.map((row) => ({
      callbackId: row.callback_id,
      companyId: row.company_id,
      phone: row.phone,
      name: row.name ?? undefined,
      wish: row.wish ?? undefined,
      reason: row.reason,
      priority: row.priority,
      state: row.state,
      promisedBy: row.promised_by.getTime(),
      attempts: row.attempts,
      lastError: row.last_error ?? undefined,
    }));
  });
}

/** What a person decides about a callback. `done`: called by hand; `retry`: looked up, nobody was called. */
export type Decision = {
  readonly kind: "cancel" | "done" | "retry";
  readonly by: string;
  readonly at: number;
  readonly why: string;
};

/**
 * Carries a decision out, unless the callback has changed meanwhile: then false, and nothing is changed.
 * A call that is under way cannot be taken back, so only what waits or is unclear is touched; `done` also takes what was given up.
 */
export async function decideCallback(pool: Pool, callbackId: string, { kind, by, at, why }: Decision): Promise<boolean> {
  return await asEveryCompany(pool, async (client) => {
    const state = await lockState(client, callbackId);
    if (!isDecidable(kind, state)) return false;
    if (kind === "cancel") return await endCallback(client, callbackId, { state: "cancelled", by, at, why });
    if (kind === "retry") {
      await client.query(
        `update gateway.callback set state = 'waiting', not_before = ${moment(2)}, last_error = $3 where callback_id = $1`,
        [callbackId, at, `${by}: ${why}`],
      );
      return true;
    }
    await client.query(
      `update gateway.callback set state = 'reached', kept_at = coalesce(kept_at, ${moment(2)}), ended_at = ${moment(2)}, ended_by = $3,
         last_error = $4 where callback_id = $1`,
      [callbackId, at, by, why],
    );
    return true;
  });
}

export function isDecidable(kind: Decision["kind"], state: ListedCallback["state"] | undefined): boolean {
  if (kind === "retry") return state === "unclear";
  return state === "waiting" || state === "unclear" || (kind === "done" && state === "gave-up");
}

async function lockState(client: ClientBase, callbackId: string): Promise<ListedCallback["state"] | undefined> {
  const { rows } = await client.query<{ state: ListedCallback["state"] }>(
    "select state from gateway.callback where callback_id = $1 for update",
    [callbackId],
  );
  return rows[0]?.state;
}
