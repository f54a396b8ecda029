import { objectOf, textOf } from "../body-fields.ts";
import type { Desk, Route, VendorAnswer, VendorRequest } from "../vendor-server.ts";
import { bookingBody, oldestBody } from "./booking-body.ts";
import { listBookings } from "./booking-list.ts";
import { badRequest, isBusy, missing, newUid, versionOf, type Booking, type CalcomState, type EventType } from "./calcom-state.ts";
import { isInHours } from "./slots.ts";

export type BookingEndpoint =
  | "create-booking"
  | "get-booking"
  | "list-bookings"
  | "cancel-booking"
  | "reschedule-booking"
  | "confirm-booking"
  | "decline-booking";

export type Trigger = "BOOKING_CREATED" | "BOOKING_REQUESTED" | "BOOKING_RESCHEDULED" | "BOOKING_CANCELLED" | "BOOKING_REJECTED";

/** What the current endpoints know; anything else gets the shape of 2024-04-15. */
export const bookingVersions = ["2026-02-25", "2024-08-13"] as const;

export function bookingRoutes(tell: (trigger: Trigger, uid: string) => void): readonly Route<CalcomState, BookingEndpoint>[] {
  const one = (name: BookingEndpoint, verb: string, act: Action): Route<CalcomState, BookingEndpoint> => ({
    name,
    method: "POST",
    path: `/v2/bookings/{bookingUid}/${verb}`,
    answer: (request, desk) => {
      const booking = desk.state.bookings.get(request.parameters["bookingUid"] ?? "");
      return booking === undefined
        ? unknownBooking(request)
        : act(booking, request, desk, (trigger, uid) => desk.later(() => tell(trigger, uid)));
    },
  });
  return [
    {
      name: "create-booking",
      method: "POST",
      path: "/v2/bookings",
      access: "open",
      answer: (request, desk) => createBooking(request, desk, tell),
    },
    { name: "list-bookings", method: "GET", path: "/v2/bookings", answer: listBookings },
    {
      name: "get-booking",
      method: "GET",
      path: "/v2/bookings/{bookingUid}",
      answer: (request, { state }) => {
        const booking = state.bookings.get(request.parameters["bookingUid"] ?? "");
        return booking === undefined ? unknownBooking(request) : success(200, booking, request, state);
      },
    },
    one("cancel-booking", "cancel", cancel),
    one("reschedule-booking", "reschedule", reschedule),
    one("confirm-booking", "confirm", confirm),
    one("decline-booking", "decline", decline),
  ];
}

type Action = (
  booking: Booking,
  request: VendorRequest,
  desk: Desk<CalcomState>,
  tell: (trigger: Trigger, uid: string) => void,
) => VendorAnswer;
type Body = Readonly<Record<string, unknown>>;

const unknownBooking = (request: VendorRequest): VendorAnswer =>
  missing(`Booking with uid=${request.parameters["bookingUid"]} was not found in the database`, request);
const busyText = "User either already has booking at this time or is not available";

function success(status: number, booking: Booking, request: VendorRequest, state: CalcomState): VendorAnswer {
  const isOldest = versionOf(request, bookingVersions) === "oldest";
  return { status, body: { status: "success", data: isOldest ? oldestBody(booking, state) : bookingBody(booking, state) } };
}

function createBooking(request: VendorRequest, desk: Desk<CalcomState>, tell: (trigger: Trigger, uid: string) => void): VendorAnswer {
  const { state, now } = desk;
  const body = objectOf(request.json);
  const isOldest = versionOf(request, bookingVersions) === "oldest";
  // The old shape names the person in `responses`: a body of today under a missing header is refused for that.
  const person = (isOldest ? body["responses"] : body["attendee"]) as Record<string, unknown> | undefined;
  if (typeof person?.["name"] !== "string") {
    return badRequest(isOldest ? "responses must be an object" : "attendee must be an object with a name", request);
  }
  const timeZone = person["timeZone"] ?? body["timeZone"];
  if (typeof timeZone !== "string" || !isTimeZone(timeZone)) return badRequest("attendee.timeZone must be a valid IANA time-zone", request);
  if (typeof person["email"] !== "string" && typeof person["phoneNumber"] !== "string") {
    return badRequest("attendee must have at least one contact method: email or phoneNumber", request);
  }
  const problem = metadataProblem(body["metadata"]);
  if (problem !== undefined) return badRequest(problem, request);
  const type = findType(body, state);
  if (type === undefined) return missing("eventTypeUser.notFound", request);
  const start = body["start"];
  const startAt = typeof start === "string" && start.includes("T") ? Date.parse(start) : Number.NaN;
  if (Number.isNaN(startAt)) return badRequest("start must be a valid ISO 8601 date string", request);
  const endAt = startAt + Number(body["lengthInMinutes"] ?? type.lengthInMinutes) * 60_000;
  if (startAt < now) return badRequest("Attempting to book a meeting in the past.", request);
  if (!isInHours(state, type, startAt, endAt) && body["allowBookingOutOfBounds"] !== true) return badRequest(busyText, request);
  const hostId = type.hostIds.find((id) => body["allowConflicts"] === true || !isBusy(state, id, startAt, endAt));
  if (hostId === undefined) return badRequest(busyText, request);
  const booking: Booking = {
    id: (state.nextId += 1),
    uid: newUid(),
    eventTypeId: type.id,
    hostId,
    startAt,
    endAt,
    createdAt: now,
    updatedAt: now,
    status: type.requiresConfirmation ? "pending" : "accepted",
    attendee: {
      name: person["name"],
      email: typeof person["email"] === "string" ? person["email"] : `${textOf(person["phoneNumber"]).replace("+", "")}@sms.cal.com`,
      timeZone,
      ...(typeof person["phoneNumber"] === "string" ? { phoneNumber: person["phoneNumber"] } : {}),
      language: typeof person["language"] === "string" ? person["language"] : "en",
    },
    metadata: { ...(body["metadata"] as Record<string, string> | undefined) },
    fields: { ...(body["bookingFieldsResponses"] as Record<string, unknown> | undefined) },
  };
  state.bookings.set(booking.uid, booking);
  desk.later(() => tell(booking.status === "pending" ? "BOOKING_REQUESTED" : "BOOKING_CREATED", booking.uid));
  return success(201, booking, request, state);
}

/** A team's event type is not found by its id alone: the request names the team. */
function findType(body: Body, state: CalcomState): EventType | undefined {
  const teamSlug = body["teamSlug"];
  const byId = body["eventTypeId"] === undefined ? undefined : state.eventTypes.get(Number(body["eventTypeId"]));
  const found = byId ?? [...state.eventTypes.values()].find(({ slug }) => slug === body["eventTypeSlug"]);
  return found === undefined || found.teamSlug === teamSlug || (found.teamSlug === undefined && teamSlug === undefined) ? found : undefined;
}

function metadataProblem(metadata: unknown): string | undefined {
  if (metadata === undefined) return undefined;
  if (typeof metadata !== "object" || metadata === null || Array.isArray(metadata)) return "metadata must be an object";
  const entries = Object.entries(metadata);
  if (entries.length > 50) return "metadata can have at most 50 keys";
  if (entries.some(([key]) => key.length > 40)) return "metadata keys can be at most 40 characters";
  return entries.every(([, value]) => typeof value === "string" && value.length <= 500)
    ? undefined
    : "metadata values must be strings of at most 500 characters";
}

const cancel: Action = (booking, request, { state, now }, tell) => {
  if (booking.status === "cancelled") return badRequest("Booking is already cancelled", request);
  if (booking.status === "rejected") return badRequest("Booking was rejected", request);
  const reason = objectOf(request.json)["cancellationReason"];
  Object.assign(booking, { status: "cancelled", updatedAt: now, ...(typeof reason === "string" ? { cancellationReason: reason } : {}) });
  tell("BOOKING_CANCELLED", booking.uid);
  return success(200, booking, request, state);
};

const rescheduleFields: ReadonlySet<string> = new Set(["start", "rescheduledBy", "reschedulingReason", "emailVerificationCode"]);

const reschedule: Action = (booking, request, { state, now }, tell) => {
  const body = objectOf(request.json);
  const unknown = Object.keys(body).find((key) => !rescheduleFields.has(key));
  if (unknown !== undefined) return badRequest(`property ${unknown} should not exist`, request);
  if (booking.status !== "accepted" && booking.status !== "pending") {
    return badRequest(`Can't reschedule booking with uid=${booking.uid} because it has status ${booking.status}`, request);
  }
  const startAt = Date.parse(textOf(body["start"]));
  if (Number.isNaN(startAt)) return badRequest("start must be a valid ISO 8601 date string", request);
  if (startAt < now) return badRequest("Attempting to book a meeting in the past.", request);
  const type = state.eventTypes.get(booking.eventTypeId);
  const endAt = startAt + (booking.endAt - booking.startAt);
  const isFree =
    type !== undefined && isInHours(state, type, startAt, endAt) && !isBusy(state, booking.hostId, startAt, endAt, booking.uid);
  if (!isFree) return badRequest(busyText, request);
  const reason = body["reschedulingReason"];
  const by = body["rescheduledBy"];
  const said = {
    ...(typeof reason === "string" ? { reschedulingReason: reason } : {}),
    ...(typeof by === "string" ? { rescheduledByEmail: by } : {}),
  };
  // A moved booking is a new one with a new uid; the old one is cancelled and points to it.
  const moved: Booking = {
    ...booking,
    id: (state.nextId += 1),
    uid: newUid(),
    startAt,
    endAt,
    createdAt: now,
    updatedAt: now,
    rescheduledFromUid: booking.uid,
    ...said,
  };
  state.bookings.set(moved.uid, moved);
  Object.assign(booking, { status: "cancelled", updatedAt: now, rescheduledToUid: moved.uid, ...said });
  tell("BOOKING_RESCHEDULED", moved.uid);
  return success(201, moved, request, state);
};

const confirm: Action = (booking, request, { state, now }, tell) => {
  if (booking.status !== "pending") return badRequest("Booking is not pending", request);
  Object.assign(booking, { status: "accepted", updatedAt: now });
  tell("BOOKING_CREATED", booking.uid);
  return success(200, booking, request, state);
};

const decline: Action = (booking, request, { state, now }, tell) => {
  if (booking.status !== "pending") return badRequest("Booking is not pending", request);
  Object.assign(booking, { status: "rejected", updatedAt: now });
  tell("BOOKING_REJECTED", booking.uid);
  return success(200, booking, request, state);
};

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
