import pg from "pg";
import { systemClock } from "../../kernel/clock.ts";
import { openEgress } from "./open-egress.ts";

/** Takes as many tokens as it gets until it is told to stop, and tells when it got each. */
const pool = new pg.Pool({ connectionString: process.env["EGRESS_TEST_URL"] ?? "", max: 2 });
pool.on("error", () => {});
const egress = openEgress({ pool, clock: systemClock, limits: { calcom: Number(process.env["EGRESS_TEST_LIMIT"]) } });
const stop = new AbortController();
process.once("disconnect", () => process.exit(0));
process.once("message", () => stop.abort());
process.send?.("ready");
// Eight callers at once, as on a busy morning.
await Promise.all(
  Array.from({ length: 8 }, async () => {
    while (!stop.signal.aborted) {
      await egress
        .take("calcom:main", { waitMs: 4000, signal: stop.signal })
        .then(() => process.send?.(Date.now()))
        .catch(() => systemClock.sleep(20));
    }
  }),
);
