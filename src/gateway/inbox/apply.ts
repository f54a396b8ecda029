import type { ClientBase } from "pg";
import { enterCompany, leaveCompany } from "../companies/tenant.ts";
import type { EventOutcome, InboxEvent } from "../event-handler.ts";
import type { Group } from "./group.ts";
import { afterHeldOver, afterOutcome, afterThrow, type RetryPolicy, type Settled } from "./outcome.ts";

/** So many events of one company failing one by one, none succeeding: it is the company or the handler, not the event. */
const failuresUntilHeldOver = 8;

export type ApplyRules = { readonly retries: RetryPolicy; readonly random: () => number };

/** What became of each event of a group, by id. An event that is absent was left untouched: an earlier one of its key is tried again. */
export type Results = ReadonlyMap<string, Settled>;

/**
 * Applies a group inside the open transaction: all at once if possible, otherwise by halves until the events that fail
 * stand alone. An event that fails leaves nothing behind and holds back the later ones of its key.
 */
export async function applyGroup(client: ClientBase, group: Group, rules: ApplyRules): Promise<Results> {
  const results = new Map<string, Settled>();
  const blockedKeys = new Set<string>();
  let failuresInARow = 0;

  const applyPart = async (events: readonly InboxEvent[]): Promise<void> => {
    const due = events.filter(({ orderingKey }) => !blockedKeys.has(orderingKey));
    const [first] = due;
    if (first === undefined) return;
    if (failuresInARow >= failuresUntilHeldOver) {
      for (const event of due) holdOver(event);
      return;
    }
    const outcomes = await tryAll(client, group, due);
    if (outcomes instanceof Error) {
      if (due.length === 1) {
        failuresInARow += 1;
        settle(first, afterThrow(outcomes));
        return;
      }
      const middle = Math.ceil(due.length / 2);
      await applyPart(due.slice(0, middle));
      await applyPart(due.slice(middle));
      return;
    }
    if (hasPassed(due, outcomes)) {
      // An outcome that blocks its key came before effects of the same key: taken back and done one by one.
      await client.query("rollback to savepoint part; release savepoint part");
      for (const event of due) await applyPart([event]);
      return;
    }
    await client.query("release savepoint part");
    failuresInARow = 0;
    for (const [index, event] of due.entries()) settle(event, outcomes[index] ?? { kind: "later", why: "no outcome" });
  };
  const settle = (event: InboxEvent, outcome: EventOutcome): void => {
    const settled = afterOutcome(outcome, event.attempts, rules.retries, rules.random());
    if (settled.status !== "done") blockedKeys.add(event.orderingKey);
    results.set(event.id, settled);
  };
  const holdOver = (event: InboxEvent): void => {
    if (blockedKeys.has(event.orderingKey)) return;
    blockedKeys.add(event.orderingKey);
    results.set(event.id, afterHeldOver(event.attempts, rules.retries, `every event of ${group.handler.name} fails here at the moment`));
  };

  await applyPart(group.events);
  return results;
}

/** Leaves the savepoint standing when the handler came through, for the caller to release or roll back. */
async function tryAll(
  client: ClientBase,
  { handler, companyId }: Group,
  events: readonly InboxEvent[],
): Promise<readonly EventOutcome[] | Error> {
  await client.query("savepoint part");
  try {
    await enterCompany(client, companyId);
    const outcomes = await handler.apply(events, client, companyId);
    if (outcomes.length !== events.length) throw new RangeError(`${handler.name}: ${outcomes.length} outcomes for ${events.length} events`);
    await leaveCompany(client);
    return outcomes;
  } catch (error) {
    await client.query("rollback to savepoint part; release savepoint part"); // takes the scope back as well
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** True when a later event of a key was applied although an earlier one in the same go was not. */
function hasPassed(events: readonly InboxEvent[], outcomes: readonly EventOutcome[]): boolean {
  const blocked = new Set<string>();
  return events.some(({ orderingKey }, index) => {
    if (blocked.has(orderingKey)) return true;
    const kind = outcomes[index]?.kind;
    if (kind === "later" || kind === "dead") blocked.add(orderingKey);
    return false;
  });
}
