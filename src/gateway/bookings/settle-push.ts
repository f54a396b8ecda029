import type pg from "pg";
import type { ClientBase } from "pg";
import { asCompany } from "../companies/tenant.ts";
import type { Gateway } from "../gateway.ts";
import { afterPush, plannedStart, type Appointment, type AppointmentChange, type PushResult } from "./appointment.ts";
import { changeAppointment, isUidClosed, lockAppointment } from "./appointment-rows.ts";
import type { TimeTable } from "./availability.ts";
import type { CalcomDoor, Patience } from "./calcom-door.ts";
import { recordConflict, type ConflictKind } from "./conflict-rows.ts";
import { pushAppointment } from "./push-appointment.ts";
import { invalidateStatement } from "./slot-rows.ts";

/** What every booking path stands on. */
export type Desk = { readonly gateway: Gateway; readonly pool: pg.Pool; readonly door: CalcomDoor; readonly table: TimeTable };

/** Brings one appointment to Cal.com; the row is not changed beyond what must be known after a crash. */
export async function runPush(
  { gateway, pool, door }: Desk,
  appointment: Appointment,
  patience: Patience,
  signal: AbortSignal,
): Promise<PushResult> {
  const { companyId } = appointment;
  const company = gateway.directory.company(companyId);
  return await pushAppointment({
    calcom: door.of(companyId, patience),
    appointment,
    timeZone: company?.timeZone ?? gateway.timeZone,
    language: company?.language ?? "de",
    signal,
    now: () => gateway.clock.now(),
    note: async (change) =>
      await asCompany(pool, companyId, async (client) => await changeAppointment(client, appointment, change, gateway.clock.now())),
  });
}

export type Settling = { readonly isCallerTold: boolean; also?(client: ClientBase, written: AppointmentChange): Promise<void> };

/**
 * Writes down what came of a push, with the conflict it may be, in one transaction, and makes every cache of the times stale.
 * What changed meanwhile wins: a cancellation at Cal.com is not undone, a newer wish of the customer is not forgotten.
 */
export async function settlePush(
  desk: Desk,
  pushed: Appointment,
  result: PushResult,
  { isCallerTold, also }: Settling,
): Promise<AppointmentChange> {
  const { gateway, pool, table } = desk;
  const now = gateway.clock.now();
  const { companyId, appointmentId } = pushed;
  const written = await asCompany(pool, companyId, async (client) => {
    const current = (await lockAppointment(client, companyId, appointmentId)) ?? pushed;
    const change = besideNews(current, pushed, afterPush(current, result, { now, isCallerTold }), now);
    const uid = "booking" in result ? result.booking.uid : undefined;
    const isClosed = uid !== undefined && (await isUidClosed(client, companyId, uid));
    // Its cancellation came in while we were asking.
    const final: AppointmentChange = isClosed ? { syncState: "synced", syncAfter: null, sentAt: null } : change;
    await changeAppointment(client, pushed, final, now);
    const conflict = isClosed ? undefined : decideConflict(pushed, result, isCallerTold);
    if (conflict !== undefined) await raiseConflict(gateway, client, pushed, conflict, now);
    await client.query(invalidateStatement, [companyId, pushed.serviceId, new Date(now)]);
    await also?.(client, final);
    return final;
  });
  table.forget(companyId);
  return written;
}

/** Why a human has to look at what came of a push. Pure. */
export function decideConflict(pushed: Appointment, result: PushResult, isCallerTold: boolean): ConflictKind | undefined {
  if (result.kind === "agreed" && result.isElsewhen) return "moved-at-calcom";
  if (result.kind === "withdrawn") return pushed.isCancelWanted ? undefined : "withdrawn-at-calcom";
  if (isCallerTold) return undefined;
  if (result.kind === "taken") return "slot-taken";
  return result.kind === "refused" ? "refused-by-calcom" : undefined;
}

/** A conflict, known to a human, and the caller is called back. */
export async function raiseConflict(
  gateway: Gateway,
  client: ClientBase,
  appointment: Appointment,
  kind: ConflictKind,
  now: number,
): Promise<void> {
  const { companyId, appointmentId } = appointment;
  const detail = { startsAt: new Date(plannedStart(appointment)).toISOString(), service: appointment.serviceId ?? "" };
  await recordConflict(client, { companyId, appointmentId, subject: appointmentId, kind, detail, needsCallback: true }, now);
  gateway.report({ kind: "booking-conflict", companyId, subject: appointmentId, data: { conflict: kind } });
}

function besideNews(current: Appointment, pushed: Appointment, change: AppointmentChange, now: number): AppointmentChange {
  const isSame = current.isCancelWanted === pushed.isCancelWanted && current.wantedStartsAt === pushed.wantedStartsAt;
  if (isSame) return change;
  const state = current.isCancelWanted ? "cancelled" : "provisional";
  const syncState = change.syncState === "unknown" ? "unknown" : "pending";
  return {
    ...change,
    state,
    syncState,
    syncAfter: now,
    wantedStartsAt: current.wantedStartsAt ?? null,
    isCancelWanted: current.isCancelWanted,
  };
}
