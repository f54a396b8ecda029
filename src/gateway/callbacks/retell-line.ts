import { seconds } from "../../kernel/clock.ts";
import { createPhoneCall, findPhoneCall, getCall } from "../../integrations/retell-api.ts";
import { RetellFault } from "../../integrations/retell-fault.ts";
import { NetworkFault } from "../../integrations/http-client-fault.ts";
import { Failure } from "../../kernel/failure.ts";
import { BreakerOpen } from "../breakers/breakers.ts";
import { accountOf, askRetell } from "../calls/retell-door.ts";
import type { KnownNumber } from "../companies/directory.ts";
import type { Gateway } from "../gateway.ts";
import { EgressFull } from "../vendors/egress.ts";
import { decideOutcome } from "./decide-outcome.ts";
import { NotDialled, type DialLine } from "./line.ts";

/** Longer than this nobody may still be about to send: the settling of doubtful calls relies on it. */
export const dialLimitMs = seconds(20);
const lookLimitMs = seconds(10);
/** Whoever waits for a callback waits minutes: the limit towards Retell is for those on the line first. */
const tokenWaitMs = seconds(2);

/** The voice agent rings customers up: Retell, behind limit and breaker, from the number that belongs to the branch. */
export function openRetellLine(
  gateway: Pick<Gateway, "access" | "breakers" | "clock" | "directory" | "egress" | "settings" | "switches">,
): DialLine {
  const { breakers, directory, settings, switches } = gateway;
  const lineOf = ({ companyId, branchId }: { companyId: string; branchId?: string }): KnownNumber | undefined => {
    const own = directory.numbers().filter((number) => number.companyId === companyId && number.isActive && number.agentId !== undefined);
    return own.find((number) => number.branchId === branchId) ?? own[0];
  };
  const look = { waitMs: tokenWaitMs, timeoutMs: lookLimitMs };

  return {
    // Half-open is not enough: callers who wait must not be what Retell is tried with.
    isReady: () => !switches.isOn("retell.queue_mode") && breakers.state("retell") === "closed",
    isHeld: (companyId) => switches.isOn("retell.queue_mode", companyId),
    canDial: (order) => (settings.twilio.from ?? lineOf(order)) !== undefined,
    dial: async (order, signal) => {
      const line = lineOf(order);
      const from = line?.number ?? settings.twilio.from;
      if (from === undefined) throw new NotDialled("no number to call from", { isLineDown: true });
      const agent = line?.agentId === undefined ? {} : { agentId: line.agentId };
      const { operationId, to, variables, companyId } = order;
      try {
        const call = await askRetell(
          gateway,
          accountOf(gateway, companyId),
          (access, inner) => createPhoneCall(access, { from, to, operationId, variables, ...agent }, inner),
          signal,
          { waitMs: tokenWaitMs, timeoutMs: dialLimitMs },
        );
        return call.call_id;
      } catch (error) {
        throw isSurelyNotDialled(error) ? new NotDialled((error as Error).message, { isLineDown: isLineDown(error), cause: error }) : error;
      }
    },
    find: async ({ operationId, companyId }, signal) => {
      const account = accountOf(gateway, companyId);
      const found = await askRetell(gateway, account, (access, inner) => findPhoneCall(access, operationId, inner), signal, look);
      return found?.call_id;
    },
    outcomeOf: async ({ companyId, providerId }, signal) => {
      const account = accountOf(gateway, companyId);
      const call = await askRetell(gateway, account, (access, inner) => getCall(access, providerId, inner), signal, look);
      if (call === undefined) return { kind: "missed", why: "unknown-to-retell" };
      if (call.call_status === "registered" || call.call_status === "ongoing") return undefined;
      return decideOutcome(call.disconnection_reason ?? call.call_status);
    },
  };
}

/** Stopped by our own breaker or limit, without a key, refused in so many words, or never sent. */
function isSurelyNotDialled(error: unknown): boolean {
  if (error instanceof BreakerOpen || error instanceof EgressFull || error instanceof Failure) return true;
  if (error instanceof RetellFault) return !error.isOutcomeUnknown;
  return error instanceof NetworkFault && error.stage !== "answer";
}

/** A refusal of this one order (a number Retell will not call) is the order's fault; everything else says that nobody can be called now. */
function isLineDown(error: unknown): boolean {
  return !(error instanceof RetellFault && (error.problem === "refused" || error.problem === "missing"));
}
