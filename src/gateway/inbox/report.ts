import { parseBody } from "../accept/json-body.ts";
import type { InboxEvent } from "../event-handler.ts";
import type { Gateway } from "../gateway.ts";

type Report = Gateway["report"];

/** The part of an event that names one of ours: our number, agent or event type. Never a caller's. */
export function ourSubject({ body }: Pick<InboxEvent, "body">): string {
  const { call, call_inbound: inbound, payload } = (parseBody(body) ?? {}) as Record<string, Record<string, unknown> | undefined>;
  const callFields = call ?? inbound ?? {};
  const number = callFields["direction"] === "outbound" ? callFields["from_number"] : callFields["to_number"];
  const named = [number, callFields["agent_id"], payload?.["eventTypeId"]].find(
    (value) => typeof value === "string" || typeof value === "number",
  );
  return named === undefined ? "–" : String(named).slice(0, 80);
}

export function reportUnresolved(report: Report, event: InboxEvent): void {
  report({
    kind: "unknown-number",
    subject: ourSubject(event),
    data: { provider: event.provider, type: event.eventType, event: event.id },
  });
}

/** A type nobody handles, or a handler that did not understand the body. */
export function reportUnknownShape(report: Report, event: InboxEvent): void {
  report({ kind: "unknown-shape", subject: `${event.provider} ${event.eventType.slice(0, 60)}`, data: { event: event.id } });
}
