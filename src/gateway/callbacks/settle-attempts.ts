import type { ClientBase } from "pg";
import { hours, minutes, seconds } from "../../kernel/clock.ts";
import { asEveryCompany } from "../companies/tenant.ts";
import { endAttempt, noteHanded, noteNotDialled, noteUnclear, operationOf, readAttempts, waitAgain, type Attempt } from "./attempt-rows.ts";
import { endCallback } from "./callback-rows.ts";
import { afterMissed, decideOutcome } from "./decide-outcome.ts";
import type { DialGround } from "./dial-callbacks.ts";
import type { CallOutcome, DialLine } from "./line.ts";
import { hoursOf, nextOpenAt } from "./opening.ts";

/** The one who intended it sends within 20 s and waits 20 s for the answer; the vendor lists it some seconds later. */
export const doubtfulAfterMs = seconds(60);
/** So long a vendor that does not answer is asked again before a person has to look. */
export const unclearAfterMs = minutes(15);
/** Events of a call that has ended come within seconds; without them the vendor is asked. */
const askedAfterMs = minutes(10);
/** Longer than any conversation lasts. */
const lostAfterMs = hours(3);
const askedPerRun = 5;

/**
 * Finds out what became of calls: those that were intended and not noted as handed over, by our own id at the vendor, and
 * those that were handed over, by their events or, when none came, by asking. What cannot be told is left to a person.
 */
export async function settleAttempts(ground: DialGround, line: DialLine, signal: AbortSignal): Promise<void> {
  const { clock, pool } = ground;
  const now = clock.now();
  const [doubtful, handed] = await asEveryCompany(pool, async (client) => [
    await readAttempts(client, "intended", now - doubtfulAfterMs),
    await readAttempts(client, "handed", now),
  ]);
  for (const attempt of doubtful.slice(0, askedPerRun)) await settleIntended(ground, line, attempt, signal);
  for (const attempt of handed.filter(({ endedBecause }) => endedBecause !== undefined)) {
    await settleOutcome(ground, attempt, decideOutcome(attempt.endedBecause ?? ""));
  }
  const silent = handed.filter(({ endedBecause, handedAt = now }) => endedBecause === undefined && now - handedAt >= askedAfterMs);
  for (const attempt of silent.slice(0, askedPerRun)) await askOutcome(ground, line, attempt, signal);
}

async function settleIntended(ground: DialGround, line: DialLine, attempt: Attempt, signal: AbortSignal): Promise<void> {
  const { clock, pool } = ground;
  let providerId: string | undefined;
  try {
    providerId = await line.find({ operationId: operationOf(attempt), companyId: attempt.companyId }, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    if (clock.now() - attempt.intendedAt >= unclearAfterMs) await leaveToPerson(ground, attempt, "cannot-be-told");
    return;
  }
  const now = clock.now();
  await asEveryCompany(pool, async (client) => {
    if (providerId !== undefined) await noteHanded(client, attempt, providerId, attempt.intendedAt);
    else await noteNotDialled(client, attempt, { why: "never-left", at: now, notBefore: now, isCounted: false });
  });
}

async function askOutcome(ground: DialGround, line: DialLine, attempt: Attempt, signal: AbortSignal): Promise<void> {
  const { clock } = ground;
  const isLost = clock.now() - attempt.intendedAt >= lostAfterMs;
  try {
    const outcome = await line.outcomeOf({ companyId: attempt.companyId, providerId: attempt.providerId ?? "" }, signal);
    if (outcome !== undefined) await settleOutcome(ground, attempt, outcome);
    else if (isLost) await leaveToPerson(ground, attempt, "never-ended");
  } catch (error) {
    if (signal.aborted) throw error;
    if (isLost) await leaveToPerson(ground, attempt, "cannot-be-told");
  }
}

async function leaveToPerson({ clock, pool, report }: DialGround, attempt: Attempt, why: string): Promise<void> {
  await asEveryCompany(pool, (client) => noteUnclear(client, attempt, why, clock.now()));
  report({ kind: "callback-unclear", companyId: attempt.companyId, subject: attempt.callbackId, data: { why } });
}

async function settleOutcome(ground: DialGround, attempt: Attempt, outcome: CallOutcome): Promise<void> {
  const { clock, pool, report } = ground;
  const now = clock.now();
  const isGivenUp = await asEveryCompany(pool, async (client) => await writeOutcome(client, ground, attempt, outcome, now));
  if (isGivenUp) report({ kind: "callback-gave-up", companyId: attempt.companyId, subject: attempt.callbackId });
}

async function writeOutcome(client: ClientBase, ground: DialGround, attempt: Attempt, outcome: CallOutcome, now: number): Promise<boolean> {
  const { callbackId, companyId, branchId, attempts } = attempt;
  if (outcome.kind === "reached") {
    await endAttempt(client, attempt, "reached", now);
    await endCallback(client, callbackId, { state: "reached", by: "retell", at: now });
    return false;
  }
  await endAttempt(client, attempt, "missed", now, outcome.why);
  const company = ground.directory.company(companyId);
  const { hours: opening } = hoursOf(company, branchId);
  const next = afterMissed(attempts, now, ground.settings.callbacks, (at) => nextOpenAt(opening, company?.timeZone ?? ground.timeZone, at));
  if (next.kind === "give-up") return await endCallback(client, callbackId, { state: "gave-up", by: "retell", at: now, why: outcome.why });
  await waitAgain(client, callbackId, next.notBefore, outcome.why);
  return false;
}
