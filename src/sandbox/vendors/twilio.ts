import { systemClock, type Clock } from "../../kernel/clock.ts";
import type { DialResult, DialTarget } from "./twilio/call-player.ts";
import { twilioControl, type ControlEndpoint } from "./twilio/control-routes.ts";
import { createMessagePost, type MessagePost } from "./twilio/message-post.ts";
import { createSwitchboard, type CallerReport, type CallerWish, type Switchboard } from "./twilio/switchboard.ts";
import { twilioRoutes, unknownResource, type TwilioEndpoint } from "./twilio/twilio-routes.ts";
import { createTwilioNumber, twilioError, type TwilioNumber, type TwilioState } from "./twilio/twilio-state.ts";
import { defaultLimits, type VoiceLimits } from "./twilio/voice-request.ts";
import { createFaults, type Faults, type VendorFault } from "./vendor-fault.ts";
import { startVendorServer, type Exchange, type Refusals } from "./vendor-server.ts";
import { createWebhookSender, type Deliveries, type DeliveryFault } from "./webhook-sender.ts";

export type { TwilioEndpoint } from "./twilio/twilio-routes.ts";

export type TwilioOptions = {
  /** `AC` and 32 hexadecimal digits; default one of zeros. */
  readonly accountSid?: string;
  /** Opens the interface and signs webhooks. */
  readonly authToken: string;
  readonly host?: string;
  readonly port?: number;
  readonly clock?: Clock;
  readonly numbers?: readonly (Partial<TwilioNumber> & { phoneNumber: string })[];
  /** Where a `<Dial>` or a trunk leads; default: nobody is there (`failed`). */
  readonly connect?: (target: DialTarget, call: { sid: string; from: string; to: string }) => Promise<DialResult>;
  readonly limits?: Partial<VoiceLimits>;
  /** Calls started per second; Twilio's default is 1, the others wait. */
  readonly callsPerSecond?: number;
  readonly ringMs?: number;
  readonly messageStepMs?: number;
  /** Asked before every answer; goes before `faults`. */
  readonly weather?: () => VendorFault | undefined;
  /** The same for each webhook. */
  readonly deliveryWeather?: () => DeliveryFault | undefined;
};

export type TwilioStandIn = {
  readonly url: string;
  readonly port: number;
  readonly accountSid: string;
  readonly faults: Faults<TwilioEndpoint | ControlEndpoint>;
  /** Status callbacks: what was sent, and what shall happen to what is sent next. */
  readonly webhooks: Deliveries;
  readonly state: TwilioState;
  readonly exchanges: readonly Exchange[];
  /** How a number that is rung behaves; default it answers and says nothing. */
  readonly callees: Switchboard["callees"];
  readonly rung: Switchboard["rung"];
  readonly recipients: MessagePost["recipients"];
  readonly received: MessagePost["received"];
  /** A person rings a number of this account; resolves when the call is over. */
  simulateCaller(wish: CallerWish): Promise<CallerReport>;
  settled(): Promise<void>;
  close(): Promise<void>;
};

const refusals: Refusals = {
  notFound: ({ path }) => unknownResource(path),
  badBody: () => twilioError(400, 20001, "Bad request"),
  error: (status) => twilioError(status, 20500, "Internal Server Error"),
  throttled: () => twilioError(429, 20429, "Too Many Requests"),
  suspended: () => twilioError(403, 20005, "Account is not active"),
};

/** Twilio on 127.0.0.1: its interface, its telephone calls and its text messages. */
export async function startTwilio(options: TwilioOptions): Promise<TwilioStandIn> {
  const clock = options.clock ?? systemClock;
  const accountSid = options.accountSid ?? `AC${"0".repeat(32)}`;
  const state: TwilioState = {
    accountSid,
    calls: new Map(),
    messages: new Map(),
    recordings: new Map(),
    numbers: new Map((options.numbers ?? []).map((number) => [number.phoneNumber, createTwilioNumber(number, clock.now())])),
  };
  const faults = createFaults<TwilioEndpoint | ControlEndpoint>(options.weather);
  const isAway = (): boolean => faults.isAway();
  const sender = createWebhookSender({ clock, isAway, weather: options.deliveryWeather });
  const common = { clock, state, sender, token: options.authToken, isAway };
  const switchboard = createSwitchboard({
    ...common,
    limits: { ...defaultLimits, ...options.limits },
    ringMs: options.ringMs ?? 20,
    callsPerSecond: options.callsPerSecond ?? 1,
    connect: options.connect ?? (async () => ({ status: "failed" })),
  });
  const post = createMessagePost({ ...common, stepMs: options.messageStepMs ?? 20 });
  const expected = `Basic ${Buffer.from(`${accountSid}:${options.authToken}`).toString("base64")}`;
  const server = await startVendorServer<TwilioState, TwilioEndpoint | ControlEndpoint>({
    host: options.host ?? "127.0.0.1",
    port: options.port ?? 0,
    clock,
    state,
    routes: [...twilioRoutes({ ...switchboard, send: post.send }), ...twilioControl({ switchboard, post })],
    faults,
    refusals,
    authorize: ({ headers, path }) => {
      if (headers.authorization !== expected) return twilioError(401, 20003, "Authenticate");
      const isOurs = path.startsWith(`/2010-04-01/Accounts/${accountSid}`) || path.startsWith("/sandbox/");
      return isOurs ? undefined : unknownResource(path);
    },
  });
  return {
    url: server.url,
    port: server.port,
    accountSid,
    faults,
    webhooks: sender,
    state,
    exchanges: server.exchanges,
    callees: switchboard.callees,
    rung: switchboard.rung,
    recipients: post.recipients,
    received: post.received,
    simulateCaller: async (wish) => await switchboard.receive(wish),
    settled: async () => {
      await switchboard.settled();
      await post.settled();
      await sender.settled();
    },
    close: async () => {
      sender.close();
      await server.close();
    },
  };
}
