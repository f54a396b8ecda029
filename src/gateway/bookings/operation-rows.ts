import type { ClientBase } from "pg";
import { seconds } from "../../kernel/clock.ts";
import type { AppointmentState } from "./appointment.ts";

export type OperationKind = "book" | "reschedule" | "cancel";

/** A wish that was made before: its answer, or none yet. */
export type Operation = { readonly appointmentId: string | undefined; readonly result: unknown; readonly startedAt: number };

/** What the appointment of an earlier wish looks like now. */
type Outcome = { readonly state: AppointmentState; readonly startsAt: number };

export type OperationStart = { readonly kind: "first" | "once-more" } | { readonly kind: "again"; readonly operation: Operation };

/** Writes the wish down. `again`: it was made before and its answer stands; `once-more`: made before, and its answer is outlived. */
export async function beginOperation(
  client: ClientBase,
  given: {
    readonly companyId: string;
    readonly operationId: string;
    readonly kind: OperationKind;
    readonly appointmentId: string;
    readonly callId: string;
  },
  now: number,
): Promise<OperationStart> {
  const { rowCount } = await client.query(
    `insert into gateway.booking_operation (company_id, operation_id, kind, appointment_id, call_id, started_at) values ($1, $2, $3, $4, $5, $6)
     on conflict (company_id, operation_id) do nothing`,
    [given.companyId, given.operationId, given.kind, given.appointmentId, given.callId, new Date(now)],
  );
  if (rowCount === 1) return { kind: "first" };
  const operation = await readOperation(client, given.companyId, given.operationId, "for update");
  if (operation === undefined) return { kind: "first" };
  const outcome = await readOutcome(client, given.companyId, operation.appointmentId);
  if (!isOutlived(operation, outcome, now)) return { kind: "again", operation };
  await client.query(
    "update gateway.booking_operation set appointment_id = $3, call_id = $4, started_at = $5, result = null where company_id = $1 and operation_id = $2",
    [given.companyId, given.operationId, given.appointmentId, given.callId, new Date(now)],
  );
  return { kind: "once-more" };
}

/** A sender's repetition comes within seconds; whoever says the same later wants to know anew. */
const repetitionMs = seconds(15);

/**
 * True when the answer given then would be untrue or useless now: what was booked is cancelled or elsewhere, what was
 * cancelled stands again, or a no is older than any repetition of the same request. Pure.
 */
export function isOutlived({ result, startedAt }: Operation, outcome: Outcome | undefined, now: number): boolean {
  const said = result as { readonly kind: string; readonly startsAt?: number } | undefined;
  switch (said?.kind) {
    case undefined:
      return false;
    case "confirmed":
    case "provisional":
      return (
        outcome === undefined || outcome.startsAt !== said?.startsAt || (outcome.state !== "confirmed" && outcome.state !== "provisional")
      );
    case "cancelled":
    case "cancelling":
      return outcome?.state !== "cancelled";
    default:
      return now - startedAt > repetitionMs;
  }
}

export async function readOperation(
  client: ClientBase,
  companyId: string,
  operationId: string,
  lock: "for update" | "" = "",
): Promise<Operation | undefined> {
  const { rows } = await client.query<{ appointment_id: string | null; result: unknown; started_at: Date }>(
    `select appointment_id, result, started_at from gateway.booking_operation where company_id = $1 and operation_id = $2 ${lock}`,
    [companyId, operationId],
  );
  const [found] = rows;
  return found === undefined
    ? undefined
    : { appointmentId: found.appointment_id ?? undefined, result: found.result ?? undefined, startedAt: found.started_at.getTime() };
}

async function readOutcome(client: ClientBase, companyId: string, appointmentId: string | undefined): Promise<Outcome | undefined> {
  const { rows } = await client.query<{ state: AppointmentState; starts_at: Date }>(
    "select state, coalesce(wanted_starts_at, starts_at) as starts_at from gateway.appointment where company_id = $1 and appointment_id = $2",
    [companyId, appointmentId],
  );
  return rows[0] === undefined ? undefined : { state: rows[0].state, startsAt: rows[0].starts_at.getTime() };
}

/** The first answer stands. */
export async function endOperation(client: ClientBase, companyId: string, operationId: string, result: unknown): Promise<void> {
  await client.query("update gateway.booking_operation set result = $3 where company_id = $1 and operation_id = $2 and result is null", [
    companyId,
    operationId,
    JSON.stringify(result),
  ]);
}
