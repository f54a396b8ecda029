import type { ServiceEntry } from "./service-schema.ts";

/** The specification of the `service` probe for one entry. */
export function serviceSpec(service: ServiceEntry): Record<string, unknown> {
  return { service: service.address };
}
