import type { ClientBase } from "pg";
import { resolveCompany } from "../companies/resolve-company.ts";
import type { EventHandler, EventOutcome, InboxEvent } from "../event-handler.ts";
import { afterCallEvent, withTools, type Call } from "./call-fold.ts";
import { loadCalls, loadToolFacts, saveCalls } from "./call-rows.ts";
import { readCallEvent, type CallFacts } from "./call-shape.ts";

const lifecycle = new Set([
  "call_started",
  "call_ended",
  "call_analyzed",
  "transfer_started",
  "transfer_bridged",
  "transfer_cancelled",
  "transfer_ended",
]);
// Kept in the inbox, but there is nothing to do: no transcripts of running calls, no chats, and a ringing call is not one yet.
const ignored = new Set(["call_inbound", "transcript_updated", "chat_started", "chat_ended", "chat_analyzed"]);

/** Retell's events of a call's life become rows of `gateway.call`: a fold per call, one read and one write per batch. */
export const callEventHandler: EventHandler = {
  name: "calls",
  handles: ({ provider, eventType }) => provider === "retell" && (lifecycle.has(eventType) || ignored.has(eventType)),
  companyOf: (event, directory) => {
    const facts = readCallEvent(event);
    if (typeof facts === "string") return undefined;
    const { direction, fromNumber, toNumber, agentId } = facts;
    // The number of ours decides: on a call we made it is the one that was called from.
    return resolveCompany(directory, { toNumber: direction === "outbound" ? fromNumber : toNumber, agentId }).companyId;
  },
  apply: applyCallEvents,
};

async function applyCallEvents(events: readonly InboxEvent[], client: ClientBase, companyId: string): Promise<readonly EventOutcome[]> {
  const read = events.map((event) => (ignored.has(event.eventType) ? undefined : readCallEvent(event)));
  const known = read.filter((facts): facts is CallFacts => typeof facts === "object" && lifecycle.has(facts.event));
  const callIds = [...new Set(known.map(({ callId }) => callId))];
  if (callIds.length > 0) {
    const calls = await loadCalls(client, companyId, callIds);
    for (const facts of known) calls.set(facts.callId, afterCallEvent(calls.get(facts.callId), facts));
    const ended = [...calls.values()].filter(({ state }) => state !== "ongoing").map(({ callId }) => callId);
    const tools = ended.length === 0 ? undefined : await loadToolFacts(client, companyId, ended);
    const changed: Call[] = [...calls.values()].map((call) => {
      const done = tools?.get(call.callId);
      return done === undefined ? call : withTools(call, done);
    });
    await saveCalls(client, companyId, changed);
  }
  return events.map(({ eventType }, index): EventOutcome => {
    const facts = read[index];
    if (facts === undefined) return { kind: "ignored", why: eventType };
    if (typeof facts === "string") return { kind: "unknown-shape", why: facts };
    return lifecycle.has(facts.event) ? { kind: "done" } : { kind: "unknown-shape", why: `event ${facts.event}` };
  });
}
