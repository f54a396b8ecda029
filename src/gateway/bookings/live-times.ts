import { hours, seconds } from "../../kernel/clock.ts";
import type { Gateway } from "../gateway.ts";
import { plannedStart, type Appointment } from "./appointment.ts";
import type { Slot } from "./booking-desk.ts";
import type { Desk } from "./settle-push.ts";

/** Time for saying something before the function's deadline. */
const speakingMs = 1500;

/** Ends early enough for an answer. Not the caller's own: who hangs up must not leave a booking in the dark. */
export function liveSignal({ settings }: Gateway): AbortSignal {
  return AbortSignal.timeout(Math.max(seconds(2), settings.functionDeadline - speakingMs));
}

const mostAlternatives = 3;

/** Up to three free times near the wish, the nearest first; none when nobody can say. */
export async function nearestFree(
  { table }: Desk,
  companyId: string,
  { serviceId, startsAt }: { readonly serviceId: string; readonly startsAt: number },
  signal: AbortSignal,
): Promise<readonly Slot[]> {
  try {
    const wish = { serviceId, fromAt: startsAt - hours(12), untilAt: startsAt + hours(72) };
    const { slots } = await table.free(companyId, wish, signal);
    const distance = (slot: Slot): number => Math.abs(slot - startsAt);
    return slots
      .filter((slot) => slot !== startsAt)
      .sort((left, right) => distance(left) - distance(right))
      .slice(0, mostAlternatives);
  } catch {
    return [];
  }
}

/** True when a time may be promised without Cal.com: it said, not too long ago, that it is free, and no other of ours stands in the way. */
export async function isWithinKnownTimes({ table, gateway }: Desk, appointment: Appointment): Promise<boolean> {
  const { companyId, serviceId } = appointment;
  if (serviceId === undefined) return false;
  const startsAt = plannedStart(appointment);
  const known = await table.lastKnown(companyId, { serviceId, fromAt: startsAt, untilAt: startsAt + 1 }, appointment);
  return known !== undefined && gateway.clock.now() - known.asOf <= gateway.settings.calcom.cacheMaxAge && known.slots.includes(startsAt);
}
