import { companyKey } from "../../integrations/calcom-api.ts";
import { CalcomFault } from "../../integrations/calcom-fault.ts";
import type { CalcomBooking } from "../../integrations/calcom-shapes.ts";
import { hours, minutes } from "../../kernel/clock.ts";
import { asCompany, asEveryCompany } from "../companies/tenant.ts";
import type { KnownCompany } from "../companies/directory.ts";
import { applyBooking, type Applied, type ToldBooking } from "./apply-booking.ts";
import { changeAppointment, selectAppointments } from "./appointment-rows.ts";
import type { Appointment } from "./appointment.ts";
import { patient } from "./calcom-door.ts";
import { recordConflict } from "./conflict-rows.ts";
import { readCursor, writeCursor } from "../cursor-rows.ts";
import { raiseConflict, type Desk } from "./settle-push.ts";

/** What a list from Cal.com changed here; `unassigned`: bookings whose event type belongs to no company of ours. */
export type ApplyTally = Record<Applied, number> & { unassigned: number; strange: number };
export const noApplied = (): ApplyTally => ({ created: 0, updated: 0, same: 0, late: 0, conflict: 0, unassigned: 0, strange: 0 });

const firstLookBackMs = hours(24);
/** Changes that were on their way while we read, and clocks that differ. */
const overlapMs = minutes(5);

/** One key at Cal.com and the companies behind it. */
export type Account = { readonly bucket: string; readonly companies: readonly KnownCompany[] };

export function accountsOf({ gateway, door }: Desk): readonly Account[] {
  const active = gateway.directory
    .companies()
    .filter(({ isActive, services }) => isActive && services.some(({ calcomEventTypeId }) => calcomEventTypeId !== undefined));
  return [...Map.groupBy(active, ({ companyId }) => door.bucketOf(companyId))].map(([bucket, companies]) => ({ bucket, companies }));
}

/**
 * Everything that changed at Cal.com since the last look, under the same rules as its webhooks: what they did not bring is made good.
 * The cursor moves only when all of it was written.
 */
export async function backfillBookings(desk: Desk, signal: AbortSignal): Promise<ApplyTally> {
  const tally = noApplied();
  for (const { bucket, companies } of accountsOf(desk)) {
    const [first] = companies;
    if (first === undefined) continue;
    const name = `calcom-updated:${bucket}`;
    const cursor = await readCursor<{ updatedAt: number }>(desk.pool, name);
    const since = cursor?.updatedAt ?? desk.gateway.clock.now() - firstLookBackMs;
    const { bookings, strange } = await desk.door.of(first.companyId, patient).listBookings({ updatedAfter: since - overlapMs }, signal);
    tally.strange += strange;
    if (strange > 0) desk.gateway.report({ kind: "calcom-strange-booking", subject: bucket, data: { count: strange } });
    await applyAll(desk, bookings, tally);
    const newest = Math.max(since, ...bookings.map(({ updatedAt }) => updatedAt ?? 0));
    await writeCursor(desk.pool, name, { updatedAt: newest }, desk.gateway.clock.now());
  }
  return tally;
}

/** Oldest change first. */
export async function applyAll(desk: Desk, bookings: readonly CalcomBooking[], tally: ApplyTally): Promise<void> {
  const { gateway, pool, table } = desk;
  for (const booking of [...bookings].sort((left, right) => (left.updatedAt ?? 0) - (right.updatedAt ?? 0))) {
    const companyId = ownerOf(desk, booking);
    if (companyId === undefined) {
      tally.unassigned += 1;
      gateway.report({ kind: "calcom-unknown-event-type", subject: String(booking.eventTypeId ?? "none") });
      continue;
    }
    const service = gateway.directory
      .company(companyId)
      ?.services.find(({ calcomEventTypeId }) => calcomEventTypeId === booking.eventTypeId);
    const ground = { now: gateway.clock.now(), serviceId: service?.serviceId };
    const applied = await asCompany(pool, companyId, async (client) => await applyBooking(client, companyId, toldOf(booking), ground));
    tally[applied] += 1;
    if (applied === "conflict") gateway.report({ kind: "booking-conflict", companyId, subject: booking.uid });
    if (applied === "created" || applied === "updated") table.forget(companyId);
  }
}

/** The company of an event type; of several that share one, the one our own mark names. Never "the first". */
export function ownerOf({ gateway }: Desk, { eventTypeId, metadata }: Pick<CalcomBooking, "eventTypeId" | "metadata">): string | undefined {
  if (eventTypeId === undefined) return undefined;
  const hint = metadata[companyKey];
  const hinted = typeof hint === "string" ? gateway.directory.company(hint) : undefined;
  if (hinted?.services.some(({ calcomEventTypeId }) => calcomEventTypeId === eventTypeId) === true) return hinted.companyId;
  return gateway.directory.companyOfEventType(eventTypeId);
}

export function toldOf(booking: CalcomBooking): ToldBooking {
  const { name, email, phoneNumber } = booking.attendee ?? {};
  return {
    uid: booking.uid,
    status: booking.status,
    startsAt: booking.startsAt,
    endsAt: booking.endsAt,
    at: booking.updatedAt ?? 0,
    eventTypeId: booking.eventTypeId,
    formerUid: booking.rescheduledFromUid,
    isMove: booking.rescheduledFromUid !== undefined,
    laterUid: booking.rescheduledToUid,
    metadata: booking.metadata,
    attendee: { ...(name ? { name } : {}), ...(phoneNumber ? { phone: phoneNumber } : {}), ...(email ? { email } : {}) },
  };
}

/** Confirmed appointments of ours in this span, that Cal.com does not list: each is looked up before anything is said. */
export async function findMissing(
  desk: Desk,
  span: { readonly fromAt: number; readonly untilAt: number },
  listed: ReadonlySet<string>,
  companyIds: readonly string[],
): Promise<readonly Appointment[]> {
  const rows = await asEveryCompany(
    desk.pool,
    async (client) =>
      await selectAppointments(
        client,
        "company_id = any($1) and state = 'confirmed' and sync_state = 'synced' and calcom_uid is not null and starts_at >= $2 and starts_at < $3",
        [[...companyIds], new Date(span.fromAt), new Date(span.untilAt)],
      ),
  );
  return rows.filter(({ calcomUid = "" }) => !listed.has(calcomUid));
}

/** Asks for each one by its uid. True when Cal.com really does not have it: then it is a conflict and the caller is called. */
export async function settleMissing(desk: Desk, appointment: Appointment, tally: ApplyTally, signal: AbortSignal): Promise<boolean> {
  const { companyId, calcomUid = "" } = appointment;
  try {
    const booking = await desk.door.of(companyId, patient).getBooking(calcomUid, signal);
    await applyAll(desk, [booking], tally);
    return false;
  } catch (error) {
    if (!(error instanceof CalcomFault) || error.kind !== "not-found") throw error;
  }
  const now = desk.gateway.clock.now();
  await asCompany(desk.pool, companyId, async (client) => {
    await raiseConflict(desk.gateway, client, appointment, "missing-at-calcom", now);
    await changeAppointment(
      client,
      appointment,
      { state: "conflict", needsHuman: true, syncState: "failed", syncError: "missing at Cal.com" },
      now,
    );
  });
  return true;
}

const claimAfterMs = minutes(2);
const claimWindowMs = hours(24);

/** Calls that were said to have booked, and nothing stands behind it. */
export type EmptyClaim = { readonly companyId: string; readonly callId: string; readonly endedAt: number };

/** Looks two minutes after the call's end: by then an appointment is there, or the claim was empty. */
export async function findEmptyClaims({ gateway, pool }: Pick<Desk, "gateway" | "pool">): Promise<readonly EmptyClaim[]> {
  const now = gateway.clock.now();
  return await asEveryCompany(pool, async (client) => {
    const { rows } = await client.query<{ company_id: string; call_id: string; at: Date }>(
      `select c.company_id, c.call_id, coalesce(c.ended_at, c.changed_at) as at from gateway.call c
       where c.outcome = 'booked' and coalesce(c.ended_at, c.changed_at) between $1 and $2
         and not exists (select 1 from gateway.appointment a where a.company_id = c.company_id and a.call_id = c.call_id
           and (a.state in ('cancelled', 'conflict') or a.calcom_uid is not null or a.sync_state in ('pending', 'unknown')))
         and not exists (select 1 from gateway.booking_operation o
           join gateway.appointment a on a.company_id = o.company_id and a.appointment_id = o.appointment_id
           where o.company_id = c.company_id and o.call_id = c.call_id and o.result ->> 'kind' in ('confirmed', 'provisional')
             and (a.calcom_uid is not null or a.sync_state in ('pending', 'unknown')))`,
      [new Date(now - claimWindowMs), new Date(now - claimAfterMs)],
    );
    return rows.map((row) => ({ companyId: row.company_id, callId: row.call_id, endedAt: row.at.getTime() }));
  });
}

/** Each becomes a conflict for a human, once. */
export async function raiseEmptyClaims(desk: Desk): Promise<number> {
  const claims = await findEmptyClaims(desk);
  const now = desk.gateway.clock.now();
  for (const { companyId, callId } of claims) {
    const conflict = {
      companyId,
      appointmentId: undefined,
      subject: callId,
      kind: "claim-without-appointment",
      detail: { callId },
      needsCallback: false,
    } as const;
    await asCompany(desk.pool, companyId, async (client) => await recordConflict(client, conflict, now));
    desk.gateway.report({ kind: "booked-without-appointment", companyId, subject: callId });
  }
  return claims.length;
}
