import { message } from "../../../kernel/message.ts";
import type { FoundAppointment } from "../../bookings/booking-desk.ts";
import type { AgentFunction, Answer, Caller } from "../caller.ts";
import { spokenMoment, zonedAt } from "../company-day.ts";
import { argumentOf, operationIdOf } from "../function-call.ts";
import { asQuestion, spokenChoice } from "./availability.ts";
import { describeBooking, readStart, wishText } from "./booking.ts";
import { readDay } from "./wish.ts";

const newDateNames = ["neues_datum", "new_date", "neuer_termin", "new_datetime", "datum", "date"];
const newTimeNames = [
  "neue_uhrzeit",
  "new_time",
  "new_datetime",
  "neuer_termin",
  "uhrzeit",
  "time",
  "neues_datum",
  "new_date",
  "datum",
  "date",
];
const oldDateNames = ["altes_datum", "old_date", "current_date", "bisheriges_datum", "appointment_date"];
const whichDateNames = [...oldDateNames, "datum", "date"];

/** The caller's coming appointments. Only those of the number that really calls: a name or a spoken number proves nothing. */
export const queryAppointment: AgentFunction = {
  action: "query",
  isChanging: false,
  run: async (caller, signal) => {
    const found = await findOwn(caller, signal);
    if (!("value" in found)) return found.answer;
    const [only] = found.value;
    const text =
      found.value.length === 1 && only !== undefined
        ? message(only.state === "provisional" ? "calls.say-your-provisional" : "calls.say-your-appointment", {
            moment: momentOf(caller, only),
          })
        : message("calls.say-your-appointments", {
            count: found.value.length,
            times: spokenChoice(
              caller,
              found.value.slice(0, 3).map(({ startsAt }) => startsAt),
            ),
          });
    return { isSuccess: true, outcome: "ok", text, data: { appointments: found.value.map((each) => describe(caller, each)) } };
  },
  onFailure: () => ({ text: message("calls.say-cannot-look") }),
};

export const cancelAppointment: AgentFunction = {
  action: "cancel",
  isChanging: true,
  run: async (caller, signal) => {
    const chosen = await chooseOwn(caller, whichDateNames, signal);
    if (!("value" in chosen)) return chosen.answer;
    const { appointmentId } = chosen.value;
    const wish = { appointmentId, callId: caller.call.callId ?? "", operationId: operationIdOf(caller.call, `cancel ${appointmentId}`) };
    const result = await caller.desks.booking.cancel(caller.company.companyId, wish, signal);
    const moment = momentOf(caller, chosen.value);
    switch (result.kind) {
      case "cancelled":
      case "cancelling":
        return {
          isSuccess: true,
          outcome: result.kind,
          text: message(result.kind === "cancelled" ? "calls.say-cancelled" : "calls.say-cancelling", { moment }),
          data: { appointment_id: appointmentId, is_cancelled: result.kind === "cancelled" },
        };
      case "refused":
        return { isSuccess: false, outcome: "refused", text: message(`calls.say-refused-${result.why}`) };
      case "unavailable":
        return { isSuccess: false, outcome: "unavailable", ...changeFailed(caller) };
    }
  },
  onFailure: changeFailed,
};

export const rescheduleAppointment: AgentFunction = {
  action: "reschedule",
  isChanging: true,
  run: async (caller, signal) => {
    const chosen = await chooseOwn(caller, oldDateNames, signal);
    if (!("value" in chosen)) return chosen.answer;
    const startsAt = readStart(caller, { date: newDateNames, time: newTimeNames });
    if ("question" in startsAt) return asQuestion(startsAt.question);
    const { appointmentId } = chosen.value;
    const wish = {
      appointmentId,
      startsAt: startsAt.value,
      callId: caller.call.callId ?? "",
      operationId: operationIdOf(caller.call, `reschedule ${appointmentId}`),
    };
    const answer = describeBooking(caller, await caller.desks.booking.reschedule(caller.company.companyId, wish, signal), "reschedule");
    return answer.outcome === "unavailable" ? { ...answer, ...changeFailed(caller) } : answer;
  },
  onFailure: changeFailed,
};

function changeFailed(caller: Caller): Pick<Answer, "text" | "callback"> {
  return { text: message("calls.say-change-failed"), callback: { reason: "function-failed", wish: wishText(caller) } };
}

type Own<Value> = { readonly value: Value } | { readonly answer: Answer };

async function findOwn({ company, desks, phone, now }: Caller, signal: AbortSignal): Promise<Own<readonly FoundAppointment[]>> {
  if (phone === undefined) return { answer: { isSuccess: false, outcome: "refused", text: message("calls.say-number-withheld") } };
  const found = await desks.booking.find(company.companyId, { phone, fromAt: now }, signal);
  const standing = found
    .filter(({ state, startsAt }) => startsAt > now && (state === "confirmed" || state === "provisional" || state === "conflict"))
    .toSorted((left, right) => left.startsAt - right.startsAt);
  if (standing.length > 0) return { value: standing };
  return { answer: { isSuccess: false, outcome: "none", text: message("calls.say-no-appointment"), data: { appointments: [] } } };
}

/** The one appointment that is meant; with several, the caller is asked. An id from the agent counts only if it is the caller's own. */
async function chooseOwn(caller: Caller, dateNames: readonly string[], signal: AbortSignal): Promise<Own<FoundAppointment>> {
  const found = await findOwn(caller, signal);
  if (!("value" in found)) return found;
  const id = argumentOf(caller.call, "appointment_id", "termin_id", "booking_id");
  const named = found.value.find(({ appointmentId }) => appointmentId === id);
  if (named !== undefined) return { value: named };
  const [only] = found.value;
  if (found.value.length === 1 && only !== undefined) return { value: only };
  const day = readDay(caller, dateNames);
  const wanted = "value" in day ? day.value : undefined;
  const onDay = found.value.filter(
    ({ startsAt }) => wanted !== undefined && zonedAt(startsAt, caller.company.timeZone).toPlainDate().equals(wanted),
  );
  const [single] = onDay;
  if (onDay.length === 1 && single !== undefined) return { value: single };
  const times = spokenChoice(
    caller,
    found.value.slice(0, 3).map(({ startsAt }) => startsAt),
  );
  const data = { appointments: found.value.map((each) => describe(caller, each)) };
  return { answer: { isSuccess: false, outcome: "unclear", text: message("calls.say-which-appointment", { times }), data } };
}

function momentOf({ company, language, now }: Caller, { startsAt }: FoundAppointment): string {
  return spokenMoment(startsAt, company.timeZone, language, now);
}

function describe(caller: Caller, found: FoundAppointment): Record<string, string | boolean> {
  const service = caller.company.services.find(({ serviceId }) => serviceId === found.serviceId);
  return {
    appointment_id: found.appointmentId,
    service: service?.name ?? "",
    starts_at: zonedAt(found.startsAt, caller.company.timeZone).toString({ timeZoneName: "never", smallestUnit: "minute" }),
    spoken: momentOf(caller, found),
    is_confirmed: found.state === "confirmed",
  };
}
