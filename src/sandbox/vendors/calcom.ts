import { systemClock, type Clock } from "../../kernel/clock.ts";
import { accountRoutes, type AccountEndpoint } from "./calcom/account-routes.ts";
import { bookingRoutes, type BookingEndpoint, type Trigger } from "./calcom/booking-routes.ts";
import {
  calcomError,
  flatError,
  newUid,
  type Booking,
  type CalcomHost,
  type CalcomState,
  type EventType,
  type Schedule,
} from "./calcom/calcom-state.ts";
import { tellSubscribers } from "./calcom/calcom-webhooks.ts";
import { createRateLimit, suspended, tooMany, type RateLimit } from "./calcom/rate-limit.ts";
import { slotRoutes, type SlotEndpoint } from "./calcom/slot-routes.ts";
import { calcomStatusPage } from "./status-pages.ts";
import { createFaults, type Faults, type VendorFault } from "./vendor-fault.ts";
import { startVendorServer, type Exchange, type Refusals } from "./vendor-server.ts";
import { createWebhookSender, type Deliveries, type DeliveryFault, type SentWebhook } from "./webhook-sender.ts";

export type CalcomEndpoint = AccountEndpoint | BookingEndpoint | SlotEndpoint | "status-page";

export type CalcomOptions = {
  /** `cal_…` or `cal_live_…`. */
  readonly key: string;
  readonly host?: string;
  readonly port?: number;
  readonly clock?: Clock;
  /** Default: one, Monday to Friday 9 to 17 in Berlin, id 1. */
  readonly schedules?: readonly Schedule[];
  /** Default: one, id 1. */
  readonly hosts?: readonly CalcomHost[];
  readonly eventTypes?: readonly (Partial<EventType> & { id: number })[];
  /** Default 120, as for an API key. */
  readonly requestsPerMinute?: number;
  /** Minutes with a breach until the account is suspended; default 3. */
  readonly suspendAfterBreaches?: number;
  /** Asked before every answer; goes before `faults`. */
  readonly weather?: () => VendorFault | undefined;
  /** The same for each webhook. */
  readonly deliveryWeather?: () => DeliveryFault | undefined;
};

export type CalcomStandIn = {
  readonly url: string;
  readonly port: number;
  readonly faults: Faults<CalcomEndpoint>;
  readonly webhooks: Deliveries;
  readonly state: CalcomState;
  readonly exchanges: readonly Exchange[];
  readonly limit: RateLimit;
  /** A booking made in Cal.com itself, past our gateway: by the host, or on the public page. Tells the subscribers. */
  bookElsewhere(booking: {
    readonly eventTypeId: number;
    readonly startAt: number;
    readonly name?: string;
    readonly email?: string;
  }): Booking;
  /** Sends a webhook of a known booking once more, or out of turn. */
  sendEvent(trigger: Trigger | "MEETING_STARTED" | "MEETING_ENDED", uid: string): SentWebhook[];
  settled(): Promise<void>;
  close(): Promise<void>;
};

const refusals: Refusals = {
  notFound: ({ method, path }) => flatError(404, `Cannot ${method} ${path}`, "Not Found"),
  badBody: () => flatError(400, "Unexpected token in JSON", "Bad Request"),
  error: (status) => calcomError(status, "INTERNAL_SERVER_ERROR", "Internal server error"),
  throttled: tooMany,
  suspended,
};

/** Cal.com's API v2 on 127.0.0.1: slots, bookings, webhooks, and its rate limit. */
export async function startCalcom(options: CalcomOptions): Promise<CalcomStandIn> {
  const clock = options.clock ?? systemClock;
  const schedules = options.schedules ?? [weekdays];
  const hosts = options.hosts ?? [{ id: 1, name: "Praxis Team", email: "team@example.org", timeZone: "Europe/Berlin" }];
  const hostIds = hosts.map(({ id }) => id);
  const types = (options.eventTypes ?? [{ id: 101 }]).map((type) => createEventType(type, schedules[0]?.id ?? 1, hostIds));
  const state: CalcomState = {
    schedules: new Map(schedules.map((schedule) => [schedule.id, schedule])),
    hosts: new Map(hosts.map((host) => [host.id, host])),
    eventTypes: new Map(types.map((type) => [type.id, type])),
    bookings: new Map(),
    reservations: new Map(),
    webhooks: new Map(),
    nextId: 1000,
  };
  const faults = createFaults<CalcomEndpoint>(options.weather);
  const sender = createWebhookSender({ clock, isAway: () => faults.isAway(), weather: options.deliveryWeather });
  const limit = createRateLimit({ perMinute: options.requestsPerMinute ?? 120, suspendAfter: options.suspendAfterBreaches ?? 3 });
  const tell = (trigger: Trigger, uid: string): void => void tellSubscribers(trigger, uid, { state, sender, now: clock.now() });
  const server = await startVendorServer<CalcomState, CalcomEndpoint>({
    host: options.host ?? "127.0.0.1",
    port: options.port ?? 0,
    clock,
    state,
    routes: [calcomStatusPage(faults), ...accountRoutes, ...slotRoutes, ...bookingRoutes(tell)],
    faults,
    refusals,
    authorize: ({ headers, path }) =>
      headers.authorization === `Bearer ${options.key}` ? undefined : calcomError(401, "UNAUTHORIZED", "Invalid API key", { path }),
    limit: (request, now) => limit.check(request, now),
  });
  return {
    url: server.url,
    port: server.port,
    faults,
    webhooks: sender,
    state,
    exchanges: server.exchanges,
    limit,
    bookElsewhere: ({ eventTypeId, startAt, name = "Frau Beispiel", email = "beispiel@example.org" }) => {
      const type = state.eventTypes.get(eventTypeId);
      if (type === undefined) throw new Error(`the sandbox has no event type ${eventTypeId}`);
      const now = clock.now();
      const booking: Booking = {
        id: (state.nextId += 1),
        uid: newUid(),
        eventTypeId,
        hostId: type.hostIds[0] ?? 1,
        startAt,
        endAt: startAt + type.lengthInMinutes * 60_000,
        createdAt: now,
        updatedAt: now,
        status: "accepted",
        attendee: { name, email, timeZone: "Europe/Berlin", language: "de" },
        metadata: {},
        fields: {},
      };
      state.bookings.set(booking.uid, booking);
      tell("BOOKING_CREATED", booking.uid);
      return booking;
    },
    sendEvent: (trigger, uid) => tellSubscribers(trigger, uid, { state, sender, now: clock.now() }),
    settled: async () => await sender.settled(),
    close: async () => {
      sender.close();
      await server.close();
    },
  };
}

const weekdays: Schedule = {
  id: 1,
  name: "Sprechzeiten",
  timeZone: "Europe/Berlin",
  hours: [{ days: [1, 2, 3, 4, 5], from: "09:00", until: "17:00" }],
};

function createEventType(fields: Partial<EventType> & { id: number }, scheduleId: number, hostIds: readonly number[]): EventType {
  const lengthInMinutes = fields.lengthInMinutes ?? 30;
  return {
    title: "Termin",
    slug: `termin-${fields.id}`,
    lengthInMinutes,
    slotInterval: lengthInMinutes,
    minimumBookingNotice: 0,
    scheduleId,
    hostIds,
    requiresConfirmation: false,
    teamSlug: undefined,
    ...fields,
  };
}
