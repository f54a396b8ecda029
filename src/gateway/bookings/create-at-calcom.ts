import { createHash } from "node:crypto";
import { CalcomFault } from "../../integrations/calcom-fault.ts";
import type { NewBooking } from "../../integrations/calcom-api.ts";
import { plannedStart, type PushResult } from "./appointment.ts";
import { faultResult, isActive, isListed, lookUp, readBack, type Push } from "./look-at-calcom.ts";

const reservationMinutes = 5;
/** E.164; a suppressed number is not sent to Cal.com, which would refuse it. */
const phonePattern = /^\+[1-9]\d{6,14}$/;

/** Holds the slot, books it, reads it back. */
export async function createAtCalcom(push: Push): Promise<PushResult> {
  const { appointment } = push;
  const eventTypeId = appointment.calcomEventTypeId;
  if (eventTypeId === undefined) return { kind: "refused", reason: "no event type" };
  const startsAt = plannedStart(appointment);
  if (appointment.reservationUid !== undefined) await release(push, appointment.reservationUid);

  let reservationUid: string | undefined;
  try {
    ({ reservationUid } = await push.calcom.reserveSlot({ eventTypeId, startsAt, minutes: reservationMinutes }, push.signal));
  } catch (error) {
    // Nothing is booked by a reservation, whatever became of it.
    const result = faultResult(error);
    if (result.kind === "unknown" || result.kind === "away") return { kind: "away", reason: result.reason };
    if (!(await isListed(push, eventTypeId, startsAt))) return { kind: "taken" };
  }
  const wish: NewBooking = {
    eventTypeId,
    startsAt,
    operationId: appointment.operationId,
    companyId: appointment.companyId,
    attendee: attendeeOf(push),
  };
  return await send(push, wish, { reservationUid, triesLeft: 2 });
}

async function send(
  push: Push,
  wish: NewBooking,
  { reservationUid, triesLeft }: { reservationUid: string | undefined; triesLeft: number },
): Promise<PushResult> {
  const sentAt = push.now();
  await push.note({ sentAt, syncState: "unknown", reservationUid: reservationUid ?? null });
  try {
    const { uid } = await push.calcom.createBooking(wish, push.signal);
    return await readBack(push, uid);
  } catch (error) {
    if (!(error instanceof CalcomFault)) throw error;
    if (error.isOutcomeUnknown) return await afterSilence(push, sentAt, error.kind);
    await push.note({ sentAt: null, reservationUid: null });
    if (reservationUid !== undefined) await release(push, reservationUid);
    if (error.isAway) return { kind: "away", reason: error.kind };
    const again = decideSecondTry(error, wish);
    if (again !== undefined && triesLeft > 1) {
      const isStillFree = error.kind !== "taken" || (await isListed(push, wish.eventTypeId, wish.startsAt));
      if (isStillFree) return await send(push, again, { reservationUid: undefined, triesLeft: triesLeft - 1 });
    }
    return error.kind === "taken" ? { kind: "taken" } : { kind: "refused", reason: error.kind };
  }
}

/** Sent, no answer: what Cal.com has decides. Finding nothing at once proves nothing, it may still be working on it. */
async function afterSilence(push: Push, sentAt: number, reason: string): Promise<PushResult> {
  try {
    const found = await lookUp(push, sentAt);
    return found !== undefined && isActive(found) ? await readBack(push, found.uid) : { kind: "unknown", reason };
  } catch (error) {
    faultResult(error);
    return { kind: "unknown", reason };
  }
}

/**
 * A wish that may succeed where this one failed. Pure. Busy: perhaps only our own reservation stood in the way.
 * Without an e-mail: event types may demand one, and a caller by phone rarely has one.
 */
export function decideSecondTry(fault: CalcomFault, wish: NewBooking): NewBooking | undefined {
  if (fault.kind === "taken") return wish;
  if (fault.kind !== "refused" || wish.attendee.email !== undefined || !/e-?mail/i.test(fault.reason)) return undefined;
  // RFC 2606: nobody ever receives what is sent to `.invalid`.
  const name = createHash("sha256").update(wish.operationId).digest("hex").slice(0, 16);
  return { ...wish, attendee: { ...wish.attendee, email: `caller-${name}@no-mail.invalid` } };
}

/** It ends by itself after minutes: a failure here changes nothing. */
async function release({ calcom, signal }: Push, reservationUid: string): Promise<void> {
  await calcom.releaseSlot(reservationUid, signal).catch((error: unknown) => void faultResult(error));
}

function attendeeOf({ appointment: { attendee }, timeZone, language }: Push): NewBooking["attendee"] {
  const { name = "", phone = "", email } = attendee;
  return {
    name: name.trim() === "" ? "–" : name.trim().slice(0, 120),
    timeZone,
    language,
    ...(email === undefined || email.trim() === "" ? {} : { email: email.trim() }),
    ...(phonePattern.test(phone) ? { phoneNumber: phone } : {}),
  };
}
