/** One thing that must never be. `sql` yields the rows that are, as `company` and `subject`, over all companies. */
export type TenantInvariant = { readonly subject: string; readonly sql: string };

/** A repaired past must not keep the check red for ever, and a look every few seconds must stay cheap. */
const recent = (row: string): string =>
  `(${row}.started_at > now() - interval '7 days' or (${row}.started_at is null and ${row}.changed_at > now() - interval '7 days'))`;

/** Rows that name a call of another company; the tables cannot forbid it, since an event may come before its call. */
const ofForeignCall = (table: string): TenantInvariant => ({
  subject: `${table}-call`,
  sql: `select own.company_id as company, own.call_id as subject from gateway.call
    join gateway.${table} own on own.call_id = call.call_id
    where own.company_id <> call.company_id and ${recent("call")}`,
});

/** Every link that the tables themselves do not forbid (incident 17: 144 of 145 calls lay with the wrong company). */
export const tenantInvariants: readonly TenantInvariant[] = [
  {
    // A number that nobody has, or has any more, proves nothing.
    subject: "call-owner",
    sql: `select call.company_id as company, call.call_id as subject from gateway.call
      join gateway.phone_number number on number.number = case when call.direction = 'outbound' then call.from_number else call.to_number end
      where number.company_id <> call.company_id and ${recent("call")}`,
  },
  {
    subject: "call-agent",
    sql: `select call.company_id as company, call.call_id as subject from gateway.call
      where ${recent("call")} and exists (select from gateway.agent where agent.agent_id = call.agent_id)
        and not exists (select from gateway.agent where agent.agent_id = call.agent_id and agent.company_id = call.company_id)`,
  },
  {
    subject: "event-type-owner",
    sql: `select own.company_id as company, own.service_id as subject from gateway.service own
      join gateway.service other on other.calcom_event_type_id = own.calcom_event_type_id and other.company_id <> own.company_id`,
  },
  ofForeignCall("tool_call"),
  ofForeignCall("callback"),
  ofForeignCall("appointment"),
  {
    subject: "attempt-callback",
    sql: `select attempt.company_id as company, attempt.callback_id as subject from gateway.callback_attempt attempt
      join gateway.callback on callback.callback_id = attempt.callback_id where callback.company_id <> attempt.company_id`,
  },
  {
    subject: "conflict-appointment",
    sql: `select conflict.company_id as company, conflict.conflict_id as subject from gateway.booking_conflict conflict
      where not exists (select from gateway.appointment own where own.company_id = conflict.company_id and own.appointment_id = conflict.appointment_id)
        and exists (select from gateway.appointment other where other.appointment_id = conflict.appointment_id)`,
  },
];
