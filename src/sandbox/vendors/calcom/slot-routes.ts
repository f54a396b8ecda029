import { objectOf, textOf } from "../body-fields.ts";
import type { Desk, Route, VendorAnswer, VendorRequest } from "../vendor-server.ts";
import {
  badRequest,
  calcomError,
  isoTime,
  missing,
  newUid,
  versionOf,
  type CalcomState,
  type EventType,
  type Reservation,
} from "./calcom-state.ts";
import { findSlots, freeHost } from "./slots.ts";

export type SlotEndpoint = "get-slots" | "reserve-slot" | "get-reservation" | "delete-reservation";

export const slotVersion = "2024-09-04";
const reservationMinutes = 5;

export const slotRoutes: readonly Route<CalcomState, SlotEndpoint>[] = [
  { name: "get-slots", method: "GET", path: "/v2/slots", access: "open", answer: getSlots },
  { name: "reserve-slot", method: "POST", path: "/v2/slots/reservations", access: "open", answer: reserveSlot },
  {
    name: "get-reservation",
    method: "GET",
    path: "/v2/slots/reservations/{uid}",
    access: "open",
    answer: (request, { state, now }) => {
      const held = state.reservations.get(request.parameters["uid"] ?? "");
      return {
        status: 200,
        body: { status: "success", data: held === undefined || held.until <= now ? null : reservationBody(held, now) },
      };
    },
  },
  {
    name: "delete-reservation",
    method: "DELETE",
    path: "/v2/slots/reservations/{uid}",
    access: "open",
    answer: (request, { state }) => {
      const isThere = state.reservations.delete(request.parameters["uid"] ?? "");
      return isThere ? { status: 200, body: { status: "success" } } : missing("Reservation not found", request);
    },
  },
];

function findType({ query }: VendorRequest, state: CalcomState): EventType | undefined {
  const id = query.get("eventTypeId");
  if (id !== null) return state.eventTypes.get(Number(id));
  const slug = query.get("eventTypeSlug");
  return [...state.eventTypes.values()].find((type) => type.slug === slug && (type.teamSlug ?? null) === query.get("teamSlug"));
}

function getSlots(request: VendorRequest, { state, now }: Desk<CalcomState>): VendorAnswer {
  const { query } = request;
  const isOldest = versionOf(request, [slotVersion]) === "oldest";
  const start = query.get(isOldest ? "startTime" : "start") ?? query.get("start");
  const end = query.get(isOldest ? "endTime" : "end") ?? query.get("end");
  if (start === null || end === null) return badRequest("start and end are required", request);
  const timeZone = query.get("timeZone") ?? "UTC";
  const fromAt = readMoment(start, timeZone, 0);
  const untilAt = readMoment(end, timeZone, 1);
  if (fromAt === undefined || untilAt === undefined) return badRequest("start and end must be dates, timeZone a time zone", request);
  const type = findType(request, state);
  if (type === undefined) return missing("Event type not found", request);
  const duration = query.get("duration");
  const exceptUid = query.get("bookingUidToReschedule");
  const starts = findSlots(state, type, { fromAt, untilAt }, now, {
    ...(duration === null ? {} : { durationMinutes: Number(duration) }),
    ...(exceptUid === null ? {} : { exceptUid }),
  });

  const data: Record<string, unknown[]> = {};
  for (const startAt of starts) {
    const day = inZone(startAt, timeZone).toPlainDate().toString();
    const slots = (data[day] ??= []);
    if (isOldest) slots.push({ time: isoTime(startAt) });
    else if (query.get("format") === "range") {
      slots.push({ start: written(startAt, timeZone), end: written(startAt + type.lengthInMinutes * 60_000, timeZone) });
    } else slots.push({ start: written(startAt, timeZone) });
  }
  return { status: 200, body: { status: "success", data: isOldest ? { slots: data } : data } };
}

function reserveSlot(request: VendorRequest, { state, now }: Desk<CalcomState>): VendorAnswer {
  const body = objectOf(request.json);
  const type = state.eventTypes.get(Number(body["eventTypeId"]));
  if (type === undefined) return missing(`Event Type with ID=${textOf(body["eventTypeId"])} not found`, request);
  const startAt = Date.parse(textOf(body["slotStart"]));
  if (Number.isNaN(startAt)) return badRequest("slotStart must be a valid ISO 8601 date string", request);
  const minutes = Number(body["reservationDuration"] ?? reservationMinutes);
  if (!Number.isFinite(minutes) || minutes <= 0) return badRequest("reservationDuration must be a positive number", request);
  if (body["reservationDuration"] !== undefined && request.headers.authorization === undefined) {
    return calcomError(401, "UnauthorizedException", "reservationDuration can only be used for authenticated requests", request);
  }
  const endAt = startAt + Number(body["slotDuration"] ?? type.lengthInMinutes) * 60_000;
  if (freeHost(state, type, startAt, endAt, now) === undefined) {
    return calcomError(
      422,
      "UnprocessableEntityException",
      `Slot with event type ID=${type.id} and start ${isoTime(startAt)} is already booked or reserved.`,
      request,
    );
  }
  const held: Reservation = { uid: newUid(), eventTypeId: type.id, startAt, endAt, until: now + minutes * 60_000 };
  state.reservations.set(held.uid, held);
  return { status: 201, body: { status: "success", data: reservationBody(held, now) } };
}

function reservationBody(held: Reservation, now: number): Record<string, unknown> {
  return {
    eventTypeId: held.eventTypeId,
    slotStart: isoTime(held.startAt),
    slotEnd: isoTime(held.endAt),
    slotDuration: (held.endAt - held.startAt) / 60_000,
    reservationUid: held.uid,
    reservationDuration: Math.max(0, Math.round((held.until - now) / 60_000)),
    reservationUntil: isoTime(held.until),
  };
}

/** A date means its whole day in the zone asked for; the last one is included. */
function readMoment(text: string, timeZone: string, addDays: number): number | undefined {
  try {
    if (/^\d{4}-\d{2}-\d{2}$/.test(text)) {
      return Temporal.PlainDate.from(text).add({ days: addDays }).toZonedDateTime({ timeZone }).epochMilliseconds;
    }
    const at = Date.parse(text);
    return Number.isNaN(at) ? undefined : at;
  } catch {
    return undefined;
  }
}

const inZone = (at: number, timeZone: string): Temporal.ZonedDateTime =>
  Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone);

/** `…Z` for UTC, the offset of that day otherwise. */
function written(at: number, timeZone: string): string {
  if (timeZone === "UTC") return isoTime(at);
  return inZone(at, timeZone).toString({ timeZoneName: "never", fractionalSecondDigits: 3 });
}
