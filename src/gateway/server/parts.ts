import type { Hono } from "hono";
import { minutes, seconds } from "../../kernel/clock.ts";
import { bookingChecks } from "../bookings/booking-checks.ts";
import { bookingJobs } from "../bookings/booking-jobs.ts";
import { calcomEventHandler } from "../bookings/calcom-event-handler.ts";
import { openBookingDesk, type OpenBookingDesk } from "../bookings/open-booking-desk.ts";
import { canaryJob } from "../breakers/canary.ts";
import type { BreakersKeeper } from "../breakers/keep-breakers.ts";
import { createBacklog } from "../callbacks/backlog.ts";
import { checkPromises } from "../callbacks/check-promises.ts";
import { callbackEventHandler } from "../callbacks/callback-event-handler.ts";
import { callbackJobs } from "../callbacks/callback-jobs.ts";
import { openCallbackDesk } from "../callbacks/open-callback-desk.ts";
import { voiceRoutes } from "../callbacks/voice-routes.ts";
import { callChecks } from "../calls/call-checks.ts";
import { callEventHandler } from "../calls/call-events.ts";
import { callJobs } from "../calls/call-jobs.ts";
import { callRoutes } from "../calls/call-routes.ts";
import { openToolCallLog } from "../calls/tool-call-log.ts";
import { checkTenants } from "../companies/tenant-check.ts";
import type { EventHandler } from "../event-handler.ts";
import type { Gateway, GatewayJob } from "../gateway.ts";
import { confirmationJob } from "../inbox/confirmation-job.ts";
import { retentionJob } from "../inbox/retention.ts";
import { reverifyJob } from "../inbox/reverify.ts";
import { unresolvedJob } from "../inbox/unresolved.ts";
import { vendorConfirmation } from "../inbox/vendor-confirmation.ts";
import type { SwitchKeeper } from "../switches/open-switch-view.ts";
import { checkSwitches, switchWarningJob } from "../switches/switch-check.ts";
import { checkEgress } from "../vendors/egress-check.ts";
import type { EgressKeeper } from "../vendors/open-egress.ts";
import type { CheckRound } from "./check-rounds.ts";
import { checkInbox } from "./inbox-check.ts";
import { checkWebhooks } from "./synthetic-webhook.ts";

/** Everything the parts of the gateway bring along; `start.ts` runs it. A new part is added here and nowhere else. */
export type GatewayParts = {
  readonly routes: readonly Hono[];
  readonly handlers: readonly EventHandler[];
  readonly jobs: readonly GatewayJob[];
  readonly checks: readonly CheckRound[];
  /** Writes what the parts still hold in memory. */
  flush(): Promise<void>;
};

/** The keepers a part may look into; `baseUrl`: where this gateway listens. */
export type PartsGround = {
  readonly breakers: BreakersKeeper;
  readonly egress: EgressKeeper;
  readonly switches: SwitchKeeper;
  readonly baseUrl: () => string;
};

export function openParts(gateway: Gateway, ground: PartsGround): GatewayParts {
  const { clock, directory, settings } = gateway;
  const { breakers, egress, switches } = ground;
  const backlog = createBacklog();
  const callbacks = openCallbackDesk(gateway, backlog);
  const booking = openBookingDesk(gateway);
  const toolCalls = openToolCallLog(gateway);
  const handlers = [
    callEventHandler,
    calcomEventHandler({ clock, directory }),
    callbackEventHandler({ clock, shortestMs: settings.callbacks.promise }),
  ];
  return {
    routes: [callRoutes(gateway, { booking, callbacks }, toolCalls), voiceRoutes(gateway, { desk: callbacks })],
    handlers,
    jobs: [
      ...callJobs(gateway, toolCalls),
      ...callbackJobs(gateway, backlog),
      ...bookingJobs(booking, callbacks),
      switchWarningJob({ switches, clock }, (key) => gateway.report({ kind: "switch-ending", subject: key })),
      reverifyJob(gateway),
      confirmationJob(gateway, vendorConfirmation(gateway)),
      retentionJob(gateway),
      unresolvedJob(gateway, handlers),
      canaryJob(breakers, (vendor) => gateway.access(vendor), egress),
    ],
    checks: checkRounds(gateway, ground, booking),
    flush: async () => {
      await Promise.allSettled([toolCalls.flush(), booking.table?.flush()]);
    },
  };
}

/** Every look at the gateway's own data and at what it stands on, each in the rhythm that its cost allows. */
function checkRounds(gateway: Gateway, { breakers, egress, switches, baseUrl }: PartsGround, booking: OpenBookingDesk): CheckRound[] {
  const { pool, clock, language } = gateway;
  const bookings = bookingChecks(booking);
  const calls = callChecks(gateway, { baseUrl });
  // What asks Retell is seldom: a check must not use up what callers need.
  const everyMs: Readonly<Record<string, number>> = { P1: minutes(1), P3: minutes(1), P4: minutes(2) };
  return [
    ...calls.map(({ id, run }): CheckRound => ({ name: id, everyMs: everyMs[id] ?? seconds(30), run })),
    { name: "P2", everyMs: minutes(1), run: async (signal) => await checkWebhooks(gateway, baseUrl(), signal) },
    { name: "P8", everyMs: seconds(15), run: async () => await checkEgress({ pool, egress, clock, language }) },
    { name: "P10-inbox", everyMs: seconds(15), run: async () => await checkInbox(pool, { clock, language }) },
    { name: "P14", everyMs: seconds(5), run: async () => checkSwitches({ switches, breakers, clock, language }) },
    { name: "callbacks", everyMs: seconds(15), run: async () => await checkPromises(pool, { clock, language }) },
    ...(bookings === undefined ? [] : [{ name: "bookings", everyMs: seconds(30), run: bookings }]),
    ...(pool === undefined ? [] : [{ name: "P13", everyMs: minutes(1), run: () => checkTenants(pool, { clock, language }) }]),
  ];
}
