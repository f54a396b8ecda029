import { hours, minutes, seconds } from "../../kernel/clock.ts";
import type { CallbackDesk } from "../callbacks/callback-desk.ts";
import type { GatewayJob } from "../gateway.ts";
import type { OpenBookingDesk } from "./open-booking-desk.ts";
import { accountsOf, backfillBookings, findMissing, noApplied, raiseEmptyClaims, settleMissing } from "./reconcile.ts";
import { patient } from "./calcom-door.ts";
import { checkServices } from "./service-check.ts";
import type { Desk } from "./settle-push.ts";
import { promiseCallbacks, raiseNear, syncDue } from "./sync-job.ts";

const aheadMs = hours(24 * 7);

/** What keeps us and Cal.com in step. None without a database. */
export function bookingJobs({ desk, table }: OpenBookingDesk, callbacks: CallbackDesk): readonly GatewayJob[] {
  if (desk === undefined) return [];
  const { gateway } = desk;
  return [
    {
      name: "booking-sync",
      everyMs: seconds(15),
      runsOn: "leader",
      run: async (signal) => {
        await syncDue(desk, signal);
        await raiseNear(desk);
        await promiseCallbacks(desk, callbacks, signal);
      },
    },
    {
      name: "booking-backfill",
      everyMs: gateway.settings.backfillEvery,
      runsOn: "leader",
      run: async (signal) => {
        await raiseEmptyClaims(desk);
        await backfillBookings(desk, signal);
      },
    },
    { name: "booking-compare", everyMs: hours(1), runsOn: "leader", run: async (signal) => await compareAhead(desk, signal) },
    {
      name: "service-check",
      everyMs: hours(1),
      runsOn: "leader",
      run: async (signal) => {
        for (const { companyId, serviceId, kind, data } of (await checkServices(desk, signal)).problems) {
          if (kind !== "not-looked") gateway.report({ kind: `service-${kind}`, companyId, subject: serviceId, data });
        }
      },
    },
    {
      // So that there is something to answer with when Cal.com goes.
      name: "availability-warm",
      everyMs: minutes(5),
      runsOn: "leader",
      run: async (signal) => {
        for (const { companyId, services, isActive } of gateway.directory.companies()) {
          if (!isActive) continue;
          for (const service of services) {
            if (service.isActive && service.calcomEventTypeId !== undefined) await table.keepWarm(companyId, service, signal);
          }
        }
      },
    },
  ];
}

/** Appointments of the coming week that Cal.com does not have. */
async function compareAhead(desk: Desk, signal: AbortSignal): Promise<void> {
  const now = desk.gateway.clock.now();
  const span = { fromAt: now, untilAt: now + aheadMs };
  for (const { companies } of accountsOf(desk)) {
    const [first] = companies;
    if (first === undefined) continue;
    const filter = { startsAfter: span.fromAt - minutes(1), endsBefore: span.untilAt + hours(12) };
    const { bookings } = await desk.door.of(first.companyId, patient).listBookings(filter, signal);
    const listed = new Set(bookings.map(({ uid }) => uid));
    const companyIds = companies.map(({ companyId }) => companyId);
    for (const appointment of await findMissing(desk, span, listed, companyIds)) {
      await settleMissing(desk, appointment, noApplied(), signal);
    }
  }
}
