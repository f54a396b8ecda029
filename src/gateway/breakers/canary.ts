import { calcomMeSchema, getCalcomMe } from "../../integrations/calcom.ts";
import { getRetellKeyInfo, retellKeyInfoSchema } from "../../integrations/retell.ts";
import { findIncomingNumber } from "../../integrations/twilio-api.ts";
import type { VendorReply } from "../../integrations/vendor-call.ts";
import type { Clock } from "../../kernel/clock.ts";
import type { GatewayJob } from "../gateway.ts";
import type { Egress } from "../vendors/egress.ts";
import { vendors, type Vendor } from "../vendors/vendor.ts";
import type { VendorKey } from "../vendors/vendor-access.ts";
import type { CallVerdict } from "./breakers.ts";
import { judgeCall, nameFault, type CallEnd } from "./judge-call.ts";
import { defaultBreakerSettings, type BreakersKeeper } from "./keep-breakers.ts";

/** What a cheap authenticated call found. `what`: the status or the fault, never a body. */
export type CanaryReport = {
  readonly vendor: Vendor;
  readonly isWell: boolean;
  readonly verdict: CallVerdict;
  readonly what: string;
  readonly latencyMs: number;
};

const canaryLimitMs = 8000;
/** A number nobody has: the question needs our key and finds nothing. */
const nobody = "+10000000000";

/** Changes nothing and costs nothing. @throws what judgeCall understands, when the vendor is not well */
export async function callCanary(
  vendor: Vendor,
  { baseUrl, key, account }: VendorKey,
  signal: AbortSignal,
): Promise<VendorReply | undefined> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(canaryLimitMs)]);
  switch (vendor) {
    case "retell":
      return inShape(await getRetellKeyInfo({ baseUrl, key: key.reveal() }, limit), retellKeyInfoSchema);
    case "calcom":
      return inShape(await getCalcomMe({ baseUrl, key: key.reveal() }, limit), calcomMeSchema);
    case "twilio":
      await findIncomingNumber({ baseUrl, token: key, accountSid: account ?? "" }, nobody, limit);
      return undefined;
  }
}

/** Looks once, for a person who asks. A refused key is not well either, though it is not the vendor's fault. */
export async function lookAtVendor(vendor: Vendor, access: VendorKey, clock: Clock, signal: AbortSignal): Promise<CanaryReport> {
  const startedMs = clock.monotonicMs();
  let end: CallEnd;
  try {
    end = { reply: await callCanary(vendor, access, signal) };
  } catch (error) {
    if (signal.aborted) throw error;
    end = { error };
  }
  const latencyMs = Math.round(clock.monotonicMs() - startedMs);
  const verdict = judgeCall(end, latencyMs, defaultBreakerSettings.slowMs[vendor]);
  const what = "reply" in end && end.reply === undefined ? "HTTP 200" : nameFault(end);
  return { vendor, isWell: verdict === "ok", verdict, what, latencyMs };
}

/**
 * Looks whether a vendor is back when its pause is over. While all callers are served from the fallback nobody else would;
 * runs in each process, because electing one needs the store: the lease lets one through.
 */
export function canaryJob(
  breakers: BreakersKeeper,
  access: (vendor: Vendor) => VendorKey | undefined,
  egress: Pick<Egress, "take">,
): GatewayJob {
  return {
    name: "breaker-canary",
    everyMs: 1000,
    runsOn: "each",
    run: async (signal) => {
      const due = vendors.filter((vendor) => breakers.isDue(vendor));
      await Promise.all(
        due.map(async (vendor) => {
          const key = access(vendor);
          // What it found stands in the breaker; a failed look is no failed job.
          if (key === undefined) return;
          // A trial counts towards the limit as well; when there is no room for it, the next turn has some.
          await egress
            .take(`${vendor}:main`, { waitMs: 0, signal })
            .then(() => breakers.run(vendor, (inner) => callCanary(vendor, key, inner), signal))
            .catch(() => {});
        }),
      );
    },
  };
}

/** A page with status 200 is no answer of the vendor. */
function inShape(reply: VendorReply, shape: typeof retellKeyInfoSchema | typeof calcomMeSchema): VendorReply {
  if (reply.status === 200) shape.parse(reply.json);
  return reply;
}
