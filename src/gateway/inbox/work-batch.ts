import type { PoolClient } from "pg";
import type { EventHandler, InboxEvent } from "../event-handler.ts";
import type { Gateway } from "../gateway.ts";
import { applyGroup, type ApplyRules } from "./apply.ts";
import { claimEvents } from "./claim.ts";
import { groupEvents } from "./group.ts";
import { afterOutcome, afterUnresolved } from "./outcome.ts";
import { settleEvents, type SettledEvent } from "./settle.ts";
import { reportUnknownShape, reportUnresolved } from "./report.ts";

/** What one transaction did. `looked`: events it had in hand, applied or not. */
export type Batch = { readonly looked: number; readonly heldBack: number; readonly settled: readonly SettledEvent[] };

type Part = Pick<Gateway, "directory" | "report">;

/**
 * Claims due events, applies them and writes their outcome, all in the one transaction of the caller: either an effect
 * and its mark are both there, or neither.
 */
export async function workBatch(
  client: PoolClient,
  { directory, report }: Part,
  handlers: readonly EventHandler[],
  rules: ApplyRules & { readonly limit: number },
): Promise<{ batch: Batch; tell(): void }> {
  const { events, heldBack } = await claimEvents(client, rules.limit);
  const { groups, unhandled, unresolved } = groupEvents(events, handlers, directory);
  const settled: SettledEvent[] = [];
  const add = (event: InboxEvent, made: SettledEvent["settled"], companyId?: string): void =>
    void settled.push({ id: event.id, companyId, settled: made });
  for (const event of unhandled) {
    add(event, afterOutcome({ kind: "unknown-shape", why: `no handler for ${event.eventType}` }, event.attempts, rules.retries, 0));
  }
  for (const event of unresolved) add(event, afterUnresolved(event.attempts));
  const strange: InboxEvent[] = [];
  for (const group of groups) {
    const results = await applyGroup(client, group, rules);
    for (const event of group.events) {
      const result = results.get(event.id);
      if (result === undefined) continue;
      add(event, result, group.companyId);
      if (result.outcome === "unknown-shape") strange.push(event);
    }
  }
  await settleEvents(client, settled);
  // Findings are told only after the commit: what was rolled back has not happened.
  const tell = (): void => {
    for (const event of unresolved) reportUnresolved(report, event);
    for (const event of [...unhandled, ...strange]) reportUnknownShape(report, event);
  };
  return { batch: { looked: events.length + heldBack, heldBack, settled }, tell };
}
