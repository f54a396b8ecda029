import type { App } from "../../app.ts";
import { openBreakers } from "../../gateway/breakers/keep-breakers.ts";
import { backfillCalls, type BackfillGround } from "../../gateway/calls/backfill.ts";
import { toDirectory } from "../../gateway/companies/directory.ts";
import { readDirectoryContent } from "../../gateway/companies/read-directory.ts";
import { asEveryCompany } from "../../gateway/companies/tenant.ts";
import { insertDeliveries } from "../../gateway/accept/insert-deliveries.ts";
import { openEgress } from "../../gateway/vendors/open-egress.ts";
import { vendorAccess } from "../../gateway/vendors/vendor-access.ts";
import { parseMoment } from "../../gateway/inbox/parse-time.ts";
import { seconds } from "../../kernel/clock.ts";
import { Failure } from "../../kernel/failure.ts";
import { message } from "../../kernel/message.ts";
import { Secret } from "../../kernel/secret.ts";
import { usage } from "../arguments.ts";
import { done, type Command } from "../command.ts";
import { exitOfLook, expectNothing } from "../expect-nothing.ts";
import { openCompanyStore } from "./company-store.ts";

const storeWaitMs = seconds(10);

/** Compares Retell's calls with ours and fetches what is missing; works without the gateway running. */
export const callsBackfill: Command = {
  words: [],
  options: { since: { value: "TIME", what: message("option.calls-since") }, ...expectNothing },
  details: message("calls.backfill-details"),
  async run({ app, values, isDryRun, signal }) {
    const text = values.get("since");
    const now = app.clock.now();
    const since = text === undefined ? undefined : parseMoment(text, now, app.timeZone);
    if (text !== undefined && (since === undefined || since > now)) throw usage("calls:backfill", message("calls.since-wrong"));
    const { ground, close } = await openGround(app);
    try {
      const reports = await backfillCalls(ground, { isDryRun, ...(since === undefined ? {} : { since }) }, signal);
      if (reports.length === 0) throw new Failure("vendor-refused", message("calls.no-retell-key"), message("calls.retell-next-key"));
      return done(
        {
          isDryRun,
          accounts: reports.map((report) => ({
            ...report,
            from: new Date(report.from).toISOString(),
            until: new Date(report.until).toISOString(),
          })),
        },
        reports.map(({ account, compared, missing, stored }) =>
          isDryRun
            ? message("calls.backfill-would", { account, compared, missing })
            : message("calls.backfill-line", { account, compared, missing, stored }),
        ),
        isDryRun
          ? exitOfLook(
              "calls:backfill",
              { values },
              reports.some(({ missing }) => missing > 0),
            )
          : 0,
      );
    } finally {
      await close();
    }
  },
};

/** The parts of the gateway that a comparison needs; limit and breaker are shared with the processes that run. */
async function openGround(app: App): Promise<{ ground: BackfillGround; close(): Promise<void> }> {
  const { gateway: settings } = (await app.loaded()).config;
  if (settings === undefined) throw new Failure("config-invalid", message("calls.no-gateway"), message("calls.no-gateway-next"));
  const pool = await openCompanyStore(app);
  const { clock } = app;
  const content = await asEveryCompany(pool, async (client) => await readDirectoryContent(client, clock.now()));
  const directory = toDirectory(content);
  const breakers = await openBreakers({ pool, clock });
  const egress = openEgress({ pool, clock, limits: {} });
  return {
    ground: {
      pool,
      clock,
      settings,
      directory,
      breakers,
      egress,
      keep: async (delivery) => (await insertDeliveries(pool, [delivery], storeWaitMs))[0]?.kept ?? "duplicate",
      access: (vendor, companyId) => {
        const own = companyId === undefined ? undefined : directory.company(companyId)?.retellKey;
        const isOwn = vendor === "retell" && own !== undefined;
        return vendorAccess(isOwn ? { ...settings, retell: { ...settings.retell, apiKey: new Secret(own) } } : settings, vendor);
      },
    },
    close: async () => {
      await egress.flush();
      await egress.close();
      await breakers.close();
    },
  };
}
