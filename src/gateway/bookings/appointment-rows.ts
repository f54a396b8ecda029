import type { ClientBase } from "pg";
import type { Appointment, AppointmentChange } from "./appointment.ts";

/** Columns of an appointment under the names of the type; times as epoch ms. */
const ms = (column: string): string => `(extract(epoch from ${column}) * 1000)::double precision`;
const columns = `company_id as "companyId", appointment_id as "appointmentId", service_id as "serviceId", call_id as "callId",
  ${ms("starts_at")} as "startsAt", ${ms("ends_at")} as "endsAt", ${ms("wanted_starts_at")} as "wantedStartsAt",
  is_cancel_wanted as "isCancelWanted", state, calcom_uid as "calcomUid", calcom_event_type_id::double precision as "calcomEventTypeId",
  reservation_uid as "reservationUid", ${ms("sent_at")} as "sentAt", operation_id as "operationId", sync_state as "syncState",
  sync_attempts as "syncAttempts", source, attendee, ${ms("created_at")} as "createdAt"`;

/** Every condition is written by us; values go through parameters. In the scope of the transaction. */
export async function selectAppointments(
  client: ClientBase,
  condition: string,
  values: readonly unknown[],
): Promise<readonly Appointment[]> {
  const { rows } = await client.query<Record<string, unknown>>(`select ${columns} from gateway.appointment where ${condition}`, [
    ...values,
  ]);
  return rows.map(
    (row) => Object.fromEntries(Object.entries(row).map(([key, value]) => [key, value ?? undefined])) as unknown as Appointment,
  );
}

export async function lockAppointment(client: ClientBase, companyId: string, appointmentId: string): Promise<Appointment | undefined> {
  const [found] = await selectAppointments(client, "company_id = $1 and appointment_id = $2 for update", [companyId, appointmentId]);
  return found;
}

export type NewAppointment = Omit<Appointment, "wantedStartsAt" | "isCancelWanted" | "reservationUid" | "sentAt" | "syncAttempts"> & {
  readonly branchId?: string | undefined;
  readonly customerId?: string | undefined;
  readonly syncAfter?: number;
  readonly holdUntil?: number;
  readonly calcomAt?: number | undefined;
};

/** False when a row with this operation is there already. */
export async function insertAppointment(client: ClientBase, given: NewAppointment): Promise<boolean> {
  const { rowCount } = await client.query(
    `insert into gateway.appointment (company_id, appointment_id, branch_id, customer_id, service_id, call_id, starts_at, ends_at, state, calcom_uid,
       calcom_event_type_id, operation_id, sync_state, sync_after, hold_until, source, attendee, created_at, changed_at, calcom_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $18, $19)
     on conflict (company_id, operation_id) do nothing`,
    [
      given.companyId,
      given.appointmentId,
      given.branchId,
      given.customerId,
      given.serviceId,
      given.callId,
      date(given.startsAt),
      date(given.endsAt),
      given.state,
      given.calcomUid,
      given.calcomEventTypeId,
      given.operationId,
      given.syncState,
      date(given.syncAfter),
      date(given.holdUntil),
      given.source,
      given.attendee,
      date(given.createdAt),
      date(given.calcomAt),
    ],
  );
  if (rowCount === 1 && given.calcomUid !== undefined) await rememberUid(client, given.companyId, given.calcomUid, given.appointmentId);
  return rowCount === 1;
}

const columnOf: Readonly<Record<keyof AppointmentChange, string>> = {
  state: "state",
  syncState: "sync_state",
  syncError: "sync_error",
  syncAfter: "sync_after",
  startsAt: "starts_at",
  endsAt: "ends_at",
  wantedStartsAt: "wanted_starts_at",
  isCancelWanted: "is_cancel_wanted",
  calcomUid: "calcom_uid",
  reservationUid: "reservation_uid",
  sentAt: "sent_at",
  holdUntil: "hold_until",
  syncAttempts: "sync_attempts",
  needsHuman: "needs_human",
  calcomAt: "calcom_at",
};

/** Writes what changed and remembers a new uid. */
export async function changeAppointment(
  client: ClientBase,
  { companyId, appointmentId }: Pick<Appointment, "companyId" | "appointmentId">,
  change: AppointmentChange,
  now: number,
): Promise<void> {
  const entries = Object.entries(change) as [keyof AppointmentChange, unknown][];
  const sets = entries.map(([key], index) => `${columnOf[key]} = $${index + 4}`);
  const values = entries.map(([key, value]) => (typeof value === "number" && key !== "syncAttempts" ? new Date(value) : value));
  await client.query(
    `update gateway.appointment set ${[...sets, "changed_at = $3", "version = version + 1"].join(", ")} where company_id = $1 and appointment_id = $2`,
    [companyId, appointmentId, new Date(now), ...values],
  );
  if (typeof change.calcomUid === "string") await rememberUid(client, companyId, change.calcomUid, appointmentId);
}

/** Every uid an appointment ever had: a late event about an old one must not make a second appointment. */
export async function rememberUid(client: ClientBase, companyId: string, uid: string, appointmentId: string): Promise<void> {
  await client.query(
    `insert into gateway.appointment_uid (calcom_uid, company_id, appointment_id) values ($1, $2, $3) on conflict (calcom_uid) do nothing`,
    [uid, companyId, appointmentId],
  );
}

/** Cal.com never revives a uid that is over. */
export async function isUidClosed(client: ClientBase, companyId: string, uid: string): Promise<boolean> {
  const { rowCount } = await client.query(
    "select 1 from gateway.appointment_uid where company_id = $1 and calcom_uid = $2 and closed_at is not null",
    [companyId, uid],
  );
  return rowCount === 1;
}

/** By any uid it ever had, locked. */
export async function findByUid(client: ClientBase, companyId: string, uid: string): Promise<Appointment | undefined> {
  const [found] = await selectAppointments(
    client,
    "company_id = $1 and appointment_id = (select appointment_id from gateway.appointment_uid where company_id = $1 and calcom_uid = $2) for update",
    [companyId, uid],
  );
  return found;
}

export async function findByOperation(client: ClientBase, companyId: string, operationId: string): Promise<Appointment | undefined> {
  const [found] = await selectAppointments(client, "company_id = $1 and operation_id = $2 for update", [companyId, operationId]);
  return found;
}

function date(at: number | undefined): Date | undefined {
  return at === undefined ? undefined : new Date(at);
}
