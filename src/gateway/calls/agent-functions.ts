import type { AgentFunction } from "./caller.ts";
import { cancelAppointment, queryAppointment, rescheduleAppointment } from "./functions/appointments.ts";
import { checkAvailability } from "./functions/availability.ts";
import { bookAppointment } from "./functions/booking.ts";
import { requestCallback } from "./functions/callback.ts";
import { checkCustomer, getCurrentContext, getOpeningHours, listServices, parseDate } from "./functions/information.ts";

/** Every name an agent may use, without a version's suffix. A name that is not here is a finding, never softly answered (incident 18). */
export const agentFunctions: ReadonlyMap<string, AgentFunction> = new Map([
  ...named(checkAvailability, "check_availability", "get_alternatives", "find_next_available", "verfuegbarkeit_pruefen"),
  ...named(bookAppointment, "book_appointment", "start_booking", "confirm_booking", "collect_appointment", "collect_appointment_data"),
  ...named(rescheduleAppointment, "reschedule_appointment"),
  ...named(cancelAppointment, "cancel_appointment"),
  ...named(queryAppointment, "query_appointment", "query_appointment_by_name", "find_appointment", "get_customer_appointments"),
  ...named(checkCustomer, "check_customer", "find_customer"),
  ...named(requestCallback, "request_callback"),
  ...named(getOpeningHours, "get_opening_hours", "opening_hours"),
  ...named(listServices, "list_services", "get_available_services", "get_service_info"),
  ...named(getCurrentContext, "get_current_context", "current_context", "initialize_call", "datetime", "get_datetime"),
  ...named(parseDate, "parse_date"),
]);

function named(done: AgentFunction, ...names: readonly string[]): [string, AgentFunction][] {
  return names.map((name) => [name, done]);
}
