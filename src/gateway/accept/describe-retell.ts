import { describeUnknown, hashOf, occurred, type DescribedRequest, type Description } from "./description.ts";
import { fieldOf, parseBody, timeOf, wordOf } from "./json-body.ts";

const lifecycle = new Set(["call_started", "call_ended", "call_analyzed", "chat_started", "chat_ended", "chat_analyzed"]);

/**
 * Both shapes: `{event, call: {…}}`, and the flat `{event_type, call_id, …}` of before July 2025.
 * Key by the vendor's advice: `event + call_id`; a transfer adds its start and destination, as one call may have several.
 */
export function describeRetell(request: DescribedRequest): Description {
  const document = parseBody(request.body);
  const eventType = wordOf(fieldOf(document, "event")) ?? wordOf(fieldOf(document, "event_type"));
  if (eventType === undefined) return describeUnknown(request);
  const subject = fieldOf(document, "call") ?? fieldOf(document, "chat") ?? fieldOf(document, "call_inbound") ?? document;
  const id = wordOf(fieldOf(subject, "call_id")) ?? wordOf(fieldOf(subject, "chat_id"));
  if (id === undefined) {
    // A call that only rings may have no id yet; its retries are the same bytes.
    return { ...describeUnknown(request, eventType), isKnownShape: eventType === "call_inbound" };
  }
  const start = timeOf(fieldOf(subject, "start_timestamp"));
  const end = timeOf(fieldOf(subject, "end_timestamp"));
  const isEnding = /_(ended|analyzed)$/.test(eventType);
  const at = timeOf(fieldOf(document, "event_timestamp")) ?? (isEnding ? (end ?? start) : (start ?? end));
  return {
    eventType,
    dedupKey: `${eventType}:${id}${distinction(request, eventType, document, start)}`,
    orderingKey: id,
    ...occurred(at),
    isKnownShape: lifecycle.has(eventType) || eventType === "call_inbound" || eventType.startsWith("transfer_") || isTranscript(eventType),
  };
}

const isTranscript = (eventType: string): boolean => eventType === "transcript_updated";

/** What tells two events of one kind and one call apart. Destinations are hashed: a key is no place for a telephone number. */
function distinction({ body }: DescribedRequest, eventType: string, document: unknown, start: number | undefined): string {
  if (lifecycle.has(eventType) || eventType === "call_inbound") return "";
  if (!eventType.startsWith("transfer_")) return `:${hashOf(body)}`;
  const destination = JSON.stringify(fieldOf(document, "transfer_destination") ?? null);
  return `:${start ?? 0}:${hashOf(destination).slice(0, 16)}`;
}
