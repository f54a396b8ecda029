import { agentOf, eventTypeOf, numberOf, seedCompanyList, type SeedCompany } from "../seed-companies.ts";
import type { Schedule } from "./calcom/calcom-state.ts";
import type { CalcomOptions } from "./calcom.ts";
import type { RetellOptions } from "./retell.ts";
import type { TwilioOptions } from "./twilio.ts";

/** The companies of the sandbox as each vendor knows them: their agents and numbers, calendars, telephone lines. */
export function seededRetell(): Pick<RetellOptions, "agents" | "numbers"> {
  return {
    agents: seedCompanyList.map((company) => ({ agent_id: agentOf(company), agent_name: `Empfang ${company.name}`, version: 1 })),
    numbers: eachNumber().map(({ company, phoneNumber }) => {
      const bound = [{ agent_id: agentOf(company), agent_version: 1, weight: 1 }];
      return { phone_number: phoneNumber, nickname: company.name, inbound_agents: bound, outbound_agents: bound };
    }),
  };
}

export function seededCalcom(): Pick<CalcomOptions, "schedules" | "hosts" | "eventTypes"> {
  return {
    schedules: seedCompanyList.map(({ name, hours }, index) => ({
      id: index + 1,
      name,
      timeZone: "Europe/Berlin",
      hours: readHours(hours),
    })),
    hosts: seedCompanyList.flatMap(({ staff }, index) =>
      staff.map((name, place) => ({
        id: hostOf(index, place),
        name,
        email: `host-${hostOf(index, place)}@example.org`,
        timeZone: "Europe/Berlin",
      })),
    ),
    eventTypes: seedCompanyList.flatMap(({ services, staff }, index) =>
      services.map(([title, lengthInMinutes], place) => ({
        id: eventTypeOf(index, place),
        title,
        lengthInMinutes,
        scheduleId: index + 1,
        hostIds: staff.map((_, person) => hostOf(index, person)),
      })),
    ),
  };
}

export function seededTwilio(): Pick<TwilioOptions, "numbers"> {
  return { numbers: eachNumber().map(({ phoneNumber }) => ({ phoneNumber })) };
}

const hostOf = (company: number, person: number): number => 500 + company * 10 + person;

function eachNumber(): { company: SeedCompany; phoneNumber: string }[] {
  return seedCompanyList.flatMap((company) => company.branches.map((_, branch) => ({ company, phoneNumber: numberOf(company, branch) })));
}

const dayNames = ["mo", "di", "mi", "do", "fr", "sa", "so"];

/** `di-fr 09:00-18:00, sa 09:00-15:00`. */
function readHours(text: string): Schedule["hours"] {
  return text.split(",").map((part) => {
    const [days = "", times = ""] = part.trim().split(" ");
    const [from = "", until = ""] = times.split("-");
    const [first = 0, last = first] = days.split("-").map((day) => dayNames.indexOf(day) + 1);
    return { days: Array.from({ length: last - first + 1 }, (_, offset) => first + offset), from, until };
  });
}
