import type { ClientBase } from "pg";
import { moment } from "./callback-rows.ts";

export type Attempt = {
  readonly callbackId: string;
  readonly companyId: string;
  readonly branchId: string | undefined;
  readonly number: number;
  readonly intendedAt: number;
  readonly handedAt: number | undefined;
  readonly providerId: string | undefined;
  /** Attempts of the callback that count, this one included. */
  readonly attempts: number;
  /** How the call ended according to its events; absent while they say nothing. */
  readonly endedBecause: string | undefined;
};

/** Known to the vendor by this; the same whenever it is asked. */
export function operationOf({ callbackId, number }: Pick<Attempt, "callbackId" | "number">): string {
  return `${callbackId}.${number}`;
}

/** The last moment at which somebody was about to be dialled; 0 = never. */
export async function readLastIntention(client: ClientBase): Promise<number> {
  const { rows } = await client.query<{ at: Date | null }>("select max(intended_at) as at from gateway.callback_attempt");
  return rows[0]?.at?.getTime() ?? 0;
}

/** Writes down that a callback is about to be dialled; returns the number of the attempt. */
export async function intendAttempt(client: ClientBase, callbackId: string, companyId: string, now: number): Promise<number> {
  await client.query("update gateway.callback set state = 'dialling', attempts = attempts + 1 where callback_id = $1", [callbackId]);
  const { rows } = await client.query<{ number: number }>(
    `insert into gateway.callback_attempt (company_id, callback_id, number, intended_at, state)
     select $1, $2, coalesce(max(number), 0) + 1, ${moment(3)}, 'intended' from gateway.callback_attempt where callback_id = $2
     returning number`,
    [companyId, callbackId, now],
  );
  return rows[0]?.number ?? 1;
}

type AttemptKey = Pick<Attempt, "callbackId" | "number">;

/**
 * The vendor has it. False when somebody else had judged this attempt meanwhile: the call goes on all the same, so the
 * callback is taken back from the line before it is dialled once more.
 */
export async function noteHanded(
  client: ClientBase,
  { callbackId, number }: AttemptKey,
  providerId: string,
  handedAt: number,
): Promise<boolean> {
  const { rows } = await client.query<{ state: string }>(
    "select state from gateway.callback_attempt where callback_id = $1 and number = $2 for update",
    [callbackId, number],
  );
  const before = rows[0]?.state;
  await client.query(
    `update gateway.callback_attempt set state = 'handed', provider_id = $3, handed_at = ${moment(4)}, ended_at = null, error = null
     where callback_id = $1 and number = $2 and state in ('intended', 'failed', 'unknown')`,
    [callbackId, number, providerId, handedAt],
  );
  await client.query(
    `update gateway.callback set kept_at = coalesce(kept_at, ${moment(2)}),
       attempts = case when state = 'waiting' then attempts + 1 else attempts end,
       state = case when state in ('waiting', 'unclear') then 'dialling' else state end
     where callback_id = $1`,
    [callbackId, handedAt],
  );
  return before === "intended";
}

/** Nobody was rung up: the callback waits again. An attempt that was the line's fault is not counted. */
export async function noteNotDialled(
  client: ClientBase,
  { callbackId, number }: AttemptKey,
  fault: { readonly why: string; readonly at: number; readonly notBefore: number; readonly isCounted: boolean },
): Promise<void> {
  await endAttempt(client, { callbackId, number }, "failed", fault.at, fault.why);
  await client.query(
    `update gateway.callback set state = 'waiting', attempts = attempts - $2, not_before = ${moment(3)}, last_error = $4
     where callback_id = $1 and state = 'dialling'`,
    [callbackId, fault.isCounted ? 0 : 1, fault.notBefore, fault.why],
  );
}

/** Whether somebody was rung up cannot be told: a person decides. */
export async function noteUnclear(client: ClientBase, { callbackId, number }: AttemptKey, why: string, at: number): Promise<void> {
  await endAttempt(client, { callbackId, number }, "unknown", at, why);
  await client.query("update gateway.callback set state = 'unclear', last_error = $2 where callback_id = $1 and state = 'dialling'", [
    callbackId,
    why,
  ]);
}

export async function endAttempt(
  client: ClientBase,
  { callbackId, number }: AttemptKey,
  state: "reached" | "missed" | "failed" | "unknown",
  at: number,
  why?: string,
): Promise<void> {
  await client.query(
    `update gateway.callback_attempt set state = $3, ended_at = ${moment(4)}, error = $5 where callback_id = $1 and number = $2`,
    [callbackId, number, state, at, why?.slice(0, 300) ?? null],
  );
}

export async function waitAgain(client: ClientBase, callbackId: string, notBefore: number, why: string): Promise<void> {
  await client.query(
    `update gateway.callback set state = 'waiting', not_before = ${moment(2)}, last_error = $3 where callback_id = $1 and state = 'dialling'`,
    [callbackId, notBefore, why],
  );
}

type AttemptRow = {
  callback_id: string;
  company_id: string;
  branch_id: string | null;
  number: number;
  intended_at: Date;
  handed_at: Date | null;
  provider_id: string | null;
  attempts: number;
  ended_because: string | null;
};

/** Attempts in one state that began before a moment, oldest first, with what the call's own events say. */
export async function readAttempts(client: ClientBase, state: "intended" | "handed", before: number): Promise<Attempt[]> {
  const { rows } = await client.query<AttemptRow>(
    `select attempt.callback_id, attempt.company_id, callback.branch_id, attempt.number, attempt.intended_at, attempt.handed_at,
       attempt.provider_id, callback.attempts,
       case when call.state in ('ended', 'failed') and not call.is_closed_by_us
            then coalesce(call.disconnection_reason, call.failure, call.state) end as ended_because
     from gateway.callback_attempt attempt join gateway.callback callback using (callback_id)
     left join gateway.call call on call.call_id = attempt.provider_id
     where attempt.state = $1 and attempt.intended_at <= ${moment(2)} order by attempt.intended_at limit 200`,
    [state, before],
  );
  return rows.map((row) => ({
    callbackId: row.callback_id,
    companyId: row.company_id,
    branchId: row.branch_id ?? undefined,
    number: row.number,
    intendedAt: row.intended_at.getTime(),
    handedAt: row.handed_at?.getTime(),
    providerId: row.provider_id ?? undefined,
    attempts: row.attempts,
    endedBecause: row.ended_because ?? undefined,
  }));
}
