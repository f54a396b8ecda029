import type { IncomingMessage, ServerResponse } from "node:http";
import type { GatewaySettings } from "../../config/gateway-schema.ts";
import type { Clock } from "../../kernel/clock.ts";
import { Failure } from "../../kernel/failure.ts";
import { composeDelivery } from "../accept/describe-delivery.ts";
import type { QuarantineLimits } from "../accept/quarantine-limits.ts";
import { publicAddress, verifyRequest } from "../accept/verify-request.ts";
import type { Delivery, Kept, Provider } from "../delivery.ts";
import type { GatewayFinding } from "../gateway.ts";
import type { GatewayMetrics } from "./metrics.ts";
import { readBody } from "./read-body.ts";
import { sourceAddress } from "./source-address.ts";

/** Our own addresses, and those of the gateway before us, which vendors may still be configured with. */
export const webhookPaths: Readonly<Record<string, Provider>> = {
  "/webhooks/retell": "retell",
  "/webhooks/calcom": "calcom",
  "/webhooks/twilio": "twilio",
  "/api/webhooks/retell": "retell",
  "/api/webhook": "retell",
  "/api/retell/webhook": "retell",
  "/api/webhooks/calcom": "calcom",
  "/api/calcom/webhook": "calcom",
};

export type WebhookParts = {
  settings(): GatewaySettings;
  readonly clock: Clock;
  readonly metrics: GatewayMetrics;
  readonly limits: QuarantineLimits;
  readonly trustedProxies: ReadonlySet<string>;
  keep(delivery: Delivery): Promise<Kept>;
  report(finding: GatewayFinding): void;
};

/** Headers that carry a login of somebody's are not ours to keep. */
const unkeptHeaders = new Set(["authorization", "cookie", "proxy-authorization"]);

/**
 * The hot path: reads, verifies, keeps durably, answers. 204: verified and kept. 202: kept in quarantine. 413, 429: more than is
 * kept of strangers. 503: a fault of ours, come again. No database is read.
 */
export async function acceptWebhook(
  parts: WebhookParts,
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { clock, metrics } = parts;
  const read = await readBody(request);
  if (typeof read === "string") {
    if (read !== "cut") closeUnread(response);
    refuse(metrics, provider, response, read === "too-long" ? 413 : read === "full" ? 503 : undefined);
    return;
  }
  const startedMs = clock.monotonicMs();
  try {
    const answered = await keepRequest(parts, provider, request, read.body);
    if (answered === 204 || answered === 202) response.writeHead(answered).end();
    else refuse(metrics, provider, response, answered);
  } finally {
    read.done();
    metrics.seconds.observe((clock.monotonicMs() - startedMs) / 1000);
  }
}

async function keepRequest(
  parts: WebhookParts,
  provider: Provider,
  request: IncomingMessage,
  body: Buffer,
): Promise<202 | 204 | 429 | 503> {
  const { clock, metrics, trustedProxies } = parts;
  const settings = parts.settings();
  const path = request.url ?? "/";
  const url = publicAddress(settings.publicUrl, path);
  const headers = readHeaders(request);
  const receivedAt = clock.now();
  const source = sourceAddress(request.socket.remoteAddress, headers["x-forwarded-for"], trustedProxies);
  const verification = verifyRequest(provider, { url, headers, body }, settings, receivedAt);
  const isVerified = verification.verdict === "verified";
  if (!isVerified && !parts.limits.admit(source, body.length, clock.monotonicMs())) return 429;
  const received = {
    provider,
    method: request.method ?? "POST",
    url,
    path,
    headers,
    sourceAddress: source,
    body,
    receivedAt,
    source: "live",
  } as const;
  const { isKnownShape, ...delivery } = composeDelivery(received, verification);
  try {
    const place = await parts.keep(delivery);
    metrics.accepts.inc({ provider, verdict: verification.verdict, place });
    if (!isKnownShape) metrics.unknownShapes.inc({ provider });
    if (!isVerified && place !== "duplicate") {
      parts.report({ kind: "unverified-webhook", subject: provider, data: { verdict: verification.verdict } });
    }
    return isVerified ? 204 : 202;
  } catch (error) {
    // Whatever it is, it is ours: the sender is asked to come again.
    parts.report({ kind: "not-kept", subject: provider, data: { reason: error instanceof Failure ? error.code : "bug" } });
    return 503;
  }
}

function refuse(metrics: GatewayMetrics, provider: Provider, response: ServerResponse, status: 413 | 429 | 503 | undefined): void {
  metrics.refusals.inc({ provider, status: status ?? 0 });
  if (status === undefined) {
    response.destroy(); // the sender broke off; there is nobody to answer
    return;
  }
  response.writeHead(status, status === 413 ? {} : { "retry-after": status === 503 ? "5" : "60" }).end();
}

/** The rest of a body that is too long is not read; the sender gets a moment to see the answer. */
export const lastLookMs = 500;

export function closeUnread(response: ServerResponse): void {
  const { socket } = response;
  response.shouldKeepAlive = false;
  setTimeout(() => socket?.destroy(), lastLookMs).unref();
}

function readHeaders({ headers }: IncomingMessage): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    if (value !== undefined && !unkeptHeaders.has(name)) kept[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return kept;
}
