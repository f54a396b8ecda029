import type { Gateway, GatewayCheck } from "../gateway.ts";
import { checkAgentDrift } from "./drift-check.ts";
import { checkEventGap } from "./event-gap-check.ts";
import { checkFunctions } from "./function-check.ts";
import { checkCallQuality, checkOpenCalls } from "./quality-check.ts";

/** One look at calls, by its id in the domain's list. */
export type CallCheck = { readonly id: string; run(signal: AbortSignal): Promise<GatewayCheck[]> };

/** P1, P3, P4, P9 and the calls' part of P10. `baseUrl`: where this gateway listens, for the synthetic function calls. */
export function callChecks(gateway: Gateway, { baseUrl }: { readonly baseUrl: () => string }): readonly CallCheck[] {
  return [
    { id: "P1", run: async (signal) => await checkEventGap(gateway, signal) },
    { id: "P3", run: async (signal) => await checkFunctions(gateway, baseUrl(), signal) },
    { id: "P4", run: async (signal) => await checkAgentDrift(gateway, signal) },
    { id: "P9", run: async () => await checkCallQuality(gateway) },
    { id: "P10", run: async () => await checkOpenCalls(gateway) },
  ];
}
