import type { z } from "zod";
import { CalcomFault } from "./calcom-fault.ts";
import type { CalcomRequest, CalcomSend } from "./calcom-send.ts";
import {
  anySuccessSchema,
  bookingPageSchema,
  bookingSchema,
  eventTypesSchema,
  oneBookingSchema,
  oneEventTypeSchema,
  reservationSchema,
  slotsSchema,
  type CalcomBooking,
  type CalcomEventType,
} from "./calcom-shapes.ts";
import { calcomMeSchema } from "./calcom.ts";

/**
 * `cal-api-version` differs per endpoint; a missing or wrong one silently selects an older shape.
 * Source: cal.com/docs/api-reference/v2, as of November 2026. `/v2/me` takes none.
 */
export const calcomVersions = {
  slots: "2024-09-04",
  listBookings: "2026-05-01",
  bookings: "2026-02-25",
  eventTypes: "2024-06-14",
} as const;

/** Key in a booking's metadata that says: ours, and which wish it came from. Cal.com has no idempotency key. */
export const operationKey = "ampelOperation";
export const companyKey = "ampelCompany";

export type NewBooking = {
  readonly eventTypeId: number;
  readonly startsAt: number;
  readonly operationId: string;
  readonly companyId: string;
  readonly attendee: {
    readonly name: string;
    readonly timeZone: string;
    readonly email?: string;
    readonly phoneNumber?: string;
    readonly language?: string;
  };
};

/** Bookings by their last change, or by a window of their start; epoch ms. */
export type BookingFilter = { readonly updatedAfter?: number; readonly startsAfter?: number; readonly endsBefore?: number };

/** `strange`: entries that are no plain booking (seats, series) and were not read. */
export type BookingList = { readonly bookings: readonly CalcomBooking[]; readonly strange: number };

/** Cal.com API v2, as far as we use it. Times: epoch ms UTC. Every method throws {CalcomFault}. */
export type Calcom = {
  me(signal: AbortSignal): Promise<{ readonly username: string | null }>;
  /** Free starts on these UTC days, both inclusive, in ascending order. */
  slots(
    wish: { readonly eventTypeId: number; readonly firstDay: string; readonly lastDay: string; readonly bookingUidToReschedule?: string },
    signal: AbortSignal,
  ): Promise<readonly number[]>;
  reserveSlot(
    wish: { readonly eventTypeId: number; readonly startsAt: number; readonly minutes: number },
    signal: AbortSignal,
  ): Promise<{ readonly reservationUid: string; readonly until: number }>;
  releaseSlot(reservationUid: string, signal: AbortSignal): Promise<void>;
  createBooking(wish: NewBooking, signal: AbortSignal): Promise<CalcomBooking>;
  getBooking(uid: string, signal: AbortSignal): Promise<CalcomBooking>;
  /** All pages. A cursor that stands still, or a list without end, is an error and not a short answer. */
  listBookings(filter: BookingFilter, signal: AbortSignal): Promise<BookingList>;
  cancelBooking(uid: string, reason: string, signal: AbortSignal): Promise<CalcomBooking>;
  /** The new booking: Cal.com gives it a new uid. */
  rescheduleBooking(uid: string, wish: { readonly startsAt: number; readonly reason: string }, signal: AbortSignal): Promise<CalcomBooking>;
  listEventTypes(signal: AbortSignal): Promise<readonly CalcomEventType[]>;
  getEventType(eventTypeId: number, signal: AbortSignal): Promise<CalcomEventType>;
};

const bookingsPerPage = 100;
const mostPages = 500;

export function openCalcomApi(send: CalcomSend): Calcom {
  const call = async <Schema extends z.ZodType>(schema: Schema, request: CalcomRequest, signal: AbortSignal): Promise<z.output<Schema>> => {
    const parsed = schema.safeParse(await send(request, signal));
    if (parsed.success) return parsed.data;
    throw new CalcomFault("garbled", { status: 200, reason: parsed.error.issues.map(({ path }) => path.join(".")).join(", ") });
  };
  const onBooking = async (request: Omit<CalcomRequest, "version">, signal: AbortSignal): Promise<CalcomBooking> =>
    (await call(oneBookingSchema, { ...request, version: calcomVersions.bookings }, signal)).data;

  return {
    me: async (signal) => {
      const { data } = await call(calcomMeSchema, { method: "GET", path: "/v2/me", version: undefined }, signal);
      return { username: data.username };
    },
    slots: async ({ eventTypeId, firstDay, lastDay, bookingUidToReschedule }, signal) => {
      const query = new URLSearchParams({ eventTypeId: String(eventTypeId), start: firstDay, end: lastDay, timeZone: "UTC" });
      if (bookingUidToReschedule !== undefined) query.set("bookingUidToReschedule", bookingUidToReschedule);
      const { data } = await call(
        slotsSchema,
        { method: "GET", path: `/v2/slots?${query.toString()}`, version: calcomVersions.slots },
        signal,
      );
      return [...new Set(Object.values(data).flat())].sort((left, right) => left - right);
    },
    reserveSlot: async ({ eventTypeId, startsAt, minutes }, signal) => {
      const body = { eventTypeId, slotStart: toUtc(startsAt), reservationDuration: minutes };
      const { data } = await call(
        reservationSchema,
        { method: "POST", path: "/v2/slots/reservations", version: calcomVersions.slots, body },
        signal,
      );
      return { reservationUid: data.reservationUid, until: data.reservationUntil };
    },
    releaseSlot: async (uid, signal) => {
      await call(
        anySuccessSchema,
        { method: "DELETE", path: `/v2/slots/reservations/${encodeURIComponent(uid)}`, version: calcomVersions.slots },
        signal,
      );
    },
    createBooking: async ({ eventTypeId, startsAt, operationId, companyId, attendee }, signal) => {
      const metadata = { [operationKey]: operationId, [companyKey]: companyId };
      return await onBooking(
        { method: "POST", path: "/v2/bookings", body: { eventTypeId, start: toUtc(startsAt), attendee, metadata } },
        signal,
      );
    },
    getBooking: async (uid, signal) => await onBooking({ method: "GET", path: `/v2/bookings/${encodeURIComponent(uid)}` }, signal),
    listBookings: async (filter, signal) =>
      await listAll(filter, (path, version) => call(bookingPageSchema, { method: "GET", path, version }, signal)),
    cancelBooking: async (uid, reason, signal) =>
      await onBooking(
        { method: "POST", path: `/v2/bookings/${encodeURIComponent(uid)}/cancel`, body: { cancellationReason: reason } },
        signal,
      ),
    rescheduleBooking: async (uid, { startsAt, reason }, signal) =>
      await onBooking(
        {
          method: "POST",
          path: `/v2/bookings/${encodeURIComponent(uid)}/reschedule`,
          body: { start: toUtc(startsAt), reschedulingReason: reason },
        },
        signal,
      ),
    listEventTypes: async (signal) =>
      (await call(eventTypesSchema, { method: "GET", path: "/v2/event-types", version: calcomVersions.eventTypes }, signal)).data,
    getEventType: async (id, signal) =>
      (await call(oneEventTypeSchema, { method: "GET", path: `/v2/event-types/${id}`, version: calcomVersions.eventTypes }, signal)).data,
  };
}

type Page = z.output<typeof bookingPageSchema>;

async function listAll(filter: BookingFilter, read: (path: string, version: string) => Promise<Page>): Promise<BookingList> {
  const query = new URLSearchParams({ limit: String(bookingsPerPage) });
  if (filter.updatedAfter !== undefined) query.set("afterUpdatedAt", toUtc(filter.updatedAfter));
  if (filter.startsAfter !== undefined) query.set("afterStart", toUtc(filter.startsAfter));
  if (filter.endsBefore !== undefined) query.set("beforeEnd", toUtc(filter.endsBefore));
  const entries: unknown[] = [];
  for (let page = 0; page < mostPages; page += 1) {
    const { data, pagination } = await read(`/v2/bookings?${query.toString()}`, calcomVersions.listBookings);
    entries.push(...data);
    const cursor = pagination?.nextCursor ?? undefined;
    if (cursor !== undefined && pagination?.hasMore !== false) {
      if (query.get("cursor") === String(cursor)) throw new CalcomFault("garbled", { status: 200, reason: "cursor stands still" });
      query.set("cursor", String(cursor));
    } else if (pagination?.hasNextPage === true && data.length > 0) {
      // The older shape was selected after all: it pages by skip.
      query.set("skip", String(entries.length));
    } else if (pagination?.hasMore === true || pagination?.hasNextPage === true) {
      throw new CalcomFault("garbled", { status: 200, reason: "more is said to follow, without a way there" });
    } else return readBookings(entries);
  }
  throw new CalcomFault("garbled", { status: 200, reason: "list without end" });
}

function readBookings(entries: readonly unknown[]): BookingList {
  const read = entries.map((entry) => bookingSchema.safeParse(entry));
  const byUid = new Map(read.flatMap(({ data }) => (data === undefined ? [] : [[data.uid, data] as const])));
  return { bookings: [...byUid.values()], strange: read.filter(({ success }) => !success).length };
}

function toUtc(at: number): string {
  return new Date(at).toISOString();
}

/** The wish of ours that a booking at Cal.com came from, if any. */
export function operationOf({ metadata }: Pick<CalcomBooking, "metadata">): string | undefined {
  const value = metadata[operationKey];
  return typeof value === "string" && value !== "" ? value : undefined;
}
