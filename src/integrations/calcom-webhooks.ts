import { z } from "zod";
import { CalcomFault, decideFaultKind, readReason } from "./calcom-fault.ts";
import type { VendorAccess } from "./vendor-call.ts";
import { requestVendor, type SentRequest } from "./vendor-request.ts";

/** What stands at `/v2/webhooks` (Cal.com API v2, no `cal-api-version`); the secret is never read. */
const webhookSchema = z.object({ id: z.union([z.number(), z.string()]), subscriberUrl: z.string(), active: z.boolean() });
export type CalcomWebhook = z.infer<typeof webhookSchema>;

const listSchema = z.object({ status: z.literal("success"), data: z.array(webhookSchema) });
const oneSchema = z.object({ status: z.literal("success"), data: webhookSchema });
const pageSize = 250;

/** Every webhook of the account, over all pages. @throws {CalcomFault} @throws {NetworkFault} */
export async function listCalcomWebhooks(access: VendorAccess, signal: AbortSignal): Promise<readonly CalcomWebhook[]> {
  const found: CalcomWebhook[] = [];
  for (;;) {
    const path = `/v2/webhooks?take=${pageSize}&skip=${found.length}`;
    const { data } = await ask(access, { method: "GET", path }, listSchema, signal);
    found.push(...data);
    if (data.length < pageSize) return found;
  }
}

/** Sets where a webhook is sent, and returns it as it is read back afterwards. @throws {CalcomFault} @throws {NetworkFault} */
export async function setCalcomWebhook(
  access: VendorAccess,
  id: string,
  subscriberUrl: string,
  signal: AbortSignal,
): Promise<CalcomWebhook> {
  const path = `/v2/webhooks/${encodeURIComponent(id)}`;
  await ask(access, { method: "PATCH", path, body: JSON.stringify({ subscriberUrl }) }, oneSchema, signal);
  return (await ask(access, { method: "GET", path }, oneSchema, signal)).data;
}

async function ask<Shape extends z.ZodType>(
  access: VendorAccess,
  sent: SentRequest,
  shape: Shape,
  signal: AbortSignal,
): Promise<z.infer<Shape>> {
  const baseUrl = access.baseUrl.replace(/\/+$/, "").replace(/\/v2$/, "");
  const { status, json, retryAfterMs } = await requestVendor({ ...access, baseUrl }, sent, signal);
  if (status < 200 || status >= 300) {
    const reason = readReason(json);
    throw new CalcomFault(decideFaultKind(status, reason), { status, reason, retryAfterMs });
  }
  const parsed = shape.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new CalcomFault("garbled", { status, reason: parsed.error.issues.map(({ path }) => path.join(".")).join(", ") });
}
