import { describeUnknown, occurred, type DescribedRequest, type Description } from "./description.ts";
import { fieldOf, parseBody, timeOf, wordOf } from "./json-body.ts";

/**
 * `{triggerEvent, createdAt, payload: {uid, …}}`; key `triggerEvent + uid + createdAt`, since one booking may be moved twice.
 * Dotted names (`BOOKING.CREATED`), which an older gateway expected, mean the same; `MEETING_STARTED` and `MEETING_ENDED` come without `payload`.
 */
export function describeCalcom(request: DescribedRequest): Description {
  const document = parseBody(request.body);
  const eventType = wordOf(fieldOf(document, "triggerEvent"))?.replaceAll(".", "_");
  if (eventType === undefined) return describeUnknown(request);
  const uid = wordOf(fieldOf(fieldOf(document, "payload"), "uid") ?? fieldOf(document, "uid"));
  const createdAt = timeOf(fieldOf(document, "createdAt"));
  if (uid === undefined) return { ...describeUnknown(request, eventType), ...occurred(createdAt), isKnownShape: eventType === "PING" };
  const unknown = describeUnknown(request, `${eventType}:${uid}`);
  return {
    eventType,
    dedupKey: createdAt === undefined ? unknown.dedupKey : `${eventType}:${uid}:${new Date(createdAt).toISOString()}`,
    orderingKey: uid,
    ...occurred(createdAt),
    isKnownShape: true,
  };
}
