import { CalcomFault } from "../../integrations/calcom-fault.ts";
import { asCompany } from "../companies/tenant.ts";
import type { KnownService } from "../companies/directory.ts";
import type { Gateway } from "../gateway.ts";
import { plannedStart } from "./appointment.ts";
import { selectAppointments } from "./appointment-rows.ts";
import { openTimeTable, type TimeTable } from "./availability.ts";
import { book } from "./book.ts";
import type { BookingDesk } from "./booking-desk.ts";
import { openCalcomDoor, type CalcomDoor } from "./calcom-door.ts";
import { cancel, reschedule } from "./change-appointment.ts";
import type { Desk } from "./settle-push.ts";

export type OpenBookingDesk = BookingDesk & {
  readonly door: CalcomDoor;
  readonly table: TimeTable;
  /** What the jobs work with; nothing while there is no database. */
  readonly desk: Desk | undefined;
};

/**
 * Appointments of all companies while a caller waits. Without a database nothing is booked, because nothing could be
 * remembered; times are still answered. A database that does not answer in time means `unavailable`.
 */
export function openBookingDesk(gateway: Gateway): OpenBookingDesk {
  const door = openCalcomDoor(gateway);
  const table = openTimeTable(gateway, door);
  const desk = gateway.pool === undefined ? undefined : { gateway, pool: gateway.pool, door, table };

  const serviceOf = (companyId: string, serviceId: string): KnownService | undefined =>
    gateway.directory
      .company(companyId)
      ?.services.find((each) => each.serviceId === serviceId && each.isActive && each.calcomEventTypeId !== undefined);
  const isPast = (companyId: string, startsAt: number, callId: string): boolean => {
    if (startsAt > gateway.clock.now()) return false;
    gateway.report({ kind: "past-date", companyId, subject: callId, data: { startsAt: new Date(startsAt).toISOString() } });
    return true;
  };

  return {
    door,
    table,
    desk,
    availability: async (companyId, wish, signal) => await table.free(companyId, wish, signal),
    book: async (companyId, wish, signal) => {
      if (isPast(companyId, wish.startsAt, wish.callId)) return { kind: "refused", why: "past-date" };
      const service = serviceOf(companyId, wish.serviceId);
      if (service === undefined) return { kind: "refused", why: "unknown-service" };
      if (desk === undefined) return { kind: "unavailable" };
      return await orUnavailable(signal, async () => await book(desk, service, companyId, wish, signal));
    },
    reschedule: async (companyId, wish, signal) => {
      if (isPast(companyId, wish.startsAt, wish.callId)) return { kind: "refused", why: "past-date" };
      if (desk === undefined) return { kind: "unavailable" };
      return await orUnavailable(signal, async () => await reschedule(desk, companyId, wish, signal));
    },
    cancel: async (companyId, wish, signal) => {
      if (desk === undefined) return { kind: "unavailable" };
      return await orUnavailable(signal, async () => await cancel(desk, companyId, wish, signal));
    },
    find: async (companyId, { phone, fromAt }, signal) => {
      signal.throwIfAborted();
      if (desk === undefined) return [];
      const rows = await asCompany(
        desk.pool,
        companyId,
        async (client) =>
          await selectAppointments(
            client,
            `company_id = $1 and attendee ->> 'phone' = $2 and coalesce(wanted_starts_at, starts_at) >= $3 and state in ('provisional', 'confirmed')
           order by coalesce(wanted_starts_at, starts_at) limit 20`,
            [companyId, phone, new Date(fromAt)],
          ),
      );
      return rows.map((row) => ({
        appointmentId: row.appointmentId,
        serviceId: row.serviceId ?? "",
        startsAt: plannedStart(row),
        state: row.state,
      }));
    },
  };
}

/**
 * Ends with the signal while the work itself goes on and writes down what becomes of it.
 * A lost database or a fault of Cal.com that nobody caught is `unavailable` to the caller; a bug stays a bug.
 */
async function orUnavailable<Value>(signal: AbortSignal, work: () => Promise<Value>): Promise<Value | { kind: "unavailable" }> {
  signal.throwIfAborted();
  const { promise, resolve } = Promise.withResolvers<{ kind: "unavailable" }>();
  const abort = (): void => resolve({ kind: "unavailable" });
  signal.addEventListener("abort", abort, { once: true });
  const guarded = work().catch((error: unknown) => {
    if (error instanceof CalcomFault || isDatabaseLoss(error)) return { kind: "unavailable" as const };
    throw error;
  });
  try {
    return await Promise.race([guarded, promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** SQLSTATE classes 08, 53, 57 and 25006 (read-only), lost sockets, and the pool's own timeout, which has no code. */
function isDatabaseLoss(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code = "" } = error as NodeJS.ErrnoException;
  return (
    /^(08|53|57)|^25006$|^ECONN|^EPIPE|^ETIMEDOUT|^ENOENT/.test(code) ||
    /timeout exceeded when trying to connect|Connection terminated/i.test(error.message)
  );
}
