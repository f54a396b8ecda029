import type { ClientBase } from "pg";
import { asCompany } from "../companies/tenant.ts";
import { plannedStart, type Appointment, type AppointmentChange, type PushResult } from "./appointment.ts";
import { changeAppointment, lockAppointment } from "./appointment-rows.ts";
import { awaitAnswer } from "./await-answer.ts";
import { isHeldByUs, leaseMs, lockTimes } from "./book.ts";
import type { BookingDesk, BookingResult } from "./booking-desk.ts";
import { live } from "./calcom-door.ts";
import { isWithinKnownTimes, liveSignal, nearestFree } from "./live-times.ts";
import { beginOperation, endOperation, type Operation, type OperationKind } from "./operation-rows.ts";
import { runPush, settlePush, type Desk } from "./settle-push.ts";
import { invalidateStatement } from "./slot-rows.ts";

type Wish = { readonly appointmentId: string; readonly operationId: string; readonly callId: string };
export type CancelResult = Awaited<ReturnType<BookingDesk["cancel"]>>;

/** A new time. Until Cal.com agrees, the old one stands there and the new one is held here. */
export async function reschedule(
  desk: Desk,
  companyId: string,
  wish: Wish & { readonly startsAt: number },
  signal: AbortSignal,
): Promise<BookingResult> {
  const { appointmentId, startsAt } = wish;
  const begun = await begin<BookingResult>(desk, companyId, wish, "reschedule", async (client, appointment) => {
    if (!isChangeable(appointment, desk.gateway.clock.now())) return { answer: { kind: "refused", why: "not-changeable" } };
    if (plannedStart(appointment) === startsAt) {
      return { answer: { kind: appointment.state === "confirmed" ? "confirmed" : "provisional", appointmentId, startsAt } };
    }
    await lockTimes(client, companyId);
    const span = {
      serviceId: appointment.serviceId ?? "",
      startsAt,
      endsAt: startsAt + (appointment.endsAt - appointment.startsAt),
      exceptId: appointmentId,
    };
    if (await isHeldByUs(client, companyId, span, desk.gateway.clock.now())) return { answer: { kind: "taken", alternatives: [] } };
    return { change: { wantedStartsAt: startsAt, state: "provisional" }, meanwhile: { kind: "provisional", appointmentId, startsAt } };
  });
  if (begun.kind === "again") {
    return (
      ((await awaitAnswer(desk, companyId, wish.operationId, begun.operation, signal)) as BookingResult | undefined) ?? {
        kind: "provisional",
        appointmentId,
        startsAt,
      }
    );
  }
  if (begun.kind === "answered") {
    if (begun.answer.kind !== "taken") return begun.answer;
    return { kind: "taken", alternatives: await nearestFree(desk, companyId, { serviceId: begun.serviceId, startsAt }, signal) };
  }
  const { appointment } = begun;
  const result = await runPush(desk, appointment, live, liveSignal(desk.gateway));
  const isKept = result.kind !== "away" || (await isWithinKnownTimes(desk, appointment));
  const said = await sayMoved(desk, appointment, isKept ? result : { kind: "refused", reason: "away" }, signal);
  await settlePush(desk, appointment, isKept ? result : { kind: "refused", reason: "away" }, {
    isCallerTold: true,
    also: async (client) => await endOperation(client, companyId, wish.operationId, said),
  });
  return said;
}

async function sayMoved(desk: Desk, appointment: Appointment, result: PushResult, signal: AbortSignal): Promise<BookingResult> {
  const { companyId, appointmentId, serviceId = "" } = appointment;
  const startsAt = plannedStart(appointment);
  switch (result.kind) {
    case "agreed":
      return { kind: "confirmed", appointmentId, startsAt: result.booking.startsAt };
    case "awaits-host":
    case "unknown":
    case "away":
      return { kind: "provisional", appointmentId, startsAt };
    case "taken":
      return { kind: "taken", alternatives: await nearestFree(desk, companyId, { serviceId, startsAt }, signal) };
    case "withdrawn":
    case "gone":
      return { kind: "refused", why: "not-changeable" };
    case "refused":
      return { kind: "unavailable" };
  }
}

/** The customer's no counts at once; Cal.com hears of it now or later. */
export async function cancel(desk: Desk, companyId: string, wish: Wish, signal: AbortSignal): Promise<CancelResult> {
  const begun = await begin<CancelResult>(desk, companyId, wish, "cancel", async (_, appointment) => {
    if (appointment.state === "cancelled") return { answer: { kind: appointment.isCancelWanted ? "cancelling" : "cancelled" } };
    if (!isChangeable(appointment, desk.gateway.clock.now())) return { answer: { kind: "refused", why: "not-changeable" } };
    return { change: { isCancelWanted: true, wantedStartsAt: null, state: "cancelled" }, meanwhile: { kind: "cancelling" } };
  });
  if (begun.kind === "again") {
    return (
      ((await awaitAnswer(desk, companyId, wish.operationId, begun.operation, signal)) as CancelResult | undefined) ?? {
        kind: "cancelling",
      }
    );
  }
  if (begun.kind === "answered") return begun.answer;
  const { appointment } = begun;
  const result = await runPush(desk, appointment, live, liveSignal(desk.gateway));
  const said: CancelResult =
    result.kind === "gone" || result.kind === "withdrawn"
      ? { kind: "cancelled" }
      : result.kind === "unknown" || result.kind === "away"
        ? { kind: "cancelling" }
        : { kind: "refused", why: "not-changeable" };
  await settlePush(desk, appointment, result, {
    isCallerTold: true,
    also: async (client) => await endOperation(client, companyId, wish.operationId, said),
  });
  return said;
}

/** What is decided under the row's lock: an answer at once, or a change that has to reach Cal.com. */
type Decision<Result> = { readonly answer: Result } | { readonly change: AppointmentChange; readonly meanwhile: Result };

type Begun<Result> =
  | { readonly kind: "again"; readonly operation: Operation }
  | { readonly kind: "answered"; readonly answer: Result; readonly serviceId: string }
  | { readonly kind: "push"; readonly appointment: Appointment };

async function begin<Result>(
  { gateway, pool, table }: Desk,
  companyId: string,
  { appointmentId, operationId, callId }: Wish,
  kind: OperationKind,
  decide: (client: ClientBase, appointment: Appointment) => Promise<Decision<Result>>,
): Promise<Begun<Result | { kind: "refused"; why: "unknown-appointment" }>> {
  const now = gateway.clock.now();
  const begun = await asCompany(
    pool,
    companyId,
    async (client): Promise<Begun<Result | { kind: "refused"; why: "unknown-appointment" }>> => {
      const start = await beginOperation(client, { companyId, operationId, kind, appointmentId, callId }, now);
      if (start.kind === "again") return start;
      const appointment = await lockAppointment(client, companyId, appointmentId);
      const serviceId = appointment?.serviceId ?? "";
      const decision: Decision<Result | { kind: "refused"; why: "unknown-appointment" }> =
        appointment === undefined ? { answer: { kind: "refused", why: "unknown-appointment" } } : await decide(client, appointment);
      if ("answer" in decision || appointment === undefined) {
        const answer = "answer" in decision ? decision.answer : decision.meanwhile;
        await endOperation(client, companyId, operationId, answer);
        return { kind: "answered", answer, serviceId };
      }
      // Somebody is bringing an earlier wish to Cal.com right now: this one is written down beside it and follows.
      const isBusy = appointment.syncState !== "synced";
      const sync: AppointmentChange = isBusy ? {} : { syncState: "pending", syncAfter: now + leaseMs, syncAttempts: 0 };
      await changeAppointment(client, appointment, { ...decision.change, ...sync }, now);
      await client.query(invalidateStatement, [companyId, appointment.serviceId, new Date(now)]);
      if (isBusy) {
        await endOperation(client, companyId, operationId, decision.meanwhile);
        return { kind: "answered", answer: decision.meanwhile, serviceId };
      }
      const written = await lockAppointment(client, companyId, appointmentId);
      return { kind: "push", appointment: written ?? appointment };
    },
  );
  table.forget(companyId);
  return begun;
}

function isChangeable(appointment: Appointment, now: number): boolean {
  return (
    (appointment.state === "confirmed" || appointment.state === "provisional") &&
    !appointment.isCancelWanted &&
    plannedStart(appointment) > now
  );
}
