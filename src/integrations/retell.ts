import { z } from "zod";
import { callVendor, type VendorAccess, type VendorReply } from "./vendor-call.ts";

export const retellBaseUrl = "https://api.retellai.com";
/** An Atlassian Statuspage. */
export const retellStatusUrl = "https://status.retellai.com/api/v2/summary.json";

/** Answer of `GET /get-api-key-info` (retell-sdk 5.66.1); strict only in what proves that this is Retell. */
export const retellKeyInfoSchema = z.object({ api_key_name: z.string(), org_name: z.string() });

/** The cheapest authenticated call; changes nothing, costs nothing. @throws {NetworkFault} */
export async function getRetellKeyInfo(access: VendorAccess, signal: AbortSignal): Promise<VendorReply> {
  return await callVendor(access, "/get-api-key-info", signal);
}
