import { isIP } from "node:net";
import type { z } from "zod";
import { UntrustedFault } from "../integrations/http-client.ts";
import type { NetworkFault } from "../integrations/http-client-fault.ts";
import type { VendorReply } from "../integrations/vendor-call.ts";
import { message, type Message } from "../kernel/message.ts";
import { withoutQuery } from "./http-decision.ts";
import type { Observation } from "./probe.ts";

/** What tells one vendor from another. `answer` is the shape that only the real interface has. */
export type VendorProfile = {
  readonly name: string;
  readonly host: string;
  readonly answer: z.ZodType;
  /** True where 403 to a call that every key may make means that the account is shut out. */
  readonly isForbiddenLock: boolean;
};

/** What one call brought: a reply, a broken conversation, or nothing until `waitedMs`. */
export type VendorOutcome =
  | { readonly reply: VendorReply }
  | { readonly fault: NetworkFault; readonly baseUrl: string }
  | { readonly waitedMs: number };

const tooManyWords = /rate.?limit|too many|throttl/i;
// Ends of a certificate are the vendor's fault; any other distrust means that somebody else answered.
const ownCertificateFaults = new Set(["CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID"]);

/**
 * Is the vendor up for us? Only its own shape is "up".
 * A foreign answer is `down` when it comes verifiably from the vendor's host (our product gets the same nonsense there),
 * and `unknown` when it may come from somebody else: a wrong base URL or a portal in between says nothing about the vendor.
 */
export function decideVendor(outcome: VendorOutcome, profile: VendorProfile, slowMs: number): Observation {
  const vendor = profile.name;
  if ("waitedMs" in outcome) {
    return { state: "down", cause: "vendor-down", message: message("vendor.silent", { vendor, waitedMs: outcome.waitedMs }) };
  }
  if ("fault" in outcome) return judgeFault(outcome.fault, outcome.baseUrl, vendor);
  const { reply } = outcome;
  const { status } = reply;
  const measures = { latencyMs: Math.round(reply.latencyMs), status };
  const isJson = typeof reply.json === "object" && reply.json !== null;
  const isAuthentic = isFromVendor(reply.url, profile);
  const down = (cause: "vendor-auth" | "vendor-down" | "vendor-throttled", what: Message): Observation => ({
    state: "down",
    cause,
    message: what,
    measures,
  });

  if (status === 429) return { state: "degraded", cause: "vendor-throttled", message: message("vendor.throttled", { vendor }), measures };
  if (status >= 500) return down("vendor-down", message("vendor.failing", { vendor, status }));
  if (status === 403 && profile.isForbiddenLock && (isJson || isAuthentic)) {
    return down(tooManyWords.test(reply.body) ? "vendor-throttled" : "vendor-auth", message("vendor.locked", { vendor, status }));
  }
  if (isJson && (status === 401 || status === 403)) return down("vendor-auth", message("vendor.key-refused", { vendor, status }));
  if (isJson && status === 402) return down("vendor-auth", message("vendor.unpaid", { vendor, status }));
  if (status === 200 && profile.answer.safeParse(reply.json).success) {
    const { latencyMs } = measures;
    if (latencyMs > slowMs) {
      return {
        state: "degraded",
        cause: "slow-response",
        message: message("vendor.slow", { vendor, latencyMs, limitMs: slowMs }),
        measures,
      };
    }
    return { state: "ok", message: message("vendor.ok", { vendor, latencyMs }), measures };
  }
  const what = describeForeign(reply, isJson);
  if (isAuthentic) return down("vendor-down", message("vendor.broken", { vendor, what }));
  return { state: "unknown", message: message("vendor.not-reached", { vendor, address: reply.url, what }), measures };
}

function judgeFault(fault: NetworkFault, baseUrl: string, vendor: string): Observation {
  const { reason } = fault;
  if (fault.isOurs) return { state: "unknown", message: message("network.blind", { target: vendor, reason }) };
  if (fault instanceof UntrustedFault && !ownCertificateFaults.has(reason)) {
    const what = message("vendor.shape-certificate", { reason });
    return { state: "unknown", message: message("vendor.not-reached", { vendor, address: baseUrl, what }) };
  }
  return { state: "down", cause: "vendor-down", message: message("vendor.unreachable", { vendor, reason }) };
}

/** The vendor's own name over verified TLS, or a stand-in on this machine, where nobody can be in between. */
function isFromVendor(address: string, { host }: VendorProfile): boolean {
  const { protocol, hostname } = new URL(address);
  const bare = hostname.replace(/^\[(.*)\]$/, "$1");
  const isLoopback = bare === "localhost" || bare === "::1" || (isIP(bare) === 4 && bare.startsWith("127."));
  return isLoopback || (protocol === "https:" && hostname === host);
}

function describeForeign(reply: VendorReply, isJson: boolean): Message {
  const { status } = reply;
  if (status >= 300 && status < 400) {
    return message("vendor.shape-redirect", { status, location: withoutQuery(reply.location).slice(0, 200) });
  }
  if (isJson) return message("vendor.shape-foreign", { status });
  return message("vendor.shape-page", { status, type: reply.contentType.slice(0, 60) });
}
