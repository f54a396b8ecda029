import type { GatewaySettings } from "../../config/gateway-schema.ts";
import { calcomBaseUrl } from "../../integrations/calcom.ts";
import { retellBaseUrl } from "../../integrations/retell.ts";
import { twilioBaseUrl } from "../../integrations/twilio-api.ts";
import type { Secret } from "../../kernel/secret.ts";
import type { Vendor } from "./vendor.ts";

/** Where a vendor is and with whose key; `account` is Twilio's AccountSid. */
export type VendorKey = { readonly baseUrl: string; readonly key: Secret; readonly account?: string };

/** The common key of a vendor from ampel.yaml; `undefined` when none is given. */
export function vendorAccess({ retell, calcom, twilio }: GatewaySettings, vendor: Vendor): VendorKey | undefined {
  switch (vendor) {
    case "retell":
      return retell.apiKey === undefined ? undefined : { baseUrl: retell.baseUrl ?? retellBaseUrl, key: retell.apiKey };
    case "calcom":
      return calcom.apiKey === undefined ? undefined : { baseUrl: calcom.baseUrl ?? calcomBaseUrl, key: calcom.apiKey };
    case "twilio": {
      const [token] = Object.values(twilio.tokens);
      if (token === undefined || twilio.accountSid === undefined) return undefined;
      return { baseUrl: twilio.baseUrl ?? twilioBaseUrl, key: token, account: twilio.accountSid };
    }
  }
}
