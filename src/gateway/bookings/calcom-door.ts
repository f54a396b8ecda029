import { openCalcomApi, type Calcom } from "../../integrations/calcom-api.ts";
import { CalcomFault } from "../../integrations/calcom-fault.ts";
import { sendToCalcom, type CalcomSend } from "../../integrations/calcom-send.ts";
import { minutes, seconds } from "../../kernel/clock.ts";
import { BreakerOpen } from "../breakers/breakers.ts";
import type { Gateway } from "../gateway.ts";
import { EgressFull } from "../vendors/egress.ts";

/** How long one request may wait for its turn, and for its answer. */
export type Patience = { readonly waitMs: number; readonly timeoutMs: number };

/** A caller is on the line. */
export const live: Patience = { waitMs: 1000, timeoutMs: seconds(4) };
/** A job has time, and must not push callers aside. */
export const patient: Patience = { waitMs: minutes(2), timeoutMs: seconds(20) };

/**
 * The only way from the gateway to Cal.com. Every method is built on one `send`, and that goes through the shared limit
 * and the breaker: the predecessor throttled 2 of 11 methods and was suspended twice.
 */
export type CalcomDoor = {
  /** Cal.com with this company's key. */
  of(companyId: string, patience: Patience): Calcom;
  /** `calcom:main`, or `calcom:<company>` for a company with a key of its own. */
  bucketOf(companyId: string): string;
};

/** Three keys refused within a minute are no slip of one request: the account is gone. */
const refusalsOfSuspension = 3;
const suspensionPauseMs = minutes(10);
const throttlePauseMs = minutes(1);

export function openCalcomDoor(gateway: Gateway): CalcomDoor {
  const { clock, egress, breakers } = gateway;
  const refusedAt = new Map<string, readonly number[]>();

  const afterFault = (bucket: string, fault: CalcomFault): CalcomFault => {
    const now = clock.now();
    if (fault.kind === "throttled") {
      egress.block(bucket, now + (fault.retryAfterMs ?? throttlePauseMs));
      gateway.report({ kind: "calcom-throttled", subject: bucket });
      return fault;
    }
    const recent = [...(refusedAt.get(bucket) ?? []), now].filter((at) => now - at < minutes(1));
    if (fault.kind === "denied") refusedAt.set(bucket, recent);
    if (fault.kind !== "suspended" && !(fault.kind === "denied" && recent.length >= refusalsOfSuspension)) return fault;
    egress.block(bucket, now + suspensionPauseMs);
    gateway.report({ kind: "calcom-suspended", subject: bucket, data: { status: fault.status } });
    return fault.kind === "suspended" ? fault : new CalcomFault("suspended", fault, { cause: fault });
  };

  const bucketOf = (companyId: string): string => {
    const common = gateway.access("calcom")?.key.reference;
    const own = gateway.access("calcom", companyId)?.key.reference;
    return own === undefined || own === common ? "calcom:main" : `calcom:${companyId}`;
  };

  const guarded = (companyId: string, { waitMs, timeoutMs }: Patience): CalcomSend => {
    const bucket = bucketOf(companyId);
    return async (request, signal) => {
      const access = gateway.access("calcom", companyId);
      if (access === undefined) throw new CalcomFault("denied", { status: 0, reason: "no key" });
      const send = sendToCalcom({ baseUrl: access.baseUrl, key: () => access.key.reveal(), timeoutMs });
      let fault: CalcomFault | undefined;
      try {
        await egress.take(bucket, { waitMs, signal });
        return await breakers.run(
          "calcom",
          async (inner) => {
            try {
              return await send(request, inner);
            } catch (error) {
              if (error instanceof CalcomFault) fault = error;
              throw blameOf(error, signal);
            }
          },
          signal,
        );
      } catch (error) {
        if (fault !== undefined) throw afterFault(bucket, fault);
        if (error instanceof EgressFull) throw new CalcomFault("throttled", { status: 0, reason: "own limit" }, { cause: error });
        if (error instanceof BreakerOpen) throw new CalcomFault("unreachable", { status: 0, reason: "breaker open" }, { cause: error });
        throw error;
      }
    };
  };
  return { bucketOf, of: (companyId, patience) => openCalcomApi(guarded(companyId, patience)) };
}

/**
 * What the breaker is shown. It judges by status, and a page with status 200 is no success; our own lost network
 * and a caller who hung up say nothing about Cal.com.
 */
function blameOf(error: unknown, signal: AbortSignal): unknown {
  if (!(error instanceof CalcomFault)) return error;
  if (signal.aborted) return new DOMException("given up by the caller", "AbortError");
  if (error.isOurs) return error.cause;
  return error.kind === "garbled" ? new SyntaxError("no answer in Cal.com's shape", { cause: error }) : error;
}
