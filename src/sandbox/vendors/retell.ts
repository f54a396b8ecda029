import { systemClock, type Clock } from "../../kernel/clock.ts";
import { callRoutes, type CallEndpoint } from "./retell/call-routes.ts";
import type { ScriptStep } from "./retell/conversation.ts";
import { retellControl, type ControlEndpoint } from "./retell/control-routes.ts";
import { numberRoutes, type NumberEndpoint } from "./retell/number-routes.ts";
import { retellError, retellRefusals } from "./retell/retell-refusals.ts";
import {
  createAgent,
  createNumber,
  type RetellAgent,
  type RetellCall,
  type RetellNumber,
  type RetellState,
} from "./retell/retell-state.ts";
import { sendCallEvent, type RetellEvent, type RetellPost } from "./retell/retell-webhooks.ts";
import { createTelephone, type CallWish, type SimulatedCall, type Telephone } from "./retell/telephone.ts";
import { retellStatusPage } from "./status-pages.ts";
import { createFaults, type Faults, type VendorFault } from "./vendor-fault.ts";
import { startVendorServer, type Exchange, type Route } from "./vendor-server.ts";
import { createWebhookSender, type Deliveries, type DeliveryFault, type SentWebhook } from "./webhook-sender.ts";

export type RetellEndpoint = CallEndpoint | NumberEndpoint | "get-api-key-info" | "status-page" | ControlEndpoint;

export type RetellOptions = {
  readonly key: string;
  /** Signs webhooks; default: the same key. Real accounts may have several, one carries the badge. */
  readonly webhookKey?: string;
  readonly host?: string;
  /** Default: a free one. */
  readonly port?: number;
  readonly clock?: Clock;
  readonly agents?: readonly (Partial<RetellAgent> & { agent_id: string })[];
  readonly numbers?: readonly (Partial<RetellNumber> & { phone_number: string })[];
  /** The account's webhook, for agents without one of their own. */
  readonly webhookUrl?: string;
  /** Custom functions, for agents without a URL of their own; `{{name}}` stands for the function's name. */
  readonly functionUrl?: string;
  readonly functionTimeoutMs?: number;
  readonly functionRetries?: number;
  readonly inboundTimeoutMs?: number;
  /** Up to 3 retries; their spacing is unpublished, so a short one is the default here. */
  readonly retryWaitsMs?: readonly number[];
  readonly doesRetryKeepSignature?: boolean;
  readonly concurrencyLimit?: number;
  /** Per minute over the account; the vendor publishes no number. Default: none. */
  readonly requestsPerMinute?: number;
  readonly ringMs?: number;
  readonly outboundScript?: (call: RetellCall) => readonly ScriptStep[];
  /** Asked before every answer; goes before `faults`. */
  readonly weather?: () => VendorFault | undefined;
  /** The same for each webhook. */
  readonly deliveryWeather?: () => DeliveryFault | undefined;
};

export type RetellStandIn = {
  readonly url: string;
  readonly port: number;
  readonly faults: Faults<RetellEndpoint>;
  /** What was sent, and what shall happen to what is sent next. */
  readonly webhooks: Deliveries;
  readonly state: RetellState;
  readonly exchanges: readonly Exchange[];
  readonly dialled: Telephone["dialled"];
  /** How a dialled number behaves; default it answers. */
  readonly callees: Telephone["callees"];
  /** A person rings a number of this account; resolves when the call is over. */
  simulateCall(wish: CallWish): Promise<SimulatedCall>;
  /** Sends an event of a known call once more, or out of turn. */
  sendEvent(event: RetellEvent, callId: string): SentWebhook | undefined;
  /** A sender whose clock is off by this much. */
  skewClock(offsetMs: number): void;
  /** Every dialled call is over and every webhook delivered or given up. */
  settled(): Promise<void>;
  close(): Promise<void>;
};

/** Retell.ai on 127.0.0.1: its interface, its webhooks and its telephone calls. */
export async function startRetell(options: RetellOptions): Promise<RetellStandIn> {
  const clock = options.clock ?? systemClock;
  const now = clock.now();
  const state: RetellState = {
    calls: new Map(),
    agents: new Map((options.agents ?? []).map((agent) => [agent.agent_id, createAgent(agent, now)])),
    numbers: new Map((options.numbers ?? []).map((number) => [number.phone_number, createNumber(number, now)])),
    concurrencyLimit: options.concurrencyLimit ?? 20,
    missingStatus: 422,
  };
  const faults = createFaults<RetellEndpoint>(options.weather);
  const isAway = (): boolean => faults.isAway();
  const sender = createWebhookSender({ clock, isAway, weather: options.deliveryWeather });
  const post: RetellPost = {
    webhookKey: options.webhookKey ?? options.key,
    webhookUrl: options.webhookUrl,
    retryWaitsMs: options.retryWaitsMs ?? [100, 200, 400],
    signatureOffsetMs: 0,
    doesRetryKeepSignature: options.doesRetryKeepSignature ?? true,
  };
  const telephone = createTelephone({
    clock,
    state,
    sender,
    post,
    functionUrl: options.functionUrl,
    functionTimeoutMs: options.functionTimeoutMs ?? 10_000,
    functionRetries: options.functionRetries ?? 0,
    inboundTimeoutMs: options.inboundTimeoutMs ?? 10_000,
    ringMs: options.ringMs ?? 20,
    outboundScript: options.outboundScript ?? (() => [{ agent: "Guten Tag, hier ist der versprochene Rückruf." }]),
    isAway,
  });
  const keyInfo: Route<RetellState, RetellEndpoint> = {
    name: "get-api-key-info",
    method: "GET",
    path: "/get-api-key-info",
    answer: () => ({ status: 200, body: { api_key_name: "sandbox", org_name: "AskProAI (Sandbox)" } }),
  };
  const minute = { start: 0, count: 0 };
  const server = await startVendorServer<RetellState, RetellEndpoint>({
    host: options.host ?? "127.0.0.1",
    port: options.port ?? 0,
    clock,
    state,
    routes: [
      keyInfo,
      retellStatusPage(faults),
      ...callRoutes(telephone),
      ...numberRoutes,
      ...retellControl({ telephone, sent: sender.sent }),
    ],
    faults,
    refusals: retellRefusals,
    authorize: ({ headers }) => {
      // No header at all is refused in another shape than a wrong key, as was seen at the vendor.
      if (headers.authorization === undefined) return { status: 401, body: { error_message: "Authorization header required" } };
      return headers.authorization === `Bearer ${options.key}` ? undefined : retellError(401, "Invalid API key");
    },
    limit: (request, at) => {
      if (options.requestsPerMinute === undefined) return undefined;
      if (at - minute.start >= 60_000) Object.assign(minute, { start: at, count: 0 });
      minute.count += 1;
      return minute.count > options.requestsPerMinute ? retellRefusals.throttled() : undefined;
    },
  });
  return {
    url: server.url,
    port: server.port,
    faults,
    webhooks: sender,
    state,
    exchanges: server.exchanges,
    dialled: telephone.dialled,
    callees: telephone.callees,
    simulateCall: async (wish) => await telephone.receive(wish),
    sendEvent: (event, callId) => {
      const call = state.calls.get(callId);
      return call === undefined ? undefined : sendCallEvent(event, call, { state, sender, post });
    },
    skewClock: (offsetMs) => void (post.signatureOffsetMs = offsetMs),
    settled: async () => {
      await telephone.settled();
      await sender.settled();
    },
    close: async () => {
      sender.close();
      await server.close();
    },
  };
}
