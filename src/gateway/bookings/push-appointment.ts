import { CalcomFault } from "../../integrations/calcom-fault.ts";
import type { CalcomBooking } from "../../integrations/calcom-shapes.ts";
import { minutes } from "../../kernel/clock.ts";
import { plannedStart, type Appointment, type PushResult } from "./appointment.ts";
import { createAtCalcom } from "./create-at-calcom.ts";
import { faultResult, follow, isActive, isListed, judgeBooking, lookUp, readBack, type Push } from "./look-at-calcom.ts";

/** So long after sending, with Cal.com answering again, what is not there was never made. */
const absenceMs = minutes(2);
/**
 * Makes Cal.com what the appointment wants to be: creates, moves, cancels or just looks. Never sends a booking
 * twice without having looked; reports nothing as done that was not read back.
 */
export async function pushAppointment(push: Push): Promise<PushResult> {
  const { appointment } = push;
  try {
    if (appointment.calcomUid !== undefined) return await pushKnown(push, appointment.calcomUid);
    if (appointment.sentAt === undefined) return appointment.isCancelWanted ? { kind: "gone" } : await createAtCalcom(push);
    const found = await lookUp(push, appointment.sentAt);
    if (found !== undefined && isActive(found)) {
      return await pushKnown(
        { ...push, appointment: { ...appointment, startsAt: found.startsAt, wantedStartsAt: wantedBeside(appointment, found) } },
        found.uid,
      );
    }
    if (found !== undefined) return { kind: "withdrawn", status: found.status };
    if (push.now() - appointment.sentAt < absenceMs) return { kind: "unknown", reason: "not there yet" };
    return appointment.isCancelWanted ? { kind: "gone" } : await createAtCalcom(push);
  } catch (error) {
    return faultResult(error);
  }
}

async function pushKnown(push: Push, uid: string): Promise<PushResult> {
  const { appointment } = push;
  if (appointment.isCancelWanted) return await cancelThere(push, uid);
  const wanted = plannedStart(appointment);
  if (wanted === appointment.startsAt) return await readBack(push, uid);
  return await moveThere(push, uid, wanted);
}

async function cancelThere({ calcom, signal }: Push, uid: string): Promise<PushResult> {
  try {
    await calcom.cancelBooking(uid, "Absage durch den Kunden", signal);
  } catch (error) {
    // Refused may mean: it is cancelled already.
    if (!(error instanceof CalcomFault) || error.isAway) return faultResult(error);
    if (error.kind === "not-found") return { kind: "gone" };
  }
  const booking = await calcom.getBooking(uid, signal);
  return isActive(booking) ? { kind: "refused", reason: "still there" } : { kind: "gone" };
}

async function moveThere(push: Push, uid: string, wanted: number): Promise<PushResult> {
  const { calcom, signal, appointment } = push;
  const before = appointment.sentAt === undefined ? undefined : await follow(calcom, uid, signal);
  if (before !== undefined && (before.startsAt === wanted || !isActive(before))) return judgeBooking(before, wanted);
  if (appointment.sentAt !== undefined && push.now() - appointment.sentAt < absenceMs) return { kind: "unknown", reason: "not moved yet" };
  await push.note({ sentAt: push.now(), syncState: "unknown" });
  try {
    const moved = await calcom.rescheduleBooking(before?.uid ?? uid, { startsAt: wanted, reason: "Verschiebung durch den Kunden" }, signal);
    return judgeBooking(await calcom.getBooking(moved.uid, signal), wanted);
  } catch (error) {
    if (!(error instanceof CalcomFault)) throw error;
    if (!error.isOutcomeUnknown) await push.note({ sentAt: null });
    if (error.isAway && !error.isOutcomeUnknown) return faultResult(error);
  }
  const after = await follow(calcom, uid, signal);
  if (after.startsAt === wanted || !isActive(after)) return judgeBooking(after, wanted);
  const isFree = appointment.calcomEventTypeId === undefined || (await isListed(push, appointment.calcomEventTypeId, wanted));
  return isFree ? { kind: "unknown", reason: "not moved" } : { kind: "taken" };
}

/** A booking found at the time first sent, while the customer has since wished for another. */
function wantedBeside({ wantedStartsAt }: Appointment, found: CalcomBooking): number | undefined {
  return wantedStartsAt === found.startsAt ? undefined : wantedStartsAt;
}
