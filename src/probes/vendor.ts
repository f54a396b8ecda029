import { z } from "zod";
import { calcomBaseUrl, calcomMeSchema, calcomStatusUrl, getCalcomMe } from "../integrations/calcom.ts";
import { NetworkFault } from "../integrations/http-client-fault.ts";
import { getRetellKeyInfo, retellBaseUrl, retellKeyInfoSchema, retellStatusUrl } from "../integrations/retell.ts";
import { readVendorStatus, type StatusHint } from "../integrations/vendor-status.ts";
import type { VendorAccess, VendorReply } from "../integrations/vendor-call.ts";
import { durationSchema } from "../kernel/duration.ts";
import { join, message, verbatim } from "../kernel/message.ts";
import { secretSchema } from "../kernel/secret.ts";
import { webAddressSchema } from "./http.ts";
import { maskText } from "./http-evidence.ts";
import { lookupTimeoutMs, verdictDueMs } from "./network-fault.ts";
import { defineProbe, type Observation, type ProbeContext, type ProbeMemory } from "./probe.ts";
import { decideVendor, type VendorOutcome, type VendorProfile } from "./vendor-decision.ts";

type Vendor = VendorProfile & {
  readonly baseUrl: string;
  readonly statusUrl: string;
  /** The predecessor system's critical latency for this vendor. */
  readonly slowMs: number;
  ask(access: VendorAccess, signal: AbortSignal): Promise<VendorReply>;
};

const vendors = {
  retell: {
    name: "Retell",
    host: new URL(retellBaseUrl).hostname,
    baseUrl: retellBaseUrl,
    statusUrl: retellStatusUrl,
    answer: retellKeyInfoSchema,
    isForbiddenLock: false,
    slowMs: 2000,
    ask: getRetellKeyInfo,
  },
  calcom: {
    name: "Cal.com",
    host: new URL(calcomBaseUrl).hostname,
    baseUrl: calcomBaseUrl,
    statusUrl: calcomStatusUrl,
    answer: calcomMeSchema,
    isForbiddenLock: true,
    slowMs: 3000,
    ask: getCalcomMe,
  },
} as const satisfies Record<string, Vendor>;

const schema = z
  .strictObject({
    vendor: z.enum(["retell", "calcom"]).describe("Which vendor"),
    key: secretSchema.describe("Reference to the key"),
    baseUrl: webAddressSchema.optional().describe("Another address than the vendor's own"),
    statusUrl: z
      .union([webAddressSchema, z.literal(false)])
      .optional()
      .describe("The vendor's public status page, a hint only; false asks none"),
    slowMs: z.int().min(1).optional().describe("Slower than this is a warning; default 2000 for Retell, 3000 for Cal.com"),
    rest: durationSchema
      .default(60_000)
      .describe("After being throttled or locked out: how long not to ask, unless the vendor names a time"),
  })
  .describe("Retell or Cal.com: a cheap call with your key; a wrong host, an HTML page or a redirect is not up");

type Spec = z.infer<typeof schema>;

const hintTimeoutMs = 2000;
const hintFreshMs = 60_000;
const longestRestMs = 900_000;

/**
 * Does a vendor answer an authenticated call in its own shape? Measures `latencyMs`, `status`,
 * `statusPageTroubles`. The status page is a hint in the message and never changes the state.
 */
export const vendorProbe = defineProbe({
  kind: "vendor",
  schema,
  silence: { state: "down", cause: "vendor-down" },
  async look(spec, context) {
    const { memory, clock } = context;
    const rest = memory.get<Rest>("rest");
    if (rest !== undefined && clock.now() < rest.until && clock.now() >= rest.since) return rest.seen;
    const vendor: Vendor = vendors[spec.vendor];
    const key = spec.key.reveal();
    const [outcome, hint] = await Promise.all([ask(vendor, spec, key, context), readHint(vendor, spec, context)]);
    const seen = decideVendor(outcome, vendor, spec.slowMs ?? vendor.slowMs);
    takeRest(memory, clock.now(), seen, outcome, spec.rest);
    return withHint(withEvidence(seen, outcome, key), hint);
  },
});

async function ask(vendor: Vendor, spec: Spec, key: string, { signal, deadlineMs }: ProbeContext): Promise<VendorOutcome> {
  const baseUrl = spec.baseUrl ?? vendor.baseUrl;
  const waitedMs = verdictDueMs(deadlineMs);
  const limit = AbortSignal.timeout(waitedMs);
  try {
    return { reply: await vendor.ask({ baseUrl, key, lookupTimeoutMs: lookupTimeoutMs(deadlineMs) }, AbortSignal.any([signal, limit])) };
  } catch (error) {
    if (error instanceof NetworkFault) return { fault: error, baseUrl };
    if (limit.aborted && !signal.aborted) return { waitedMs };
    throw error;
  }
}

/** A lock-out or throttling grows with every further call: the last verdict stands until then. */
type Rest = { readonly since: number; readonly until: number; readonly seen: Observation };

function takeRest(memory: ProbeMemory, now: number, seen: Observation, outcome: VendorOutcome, restMs: number): void {
  if (seen.cause !== "vendor-throttled" && seen.message.key !== "vendor.locked") return;
  const asked = "reply" in outcome ? outcome.reply.retryAfterMs : undefined;
  const forMs = Math.min(longestRestMs, asked ?? restMs);
  const until = now + forMs;
  const resting = message("vendor.resting", { seconds: Math.round(forMs / 1000) });
  memory.set("rest", { since: now, until, seen: { ...seen, message: join([seen.message, resting]) } } satisfies Rest);
}

type KeptHint = { readonly at: number; readonly hint: StatusHint | null };

async function readHint(vendor: Vendor, spec: Spec, { memory, clock, deadlineMs, signal }: ProbeContext): Promise<StatusHint | undefined> {
  // Beside another base the vendor's public page would speak about somebody else.
  const url = spec.statusUrl ?? (spec.baseUrl === undefined ? vendor.statusUrl : false);
  if (url === false) return undefined;
  const kept = memory.get<KeptHint>("status-hint");
  const now = clock.now();
  if (kept !== undefined && now - kept.at < hintFreshMs && now >= kept.at) return kept.hint ?? undefined;
  const limit = AbortSignal.timeout(Math.min(hintTimeoutMs, verdictDueMs(deadlineMs)));
  const hint = await readVendorStatus(url, AbortSignal.any([signal, limit])).catch((error: unknown) => {
    if (limit.aborted || signal.aborted) return undefined;
    throw error;
  });
  memory.set("status-hint", { at: now, hint: hint ?? null } satisfies KeptHint);
  return hint;
}

function withHint(seen: Observation, hint: StatusHint | undefined): Observation {
  if (hint === undefined) return seen;
  const measures = { ...seen.measures, statusPageTroubles: hint.troubles.length };
  if (hint.troubles.length === 0) return { ...seen, measures };
  const text = verbatim(hint.troubles.join(", "));
  return { ...seen, measures, message: join([seen.message, message("vendor.hint", { text })]) };
}

function withEvidence(seen: Observation, outcome: VendorOutcome, key: string): Observation {
  if (seen.state === "ok" || !("reply" in outcome)) return seen;
  const { url, status, contentType, body } = outcome.reply;
  return { ...seen, evidence: maskText(`GET ${url} → ${status} ${contentType}\n\n${body.slice(0, 600)}`, [key]).slice(0, 2048) };
}
