import { minutes, seconds } from "../../kernel/clock.ts";
import { asCompany, asEveryCompany } from "../companies/tenant.ts";
import type { CallbackDesk } from "../callbacks/callback-desk.ts";
import { changeAppointment, selectAppointments } from "./appointment-rows.ts";
import type { Appointment, PushResult } from "./appointment.ts";
import { patient, type Patience } from "./calcom-door.ts";
import { raiseConflict, runPush, settlePush, type Desk } from "./settle-push.ts";

const batch = 50;
/** A push may wait that long for its turn and its answers; meanwhile nobody else takes the row. */
const claimMs = minutes(5);
/** So near to its start an appointment that Cal.com does not know is a human's business. */
const nearMs = minutes(90);

export type SyncTally = Record<PushResult["kind"] | "error", number>;
export const noTally = (): SyncTally => ({
  agreed: 0,
  "awaits-host": 0,
  gone: 0,
  withdrawn: 0,
  taken: 0,
  refused: 0,
  unknown: 0,
  away: 0,
  error: 0,
});

/**
 * Brings what Cal.com does not know yet to Cal.com: in the order of the wishes within a company, companies side by side.
 * A company stops at the first sign that Cal.com is away, so that nothing later overtakes.
 */
export async function syncDue(
  desk: Desk,
  signal: AbortSignal,
  options: { readonly isEverything?: boolean; readonly companyId?: string; readonly patience?: Patience } = {},
): Promise<SyncTally> {
  const { gateway } = desk;
  const tally = noTally();
  if (options.isEverything !== true && isAway(desk)) return tally;
  const due = await claim(desk, options);
  const byCompany = Map.groupBy(due, ({ companyId }) => companyId);
  await Promise.all(
    [...byCompany.values()].map(async (appointments) => {
      for (const [index, appointment] of appointments.entries()) {
        if (signal.aborted) return await giveBack(desk, appointments.slice(index));
        try {
          const result = await runPush(desk, appointment, options.patience ?? patient, signal);
          await settlePush(desk, appointment, result, { isCallerTold: false });
          tally[result.kind] += 1;
          if (result.kind === "away") return await giveBack(desk, appointments.slice(index + 1));
        } catch (error) {
          tally.error += 1;
          gateway.report({
            kind: "booking-sync-failed",
            companyId: appointment.companyId,
            subject: appointment.appointmentId,
            data: { reason: (error as Error).name },
          });
        }
      }
    }),
  );
  return tally;
}

function isAway({ gateway }: Desk): boolean {
  const state = gateway.breakers.state("calcom");
  // Half-open lets one of us through: that is how it finds out.
  return state === "open" || state === "isolated";
}

async function claim(
  { gateway, pool }: Desk,
  { isEverything = false, companyId }: { readonly isEverything?: boolean; readonly companyId?: string },
): Promise<readonly Appointment[]> {
  const now = gateway.clock.now();
  return await asEveryCompany(pool, async (client) => {
    const { rows } = await client.query<{ appointment_id: string }>(
      `with due as (
         select company_id, appointment_id from gateway.appointment
         where sync_state in ('pending', 'unknown') and (sync_after is null or sync_after <= $1) and ($3::text is null or company_id = $3)
         order by created_at limit $4 for update skip locked)
       update gateway.appointment a set sync_after = $2 from due
       where a.company_id = due.company_id and a.appointment_id = due.appointment_id returning a.appointment_id`,
      // Asked by a human: not those that somebody is at work on, but all that only wait for their time.
      [new Date(isEverything ? now + claimMs : now), new Date(now + claimMs), companyId, isEverything ? 10_000 : batch],
    );
    return await selectAppointments(client, "appointment_id = any($1) order by created_at", [rows.map((row) => row.appointment_id)]);
  });
}

async function giveBack({ gateway, pool }: Desk, appointments: readonly Appointment[]): Promise<void> {
  const now = gateway.clock.now();
  for (const appointment of appointments) {
    await asCompany(
      pool,
      appointment.companyId,
      async (client) => await changeAppointment(client, appointment, { syncAfter: now + seconds(15) }, now),
    );
  }
}

/** Appointments that begin soon and that Cal.com still does not know: a human and the caller hear of it while there is time. */
export async function raiseNear({ gateway, pool }: Desk): Promise<number> {
  const now = gateway.clock.now();
  return await asEveryCompany(pool, async (client) => {
    const near = await selectAppointments(
      client,
      `sync_state in ('pending', 'unknown') and state = 'provisional' and coalesce(wanted_starts_at, starts_at) < $1
         and created_at < $2 and not needs_human for update skip locked`,
      [new Date(now + nearMs), new Date(now - minutes(10))],
    );
    for (const appointment of near) {
      await raiseConflict(gateway, client, appointment, "not-confirmed-in-time", now);
      await changeAppointment(client, appointment, { needsHuman: true }, now);
    }
    return near.length;
  });
}

/** Promises a call to everybody whose appointment came to nothing, once each; a crash in between joins the same promise. */
export async function promiseCallbacks({ gateway, pool }: Desk, callbacks: CallbackDesk, signal: AbortSignal): Promise<number> {
  const waiting = await asEveryCompany(pool, async (client) => {
    const { rows } = await client.query<{
      conflict_id: string;
      company_id: string;
      branch_id: string | null;
      call_id: string | null;
      attendee: { name?: string; phone?: string };
      starts_at: Date;
    }>(
      `select c.conflict_id, c.company_id, a.branch_id, a.call_id, a.attendee, coalesce(a.wanted_starts_at, a.starts_at) as starts_at
       from gateway.booking_conflict c join gateway.appointment a using (company_id, appointment_id)
       where c.needs_callback and c.callback_id is null and c.resolved_at is null order by c.found_at limit 100`,
    );
    return rows;
  });
  let promised = 0;
  for (const { conflict_id, company_id, branch_id, call_id, attendee, starts_at } of waiting) {
    if (signal.aborted) break;
    let callbackId = "none";
    if (/^\+[1-9]\d{6,14}$/.test(attendee.phone ?? "")) {
      const zone = gateway.directory.company(company_id)?.timeZone ?? gateway.timeZone;
      ({ callbackId } = await callbacks.promise(company_id, {
        phone: attendee.phone ?? "",
        reason: "booking-failed",
        priority: "high",
        wish: `Termin ${new Intl.DateTimeFormat("de", { dateStyle: "full", timeStyle: "short", timeZone: zone }).format(starts_at)}`,
        ...(branch_id === null ? {} : { branchId: branch_id }),
        ...(attendee.name === undefined ? {} : { name: attendee.name }),
        ...(call_id === null ? {} : { callId: call_id }),
      }));
      promised += 1;
    } else gateway.report({ kind: "booking-conflict-no-number", companyId: company_id, subject: conflict_id });
    await asCompany(pool, company_id, async (client) => {
      await client.query("update gateway.booking_conflict set callback_id = $2 where conflict_id = $1", [conflict_id, callbackId]);
    });
  }
  return promised;
}
