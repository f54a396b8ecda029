import type { RetellCall } from "../../integrations/retell-shapes.ts";
import { composeDelivery } from "../accept/describe-delivery.ts";
import { publicAddress } from "../accept/verify-request.ts";
import type { Delivery } from "../delivery.ts";
import type { Gateway } from "../gateway.ts";

export type FetchedEvent = "call_started" | "call_ended" | "call_analyzed";

/**
 * An event of a call that we fetched ourselves, in the shape Retell would have sent, so that it has the same key and takes
 * the same way. Verified: it came over our own connection, with our own key.
 */
export function fetchedDelivery(gateway: Pick<Gateway, "clock" | "settings">, event: FetchedEvent, call: RetellCall): Delivery {
  const path = "/backfill/retell";
  const { isKnownShape: _, ...delivery } = composeDelivery(
    {
      provider: "retell",
      method: "POST",
      url: publicAddress(gateway.settings.publicUrl, path),
      headers: { "content-type": "application/json" },
      body: Buffer.from(JSON.stringify({ event, call })),
      receivedAt: gateway.clock.now(),
      source: "backfill",
      path,
    },
    { verdict: "verified" },
  );
  return delivery;
}

const endings = new Set(["ended", "error", "not_connected"]);

export const isEnded = ({ call_status }: RetellCall): boolean => endings.has(call_status);
