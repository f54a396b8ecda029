import type { KnownCompany, OpeningHours } from "../companies/directory.ts";

/** Half-open, epoch ms UTC. */
export type Span = { readonly startsAt: number; readonly endsAt: number };

/** Ordinary office hours in Germany: when somebody may be rung up although the branch told us no hours. */
export const assumedHours: OpeningHours = {
  1: [{ from: "09:00", to: "18:00" }],
  2: [{ from: "09:00", to: "18:00" }],
  3: [{ from: "09:00", to: "18:00" }],
  4: [{ from: "09:00", to: "18:00" }],
  5: [{ from: "09:00", to: "18:00" }],
};

/** No branch is closed longer than this without a day between; what is needed beyond it is promised for its end. */
const horizonDays = 60;
const weekdays = ["1", "2", "3", "4", "5", "6", "7"] as const;

/**
 * The hours a callback keeps to: those of the branch, else of the company's first branch that has any, else office hours.
 * `isAssumed` when nobody ever told us.
 */
export function hoursOf(company: KnownCompany | undefined, branchId?: string): { hours: OpeningHours; isAssumed: boolean } {
  const own = company?.branches.find((branch) => branch.branchId === branchId);
  const known = [own, ...(company?.branches ?? [])].find((branch) => branch !== undefined && hasHours(branch.openingHours));
  return known === undefined ? { hours: assumedHours, isAssumed: true } : { hours: known.openingHours, isAssumed: false };
}

function hasHours(hours: OpeningHours): boolean {
  return weekdays.some((day) => (hours[day] ?? []).some(({ from, to }) => parseTime(from) !== undefined && parseTime(to) !== undefined));
}

/**
 * The open times from now on, in order, none overlapping; the first may have begun already. A span that ends before it
 * begins goes on into the next day. Local times that a clock change skips count as the moment after it, doubled ones as the first.
 */
export function* openSpans(hours: OpeningHours, timeZone: string, now: number): Generator<Span> {
  const today = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(timeZone).toPlainDate();
  let open: Span | undefined;
  // Yesterday's night shift may still be on.
  for (let offset = -1; offset <= horizonDays; offset += 1) {
    for (const next of spansOfDay(hours, today.add({ days: offset }), timeZone)) {
      if (open !== undefined && next.startsAt <= open.endsAt) {
        open = { startsAt: open.startsAt, endsAt: Math.max(open.endsAt, next.endsAt) };
      } else {
        if (open !== undefined && open.endsAt > now) yield open;
        open = next;
      }
    }
  }
  if (open !== undefined && open.endsAt > now) yield open;
}

/** True when somebody may be rung up now. */
export function isOpen(hours: OpeningHours, timeZone: string, now: number): boolean {
  return nextOpenAt(hours, timeZone, now) === now;
}

/** `now` when it is open, else the next opening; `undefined` when there is none within 60 days. */
export function nextOpenAt(hours: OpeningHours, timeZone: string, now: number): number | undefined {
  const [next] = openSpans(hours, timeZone, now);
  return next === undefined ? undefined : Math.max(now, next.startsAt);
}

function spansOfDay(hours: OpeningHours, day: Temporal.PlainDate, timeZone: string): Span[] {
  const weekday = weekdays[day.dayOfWeek - 1] ?? "1";
  return (hours[weekday] ?? [])
    .flatMap(({ from, to }) => {
      const [start, end] = [parseTime(from), parseTime(to)];
      if (start === undefined || end === undefined || start === end) return [];
      const lastDay = end < start ? day.add({ days: 1 }) : day;
      const span = { startsAt: instantOf(day, start, timeZone), endsAt: instantOf(lastDay, end, timeZone) };
      return span.endsAt > span.startsAt ? [span] : [];
    })
    .sort((left, right) => left.startsAt - right.startsAt);
}

function instantOf(day: Temporal.PlainDate, minuteOfDay: number, timeZone: string): number {
  const isMidnight = minuteOfDay === 1440;
  const time = Temporal.PlainTime.from({ hour: isMidnight ? 0 : Math.floor(minuteOfDay / 60), minute: minuteOfDay % 60 });
  return (isMidnight ? day.add({ days: 1 }) : day).toZonedDateTime({ timeZone, plainTime: time }).epochMilliseconds;
}

/** Minutes since midnight; `24:00` is the end of the day. `undefined` for what is no time. */
function parseTime(text: string): number | undefined {
  const [, hour, minute] = /^(\d{1,2}):(\d{2})$/.exec(text) ?? [];
  const total = Number(hour) * 60 + Number(minute);
  return hour === undefined || Number(minute) > 59 || total > 1440 ? undefined : total;
}
