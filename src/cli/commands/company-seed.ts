import { seedCompanies } from "../../sandbox/seed.ts";
import { message } from "../../kernel/message.ts";
import { usage } from "../arguments.ts";
import { done, type Command } from "../command.ts";
import { openCompanyStore } from "./company-store.ts";

const usualDays = 7;
const mostDays = 90;

/** Companies to practise on, in a store that has no others. */
export const sandboxSeed: Command = {
  words: [],
  options: { days: { value: "7", what: message("option.seed-days") } },
  async run({ app, values, isDryRun }) {
    const text = values.get("days") ?? String(usualDays);
    const days = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
    if (!(days <= mostDays)) throw usage("sandbox:seed", message("companies.seed-days-wrong"));
    const report = await seedCompanies(await openCompanyStore(app), { now: app.clock.now(), days, isDryRun });
    const { companies, call, appointment, callback } = report;
    const counts = { companies, calls: call, appointments: appointment, callbacks: callback };
    return done({ isDryRun, ...counts, toolCalls: report.tool_call }, [
      message(isDryRun ? "companies.seed-would" : "companies.seeded", counts),
    ]);
  },
};
