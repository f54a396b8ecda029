import pg from "pg";
import { seconds, systemClock } from "../../kernel/clock.ts";
import { toDirectory } from "../companies/directory.ts";
import { praxis, openWorld } from "./callback-world.test-support.ts";
import { dialNext } from "./dial-callbacks.ts";
import { openRetellLine } from "./retell-line.ts";

/** Dials one callback in a process of its own and stops dead where it is told: `intended` or `handed`. */
const pool = new pg.Pool({ connectionString: process.env["DIAL_TEST_URL"] ?? "", max: 2 });
const stopAt = process.env["DIAL_TEST_STOP"] ?? "";
const baseUrl = process.env["DIAL_TEST_RETELL"] ?? "";
const { gateway } = openWorld({ settings: { callbacks: { perHour: 600 } } });
const key = { reveal: () => "key_of_nobody" } as never;
const ground = {
  ...gateway,
  pool,
  clock: systemClock,
  directory: toDirectory({
    asOf: 1,
    companies: [{ ...praxis, branches: praxis.branches.map((branch) => ({ ...branch, openingHours: allDay() })) }],
    agents: [],
    numbers: gateway.directory.numbers(),
  }),
  access: () => ({ baseUrl, key }),
};
const line = openRetellLine(ground);

function allDay(): Record<string, { from: string; to: string }[]> {
  return Object.fromEntries(["1", "2", "3", "4", "5", "6", "7"].map((day) => [day, [{ from: "00:00", to: "24:00" }]]));
}

async function die(): Promise<never> {
  process.send?.(stopAt);
  return await new Promise<never>(() => setInterval(() => {}, seconds(1)));
}

await dialNext(
  ground,
  {
    ...line,
    dial: async (order, signal) => {
      if (stopAt === "intended") return await die();
      const providerId = await line.dial(order, signal);
      return stopAt === "handed" ? await die() : providerId;
    },
  },
  AbortSignal.timeout(seconds(20)),
);
await pool.end();
process.send?.("done");
process.disconnect?.();
