import { textOf } from "../body-fields.ts";
import type { Desk, Route, VendorAnswer, VendorRequest } from "../vendor-server.ts";
import { badRequest, missing, type CalcomState, type CalcomWebhook, type EventType } from "./calcom-state.ts";

export type AccountEndpoint =
  | "get-me"
  | "list-event-types"
  | "get-event-type"
  | "list-schedules"
  | "create-webhook"
  | "list-webhooks"
  | "get-webhook"
  | "update-webhook"
  | "delete-webhook";

const me = {
  id: 1,
  username: "askproai-sandbox",
  email: "sandbox@example.org",
  name: "AskProAI (Sandbox)",
  avatarUrl: null,
  bio: null,
  timeFormat: 24,
  defaultScheduleId: 1,
  weekStart: "Monday",
  timeZone: "Europe/Berlin",
  organizationId: null,
};

const triggers: ReadonlySet<string> = new Set([
  "BOOKING_CREATED",
  "BOOKING_RESCHEDULED",
  "BOOKING_CANCELLED",
  "BOOKING_REQUESTED",
  "BOOKING_REJECTED",
  "BOOKING_PAYMENT_INITIATED",
  "BOOKING_PAID",
  "BOOKING_NO_SHOW_UPDATED",
  "FORM_SUBMITTED",
  "MEETING_STARTED",
  "MEETING_ENDED",
  "RECORDING_READY",
  "INSTANT_MEETING",
  "OOO_CREATED",
]);

const ok = (data: unknown, status = 200): VendorAnswer => ({ status, body: { status: "success", data } });

export const accountRoutes: readonly Route<CalcomState, AccountEndpoint>[] = [
  { name: "get-me", method: "GET", path: "/v2/me", answer: () => ok(me) },
  {
    name: "list-event-types",
    method: "GET",
    path: "/v2/event-types",
    answer: ({ query }, { state }) => {
      const slug = query.get("eventSlug");
      return ok([...state.eventTypes.values()].filter((type) => slug === null || type.slug === slug).map(eventTypeBody));
    },
  },
  {
    name: "get-event-type",
    method: "GET",
    path: "/v2/event-types/{eventTypeId}",
    answer: (request, { state }) => {
      const type = state.eventTypes.get(Number(request.parameters["eventTypeId"]));
      return type === undefined ? missing("Event type not found", request) : ok(eventTypeBody(type));
    },
  },
  {
    name: "list-schedules",
    method: "GET",
    path: "/v2/schedules",
    answer: (_request, { state }) =>
      ok(
        [...state.schedules.values()].map(({ id, name, timeZone, hours }) => ({
          id,
          ownerId: me.id,
          name,
          timeZone,
          availability: hours.map(({ days, from, until }) => ({
            days: days.map((day) => weekdays[day - 1]),
            startTime: from,
            endTime: until,
          })),
          isDefault: id === me.defaultScheduleId,
          overrides: [],
        })),
      ),
  },
  { name: "create-webhook", method: "POST", path: "/v2/webhooks", answer: createWebhook },
  {
    name: "list-webhooks",
    method: "GET",
    path: "/v2/webhooks",
    answer: ({ query }, { state }) => {
      const skip = Number(query.get("skip") ?? 0);
      return ok([...state.webhooks.values()].slice(skip, skip + Number(query.get("take") ?? 250)).map(webhookBody));
    },
  },
  {
    name: "get-webhook",
    method: "GET",
    path: "/v2/webhooks/{webhookId}",
    answer: (request, { state }) => {
      const webhook = state.webhooks.get(Number(request.parameters["webhookId"]));
      return webhook === undefined ? missing("Webhook not found", request) : ok(webhookBody(webhook));
    },
  },
  {
    name: "update-webhook",
    method: "PATCH",
    path: "/v2/webhooks/{webhookId}",
    answer: (request, { state }) => {
      const webhook = state.webhooks.get(Number(request.parameters["webhookId"]));
      if (webhook === undefined) return missing("Webhook not found", request);
      const problem = webhookProblem({ ...webhook, ...(request.json as Record<string, unknown>) });
      if (problem !== undefined) return badRequest(problem, request);
      const known = Object.entries(request.json as Record<string, unknown>).filter(([key]) => writable.has(key));
      Object.assign(webhook, Object.fromEntries(known));
      return ok(webhookBody(webhook));
    },
  },
  {
    name: "delete-webhook",
    method: "DELETE",
    path: "/v2/webhooks/{webhookId}",
    answer: (request, { state }) => {
      const webhook = state.webhooks.get(Number(request.parameters["webhookId"]));
      if (webhook === undefined) return missing("Webhook not found", request);
      state.webhooks.delete(webhook.id);
      return ok(webhookBody(webhook));
    },
  },
];

const weekdays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"] as const;
const writable: ReadonlySet<string> = new Set(["subscriberUrl", "triggers", "active", "secret", "payloadTemplate"]);

function createWebhook(request: VendorRequest, { state }: Desk<CalcomState>): VendorAnswer {
  const body = (request.json ?? {}) as Record<string, unknown>;
  const problem = webhookProblem(body);
  if (problem !== undefined) return badRequest(problem, request);
  const isTaken = [...state.webhooks.values()].some(({ subscriberUrl }) => subscriberUrl === body["subscriberUrl"]);
  if (isTaken) return badRequest("Webhook with this subscriberUrl already exists for this user", request);
  const webhook: CalcomWebhook = {
    id: (state.nextId += 1),
    subscriberUrl: textOf(body["subscriberUrl"]),
    triggers: [...(body["triggers"] as string[])],
    active: body["active"] === true,
    secret: typeof body["secret"] === "string" ? body["secret"] : undefined,
    payloadTemplate: typeof body["payloadTemplate"] === "string" ? body["payloadTemplate"] : null,
  };
  state.webhooks.set(webhook.id, webhook);
  return ok(webhookBody(webhook), 201);
}

function webhookProblem(body: Readonly<Record<string, unknown>>): string | undefined {
  if (typeof body["subscriberUrl"] !== "string" || !URL.canParse(body["subscriberUrl"])) return "subscriberUrl must be a URL";
  if (typeof body["active"] !== "boolean") return "active must be a boolean value";
  const wanted = body["triggers"];
  const isKnown = Array.isArray(wanted) && wanted.every((trigger) => triggers.has(textOf(trigger)));
  if (!isKnown) return "each value in triggers must be a valid trigger";
  const version = body["version"];
  return version === undefined || version === "2021-10-20" ? undefined : "version must be 2021-10-20";
}

function webhookBody({ id, subscriberUrl, triggers: wanted, active, secret, payloadTemplate }: CalcomWebhook): Record<string, unknown> {
  return {
    id,
    userId: me.id,
    subscriberUrl,
    triggers: wanted,
    active,
    payloadTemplate: payloadTemplate ?? "",
    ...(secret === undefined ? {} : { secret }),
  };
}

function eventTypeBody(type: EventType): Record<string, unknown> {
  return {
    id: type.id,
    ...(type.teamSlug === undefined ? { ownerId: me.id } : { teamId: 1, schedulingType: "roundRobin", team: { slug: type.teamSlug } }),
    title: type.title,
    slug: type.slug,
    description: "",
    lengthInMinutes: type.lengthInMinutes,
    slotInterval: type.slotInterval,
    minimumBookingNotice: type.minimumBookingNotice,
    scheduleId: type.scheduleId,
    locations: [],
    bookingFields: [],
    disableGuests: false,
    recurrence: null,
    metadata: {},
    price: 0,
    currency: "eur",
    lockTimeZoneToggleOnBookingPage: false,
    forwardParamsSuccessRedirect: null,
    successRedirectUrl: null,
    isInstantEvent: false,
    hidden: false,
    bookingRequiresAuthentication: false,
    confirmationPolicy: type.requiresConfirmation ? { type: "always", blockUnconfirmedBookingsInBooker: true } : { disabled: true },
    users: type.hostIds.map((id) => ({ id, name: null, username: null })),
    bookingUrl: `https://cal.com/${me.username}/${type.slug}`,
  };
}
