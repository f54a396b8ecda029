import { message } from "../../../kernel/message.ts";
import type { CallbackReason } from "../../callbacks/callback-desk.ts";
import type { AgentFunction, Answer, Caller } from "../caller.ts";
import { spokenClock, spokenMoment, zonedAt } from "../company-day.ts";
import { argumentOf } from "../function-call.ts";
import { asQuestion } from "./availability.ts";
import { callerName, contactPhone } from "./booking.ts";

/** Notes a callback durably, then says by when. */
export const requestCallback: AgentFunction = {
  action: "callback",
  isChanging: true,
  run: async (caller) => {
    if (contactPhone(caller) === undefined) return asQuestion({ ask: message("calls.say-which-phone"), outcome: "unclear" });
    const { call } = caller;
    const wish = [
      argumentOf(call, "reason", "grund", "anliegen", "wish", "notes"),
      argumentOf(call, "preferred_time_window", "wunschzeit", "uhrzeit"),
    ];
    const priority = argumentOf(call, "priority", "prioritaet");
    const promised = await promiseCallback(caller, {
      reason: "asked",
      wish: wish.filter((text) => text !== undefined).join(" · "),
      ...(priority === "high" || priority === "urgent" ? { priority } : {}),
    });
    return promised ?? { isSuccess: false, outcome: "unavailable", text: message("calls.say-callback-failed") };
  },
  onFailure: () => ({ text: message("calls.say-callback-failed") }),
};

export type Promised = { readonly reason: CallbackReason; readonly wish: string; readonly priority?: "high" | "urgent" };

/** The answer with the promise in it once it is written down; `undefined` when there is no number to call. */
export async function promiseCallback(caller: Caller, { reason, wish, priority }: Promised): Promise<Answer | undefined> {
  const { company, branch, call, desks, language, now } = caller;
  const phone = contactPhone(caller);
  if (phone === undefined) return undefined;
  const name = callerName(caller);
  const promised = await desks.callbacks.promise(company.companyId, {
    phone,
    reason,
    ...(branch === undefined ? {} : { branchId: branch.branchId }),
    ...(name === undefined ? {} : { name }),
    ...(wish === "" ? {} : { wish: wish.slice(0, 500) }),
    ...(call.callId === undefined ? {} : { callId: call.callId }),
    ...(priority === undefined ? {} : { priority }),
  });
  const due = zonedAt(promised.promisedBy, company.timeZone);
  const isToday = due.toPlainDate().equals(zonedAt(now, company.timeZone).toPlainDate());
  const text = isToday
    ? message("calls.say-callback-today", { time: spokenClock(due, language) })
    : message("calls.say-callback-by", { moment: spokenMoment(promised.promisedBy, company.timeZone, language, now) });
  return {
    isSuccess: true,
    outcome: "callback",
    text,
    data: { callback_id: promised.callbackId, promised_by: due.toString({ timeZoneName: "never", smallestUnit: "minute" }) },
  };
}
