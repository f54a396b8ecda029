import { message, verbatim } from "../../../kernel/message.ts";
import { asCompany } from "../../companies/tenant.ts";
import type { AgentFunction } from "../caller.ts";
import { describeDay, spokenClock, spokenDay, spokenHours, spokenMoment, spokenWeekday, zonedAt } from "../company-day.ts";
import { argumentOf } from "../function-call.ts";
import { modeOf } from "../inbound.ts";
import { asQuestion } from "./availability.ts";
import { dateNames, readDay, readTime } from "./wish.ts";

/** Opening hours of the wished day, or of today and whether it is open now. */
export const getOpeningHours: AgentFunction = {
  action: "opening-hours",
  isChanging: false,
  run: async (caller) => {
    const { company, branch, language, now } = caller;
    const day = describeDay(now, company, branch);
    if (branch === undefined || day.isOpenNow === undefined) {
      return { isSuccess: false, outcome: "none", text: message("calls.say-hours-unknown") };
    }
    const read = readDay(caller);
    if ("question" in read) return asQuestion(read.question);
    const wished = read.value ?? day.today;
    const text = message("calls.say-hours-on", {
      day: spokenDay(wished, language, day.today),
      hours: spokenHours(branch.openingHours, wished, language),
    });
    const data = { date: wished.toString(), is_open_now: day.isOpenNow };
    if (day.isOpenNow || day.opensAt === undefined || read.value !== undefined) return { isSuccess: true, outcome: "ok", text, data };
    const opens = spokenMoment(day.opensAt, company.timeZone, language, now);
    return { isSuccess: true, outcome: "ok", text: message("calls.say-closed-now", { text, opens }), data };
  },
  onFailure: () => ({ text: message("calls.say-cannot-look") }),
};

export const listServices: AgentFunction = {
  action: "services",
  isChanging: false,
  run: async ({ company, branch }) => {
    const offered = company.services.filter(
      ({ isActive, branchId }) => isActive && (branchId === undefined || branch === undefined || branchId === branch.branchId),
    );
    if (offered.length === 0) return { isSuccess: false, outcome: "none", text: message("calls.say-no-services") };
    return {
      isSuccess: true,
      outcome: "ok",
      text: message("calls.say-services", {
        names: verbatim(
          offered
            .slice(0, 12)
            .map(({ name }) => name)
            .join(", "),
        ),
      }),
      data: {
        services: offered
          .slice(0, 40)
          .map(({ serviceId, name, durationMinutes }) => ({ service_id: serviceId, name, duration_minutes: durationMinutes })),
      },
    };
  },
  onFailure: () => ({ text: message("calls.say-cannot-look") }),
};

/** What the agent must know about now: date, weekday, time, mode. */
export const getCurrentContext: AgentFunction = {
  action: "context",
  isChanging: false,
  run: async ({ gateway, company, branch, language, now }) => {
    const { today, time, isOpenNow } = describeDay(now, company, branch);
    return {
      isSuccess: true,
      outcome: "ok",
      text: message("calls.say-now", {
        day: spokenDay(today, language, today.add({ years: 1 })),
        time: spokenClock(zonedAt(now, company.timeZone), language),
      }),
      data: {
        current_date: today.toString(),
        current_weekday: spokenWeekday(today, language),
        current_time: time,
        time_zone: company.timeZone,
        company_name: company.name,
        branch_name: branch?.name ?? "",
        is_open_now: isOpenNow ?? "unknown",
        gateway_mode: modeOf(gateway, company.companyId),
      },
    };
  },
  onFailure: () => ({ text: message("calls.say-cannot-look") }),
};

/** Turns a caller's words into a date, or into the question that settles it. */
export const parseDate: AgentFunction = {
  action: "parse-date",
  isChanging: false,
  run: async (caller) => {
    const read = readDay(caller, ["text", "date_string", "datum_text", "expression", ...dateNames]);
    if ("question" in read) return asQuestion(read.question);
    if (read.value === undefined) return asQuestion({ ask: message("calls.say-which-date"), outcome: "unclear" });
    const { company, language, now } = caller;
    const time = readTime(caller, read.value, ["text", "date_string", "datum_text", "expression", "uhrzeit", "time"]);
    const today = zonedAt(now, company.timeZone).toPlainDate();
    const clock = typeof time === "number" ? { hour: Math.floor(time / 60), minute: time % 60 } : undefined;
    const day = spokenDay(read.value, language, today);
    return {
      isSuccess: true,
      outcome: "ok",
      text: clock === undefined ? verbatim(day) : message("calls.say-moment", { day, time: spokenClock(clock, language) }),
      data: {
        date: read.value.toString(),
        weekday: spokenWeekday(read.value, language),
        ...(clock === undefined ? {} : { time: `${String(clock.hour).padStart(2, "0")}:${String(clock.minute).padStart(2, "0")}` }),
      },
    };
  },
  onFailure: () => ({ text: message("calls.say-unclear-day") }),
};

/** Whether the number that calls is a customer of this company, and under which name. */
export const checkCustomer: AgentFunction = {
  action: "check-customer",
  isChanging: false,
  run: async ({ gateway: { pool }, company: { companyId }, phone, call }) => {
    const unknown = { isSuccess: true, outcome: "none", text: message("calls.say-customer-unknown"), data: { is_known: false } } as const;
    if (phone === undefined) return unknown;
    if (pool === undefined) return { isSuccess: false, outcome: "unavailable", text: message("calls.say-cannot-look") };
    const { rows } = await asCompany(
      pool,
      companyId,
      async (client) =>
        await client.query<{ name: string | null }>("select name from gateway.customer where company_id = $1 and phone = $2", [
          companyId,
          phone,
        ]),
    );
    const [customer] = rows;
    if (customer === undefined) return unknown;
    const name = customer.name ?? argumentOf(call, "name", "customer_name") ?? "";
    return { isSuccess: true, outcome: "ok", text: message("calls.say-customer-known", { name }), data: { is_known: true, name } };
  },
  onFailure: () => ({ text: message("calls.say-customer-unknown") }),
};
