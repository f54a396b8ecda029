import type { ClientBase } from "pg";
import { newId } from "../../kernel/ids.ts";

/** Why a human has to look. */
export type ConflictKind =
  | "slot-taken"
  | "refused-by-calcom"
  | "moved-at-calcom"
  | "withdrawn-at-calcom"
  | "missing-at-calcom"
  | "made-after-giving-up"
  | "made-twice"
  | "claim-without-appointment"
  | "not-confirmed-in-time";

export type Conflict = {
  readonly conflictId: string;
  readonly companyId: string;
  readonly appointmentId: string | undefined;
  /** The appointment, the uid at Cal.com or the call it is about. */
  readonly subject: string;
  readonly kind: ConflictKind;
  readonly detail: Readonly<Record<string, string | number | boolean>>;
  readonly foundAt: number;
  readonly callbackId: string | undefined;
};

/** True when it is new; the same one is kept once while nobody has resolved it. `detail` carries no personal data. */
export async function recordConflict(
  client: ClientBase,
  conflict: Pick<Conflict, "companyId" | "appointmentId" | "subject" | "kind" | "detail"> & { readonly needsCallback: boolean },
  now: number,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `insert into gateway.booking_conflict (conflict_id, company_id, appointment_id, subject, kind, detail, found_at, needs_callback)
     values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (company_id, kind, subject) where resolved_at is null do nothing`,
    [
      newId("cnf"),
      conflict.companyId,
      conflict.appointmentId,
      conflict.subject,
      conflict.kind,
      conflict.detail,
      new Date(now),
      conflict.needsCallback,
    ],
  );
  return rowCount === 1;
}

/** Unresolved ones of the scope, oldest first. */
export async function openConflicts(client: ClientBase): Promise<readonly Conflict[]> {
  const { rows } = await client.query<{
    conflict_id: string;
    company_id: string;
    appointment_id: string | null;
    subject: string;
    kind: ConflictKind;
    detail: Conflict["detail"];
    found_at: Date;
    callback_id: string | null;
  }>(
    "select conflict_id, company_id, appointment_id, subject, kind, detail, found_at, callback_id from gateway.booking_conflict where resolved_at is null order by found_at, conflict_id",
  );
  return rows.map((row) => ({
    conflictId: row.conflict_id,
    companyId: row.company_id,
    appointmentId: row.appointment_id ?? undefined,
    subject: row.subject,
    kind: row.kind,
    detail: row.detail,
    foundAt: row.found_at.getTime(),
    callbackId: row.callback_id ?? undefined,
  }));
}

/** False when there is none, or somebody was faster. */
export async function resolveConflict(
  client: ClientBase,
  { conflictId, by, reason }: { readonly conflictId: string; readonly by: string; readonly reason: string },
  now: number,
): Promise<boolean> {
  const { rowCount } = await client.query(
    "update gateway.booking_conflict set resolved_at = $2, resolved_by = $3, resolution = $4 where conflict_id = $1 and resolved_at is null",
    [conflictId, new Date(now), by, reason],
  );
  return rowCount === 1;
}
