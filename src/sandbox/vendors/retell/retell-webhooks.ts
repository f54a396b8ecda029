import { createHmac } from "node:crypto";
import type { SentWebhook, WebhookSender } from "../webhook-sender.ts";
import { defaultEvents, type RetellCall, type RetellState } from "./retell-state.ts";

/** `v=<ms>,d=<hex>`: HMAC-SHA256 over the body with the time appended, no separator (retell-sdk `lib/webhook_auth.js`). */
export function signRetell(body: string, key: string, at: number): string {
  return `v=${at},d=${createHmac("sha256", key)
    .update(body + String(at), "utf8")
    .digest("hex")}`;
}

export type RetellEvent = "call_started" | "call_ended" | "call_analyzed" | "transcript_updated";

/** How Retell's webhooks travel; the vendor publishes the number of its retries, not their spacing. */
export type RetellPost = {
  /** The key with the webhook badge. */
  readonly webhookKey: string;
  /** The account's own webhook; an agent's replaces it. */
  readonly webhookUrl: string | undefined;
  readonly retryWaitsMs: readonly number[];
  /** Added to the signature's time: a sender whose clock is off. */
  signatureOffsetMs: number;
  /** Unknown of the vendor: whether a retry carries the first signature. Default true, the harder case. */
  readonly doesRetryKeepSignature: boolean;
};

/** Sends one lifecycle event of a call to its agent's or the account's webhook; `undefined` when nobody subscribed. */
export function sendCallEvent(
  event: RetellEvent,
  call: RetellCall,
  { state, sender, post }: { state: RetellState; sender: WebhookSender; post: RetellPost },
): SentWebhook | undefined {
  const agent = state.agents.get(call.agent_id);
  const url = agent?.webhook_url ?? post.webhookUrl;
  const wanted: readonly string[] = agent?.webhook_events ?? defaultEvents;
  if (url === undefined || !wanted.includes(event)) return undefined;
  const { call_analysis: _analysis, ...unanalyzed } = call;
  const body = JSON.stringify({ event, call: event === "call_analyzed" ? call : unanalyzed });
  return sender.send({
    url,
    event,
    body,
    headers: retellHeaders(body, post),
    timeoutMs: agent?.webhook_timeout_ms ?? 10_000,
    retryWaitsMs: post.retryWaitsMs,
  });
}

/** The headers of anything Retell sends, signed at the first attempt or at each. */
export function retellHeaders(body: string, post: RetellPost): (at: number, attempt: number) => Readonly<Record<string, string>> {
  let first: string | undefined;
  return (at) => {
    const signed = signRetell(body, post.webhookKey, at + post.signatureOffsetMs);
    first ??= signed;
    return { "content-type": "application/json", "x-retell-signature": post.doesRetryKeepSignature ? first : signed };
  };
}
