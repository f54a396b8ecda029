import type { EventHandler, InboxEvent } from "../event-handler.ts";
import type { Directory } from "../companies/directory.ts";

/** Events of one company for one handler, in order. */
export type Group = { readonly handler: EventHandler; readonly companyId: string; readonly events: readonly InboxEvent[] };

export type Grouped = {
  readonly groups: readonly Group[];
  /** No handler takes this type. */
  readonly unhandled: readonly InboxEvent[];
  /** A handler takes it, but it fits no company. */
  readonly unresolved: readonly InboxEvent[];
  /** Left for the next round: an earlier event of the same key goes to another group of this one. */
  readonly postponed: readonly InboxEvent[];
};

/**
 * Sorts claimed events into groups that can be applied one after the other without events of one key passing each other.
 * What is unresolved blocks its key, so the later ones of that key are postponed as well.
 */
export function groupEvents(events: readonly InboxEvent[], handlers: readonly EventHandler[], directory: Directory): Grouped {
  const groups = new Map<string, { handler: EventHandler; companyId: string; events: InboxEvent[] }>();
  const placeOfKey = new Map<string, string>();
  const unhandled: InboxEvent[] = [];
  const unresolved: InboxEvent[] = [];
  const postponed: InboxEvent[] = [];
  for (const event of events) {
    const handler = handlers.find((each) => each.handles(event));
    if (handler === undefined) {
      // It blocks nobody: it will be over after this round.
      unhandled.push(event);
      continue;
    }
    const companyId = event.companyId ?? handler.companyOf(event, directory);
    const place = companyId === undefined ? "unresolved" : JSON.stringify([handler.name, companyId]);
    const earlier = placeOfKey.get(event.orderingKey);
    if (earlier !== undefined && (earlier !== place || place === "unresolved")) {
      placeOfKey.set(event.orderingKey, "postponed");
      postponed.push(event);
      continue;
    }
    placeOfKey.set(event.orderingKey, place);
    if (companyId === undefined) unresolved.push(event);
    else {
      const group = groups.get(place) ?? { handler, companyId, events: [] };
      group.events.push(event);
      groups.set(place, group);
    }
  }
  return { groups: [...groups.values()], unhandled, unresolved, postponed };
}
