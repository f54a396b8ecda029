import { isDeepStrictEqual } from "node:util";
import { parseBody } from "../accept/json-body.ts";
import type { Provider } from "../delivery.ts";

type Fields = Readonly<Record<string, unknown>>;

/** What an unverified event claims to be about, and how to ask the vendor for it. */
export type Claimed = {
  readonly objectId: string;
  readonly eventType: string;
  readonly fields: Fields;
  /** When it says that it was so, epoch ms; later than its arrival it would outlive every genuine event after it. */
  readonly claimedAt?: number;
};

/** `agrees`: the vendor's own object says the same. `differs` names the first field that does not. */
export type Agreement =
  | { readonly kind: "agrees" }
  | { readonly kind: "differs"; readonly field: string }
  | { readonly kind: "not-comparable" };

/** The object an event is about; `undefined` for what cannot be asked for by an id. */
export function readClaim(provider: Provider, body: Buffer): Claimed | undefined {
  const document = asFields(parseBody(body));
  if (provider === "retell") {
    const fields = asFields(document["call"]);
    const id = fields["call_id"];
    const eventType = document["event"];
    return typeof id === "string" && typeof eventType === "string" ? { objectId: id, eventType, fields } : undefined;
  }
  if (provider === "calcom") {
    const fields = asFields(document["payload"]);
    const id = fields["uid"];
    const eventType = document["triggerEvent"];
    if (typeof id !== "string" || typeof eventType !== "string") return undefined;
    const claimedAt = Date.parse(String(document["createdAt"]));
    return { objectId: id, eventType, fields, ...(Number.isNaN(claimedAt) ? {} : { claimedAt }) };
  }
  return undefined;
}

/**
 * Compares a claim with the vendor's object. Strict: every field that a handler could act upon has to be equal, because
 * somebody who knows the id of a genuine call must not be able to add anything to it.
 */
export function compareClaim(provider: Provider, claimed: Claimed, object: Fields): Agreement {
  return provider === "retell" ? compareCall(claimed, object) : compareBooking(claimed, object);
}

/** Fields that go on changing after the event, or are signed anew for every reader. No handler of ours acts upon them. */
const movingCallFields = new Set([
  "call_status",
  "recording_url",
  "recording_multi_channel_url",
  "scrubbed_recording_url",
  "scrubbed_recording_multi_channel_url",
  "public_log_url",
  "knowledge_base_retrieved_contents_url",
  "call_cost",
  "latency",
  "llm_token_usage",
  "agent_name",
]);

function compareCall({ eventType, fields }: Claimed, object: Fields): Agreement {
  const isOver = object["call_status"] === "ended" || object["call_status"] === "error" || object["call_status"] === "not_connected";
  const isPlausible =
    eventType === "call_started" ||
    (eventType === "call_ended" && isOver) ||
    (eventType === "call_analyzed" && isOver && object["call_analysis"] !== undefined);
  if (!isPlausible) return ["call_ended", "call_analyzed"].includes(eventType) ? differs("call_status") : { kind: "not-comparable" };
  const status = fields["call_status"];
  if (eventType !== "call_started" && status !== undefined && status !== object["call_status"]) return differs("call_status");
  const other = Object.keys(fields).find((name) => !movingCallFields.has(name) && !isDeepStrictEqual(fields[name], object[name]));
  return other === undefined ? { kind: "agrees" } : differs(other);
}

const statesOfTrigger: Readonly<Record<string, readonly string[]>> = {
  BOOKING_CREATED: ["accepted", "pending"],
  BOOKING_REQUESTED: ["pending"],
  BOOKING_RESCHEDULED: ["accepted", "pending"],
  BOOKING_CANCELLED: ["cancelled"],
  BOOKING_REJECTED: ["rejected"],
};

/** `object` as our client reads a booking: instants are epoch ms, the caller is the one attendee. */
function compareBooking({ eventType, fields }: Claimed, object: Fields): Agreement {
  const states = statesOfTrigger[eventType];
  if (states === undefined) return { kind: "not-comparable" };
  if (!states.includes(String(object["status"]))) return differs("status");
  const status = fields["status"];
  if (!isEmpty(status) && String(status).toLowerCase() !== object["status"]) return differs("status");
  if (fields["uid"] !== object["uid"]) return differs("uid");
  // Names another booking as the one this replaces: a genuine uid must not carry off somebody else's appointment.
  const former = fields["rescheduleUid"];
  if (!isEmpty(former) && former !== object["uid"] && former !== object["rescheduledFromUid"]) return differs("rescheduleUid");
  if (fields["eventTypeId"] !== object["eventTypeId"]) return differs("eventTypeId");
  if (!isSameInstant(fields["startTime"], object["startsAt"])) return differs("startTime");
  if (!isSameInstant(fields["endTime"], object["endsAt"])) return differs("endTime");
  const caller = asFields(object["attendee"]);
  const attendees = Array.isArray(fields["attendees"]) ? fields["attendees"].map(asFields) : [];
  if (attendees.length !== 1 || !isSamePerson(attendees[0] ?? {}, caller)) return differs("attendees");
  if (!isDeepStrictEqual(asFields(fields["metadata"]), asFields(object["metadata"]))) return differs("metadata");
  const added = Object.entries(asFields(fields["responses"])).find(
    ([name, given]) => !isKnownAnswer(name, asFields(given)["value"] ?? given, caller),
  );
  return added === undefined ? { kind: "agrees" } : differs(`responses.${added[0]}`);
}

function isSamePerson(claimed: Fields, caller: Fields): boolean {
  return ["name", "email", "phoneNumber"].every((name) => isEmpty(claimed[name]) || claimed[name] === caller[name]);
}

/** Answers of the booking form that only repeat the booking, or that nothing acts upon. */
const idleAnswers = new Set(["title", "location", "guests", "rescheduleReason"]);
const personAnswers: Readonly<Record<string, string>> = {
  name: "name",
  email: "email",
  attendeePhoneNumber: "phoneNumber",
  phone: "phoneNumber",
};

function isKnownAnswer(name: string, value: unknown, caller: Fields): boolean {
  if (isEmpty(value) || idleAnswers.has(name)) return true;
  const field = personAnswers[name];
  return field !== undefined && value === caller[field];
}

function isSameInstant(text: unknown, at: unknown): boolean {
  return typeof at === "number" && Date.parse(String(text)) === at;
}

function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || value === "" || (Array.isArray(value) && value.length === 0);
}

const differs = (field: string): Agreement => ({ kind: "differs", field });

function asFields(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}
