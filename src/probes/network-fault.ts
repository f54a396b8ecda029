import { UntrustedFault } from "../integrations/http-client.ts";
import type { NetworkFault, NetworkStage } from "../integrations/http-client-fault.ts";
import { message } from "../kernel/message.ts";
import type { Cause } from "./cause.ts";
import type { Observation } from "./probe.ts";

const wordings = {
  lookup: "network.name-missing",
  connect: "network.refused",
  tls: "network.tls-failed",
  answer: "network.answer-broken",
} as const satisfies Record<NetworkStage, string>;

/**
 * When a look that still waits should judge by what it has: a tenth before the deadline, at least 250 ms, for
 * "accepts but says nothing" helps more at three in the morning than "no answer".
 */
export function verdictDueMs(deadlineMs: number): number {
  return Math.round(deadlineMs - Math.min(deadlineMs / 2, Math.max(250, deadlineMs * 0.1)));
}

/** What a name may take of a look's deadline: a resolver that hangs is our blindness, told as such before the deadline calls it silence. */
export function lookupTimeoutMs(deadlineMs: number): number {
  return Math.min(3000, Math.round(verdictDueMs(deadlineMs) * 0.9));
}

/**
 * What a failed conversation says about its target: nothing (`unknown`) when this machine is at fault,
 * else `down`. A name that does not exist is `dns-wrong`, a port nobody listens on `unreachable`;
 * `brokenCause` names a target that listens but does not speak as it should.
 */
export function observeFault(fault: NetworkFault, target: string, brokenCause: Cause): Observation {
  const { stage, reason } = fault;
  if (fault.isOurs) return { state: "unknown", message: message("network.blind", { target, reason }) };
  if (fault instanceof UntrustedFault) {
    const { names, subject, validTo } = fault.certificate;
    const until = isoDay(validTo);
    const what = message("network.untrusted", { target, reason, names: names === "" ? subject : names, until });
    return { state: "down", cause: brokenCause, isDefinite: true, message: what };
  }
  const cause = stage === "lookup" ? "dns-wrong" : stage === "connect" ? "unreachable" : brokenCause;
  return { state: "down", cause, message: message(wordings[stage], { target, reason }) };
}

/** The day of a moment in UTC, `2027-01-15`; `?` for none. */
export function isoDay(at: number): string {
  return Number.isFinite(at) ? new Date(at).toISOString().slice(0, 10) : "?";
}
