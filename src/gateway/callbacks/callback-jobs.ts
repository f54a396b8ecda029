import { hours, seconds } from "../../kernel/clock.ts";
import type { Gateway, GatewayJob } from "../gateway.ts";
import type { Backlog } from "./backlog.ts";
import { readWaiting } from "./callback-rows.ts";
import { dialNext } from "./dial-callbacks.ts";
import type { DialLine } from "./line.ts";
import { openRetellLine } from "./retell-line.ts";
import { settleAttempts } from "./settle-attempts.ts";
import { maskEndedCallbacks, watchPromises } from "./watch-promises.ts";

/**
 * What comes round for callbacks: every process keeps the backlog in its memory, one of them dials, settles and watches.
 * Without a database there is nothing to do: wishes wait in the spool.
 */
export function callbackJobs(gateway: Gateway, backlog: Backlog, line: DialLine = openRetellLine(gateway)): readonly GatewayJob[] {
  const { pool, clock, settings } = gateway;
  if (pool === undefined) return [];
  const ground = { ...gateway, pool };
  return [
    {
      name: "callback-backlog",
      everyMs: seconds(2),
      runsOn: "each",
      run: async () => {
        const asOf = clock.now();
        backlog.replace(await readWaiting(pool), asOf);
      },
    },
    {
      name: "callback-dialler",
      everyMs: seconds(2),
      runsOn: "leader",
      run: async (signal) => {
        await settleAttempts(ground, line, signal);
        const isAnybodyDue = backlog.waiting().some(({ notBefore }) => notBefore <= clock.now());
        if (isAnybodyDue && line.isReady()) await dialNext(ground, line, signal);
      },
    },
    { name: "callback-promises", everyMs: seconds(5), runsOn: "leader", run: async () => await watchPromises(gateway, pool) },
    {
      name: "callback-masking",
      everyMs: hours(1),
      runsOn: "leader",
      run: async () => void (await maskEndedCallbacks(pool, clock, settings.retention.personalData)),
    },
  ];
}
