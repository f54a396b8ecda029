import type { Hono } from "hono";
import { calcomEventHandler } from "../bookings/calcom-event-handler.ts";
import { openBookingDesk } from "../bookings/open-booking-desk.ts";
import { canaryJob } from "../breakers/canary.ts";
import type { BreakersKeeper } from "../breakers/keep-breakers.ts";
import { createBacklog } from "../callbacks/backlog.ts";
import { callbackEventHandler } from "../callbacks/callback-event-handler.ts";
import { callbackJobs } from "../callbacks/callback-jobs.ts";
import { openCallbackDesk } from "../callbacks/open-callback-desk.ts";
import { voiceRoutes } from "../callbacks/voice-routes.ts";
import { callEventHandler } from "../calls/call-events.ts";
import { callJobs } from "../calls/call-jobs.ts";
import { callRoutes } from "../calls/call-routes.ts";
import { openToolCallLog } from "../calls/tool-call-log.ts";
import type { EventHandler } from "../event-handler.ts";
import type { Gateway, GatewayCheck, GatewayJob } from "../gateway.ts";
import { retentionJob } from "../inbox/retention.ts";
import { reverifyJob } from "../inbox/reverify.ts";
import { unresolvedJob } from "../inbox/unresolved.ts";

/** What looks at the gateway's own data, on a schedule and never on a request. */
export type CheckRound = (signal: AbortSignal) => Promise<readonly GatewayCheck[]>;

/** Everything the parts of the gateway bring along; `start.ts` runs it. A new part is added here and nowhere else. */
export type GatewayParts = {
  readonly routes: readonly Hono[];
  readonly handlers: readonly EventHandler[];
  readonly jobs: readonly GatewayJob[];
  readonly checks: readonly CheckRound[];
};

export function openParts(gateway: Gateway, breakers: BreakersKeeper): GatewayParts {
  const { clock, directory, settings } = gateway;
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
      reverifyJob(gateway),
      retentionJob(gateway),
      unresolvedJob(gateway, handlers),
      canaryJob(breakers, (vendor) => gateway.access(vendor)),
    ],
    checks: [],
  };
}
