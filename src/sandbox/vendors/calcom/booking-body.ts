import { textOf } from "../body-fields.ts";
import { isoTime, type Booking, type CalcomState } from "./calcom-state.ts";

/** A booking in the shape of 2024-08-13 and 2026-02-25. */
export function bookingBody(booking: Booking, state: CalcomState): Record<string, unknown> {
  const type = state.eventTypes.get(booking.eventTypeId);
  const host = state.hosts.get(booking.hostId);
  const { attendee } = booking;
  return {
    id: booking.id,
    uid: booking.uid,
    title: titleOf(booking, state),
    description: "",
    hosts: host === undefined ? [] : [{ ...host, displayEmail: host.email, username: host.name.toLowerCase().replaceAll(" ", "-") }],
    status: booking.status,
    ...pick(booking, ["cancellationReason", "reschedulingReason", "rescheduledByEmail", "rescheduledFromUid", "rescheduledToUid"]),
    start: isoTime(booking.startAt),
    end: isoTime(booking.endAt),
    duration: (booking.endAt - booking.startAt) / 60_000,
    eventTypeId: booking.eventTypeId,
    eventType: { id: booking.eventTypeId, slug: type?.slug ?? "" },
    location: "",
    absentHost: false,
    createdAt: isoTime(booking.createdAt),
    updatedAt: isoTime(booking.updatedAt),
    metadata: booking.metadata,
    attendees: [{ ...attendee, displayEmail: attendee.email, absent: false }],
    bookingFieldsResponses: { name: attendee.name, email: attendee.email, ...booking.fields },
  };
}

/** The shape of 2024-04-15, which a missing or unknown version header gets. */
export function oldestBody(booking: Booking, state: CalcomState): Record<string, unknown> {
  return {
    id: booking.id,
    uid: booking.uid,
    title: titleOf(booking, state),
    startTime: isoTime(booking.startAt),
    endTime: isoTime(booking.endAt),
    status: booking.status.toUpperCase(),
    eventTypeId: booking.eventTypeId,
    attendees: [booking.attendee],
    metadata: booking.metadata,
  };
}

/** What a webhook carries in `payload`. */
export function webhookPayload(booking: Booking, state: CalcomState): Record<string, unknown> {
  const type = state.eventTypes.get(booking.eventTypeId);
  const host = state.hosts.get(booking.hostId);
  const { attendee } = booking;
  const language = { locale: attendee.language ?? "de" };
  return {
    type: type?.slug ?? "",
    title: titleOf(booking, state),
    description: "",
    additionalNotes: textOf(booking.fields["notes"]),
    startTime: isoTime(booking.startAt),
    endTime: isoTime(booking.endAt),
    organizer: { id: host?.id, name: host?.name, email: host?.email, timeZone: host?.timeZone, language: { locale: "de" } },
    attendees: [
      { name: attendee.name, email: attendee.email, timeZone: attendee.timeZone, phoneNumber: attendee.phoneNumber ?? null, language },
    ],
    responses: { name: { label: "your_name", value: attendee.name }, email: { label: "email_address", value: attendee.email } },
    uid: booking.uid,
    bookingId: booking.id,
    eventTypeId: booking.eventTypeId,
    length: (booking.endAt - booking.startAt) / 60_000,
    status: booking.status.toUpperCase(),
    metadata: booking.metadata,
    ...pick(booking, ["cancellationReason"]),
    ...(booking.rescheduledFromUid === undefined ? {} : { rescheduleUid: booking.rescheduledFromUid }),
  };
}

function titleOf(booking: Booking, state: CalcomState): string {
  const title = state.eventTypes.get(booking.eventTypeId)?.title ?? "Termin";
  return `${title} zwischen ${state.hosts.get(booking.hostId)?.name ?? "Team"} und ${booking.attendee.name}`;
}

function pick(booking: Booking, keys: readonly (keyof Booking)[]): Record<string, unknown> {
  return Object.fromEntries(keys.filter((key) => booking[key] !== undefined).map((key) => [key, booking[key]]));
}
