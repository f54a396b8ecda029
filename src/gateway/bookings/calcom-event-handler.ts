import type { ClientBase } from "pg";
import type { Clock } from "../../kernel/clock.ts";
import type { Directory } from "../companies/directory.ts";
import type { EventHandler, EventOutcome, InboxEvent } from "../event-handler.ts";
import { applyBooking } from "./apply-booking.ts";
import { readCalcomEvent } from "./calcom-event.ts";

/** Cal.com's webhooks into appointments. The order of arrival does not matter; ours are known by the mark in their metadata. */
export function calcomEventHandler(ground: { readonly clock: Clock; readonly directory: Directory }): EventHandler {
  return {
    name: "calcom-bookings",
    handles: ({ provider }) => provider === "calcom",
    companyOf: (event, directory) => companyOf(event, directory),
    apply: async (events, client, companyId) => {
      const outcomes: EventOutcome[] = [];
      for (const event of events) outcomes.push(await applyOne(ground, event, client, companyId));
      return outcomes;
    },
  };
}

/** By the event type. Our own mark counts only where the event type names nobody: several companies may share a type. */
function companyOf({ body }: InboxEvent, directory: Directory): string | undefined {
  const event = readCalcomEvent(body);
  if (event.kind === "unknown-shape") return undefined;
  const eventTypeId = event.kind === "booking" ? event.told.eventTypeId : event.eventTypeId;
  const owner = eventTypeId === undefined ? undefined : directory.companyOfEventType(eventTypeId);
  if (owner !== undefined || event.kind !== "booking" || event.companyHint === undefined) return owner;
  const hinted = directory.company(event.companyHint);
  const isTheirs = eventTypeId === undefined || hinted?.services.some(({ calcomEventTypeId }) => calcomEventTypeId === eventTypeId);
  return isTheirs === true ? hinted?.companyId : undefined;
}

async function applyOne(
  { clock, directory }: { clock: Clock; directory: Directory },
  { body }: InboxEvent,
  client: ClientBase,
  companyId: string,
): Promise<EventOutcome> {
  const event = readCalcomEvent(body);
  if (event.kind === "unknown-shape") return event;
  if (event.kind === "ignored") return { kind: "ignored", why: event.trigger };
  const { told } = event;
  const service = directory.company(companyId)?.services.find(({ calcomEventTypeId }) => calcomEventTypeId === told.eventTypeId);
  const applied = await applyBooking(client, companyId, told, { now: clock.now(), serviceId: service?.serviceId });
  return applied === "late" || applied === "same" ? { kind: "ignored", why: applied } : { kind: "done" };
}
