import type { ClientBase } from "pg";
import { operationOf } from "../../integrations/calcom-api.ts";
import { newId } from "../../kernel/ids.ts";
import { plannedStart, type Appointment } from "./appointment.ts";
import { changeAppointment, findByOperation, findByUid, insertAppointment, isUidClosed, rememberUid } from "./appointment-rows.ts";
import { recordConflict, type ConflictKind } from "./conflict-rows.ts";
import { invalidateStatement } from "./slot-rows.ts";

/** A booking as Cal.com tells of it, by webhook or by list. `at`: when it changed there, epoch ms. */
export type ToldBooking = {
  readonly uid: string;
  readonly status: "accepted" | "pending" | "cancelled" | "rejected";
  readonly startsAt: number;
  readonly endsAt: number;
  readonly at: number;
  readonly eventTypeId: number | undefined;
  readonly formerUid: string | undefined;
  /** Made by moving another one; `formerUid` says which, if Cal.com does. */
  readonly isMove: boolean;
  /** It became another booking: this is no cancellation. */
  readonly laterUid: string | undefined;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly attendee: { readonly name?: string; readonly phone?: string; readonly email?: string };
};

/** What telling changed here. `late`: something newer was known. */
export type Applied = "created" | "updated" | "same" | "late" | "conflict";

/**
 * Writes down what Cal.com says about one booking, in the open transaction of its company. Told twice, late or in the wrong
 * order it ends the same: a uid that was closed is never opened again, and an older word never replaces a newer one.
 */
export async function applyBooking(
  client: ClientBase,
  companyId: string,
  told: ToldBooking,
  { now, serviceId }: { readonly now: number; readonly serviceId: string | undefined },
): Promise<Applied> {
  const isActive = told.status === "accepted" || told.status === "pending";
  if (await isUidClosed(client, companyId, told.uid)) {
    await joinFormer(client, companyId, told, now);
    return "late";
  }
  if (!isActive) await closeUid(client, companyId, told.uid, now);
  const operationId = operationOf(told);
  const row =
    (await findByUid(client, companyId, told.uid)) ??
    (told.formerUid === undefined ? undefined : await findByUid(client, companyId, told.formerUid)) ??
    (operationId === undefined ? undefined : await findByOperation(client, companyId, operationId));
  const applied =
    row === undefined ? await insertTold(client, companyId, told, { now, serviceId }) : await updateRow(client, row, told, now);
  await joinFormer(client, companyId, told, now);
  if (applied === "created" || applied === "updated") {
    await client.query(invalidateStatement, [companyId, row?.serviceId ?? serviceId, new Date(now)]);
  }
  return applied;
}

/**
 * A move says which booking it came from: both uids are one appointment, and the former one is closed. When word of the former
 * came first as a booking of its own, that row is no appointment any more.
 */
async function joinFormer(client: ClientBase, companyId: string, { uid, formerUid }: ToldBooking, now: number): Promise<void> {
  if (formerUid === undefined) return;
  const current = await findByUid(client, companyId, uid);
  const former = await findByUid(client, companyId, formerUid);
  await closeUid(client, companyId, formerUid, now, current?.appointmentId);
  const isSecondRow = former !== undefined && current !== undefined && former.appointmentId !== current.appointmentId;
  if (isSecondRow && former.calcomUid === formerUid && former.state !== "cancelled") {
    await changeAppointment(
      client,
      former,
      { state: "cancelled", syncState: "synced", syncAfter: null, sentAt: null, wantedStartsAt: null },
      now,
    );
  }
}

async function insertTold(
  client: ClientBase,
  companyId: string,
  told: ToldBooking,
  { now, serviceId }: { now: number; serviceId: string | undefined },
): Promise<Applied> {
  if (told.laterUid !== undefined) return "late";
  const appointmentId = newId("apt");
  const state = told.status === "accepted" ? "confirmed" : told.status === "pending" ? "provisional" : told.status;
  // A cancelled one is kept as well: word of its making may still be on the way.
  await insertAppointment(client, {
    companyId,
    appointmentId,
    serviceId,
    callId: undefined,
    startsAt: told.startsAt,
    endsAt: told.endsAt,
    state,
    calcomUid: told.uid,
    calcomEventTypeId: told.eventTypeId,
    operationId: operationOf(told) ?? `calcom:${told.uid}`,
    syncState: "synced",
    source: "calcom",
    attendee: told.attendee,
    createdAt: now,
    calcomAt: told.at,
  });
  if (state === "cancelled" || state === "rejected") await closeUid(client, companyId, told.uid, now, appointmentId);
  return "created";
}

async function updateRow(client: ClientBase, row: Appointment, told: ToldBooking, now: number): Promise<Applied> {
  const isActive = told.status === "accepted" || told.status === "pending";
  const isOther = row.calcomUid !== undefined && row.calcomUid !== told.uid;
  await rememberUid(client, row.companyId, told.uid, row.appointmentId);
  if (!isActive) {
    if (told.laterUid !== undefined || isOther) return "late";
    return await withdraw(client, row, told, now);
  }
  if (isOther && !told.isMove) return await conflictOf(client, row, "made-twice", now, { uid: told.uid });
  if ((await knownAt(client, row)) > told.at) return "late";
  if (row.state === "cancelled" && row.isCancelWanted) {
    // We are about to cancel it; from now on we know which.
    await changeAppointment(
      client,
      row,
      { calcomUid: told.uid, startsAt: told.startsAt, endsAt: told.endsAt, calcomAt: told.at, syncAfter: now, syncState: "pending" },
      now,
    );
    return "updated";
  }
  if (row.state === "cancelled" || row.state === "rejected" || (row.state === "conflict" && row.calcomUid === undefined)) {
    return await conflictOf(client, row, "made-after-giving-up", now, { uid: told.uid });
  }
  const state = told.status === "accepted" ? "confirmed" : "provisional";
  const isSame = row.calcomUid === told.uid && row.startsAt === told.startsAt && row.state === state && row.syncState === "synced";
  const wanted = plannedStart(row);
  // Sent by us for another time than they hold it at, and nobody wished for that one.
  const isElsewhen = row.calcomUid === undefined && told.startsAt !== wanted;
  const isWishOpen = row.wantedStartsAt !== undefined && row.wantedStartsAt !== told.startsAt && row.calcomUid !== undefined;
  await changeAppointment(
    client,
    row,
    {
      calcomUid: told.uid,
      startsAt: told.startsAt,
      endsAt: told.endsAt,
      calcomAt: told.at,
      ...(isWishOpen
        ? {}
        : {
            state,
            wantedStartsAt: null,
            syncState: "synced" as const,
            syncAfter: null,
            syncError: null,
            sentAt: null,
            reservationUid: null,
            holdUntil: null,
          }),
    },
    now,
  );
  if (isElsewhen) return await conflictOf(client, row, "moved-at-calcom", now, {});
  return isSame ? "same" : "updated";
}

/** Cancelled or rejected at Cal.com: the host's or the customer's own doing there. A rejected one had been promised by us. */
async function withdraw(client: ClientBase, row: Appointment, told: ToldBooking, now: number): Promise<Applied> {
  if (row.state === "cancelled" && !row.isCancelWanted && row.syncState === "synced") return "same";
  const settled = {
    syncState: "synced",
    syncAfter: null,
    syncError: null,
    sentAt: null,
    wantedStartsAt: null,
    isCancelWanted: false,
  } as const;
  await changeAppointment(
    client,
    row,
    { ...settled, state: told.status === "rejected" ? "rejected" : "cancelled", calcomUid: told.uid, calcomAt: told.at },
    now,
  );
  if (told.status === "rejected" && row.source !== "calcom") {
    return await conflictOf(client, row, "withdrawn-at-calcom", now, { status: told.status });
  }
  return "updated";
}

async function conflictOf(
  client: ClientBase,
  row: Appointment,
  kind: ConflictKind,
  now: number,
  detail: Record<string, string>,
): Promise<Applied> {
  const { companyId, appointmentId } = row;
  await recordConflict(
    client,
    {
      companyId,
      appointmentId,
      subject: appointmentId,
      kind,
      detail: { startsAt: new Date(plannedStart(row)).toISOString(), service: row.serviceId ?? "", ...detail },
      needsCallback: kind === "moved-at-calcom" || kind === "withdrawn-at-calcom",
    },
    now,
  );
  await changeAppointment(client, row, { needsHuman: true }, now);
  return "conflict";
}

async function knownAt(client: ClientBase, { companyId, appointmentId }: Appointment): Promise<number> {
  const { rows } = await client.query<{ calcom_at: Date | null }>(
    "select calcom_at from gateway.appointment where company_id = $1 and appointment_id = $2",
    [companyId, appointmentId],
  );
  return rows[0]?.calcom_at?.getTime() ?? 0;
}

/** Closed for ever: Cal.com never revives a uid. Without a row yet there is nothing to close; its row is made closed. */
async function closeUid(client: ClientBase, companyId: string, uid: string, now: number, appointmentId?: string): Promise<void> {
  if (appointmentId !== undefined) await rememberUid(client, companyId, uid, appointmentId);
  await client.query("update gateway.appointment_uid set closed_at = coalesce(closed_at, $3) where company_id = $1 and calcom_uid = $2", [
    companyId,
    uid,
    new Date(now),
  ]);
}
