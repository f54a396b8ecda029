import type { ClientBase } from "pg";
import { minutes } from "../../kernel/clock.ts";
import { newId } from "../../kernel/ids.ts";
import { asCompany } from "../companies/tenant.ts";
import type { KnownService } from "../companies/directory.ts";
import type { Appointment } from "./appointment.ts";
import { insertAppointment, lockAppointment, selectAppointments } from "./appointment-rows.ts";
import { awaitAnswer } from "./await-answer.ts";
import type { Attendee, BookingResult } from "./booking-desk.ts";
import { live } from "./calcom-door.ts";
import { isWithinKnownTimes, liveSignal, nearestFree } from "./live-times.ts";
import { beginOperation, endOperation, type Operation } from "./operation-rows.ts";
import { runPush, settlePush, type Desk } from "./settle-push.ts";

export type BookWish = {
  readonly serviceId: string;
  readonly startsAt: number;
  readonly attendee: Attendee;
  readonly callId: string;
  readonly operationId: string;
};

/** While somebody is at work on a row, the job leaves it alone. */
export const leaseMs = minutes(1.5);

/** The wish is written down before Cal.com hears of it. */
export async function book(
  desk: Desk,
  service: KnownService,
  companyId: string,
  wish: BookWish,
  signal: AbortSignal,
): Promise<BookingResult> {
  const begun = await asCompany(desk.pool, companyId, async (client) => await begin(desk, client, service, companyId, wish));
  if (begun.kind === "again") {
    const answer = await awaitAnswer(desk, companyId, wish.operationId, begun.operation, signal);
    return (answer as BookingResult | undefined) ?? (await answerOfRow(desk, companyId, begun.operation));
  }
  if (begun.kind === "taken") {
    const taken: BookingResult = { kind: "taken", alternatives: await nearestFree(desk, companyId, wish, signal) };
    await asCompany(desk.pool, companyId, async (client) => await endOperation(client, companyId, wish.operationId, taken));
    return taken;
  }
  return await bookThere(desk, begun.appointment, wish, signal);
}

async function bookThere(desk: Desk, appointment: Appointment, wish: BookWish, signal: AbortSignal): Promise<BookingResult> {
  const { companyId, appointmentId, startsAt } = appointment;
  const result = await runPush(desk, appointment, live, liveSignal(desk.gateway));
  const isKept = result.kind !== "away" || (await isWithinKnownTimes(desk, appointment));
  const answer = async (): Promise<BookingResult> => {
    switch (result.kind) {
      case "agreed":
        return { kind: "confirmed", appointmentId, startsAt: result.booking.startsAt };
      case "awaits-host":
      case "unknown":
        return { kind: "provisional", appointmentId, startsAt };
      case "away":
        return isKept ? { kind: "provisional", appointmentId, startsAt } : { kind: "unavailable" };
      case "taken":
        return { kind: "taken", alternatives: await nearestFree(desk, companyId, wish, signal) };
      default:
        desk.gateway.report({ kind: "booking-refused", companyId, subject: appointment.serviceId ?? "" });
        return { kind: "unavailable" };
    }
  };
  const said = await answer();
  // Out of the known times a promise would be a guess: the row stays as a record of the wish, and nothing is pushed later.
  const outcome = isKept ? result : ({ kind: "refused", reason: "away" } as const);
  await settlePush(desk, appointment, outcome, {
    isCallerTold: true,
    also: async (client) => await endOperation(client, companyId, wish.operationId, said),
  });
  return said;
}

type Begun =
  | { readonly kind: "new"; readonly appointment: Appointment }
  | { readonly kind: "taken" }
  | { readonly kind: "again"; readonly operation: Operation };

async function begin({ gateway }: Desk, client: ClientBase, service: KnownService, companyId: string, wish: BookWish): Promise<Begun> {
  const now = gateway.clock.now();
  const appointmentId = newId("apt");
  const { operationId, callId } = wish;
  const start = await beginOperation(client, { companyId, operationId, kind: "book", appointmentId, callId }, now);
  if (start.kind === "again") return start;
  // One at a time per company, in all processes: two callers must not both find the slot free.
  await lockTimes(client, companyId);
  const endsAt = wish.startsAt + service.durationMinutes * 60_000;
  if (await isHeldByUs(client, companyId, { serviceId: wish.serviceId, startsAt: wish.startsAt, endsAt }, now)) return { kind: "taken" };
  await insertAppointment(client, {
    companyId,
    appointmentId,
    branchId: service.branchId,
    customerId: await knowCustomer(client, companyId, wish.attendee),
    serviceId: wish.serviceId,
    callId: wish.callId,
    startsAt: wish.startsAt,
    endsAt,
    state: "provisional",
    calcomUid: undefined,
    calcomEventTypeId: service.calcomEventTypeId,
    // The mark at Cal.com is this row's own: an earlier, cancelled booking of the same wish must not be taken for it.
    operationId: start.kind === "first" ? operationId : `${operationId}.${appointmentId}`,
    syncState: "pending",
    syncAfter: now + leaseMs,
    holdUntil: wish.startsAt,
    source: "retell",
    attendee: wish.attendee,
    createdAt: now,
  });
  const [appointment] = await selectAppointments(client, "company_id = $1 and appointment_id = $2", [companyId, appointmentId]);
  if (appointment === undefined) throw new Error("a row that was just written is not there");
  return { kind: "new", appointment };
}

export async function lockTimes(client: ClientBase, companyId: string): Promise<void> {
  await client.query("select pg_advisory_xact_lock(hashtextextended($1, 7201))", [companyId]);
}

/**
 * True when as many appointments of ours that Cal.com does not know yet lie across this span as people could take it.
 * What Cal.com knows is Cal.com's to decide.
 */
export async function isHeldByUs(
  client: ClientBase,
  companyId: string,
  span: { readonly serviceId: string; readonly startsAt: number; readonly endsAt: number; readonly exceptId?: string },
  now: number,
): Promise<boolean> {
  const { rows } = await client.query<{ held: number; people: number }>(
    `with shared as (
       select $2::text as service_id union
       select other.service_id from gateway.service_staff mine join gateway.service_staff other using (company_id, staff_id)
       where mine.company_id = $1 and mine.service_id = $2)
     select
       (select count(*)::int from gateway.appointment a join shared using (service_id)
        where a.company_id = $1 and a.appointment_id is distinct from $6 and a.state in ('provisional', 'confirmed') and not a.is_cancel_wanted
          and a.sync_state in ('pending', 'unknown') and (a.hold_until is null or a.hold_until > $5)
          and coalesce(a.wanted_starts_at, a.starts_at) < $4
          and coalesce(a.wanted_starts_at, a.starts_at) + (a.ends_at - a.starts_at) > $3) as held,
       (select count(*)::int from gateway.service_staff s join gateway.staff p using (company_id, staff_id)
        where s.company_id = $1 and s.service_id = $2 and p.is_active) as people`,
    [companyId, span.serviceId, new Date(span.startsAt), new Date(span.endsAt), new Date(now), span.exceptId],
  );
  const { held = 0, people = 0 } = rows[0] ?? {};
  return held >= Math.max(1, people);
}

const e164 = /^\+[1-9]\d{6,14}$/;

async function knowCustomer(client: ClientBase, companyId: string, { name, phone, email }: Attendee): Promise<string | undefined> {
  if (!e164.test(phone)) return undefined;
  const { rows } = await client.query<{ customer_id: string }>(
    `insert into gateway.customer as known (company_id, customer_id, name, phone, email) values ($1, $2, $3, $4, $5)
     on conflict (company_id, phone) do update set name = coalesce(known.name, excluded.name), email = coalesce(known.email, excluded.email)
     returning customer_id`,
    [companyId, newId("cus"), name, phone, email],
  );
  return rows[0]?.customer_id;
}

/** The answer was never written, its process died: the row says what is known. */
async function answerOfRow({ pool }: Desk, companyId: string, { appointmentId = "" }: Operation): Promise<BookingResult> {
  const row = await asCompany(pool, companyId, async (client) => await lockAppointment(client, companyId, appointmentId));
  if (row?.state === "confirmed") return { kind: "confirmed", appointmentId: row.appointmentId, startsAt: row.startsAt };
  if (row?.state === "provisional") return { kind: "provisional", appointmentId: row.appointmentId, startsAt: row.startsAt };
  return { kind: "unavailable" };
}
