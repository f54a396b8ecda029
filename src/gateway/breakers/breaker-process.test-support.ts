import pg from "pg";
import { systemClock } from "../../kernel/clock.ts";
import { BreakerOpen } from "./breakers.ts";
import { defaultBreakerPolicy } from "./breaker.ts";
import { openBreakers } from "./keep-breakers.ts";

/** What the test asks of a process of its own. `hold`: how long the vendor takes to answer. */
export type BreakerOrder =
  | { readonly id: number; readonly kind: "run"; readonly isFailing: boolean; readonly holdMs: number; readonly times: number }
  | { readonly id: number; readonly kind: "state" };

/** `called`: how often the vendor was really called; `refused`: how often the breaker said no. */
export type BreakerAnswer = { readonly id: number; readonly called: number; readonly refused: number; readonly state: string };

const pool = new pg.Pool({ connectionString: process.env["BREAKER_TEST_URL"] ?? "", max: 3, connectionTimeoutMillis: 1000 });
pool.on("error", () => {});
const policy = { ...defaultBreakerPolicy, coolDownMs: Number(process.env["BREAKER_TEST_COOL_DOWN"]), trialMs: 5000 };
const breakers = await openBreakers({ pool, clock: systemClock, settings: { policy } });

process.on("message", (order: BreakerOrder) => {
  void (async () => {
    let called = 0;
    let refused = 0;
    if (order.kind === "run") {
      const call = async (): Promise<void> => {
        await breakers.run(
          "calcom",
          async () => {
            called += 1;
            if (order.holdMs > 0) await systemClock.sleep(order.holdMs);
            if (order.isFailing) throw Object.assign(new Error("Bad Gateway"), { status: 502 });
          },
          AbortSignal.timeout(10_000),
        );
      };
      const ends = await Promise.allSettled(Array.from({ length: order.times }, call));
      refused = ends.filter((end) => end.status === "rejected" && end.reason instanceof BreakerOpen).length;
    }
    process.send?.({ id: order.id, called, refused, state: breakers.state("calcom") } satisfies BreakerAnswer);
  })();
});
process.once("disconnect", () => process.exit(0));
process.send?.("ready");
