import { operationOf, type Calcom } from "../../integrations/calcom-api.ts";
import { CalcomFault } from "../../integrations/calcom-fault.ts";
import type { CalcomBooking } from "../../integrations/calcom-shapes.ts";
import { minutes } from "../../kernel/clock.ts";
import { plannedStart, type Appointment, type AppointmentChange, type PushResult } from "./appointment.ts";

/** What one push works with. `note` is durable when it returns: a process that dies afterwards looks before it sends again. */
export type Push = {
  readonly calcom: Calcom;
  readonly appointment: Appointment;
  readonly timeZone: string;
  readonly language: string;
  readonly signal: AbortSignal;
  now(): number;
  note(change: AppointmentChange): Promise<void>;
};

/** Our clock and Cal.com's may differ by so much. */
const skewMs = minutes(5);

/** The newest live booking that came from this wish, else any. */
export async function lookUp({ calcom, appointment, signal }: Push, sentAt: number): Promise<CalcomBooking | undefined> {
  const { bookings } = await calcom.listBookings({ updatedAfter: sentAt - skewMs }, signal);
  const mine = bookings.filter((booking) => operationOf(booking) === appointment.operationId);
  return mine.find(isActive) ?? mine.at(-1);
}

/** The booking this one became: each move gives a new uid. */
export async function follow(calcom: Calcom, uid: string, signal: AbortSignal): Promise<CalcomBooking> {
  let booking = await calcom.getBooking(uid, signal);
  for (let hops = 0; hops < 10 && booking.rescheduledToUid !== undefined; hops += 1) {
    booking = await calcom.getBooking(booking.rescheduledToUid, signal);
  }
  return booking;
}

/** What Cal.com says when asked again: its yes alone is not believed. */
export async function readBack({ calcom, appointment, signal }: Push, uid: string): Promise<PushResult> {
  try {
    return judgeBooking(await follow(calcom, uid, signal), plannedStart(appointment));
  } catch (error) {
    if (error instanceof CalcomFault && error.kind === "not-found") return { kind: "unknown", reason: "said yes, does not have it" };
    const result = faultResult(error);
    return result.kind === "away" ? { kind: "unknown", reason: result.reason } : result;
  }
}

export function judgeBooking(booking: CalcomBooking, wanted: number): PushResult {
  if (!isActive(booking)) return { kind: "withdrawn", status: booking.status };
  if (booking.status === "pending") return { kind: "awaits-host", booking };
  return { kind: "agreed", booking, isElsewhen: booking.startsAt !== wanted };
}

export function isActive({ status }: Pick<CalcomBooking, "status">): boolean {
  return status === "accepted" || status === "pending";
}

/** A fault before anything was sent, or while only looking. @throws what is no fault of Cal.com or of time */
export function faultResult(error: unknown): PushResult {
  if (error instanceof Error && (error.name === "TimeoutError" || error.name === "AbortError")) {
    return { kind: "unknown", reason: "out of time" };
  }
  if (!(error instanceof CalcomFault)) throw error;
  if (error.kind === "taken") return { kind: "taken" };
  if (error.isOutcomeUnknown) return { kind: "unknown", reason: error.kind };
  return error.isAway ? { kind: "away", reason: error.kind } : { kind: "refused", reason: error.kind };
}

/** Whether Cal.com lists this start as free. @throws {CalcomFault} */
export async function isListed({ calcom, signal }: Push, eventTypeId: number, startsAt: number): Promise<boolean> {
  const day = new Date(startsAt).toISOString().slice(0, 10);
  return (await calcom.slots({ eventTypeId, firstDay: day, lastDay: day }, signal)).includes(startsAt);
}
