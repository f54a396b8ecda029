import { minutes, seconds } from "../../kernel/clock.ts";
import { BreakerOpen } from "../breakers/breakers.ts";
import type { Gateway, GatewayJob } from "../gateway.ts";
import { EgressFull } from "../vendors/egress.ts";
import { backfillCalls } from "./backfill.ts";
import { closeStuckCalls } from "./stuck-calls.ts";
import type { ToolCallLog } from "./tool-call-log.ts";

/** What comes round for calls. The log is the one given to `callRoutes`. */
export function callJobs(gateway: Gateway, log: ToolCallLog): readonly GatewayJob[] {
  return [
    { name: "tool-call-log", everyMs: seconds(1), runsOn: "each", run: async () => await log.flush() },
    {
      name: "calls-backfill",
      everyMs: gateway.settings.backfillEvery,
      runsOn: "leader",
      run: async (signal) => {
        const reports = await whenVendorAnswers(gateway, "calls-backfill", async () => await backfillCalls(gateway, {}, signal));
        for (const { account, missing, stored } of reports ?? []) {
          if (missing > 0) gateway.report({ kind: "events-backfilled", subject: `retell:${account}`, data: { missing, stored } });
        }
      },
    },
    {
      name: "stuck-calls",
      everyMs: minutes(10),
      runsOn: "leader",
      run: async (signal) => void (await closeStuckCalls(gateway, signal)),
    },
  ];
}

/** A vendor that is known to be away is no failure of the job: the cursor waits, and the finding says so. */
async function whenVendorAnswers<Value>(gateway: Gateway, name: string, work: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof BreakerOpen) && !(error instanceof EgressFull)) throw error;
    gateway.report({ kind: "job-waits", subject: name, data: { why: error.name } });
    return undefined;
  }
}
