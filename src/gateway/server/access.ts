import type { GatewaySettings } from "../../config/gateway-schema.ts";
import { Secret } from "../../kernel/secret.ts";
import { calcomBaseUrl } from "../../integrations/calcom.ts";
import { retellBaseUrl } from "../../integrations/retell.ts";
import type { Directory } from "../companies/directory.ts";
import type { Gateway } from "../gateway.ts";
import { vendorAccess } from "../vendors/vendor-access.ts";

/** The company's own key where it has one, else the common one; the address is always the configured one. */
export function openAccess(settings: () => GatewaySettings, directory: Directory): Gateway["access"] {
  const known = new Map<string, Secret>();
  const secretOf = (reference: string): Secret => {
    const secret = known.get(reference) ?? new Secret(reference);
    known.set(reference, secret);
    return secret;
  };
  return (vendor, companyId) => {
    const company = companyId === undefined ? undefined : directory.company(companyId);
    const { retell, calcom } = settings();
    if (vendor === "retell" && company?.retellKey !== undefined) {
      return { baseUrl: retell.baseUrl ?? retellBaseUrl, key: secretOf(company.retellKey) };
    }
    if (vendor === "calcom" && company?.calcomKey !== undefined) {
      return { baseUrl: calcom.baseUrl ?? calcomBaseUrl, key: secretOf(company.calcomKey) };
    }
    return vendorAccess(settings(), vendor);
  };
}
