import { z } from "zod";
import { callVendor, type VendorAccess, type VendorReply } from "./vendor-call.ts";

export const calcomBaseUrl = "https://api.cal.com";
/** An openstatus page. */
export const calcomStatusUrl = "https://status.cal.com/api/status/summary.json";

/** Answer of `GET /v2/me` (Cal.com API v2); strict only in what proves that this is Cal.com. */
export const calcomMeSchema = z.object({
  status: z.literal("success"),
  data: z.object({ id: z.number(), username: z.string().nullable(), email: z.string(), timeZone: z.string() }),
});

/** Our own profile; needs no `cal-api-version`. A base that already ends in `/v2` is accepted. @throws {NetworkFault} */
export async function getCalcomMe(access: VendorAccess, signal: AbortSignal): Promise<VendorReply> {
  return await callVendor({ ...access, baseUrl: access.baseUrl.replace(/\/v2\/?$/, "") }, "/v2/me", signal);
}
