import { hours } from "../../../kernel/clock.ts";
import { message, say, verbatim, type Message } from "../../../kernel/message.ts";
import type { Slot } from "../../bookings/booking-desk.ts";
import type { AgentFunction, Answer, Caller } from "../caller.ts";
import { spokenClock, spokenDay, spokenMoment, zonedAt } from "../company-day.ts";
import { instantOf, readDay, readService, readTime, type Question } from "./wish.ts";

/** How far we look when the wished day has nothing free. */
const daysAhead = 7;
const mostSpoken = 3;
/** Every one is read by a language model while the caller waits. */
const mostListed = 10;

/** Free times, spoken as at most three. With an exact time it says whether that one is free, and what is near it. */
export const checkAvailability: AgentFunction = {
  action: "check-availability",
  isChanging: false,
  run: findFreeTimes,
  onFailure: () => ({ text: message("calls.say-cannot-look") }),
};

export async function findFreeTimes(caller: Caller, signal: AbortSignal): Promise<Answer> {
  const { company, desks, now } = caller;
  const service = readService(caller);
  if ("question" in service) return asQuestion(service.question);
  const wished = readDay(caller);
  if ("question" in wished) return asQuestion(wished.question);
  const today = zonedAt(now, company.timeZone).toPlainDate();
  const day = wished.value ?? today;
  const time = readTime(caller, day);
  const fromAt = Math.max(now, instantOf(day, 0, company.timeZone));
  const untilAt = instantOf(day.add({ days: daysAhead }), 0, company.timeZone);
  const { serviceId, name } = service.value;
  const found = await desks.booking.availability(company.companyId, { serviceId, fromAt, untilAt }, signal);
  const free = found.slots.filter((slot) => slot > now && slot < untilAt).toSorted((left, right) => left - right);
  const text = describeFree(caller, free, wished.value, time);
  return {
    isSuccess: free.length > 0,
    outcome: free.length > 0 ? "ok" : "none",
    text: found.isStale
      ? message("calls.say-as-of", { time: spokenClock(zonedAt(found.asOf, company.timeZone), caller.language), text })
      : text,
    data: {
      service_id: serviceId,
      service: name,
      slots: listSlots(caller, free),
      is_stale: found.isStale,
      as_of: new Date(found.asOf).toISOString(),
    },
  };
}

function describeFree(
  caller: Caller,
  free: readonly Slot[],
  day: Temporal.PlainDate | undefined,
  time: ReturnType<typeof readTime>,
): Message {
  const { company, language, now } = caller;
  if (free.length === 0) return message("calls.say-nothing-free");
  if (day === undefined) return message("calls.say-free-next", { times: spokenChoice(caller, free) });
  const today = zonedAt(now, company.timeZone).toPlainDate();
  const dayText = spokenDay(day, language, today);
  const [dayStart, dayEnd] = [instantOf(day, 0, company.timeZone), instantOf(day.add({ days: 1 }), 0, company.timeZone)];
  const onDay = free.filter((slot) => slot >= dayStart && slot < dayEnd);
  if (typeof time === "number") {
    const wishedAt = instantOf(day, time, company.timeZone);
    const moment = spokenMoment(wishedAt, company.timeZone, language, now);
    if (wishedAt <= now) return message("calls.say-past-time", { times: spokenChoice(caller, free) });
    if (onDay.includes(wishedAt)) return message("calls.say-free-exact", { moment });
    return message("calls.say-not-free", { moment, times: spokenChoice(caller, nearest(free, wishedAt)) });
  }
  const inPart = time === undefined ? onDay : onDay.filter((slot) => isWithin(zonedAt(slot, company.timeZone), time));
  if (inPart.length > 0) return message("calls.say-free-on", { day: dayText, times: spokenChoice(caller, inPart, "clock") });
  if (onDay.length > 0) return message("calls.say-free-other-time", { day: dayText, times: spokenChoice(caller, onDay, "clock") });
  return message("calls.say-day-full", { day: dayText, times: spokenChoice(caller, free) });
}

/** "Dienstag, 24. November um 9 Uhr, … oder …". */
export function spokenChoice({ company, language, now }: Caller, slots: readonly Slot[], form: "moment" | "clock" = "moment"): Message {
  const texts = (form === "clock" ? spread(slots) : slots.slice(0, mostSpoken)).map((slot) =>
    form === "clock" ? spokenClock(zonedAt(slot, company.timeZone), language) : spokenMoment(slot, company.timeZone, language, now),
  );
  const last = texts.pop() ?? "";
  if (texts.length === 0) return verbatim(last);
  return verbatim(say(message("calls.say-or", { first: texts.join(", "), last }), language));
}

/** Of one day the first, the middle and the last: three times in a row would be no choice. */
function spread(slots: readonly Slot[]): Slot[] {
  if (slots.length <= mostSpoken) return [...slots];
  return [slots[0], slots[Math.floor(slots.length / 2)], slots.at(-1)].filter((slot) => slot !== undefined);
}

export function listSlots({ company, language, now }: Caller, slots: readonly Slot[]): { starts_at: string; spoken: string }[] {
  return slots.slice(0, mostListed).map((slot) => ({
    starts_at: zonedAt(slot, company.timeZone).toString({ timeZoneName: "never", smallestUnit: "minute" }),
    spoken: spokenMoment(slot, company.timeZone, language, now),
  }));
}

/** The free times nearest to a wish, in order of time; none further than a day is preferred to an earlier one of that day. */
export function nearest(slots: readonly Slot[], wishedAt: number): Slot[] {
  const distanceOf = (slot: Slot): number => Math.abs(slot - wishedAt) + (slot < wishedAt ? hours(1) / 2 : 0);
  return slots
    .toSorted((left, right) => distanceOf(left) - distanceOf(right))
    .slice(0, mostSpoken)
    .toSorted((left, right) => left - right);
}

function isWithin({ hour, minute }: Temporal.ZonedDateTime, part: { from: number; until: number }): boolean {
  const at = hour * 60 + minute;
  return at >= part.from && at < part.until;
}

export function asQuestion({ ask, outcome }: Question): Answer {
  return { isSuccess: false, outcome, text: ask };
}
