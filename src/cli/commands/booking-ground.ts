import type { App } from "../../app.ts";
import { openBookingDesk } from "../../gateway/bookings/open-booking-desk.ts";
import type { Desk } from "../../gateway/bookings/settle-push.ts";
import { openBreakers } from "../../gateway/breakers/keep-breakers.ts";
import { toDirectory } from "../../gateway/companies/directory.ts";
import { readDirectoryContent } from "../../gateway/companies/read-directory.ts";
import { asEveryCompany } from "../../gateway/companies/tenant.ts";
import type { Gateway } from "../../gateway/gateway.ts";
import { openAccess } from "../../gateway/server/access.ts";
import { openFindingBook } from "../../gateway/server/findings.ts";
import { openEgress } from "../../gateway/vendors/open-egress.ts";
import { Failure } from "../../kernel/failure.ts";
import { message } from "../../kernel/message.ts";
import { openCompanyStore } from "./company-store.ts";

export type BookingGround = { readonly desk: Desk; close(): Promise<void> };

/** What the bookings need of a gateway, for one command; limit, breaker and findings are shared with the processes that run. */
export async function openBookingGround(app: App): Promise<BookingGround> {
  const { gateway: settings } = (await app.loaded()).config;
  if (settings === undefined) throw new Failure("config-invalid", message("bookings.no-gateway"), message("bookings.no-gateway-next"));
  const pool = await openCompanyStore(app);
  const { clock, language, timeZone } = app;
  const directory = toDirectory(await asEveryCompany(pool, async (client) => await readDirectoryContent(client, clock.now())));
  const breakers = await openBreakers({ pool, clock });
  const egress = openEgress({ pool, clock, limits: { calcom: settings.calcom.requestsPerMinute } });
  const findings = openFindingBook({ pool, clock });
  const gateway: Gateway = {
    clock,
    language,
    timeZone,
    settings,
    pool,
    directory,
    // Synchronising asks Cal.com or says that it could not: no switch answers in its place.
    switches: { isOn: () => false },
    breakers,
    egress,
    keep: () => Promise.reject(new Error("a command keeps no deliveries")),
    access: openAccess(() => settings, directory),
    report: findings.report,
  };
  const { desk } = openBookingDesk(gateway);
  if (desk === undefined) throw new Error("a desk with a store has one");
  return {
    desk,
    close: async () => {
      await desk.table.flush();
      await findings.flush().catch(() => {});
      await egress.close();
      await breakers.close();
    },
  };
}
