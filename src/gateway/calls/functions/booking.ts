import { message, say, type Message } from "../../../kernel/message.ts";
import type { BookingResult } from "../../bookings/booking-desk.ts";
import { readCallerNumber } from "../../callbacks/phone.ts";
import type { AgentFunction, Answer, Caller } from "../caller.ts";
import { spokenMoment, zonedAt } from "../company-day.ts";
import { argumentOf, operationIdOf } from "../function-call.ts";
import { asQuestion, findFreeTimes, listSlots, spokenChoice } from "./availability.ts";
import { instantOf, readDay, readService, readTime } from "./wish.ts";

const nameArguments = ["name", "customer_name", "kundenname", "kunde", "full_name", "vollständiger_name"] as const;
const phoneArguments = ["telefonnummer", "telefon", "phone", "phone_number", "customer_phone", "rufnummer"] as const;
const emailArguments = ["email", "e_mail", "customer_email", "mail"] as const;

/** Books, and says exactly what became of it: only what Cal.com has confirmed is called booked. */
export const bookAppointment: AgentFunction = {
  action: "book",
  isChanging: true,
  run: book,
  onFailure: (caller) => ({
    text: message("calls.say-booking-unclear"),
    callback: { reason: "booking-failed", wish: wishText(caller) },
  }),
};

async function book(caller: Caller, signal: AbortSignal): Promise<Answer> {
  const { call, company, desks } = caller;
  // Agents ask first with "bestaetigung: false": that is a question, not a booking.
  if (isDeclined(call.args["bestaetigung"]) || isDeclined(call.args["confirm"])) return await findFreeTimes(caller, signal);
  const service = readService(caller);
  if ("question" in service) return asQuestion(service.question);
  const startsAt = readStart(caller);
  if ("question" in startsAt) return asQuestion(startsAt.question);
  const name = argumentOf(call, ...nameArguments);
  if (name === undefined) return asQuestion({ ask: message("calls.say-which-name"), outcome: "unclear" });
  const phone = contactPhone(caller);
  if (phone === undefined) return asQuestion({ ask: message("calls.say-which-phone"), outcome: "unclear" });
  const email = argumentOf(call, ...emailArguments);
  const result = await desks.booking.book(
    company.companyId,
    {
      serviceId: service.value.serviceId,
      startsAt: startsAt.value,
      attendee: { name: name.slice(0, 120), phone, ...(email !== undefined && isEmail(email) ? { email } : {}) },
      callId: call.callId ?? "",
      operationId: operationIdOf(call, "book"),
    },
    signal,
  );
  return describeBooking(caller, result, "book");
}

/** The start that was asked for, or the question that is still open. */
export function readStart(
  caller: Caller,
  names?: { readonly date: readonly string[]; readonly time: readonly string[] },
): { question: { ask: Message; outcome: "unclear" | "past-date" | "refused" } } | { value: number } {
  const { company, now, language } = caller;
  const day = readDay(caller, names?.date);
  if ("question" in day) return day;
  if (day.value === undefined) return { question: { ask: message("calls.say-which-date"), outcome: "unclear" } };
  const time = readTime(caller, day.value, names?.time);
  if (typeof time !== "number") return { question: { ask: message("calls.say-which-time"), outcome: "unclear" } };
  const value = instantOf(day.value, time, company.timeZone);
  if (value > now) return { value };
  const moment = spokenMoment(now, company.timeZone, language, now);
  return { question: { ask: message("calls.say-past-moment", { moment }), outcome: "past-date" } };
}

/** What became of a booking or a change, in words that promise nothing that is not so. */
export function describeBooking(caller: Caller, result: BookingResult, act: "book" | "reschedule"): Answer {
  const { company, language, now } = caller;
  switch (result.kind) {
    case "confirmed":
    case "provisional": {
      const moment = spokenMoment(result.startsAt, company.timeZone, language, now);
      const key = `calls.say-${act === "book" ? "booked" : "moved"}-${result.kind}` as const;
      return {
        isSuccess: true,
        outcome: result.kind,
        text: message(key, { moment }),
        data: {
          is_confirmed: result.kind === "confirmed",
          appointment_id: result.appointmentId,
          starts_at: zonedAt(result.startsAt, company.timeZone).toString({ timeZoneName: "never", smallestUnit: "minute" }),
        },
      };
    }
    case "taken": {
      const text =
        result.alternatives.length === 0
          ? message("calls.say-taken")
          : message("calls.say-taken-others", { times: spokenChoice(caller, result.alternatives.slice(0, 3)) });
      return { isSuccess: false, outcome: "taken", text, data: { is_confirmed: false, slots: listSlots(caller, result.alternatives) } };
    }
    case "refused":
      if (result.why === "past-date") {
        caller.gateway.report({ kind: "past-date", companyId: company.companyId, subject: caller.call.agentId ?? caller.call.name });
      }
      return {
        isSuccess: false,
        outcome: result.why === "past-date" ? "past-date" : "refused",
        text: message(`calls.say-refused-${result.why}`),
      };
    case "unavailable":
      return {
        isSuccess: false,
        outcome: "unavailable",
        // The desk may have been cut off while it booked: what nobody knows is not called either way.
        text: message("calls.say-booking-unclear"),
        callback: { reason: "booking-failed", wish: wishText(caller) },
      };
  }
}

/** The number that really calls; the one that was spoken only when that is withheld. */
export function contactPhone({ phone, call }: Caller): string | undefined {
  if (phone !== undefined) return phone;
  const given = readCallerNumber(argumentOf(call, ...phoneArguments));
  return given.kind === "callable" ? given.phone : undefined;
}

/** For the person who calls back: what was asked for, in the caller's words. */
export function wishText({ call, language }: Caller): string {
  const wished = [
    "dienstleistung",
    "service",
    "service_name",
    "datum",
    "date",
    "neues_datum",
    "new_date",
    "uhrzeit",
    "time",
    "neue_uhrzeit",
    "new_time",
  ]
    .map((name) => argumentOf(call, name))
    .filter((text) => text !== undefined)
    .join(", ");
  return say(message("calls.wish-unclear", { act: call.name, wished: wished === "" ? "–" : wished }), language).slice(0, 500);
}

export function callerName({ call }: Caller): string | undefined {
  return argumentOf(call, ...nameArguments)?.slice(0, 120);
}

const isDeclined = (value: unknown): boolean => value === false || (typeof value === "string" && /^(?:false|nein|no)$/i.test(value.trim()));
const isEmail = (text: string): boolean => text.length <= 200 && /^[^\s@<>()",;:]+@[^\s@<>()",;:]+\.[^\s@.]{2,}$/.test(text);
