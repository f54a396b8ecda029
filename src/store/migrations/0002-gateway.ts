import { bookingTables } from "./gateway/bookings.ts";
import { breakerTables } from "./gateway/breakers.ts";
import { callTables } from "./gateway/calls.ts";
import { checkTables } from "./gateway/checks.ts";
import { companyTables } from "./gateway/companies.ts";
import { inboxTables } from "./gateway/inbox.ts";

/** The gateway: companies, what arrived, calls, bookings, breakers. */
export const gateway = [companyTables, inboxTables, callTables, bookingTables, breakerTables, checkTables].join("\n");
