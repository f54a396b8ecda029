import type { Clock } from "../../kernel/clock.ts";
import { Failure } from "../../kernel/failure.ts";
import { message } from "../../kernel/message.ts";
import type { Delivery, Kept } from "../delivery.ts";
import type { QuarantineLimits } from "./quarantine-limits.ts";

/**
 * Keeps what live calls bring, under the caps that webhooks have: a stranger who rings all day must not fill the store.
 * What is verified, or was fetched by ourselves, is never limited.
 * @throws {Failure} spool-failed when this source has brought as much as is kept of strangers
 */
export function keepWithin(
  limits: QuarantineLimits,
  clock: Pick<Clock, "monotonicMs">,
  keep: (delivery: Delivery) => Promise<Kept>,
): (delivery: Delivery) => Promise<Kept> {
  return async (delivery) => {
    const { verdict, source, sourceAddress = "", body } = delivery;
    if (verdict !== "verified" && source === "live" && !limits.admit(sourceAddress, body.length, clock.monotonicMs())) {
      throw new Failure("spool-failed", message("gateway-check.strangers-full"), message("gateway-check.strangers-full-next"));
    }
    return await keep(delivery);
  };
}
