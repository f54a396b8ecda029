import { randomUUID } from "node:crypto";
import { calcomVersions } from "../../integrations/calcom-api.ts";
import { systemClock, type Clock } from "../../kernel/clock.ts";
import { createFaults, type Faults } from "../../sandbox/vendors/vendor-fault.ts";
import { startVendorServer, type Route, type VendorAnswer, type VendorServer } from "../../sandbox/vendors/vendor-server.ts";

export type StoredBooking = {
  uid: string;
  status: "accepted" | "pending" | "cancelled" | "rejected";
  start: string;
  end: string;
  eventTypeId: number;
  updatedAt: string;
  metadata: Record<string, unknown>;
  attendees: { name: string; email: string; phoneNumber?: string }[];
  rescheduledFromUid?: string;
  rescheduledToUid?: string;
};

type State = {
  minutes: Map<number, number>;
  /** Starts that the calendar offers when nothing is booked, per event type. */
  offered: Map<number, number[]>;
  bookings: StoredBooking[];
  reservations: Map<string, { eventTypeId: number; at: number }>;
  needsEmail: boolean;
  needsHost: boolean;
};

type Endpoint = "me" | "slots" | "reserve" | "release" | "create" | "get" | "list" | "cancel" | "move" | "type" | "types";

export type CalcomStandIn = VendorServer & {
  readonly state: State;
  readonly faults: Faults<Endpoint>;
  add(given: Partial<StoredBooking> & { eventTypeId: number; start: string }): StoredBooking;
};

const ok = (data: unknown, status = 200): VendorAnswer => ({ status, body: { status: "success", data } });
const no = (status: number, text: string): VendorAnswer => ({ status, body: { status: "error", error: { code: "X", message: text } } });
const wrongVersion = (wanted: string, given: unknown): VendorAnswer | undefined =>
  given === wanted ? undefined : no(400, `cal-api-version ${String(given)}`);

/** Cal.com as small as the tests of this folder need it: one host per event type. */
export async function startCalcomStandIn(clock: Clock = systemClock): Promise<CalcomStandIn> {
  const state: State = {
    minutes: new Map(),
    offered: new Map(),
    bookings: [],
    reservations: new Map(),
    needsEmail: false,
    needsHost: false,
  };
  const faults = createFaults<Endpoint>();
  const isActive = ({ status }: StoredBooking): boolean => status === "accepted" || status === "pending";
  const isBusy = (from: State, eventTypeId: number, at: number, except?: string): boolean =>
    from.bookings.some(
      (each) => isActive(each) && each.eventTypeId === eventTypeId && Date.parse(each.start) === at && each.uid !== except,
    );
  const isHeld = (from: State, eventTypeId: number, at: number): boolean =>
    [...from.reservations.values()].some((each) => each.eventTypeId === eventTypeId && each.at === at);
  const make = (into: State, given: Partial<StoredBooking> & { eventTypeId: number; start: string }, now: number): StoredBooking => {
    const booking: StoredBooking = {
      uid: randomUUID(),
      status: into.needsHost ? "pending" : "accepted",
      end: new Date(Date.parse(given.start) + (into.minutes.get(given.eventTypeId) ?? 30) * 60_000).toISOString(),
      updatedAt: new Date(now).toISOString(),
      metadata: {},
      attendees: [],
      ...given,
    };
    into.bookings.push(booking);
    return booking;
  };
  const isOffered = (from: State, eventTypeId: number, at: number): boolean => from.offered.get(eventTypeId)?.includes(at) ?? false;

  const routes: Route<State, Endpoint>[] = [
    {
      name: "me",
      method: "GET",
      path: "/v2/me",
      answer: () => ok({ id: 1, username: "x", email: "x@example.org", timeZone: "Europe/Berlin" }),
    },
    {
      name: "slots",
      method: "GET",
      path: "/v2/slots",
      answer: ({ query, headers }, { state: from }) => {
        const id = Number(query.get("eventTypeId"));
        const [start, end] = [Date.parse(`${query.get("start")}T00:00:00Z`), Date.parse(`${query.get("end")}T23:59:59Z`)];
        const free = (from.offered.get(id) ?? []).filter(
          (at) => at >= start && at <= end && !isBusy(from, id, at) && !isHeld(from, id, at),
        );
        const days = Object.groupBy(free, (at) => new Date(at).toISOString().slice(0, 10));
        return (
          wrongVersion(calcomVersions.slots, headers["cal-api-version"]) ??
          ok(
            Object.fromEntries(
              Object.entries(days).map(([day, list]) => [day, list?.map((at) => ({ start: new Date(at).toISOString() }))]),
            ),
          )
        );
      },
    },
    {
      name: "reserve",
      method: "POST",
      path: "/v2/slots/reservations",
      answer: ({ json, headers }, { state: from, now }) => {
        const { eventTypeId, slotStart } = json as { eventTypeId: number; slotStart: string };
        const at = Date.parse(slotStart);
        if (!isOffered(from, eventTypeId, at) || isBusy(from, eventTypeId, at) || isHeld(from, eventTypeId, at)) {
          return no(409, "slot is already reserved");
        }
        const uid = randomUUID();
        from.reservations.set(uid, { eventTypeId, at });
        return (
          wrongVersion(calcomVersions.slots, headers["cal-api-version"]) ??
          ok({ reservationUid: uid, reservationUntil: new Date(now + 300_000).toISOString() }, 201)
        );
      },
    },
    {
      name: "release",
      method: "DELETE",
      path: "/v2/slots/reservations/{uid}",
      answer: ({ parameters }, { state: from }) => {
        from.reservations.delete(parameters["uid"] ?? "");
        return ok({});
      },
    },
    {
      name: "create",
      method: "POST",
      path: "/v2/bookings",
      answer: ({ json, headers }, { state: into, now }) => {
        const {
          eventTypeId,
          start,
          metadata = {},
          attendee,
        } = json as {
          eventTypeId: number;
          start: string;
          metadata?: Record<string, unknown>;
          attendee: { name: string; email?: string; phoneNumber?: string };
        };
        const wrong = wrongVersion(calcomVersions.bookings, headers["cal-api-version"]);
        if (wrong !== undefined) return wrong;
        if (into.needsEmail && attendee.email === undefined) return no(400, "responses - {email}error_required_field");
        const at = Date.parse(start);
        if (isBusy(into, eventTypeId, at) || !isOffered(into, eventTypeId, at)) {
          return no(400, "User either already has booking at this time or is not available");
        }
        for (const [uid, held] of into.reservations) if (held.eventTypeId === eventTypeId && held.at === at) into.reservations.delete(uid);
        return ok(make(into, { eventTypeId, start, metadata, attendees: [{ email: "", ...attendee }] }, now), 201);
      },
    },
    {
      name: "list",
      method: "GET",
      path: "/v2/bookings",
      answer: ({ query, headers }, { state: from }) => {
        const wrong = wrongVersion(calcomVersions.listBookings, headers["cal-api-version"]);
        if (wrong !== undefined) return wrong;
        const time = (name: string, otherwise: number): number =>
          query.get(name) === null ? otherwise : Date.parse(query.get(name) ?? "");
        const found = from.bookings.filter(
          (each) =>
            Date.parse(each.updatedAt) > time("afterUpdatedAt", 0) &&
            Date.parse(each.start) > time("afterStart", 0) &&
            Date.parse(each.end) < time("beforeEnd", Infinity),
        );
        const skip = Number(query.get("cursor") ?? 0);
        const page = found.slice(skip, skip + Number(query.get("limit") ?? 50));
        const next = skip + page.length;
        const hasMore = next < found.length;
        return { status: 200, body: { status: "success", data: page, pagination: { nextCursor: hasMore ? String(next) : null, hasMore } } };
      },
    },
    {
      name: "get",
      method: "GET",
      path: "/v2/bookings/{uid}",
      answer: ({ parameters }, { state: from }) => {
        const found = from.bookings.find(({ uid }) => uid === parameters["uid"]);
        return found === undefined ? no(404, "Booking not found") : ok(found);
      },
    },
    {
      name: "cancel",
      method: "POST",
      path: "/v2/bookings/{uid}/cancel",
      answer: ({ parameters }, { state: from, now }) => {
        const found = from.bookings.find(({ uid }) => uid === parameters["uid"]);
        if (found === undefined) return no(404, "Booking not found");
        if (!isActive(found)) return no(400, "Booking is already cancelled");
        Object.assign(found, { status: "cancelled", updatedAt: new Date(now).toISOString() });
        return ok(found);
      },
    },
    {
      name: "move",
      method: "POST",
      path: "/v2/bookings/{uid}/reschedule",
      answer: ({ parameters, json }, { state: from, now }) => {
        const found = from.bookings.find(({ uid }) => uid === parameters["uid"]);
        const { start } = json as { start: string };
        if (found === undefined) return no(404, "Booking not found");
        if (!isActive(found)) return no(400, "Can't reschedule a cancelled booking");
        if (isBusy(from, found.eventTypeId, Date.parse(start), found.uid) || !isOffered(from, found.eventTypeId, Date.parse(start))) {
          return no(400, "no_available_users_found_error");
        }
        const moved = make(
          from,
          { eventTypeId: found.eventTypeId, start, metadata: found.metadata, attendees: found.attendees, rescheduledFromUid: found.uid },
          now,
        );
        Object.assign(found, { status: "cancelled", rescheduledToUid: moved.uid, updatedAt: new Date(now).toISOString() });
        return ok(moved, 201);
      },
    },
    {
      name: "types",
      method: "GET",
      path: "/v2/event-types",
      answer: (_, { state: from }) => ok([...from.minutes].map(([id, lengthInMinutes]) => ({ id, title: `Type ${id}`, lengthInMinutes }))),
    },
    {
      name: "type",
      method: "GET",
      path: "/v2/event-types/{id}",
      answer: ({ parameters }, { state: from }) => {
        const id = Number(parameters["id"]);
        const lengthInMinutes = from.minutes.get(id);
        return lengthInMinutes === undefined ? no(404, "Event type not found") : ok({ id, title: `Type ${id}`, lengthInMinutes });
      },
    },
  ];
  const server = await startVendorServer<State, Endpoint>({
    host: "127.0.0.1",
    port: 0,
    clock,
    state,
    routes,
    faults,
    refusals: {
      notFound: () => no(404, "Cannot find"),
      badBody: () => no(400, "bad body"),
      error: (status) => no(status, "Internal server error"),
      throttled: () => no(429, "Too Many Requests"),
      suspended: () => no(403, "This account has been suspended"),
    },
    authorize: ({ headers }) => (headers.authorization === "Bearer cal_test" ? undefined : no(401, "Invalid API key")),
  });
  return { ...server, state, faults, add: (given) => make(state, given, clock.now()) };
}
