import { createHmac } from "node:crypto";
import type { SentWebhook, WebhookSender } from "../webhook-sender.ts";
import { webhookPayload } from "./booking-body.ts";
import type { Trigger } from "./booking-routes.ts";
import { isoTime, type CalcomState, type CalcomWebhook } from "./calcom-state.ts";

/** HMAC-SHA256 over the raw body, hex, no prefix and no time (calcom/cal.com `sendPayload.ts`). */
export function signCalcom(body: string, secret: string | undefined): string {
  return secret === undefined ? "no-secret-provided" : createHmac("sha256", secret).update(body, "utf8").digest("hex");
}

/** Tells every active subscriber of this trigger, once: the function that was read repeats nothing and has no time limit. */
export function tellSubscribers(
  trigger: Trigger | "MEETING_STARTED" | "MEETING_ENDED",
  uid: string,
  { state, sender, now }: { state: CalcomState; sender: WebhookSender; now: number },
): SentWebhook[] {
  const booking = state.bookings.get(uid);
  if (booking === undefined) return [];
  const payload = webhookPayload(booking, state);
  const head = { triggerEvent: trigger, createdAt: isoTime(now) };
  // The two about meetings are flat, without `payload`.
  const body = trigger === "MEETING_STARTED" || trigger === "MEETING_ENDED" ? { ...head, ...payload } : { ...head, payload };
  const interested = [...state.webhooks.values()].filter(({ active, triggers }) => active && triggers.includes(trigger));
  return interested.map((webhook) => post(webhook, trigger, body, sender));
}

function post(webhook: CalcomWebhook, event: string, json: unknown, sender: WebhookSender): SentWebhook {
  const isPlain = webhook.payloadTemplate === null;
  const body = isPlain ? JSON.stringify(json) : fill(webhook.payloadTemplate ?? "", json as Record<string, unknown>);
  return sender.send({
    url: webhook.subscriberUrl,
    event,
    body,
    headers: () => ({
      "content-type": isPlain || body.startsWith("{") ? "application/json" : "application/x-www-form-urlencoded",
      "x-cal-signature-256": signCalcom(body, webhook.secret),
      "x-cal-webhook-version": "2021-10-20",
    }),
    // None is set at the vendor; something has to end a test.
    timeoutMs: 60_000,
    retryWaitsMs: [],
  });
}

/** A subscriber's own template: `{{triggerEvent}}`, `{{title}}`. */
function fill(template: string, json: Readonly<Record<string, unknown>>): string {
  const values: Readonly<Record<string, unknown>> = { ...(json["payload"] as Record<string, unknown> | undefined), ...json };
  return template.replaceAll(/\{\{(\w+)\}\}/g, (_whole, name: string) => {
    const value = values[name];
    return typeof value === "string" || typeof value === "number" ? String(value) : "";
  });
}
