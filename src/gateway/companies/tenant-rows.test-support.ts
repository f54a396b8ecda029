import type { ClientBase } from "pg";

type Row = Readonly<Record<string, unknown>>;

/**
 * One row for every table that carries a company, parents first. `name` keeps what is unique over all companies apart;
 * everything else is deliberately the same, so that only the company tells two rows from each other.
 */
export function sampleRows(company_id: string): Readonly<Record<string, Row>> {
  const at = new Date(Date.UTC(2026, 10, 23, 10));
  const own = `own-of-${company_id}`;
  return {
    company: { company_id, name: "Praxis" },
    branch: { company_id, branch_id: "mitte", name: "Mitte" },
    agent: { company_id, agent_id: "agent_1", name: "Empfang" },
    phone_number: { company_id, number: own, branch_id: "mitte", agent_id: "agent_1" },
    service: { company_id, service_id: "schnitt", branch_id: "mitte", name: "Schnitt", duration_minutes: 30 },
    staff: { company_id, staff_id: "mia", branch_id: "mitte", name: "Mia" },
    service_staff: { company_id, service_id: "schnitt", staff_id: "mia" },
    customer: { company_id, customer_id: "kunde", name: "Kunde", phone: "+4930901820001" },
    snapshot: { company_id, snapshot_id: own, taken_at: at, reason: "test", content: {} },
    call: { company_id, call_id: own, branch_id: "mitte", customer_id: "kunde", state: "ended" },
    tool_call: { company_id, call_id: own, name: "book", at, duration_ms: 1, outcome: "ok" },
    callback: {
      company_id,
      callback_id: own,
      branch_id: "mitte",
      customer_id: "kunde",
      phone: "+4930901820001",
      reason: "asked",
      state: "waiting",
      promised_by: at,
      not_before: at,
      created_at: at,
    },
    callback_attempt: { company_id, callback_id: own, number: 1, intended_at: at, state: "intended" },
    appointment: {
      company_id,
      appointment_id: "termin",
      branch_id: "mitte",
      customer_id: "kunde",
      staff_id: "mia",
      service_id: "schnitt",
      starts_at: at,
      ends_at: at,
      state: "confirmed",
      operation_id: "op",
      sync_state: "synced",
      source: "test",
    },
    appointment_uid: { company_id, calcom_uid: own, appointment_id: "termin" },
    booking_operation: { company_id, operation_id: "op", kind: "book", started_at: at },
    availability: { company_id, service_id: "schnitt", day: "2026-11-24", slots: "[]", as_of: at },
    booking_conflict: { company_id, conflict_id: own, kind: "test", detail: {}, found_at: at },
  };
}

export async function insertRow(client: ClientBase, table: string, row: Row): Promise<void> {
  const columns = Object.keys(row);
  const places = columns.map((_, index) => `$${index + 1}`).join(", ");
  await client.query(`insert into gateway.${table} (${columns.join(", ")}) values (${places})`, Object.values(row));
}
