import { isBusy, type CalcomState, type EventType } from "./calcom-state.ts";

export type Span = { readonly fromAt: number; readonly untilAt: number };

/**
 * Starts that somebody may book, epoch ms, ascending: inside the schedule's hours in the schedule's zone, not in the
 * past or its notice, a host free, not reserved. On the night the clock goes back the hour counts twice, on the other it is missing.
 */
export function findSlots(
  state: CalcomState,
  type: EventType,
  span: Span,
  now: number,
  options: { durationMinutes?: number; exceptUid?: string } = {},
): number[] {
  const schedule = state.schedules.get(type.scheduleId);
  if (schedule === undefined) return [];
  const lengthMs = (options.durationMinutes ?? type.lengthInMinutes) * 60_000;
  const earliest = Math.max(span.fromAt, now + type.minimumBookingNotice * 60_000);
  const starts: number[] = [];
  const zoned = (at: number): Temporal.ZonedDateTime => Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(schedule.timeZone);
  const lastDay = zoned(span.untilAt).toPlainDate();
  for (let day = zoned(span.fromAt).toPlainDate(); Temporal.PlainDate.compare(day, lastDay) <= 0; day = day.add({ days: 1 })) {
    for (const { days, from, until } of schedule.hours) {
      if (!days.includes(day.dayOfWeek)) continue;
      const opensAt = day.toZonedDateTime({ timeZone: schedule.timeZone, plainTime: from }).epochMilliseconds;
      const closesAt = day.toZonedDateTime({ timeZone: schedule.timeZone, plainTime: until }).epochMilliseconds;
      for (let startAt = opensAt; startAt + lengthMs <= closesAt; startAt += type.slotInterval * 60_000) {
        if (startAt < earliest || startAt >= span.untilAt) continue;
        if (freeHost(state, type, startAt, startAt + lengthMs, now, options.exceptUid) !== undefined) starts.push(startAt);
      }
    }
  }
  return starts.sort((left, right) => left - right);
}

/** A host who is free then; reservations of others count, bookings under `exceptUid` do not. */
export function freeHost(
  state: CalcomState,
  type: EventType,
  startAt: number,
  endAt: number,
  now: number,
  exceptUid?: string,
): number | undefined {
  const free = type.hostIds.filter((hostId) => !isBusy(state, hostId, startAt, endAt, exceptUid));
  const reserved = [...state.reservations.values()].filter(
    (held) => held.eventTypeId === type.id && held.until > now && held.startAt < endAt && held.endAt > startAt,
  );
  return free[reserved.length];
}

/** True when the schedule is open for the whole time, whoever is busy. */
export function isInHours(state: CalcomState, type: EventType, startAt: number, endAt: number): boolean {
  const schedule = state.schedules.get(type.scheduleId);
  if (schedule === undefined) return false;
  const day = Temporal.Instant.fromEpochMilliseconds(startAt).toZonedDateTimeISO(schedule.timeZone).toPlainDate();
  return schedule.hours.some(({ days, from, until }) => {
    const opensAt = day.toZonedDateTime({ timeZone: schedule.timeZone, plainTime: from }).epochMilliseconds;
    const closesAt = day.toZonedDateTime({ timeZone: schedule.timeZone, plainTime: until }).epochMilliseconds;
    return days.includes(day.dayOfWeek) && startAt >= opensAt && endAt <= closesAt;
  });
}
