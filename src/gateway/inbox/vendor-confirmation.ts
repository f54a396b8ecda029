import { CalcomFault } from "../../integrations/calcom-fault.ts";
import { getCall } from "../../integrations/retell-api.ts";
import { seconds } from "../../kernel/clock.ts";
import { accountOf, askRetell } from "../calls/retell-door.ts";
import { openCalcomDoor, patient } from "../bookings/calcom-door.ts";
import { resolveCompany } from "../companies/resolve-company.ts";
import type { Directory } from "../companies/directory.ts";
import type { Gateway } from "../gateway.ts";
import type { ObjectConfirmation } from "./confirm.ts";

const egressWaitMs = seconds(30);

/** Asks Retell and Cal.com, through the breakers and the shared limit, with the key of the company the event claims to be of. */
export function vendorConfirmation(gateway: Gateway): ObjectConfirmation {
  const calcom = openCalcomDoor(gateway);
  return async ({ provider, objectId, fields }, signal) => {
    const companyId = claimedCompany(gateway.directory, fields);
    if (provider === "calcom") {
      const api = calcom.of(companyId ?? "", patient);
      return await api.getBooking(objectId, signal).catch(absentIfUnknown);
    }
    if (provider !== "retell") throw new RangeError(`nothing of ${provider} can be asked for by an id`);
    const account = companyId === undefined ? { name: "main" } : accountOf(gateway, companyId);
    return await askRetell(gateway, account, (access, inner) => getCall(access, objectId, inner), signal, { waitMs: egressWaitMs });
  };
}

function absentIfUnknown(error: unknown): undefined {
  if (error instanceof CalcomFault && error.kind === "not-found") return undefined;
  throw error;
}

function claimedCompany(directory: Directory, fields: Readonly<Record<string, unknown>>): string | undefined {
  const text = (name: string): string => (typeof fields[name] === "string" ? fields[name] : "");
  const eventTypeId = fields["eventTypeId"];
  if (typeof eventTypeId === "number") return directory.companyOfEventType(eventTypeId);
  return resolveCompany(directory, {
    toNumber: fields["direction"] === "outbound" ? text("from_number") : text("to_number"),
    agentId: text("agent_id"),
  }).companyId;
}
