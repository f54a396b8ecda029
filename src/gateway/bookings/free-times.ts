import type { Availability, Slot } from "./booking-desk.ts";
import type { KnownDay, OwnBlock } from "./slot-rows.ts";

/** Empty days are asked again sooner: a slot that was just freed is what a caller hopes for. */
const freshEmptyMs = 60_000;
const freshMs = 300_000;

/** True while a day's answer may be given without asking Cal.com. */
export function isFresh({ slots, asOf, invalidAt }: KnownDay, now: number): boolean {
  return asOf > invalidAt && now - asOf < (slots.length === 0 ? freshEmptyMs : freshMs);
}

/**
 * The answer to a wish, from days that are all known. Slots in the past, outside the wish, or standing in the way of
 * something of ours that Cal.com did not know yet are left out. Equality is by instant.
 */
export function answerFrom(
  days: readonly KnownDay[],
  blocks: readonly OwnBlock[],
  wish: { readonly serviceId: string; readonly fromAt: number; readonly untilAt: number; readonly durationMs: number },
  { now, isStale }: { readonly now: number; readonly isStale: boolean },
): Availability {
  const asOf = Math.min(...days.map((day) => day.asOf));
  const mine = blocks.filter(({ serviceIds }) => serviceIds.has(wish.serviceId));
  const isFree = (slot: Slot, seenAt: number): boolean =>
    !mine.some(
      ({ startsAt, endsAt, isUnsynced, changedAt }) =>
        (isUnsynced || changedAt > seenAt) && slot < endsAt && slot + wish.durationMs > startsAt,
    );
  const slots = days.flatMap((day) =>
    day.slots.filter((slot) => slot > now && slot >= wish.fromAt && slot < wish.untilAt && isFree(slot, day.asOf)),
  );
  return { slots: [...new Set(slots)].sort((left, right) => left - right), asOf, isStale };
}

const dayMs = 86_400_000;

/** UTC days that a span touches, "YYYY-MM-DD". */
export function daysOf(fromAt: number, untilAt: number): readonly string[] {
  const first = Math.floor(fromAt / dayMs);
  const last = Math.floor((Math.max(untilAt, fromAt + 1) - 1) / dayMs);
  return Array.from({ length: last - first + 1 }, (_, index) => dayText((first + index) * dayMs));
}

export function dayText(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** Slots by UTC day; every day of the span is there, an empty one too. */
export function byDay(slots: readonly Slot[], days: readonly string[], asOf: number): ReadonlyMap<string, KnownDay> {
  const grouped = Map.groupBy(slots, dayText);
  return new Map(days.map((day) => [day, { slots: grouped.get(day) ?? [], asOf, invalidAt: 0 }]));
}
