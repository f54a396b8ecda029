import type { ClientBase, Pool } from "pg";
import { hours, seconds } from "../../kernel/clock.ts";
import { asEveryCompany } from "../companies/tenant.ts";
import type { Gateway } from "../gateway.ts";
import { intendAttempt, noteHanded, noteNotDialled, operationOf, readLastIntention } from "./attempt-rows.ts";
import { endCallback, hasCalledAgain, lockDue, postpone, type DueCallback } from "./callback-rows.ts";
import { NotDialled, type DialLine, type DialOrder } from "./line.ts";
import { hoursOf, nextOpenAt } from "./opening.ts";

export type DialGround = Pick<Gateway, "clock" | "settings" | "directory" | "timeZone" | "report"> & { readonly pool: Pool };

/** Serialises the decision who is next, over all processes. */
const dialLock = 7_301;
const lookedAtOnce = 50;
/** Whoever was held up this long between the intent and the call leaves it: somebody else may be settling it already. */
export const longestHesitationMs = seconds(20);

/**
 * Dials the next callback, if the rate allows one: at most one call per run. The intent is committed before the call leaves,
 * so that a crash in between is found by `settleAttempts` and nobody is called twice for it. Returns whether one was dialled.
 */
export async function dialNext(ground: DialGround, line: DialLine, signal: AbortSignal): Promise<boolean> {
  const { clock, pool, settings, report } = ground;
  const decidedMs = clock.monotonicMs();
  const order = await asEveryCompany(pool, (client) => intendNext(client, ground, line));
  if (order === undefined) return false;
  if (clock.monotonicMs() - decidedMs > longestHesitationMs) return false;
  const attempt = { callbackId: order.callbackId, number: order.number };
  try {
    const providerId = await line.dial(order, signal);
    const isOurs = await asEveryCompany(pool, (client) => noteHanded(client, attempt, providerId, clock.now()));
    if (!isOurs) report({ kind: "callback-judged-twice", companyId: order.companyId, subject: order.callbackId });
    return true;
  } catch (error) {
    // Anything but a certain no stays as intended: a look at the vendor tells, not a second call.
    if (!(error instanceof NotDialled)) throw error;
    const now = clock.now();
    const notBefore = now + (error.isLineDown ? seconds(30) : settings.callbacks.pause);
    await asEveryCompany(pool, (client) =>
      noteNotDialled(client, attempt, { why: error.message, at: now, notBefore, isCounted: !error.isLineDown }),
    );
    report({ kind: "callback-not-dialled", companyId: order.companyId, subject: order.callbackId, data: { isLineDown: error.isLineDown } });
    return false;
  }
}

type IntendedOrder = DialOrder & { readonly callbackId: string; readonly number: number };

async function intendNext(client: ClientBase, ground: DialGround, line: DialLine): Promise<IntendedOrder | undefined> {
  const { clock, settings } = ground;
  await client.query("select pg_advisory_xact_lock($1)", [dialLock]);
  const now = clock.now();
  const gapMs = hours(1) / settings.callbacks.perHour;
  const sinceLastMs = now - (await readLastIntention(client));
  // A clock that was set back must not silence the dialler.
  if (sinceLastMs < gapMs && sinceLastMs > -gapMs) return undefined;
  for (const due of await lockDue(client, now, lookedAtOnce)) {
    if (!(await isToBeDialled(client, due, ground, line))) continue;
    const number = await intendAttempt(client, due.callbackId, due.companyId, now);
    const { callbackId, companyId, branchId, phone } = due;
    return {
      callbackId,
      number,
      operationId: operationOf({ callbackId, number }),
      companyId,
      ...(branchId === undefined ? {} : { branchId }),
      to: phone,
      variables: describeWish(due),
    };
  }
  return undefined;
}

async function isToBeDialled(client: ClientBase, due: DueCallback, ground: DialGround, line: DialLine): Promise<boolean> {
  const { clock, directory, timeZone, report, settings } = ground;
  const now = clock.now();
  const { callbackId, companyId, branchId } = due;
  const company = directory.company(companyId);
  const openAt = nextOpenAt(hoursOf(company, branchId).hours, company?.timeZone ?? timeZone, now);
  if (openAt !== now) {
    await postpone(client, callbackId, openAt ?? now + hours(24));
    return false;
  }
  if (await hasCalledAgain(client, due)) {
    await endCallback(client, callbackId, { state: "cancelled", by: "called-again", at: now });
    return false;
  }
  if (line.isHeld(companyId)) {
    await postpone(client, callbackId, now + seconds(30));
    return false;
  }
  if (line.canDial({ companyId, ...(branchId === undefined ? {} : { branchId }) })) return true;
  report({ kind: "callback-no-line", companyId, subject: branchId ?? companyId });
  await postpone(client, callbackId, now + settings.callbacks.pause);
  return false;
}

/** What the agent knows when somebody picks up; Retell takes texts only. */
function describeWish({ name, wish, reason }: DueCallback): Record<string, string> {
  return { is_callback: "true", callback_reason: reason, callback_name: name ?? "", callback_wish: wish ?? "" };
}
