import type { CalcomBooking } from "../../integrations/calcom-shapes.ts";
import type { Attendee, FoundAppointment } from "./booking-desk.ts";

export type AppointmentState = FoundAppointment["state"];
export type SyncState = "pending" | "synced" | "failed" | "unknown";

/**
 * One appointment: what is at Cal.com (`calcomUid`, `startsAt`) and what is wanted (`wantedStartsAt`, `isCancelWanted`).
 * `sentAt`: when a booking was last sent to Cal.com without a known answer; a look comes before the next sending.
 */
export type Appointment = {
  readonly companyId: string;
  readonly appointmentId: string;
  readonly serviceId: string | undefined;
  readonly callId: string | undefined;
  readonly startsAt: number;
  readonly endsAt: number;
  readonly wantedStartsAt: number | undefined;
  readonly isCancelWanted: boolean;
  readonly state: AppointmentState;
  readonly calcomUid: string | undefined;
  readonly calcomEventTypeId: number | undefined;
  readonly reservationUid: string | undefined;
  readonly sentAt: number | undefined;
  readonly operationId: string;
  readonly syncState: SyncState;
  readonly syncAttempts: number;
  readonly source: string;
  readonly attendee: Partial<Attendee>;
  readonly createdAt: number;
};

/** What changes in a row; a key that is absent stays as it is, `null` empties it. */
export type AppointmentChange = {
  readonly state?: AppointmentState;
  readonly syncState?: SyncState;
  readonly syncError?: string | null;
  /** When the job takes it up again; epoch ms. */
  readonly syncAfter?: number | null;
  readonly startsAt?: number;
  readonly endsAt?: number;
  readonly wantedStartsAt?: number | null;
  readonly isCancelWanted?: boolean;
  readonly calcomUid?: string | null;
  readonly reservationUid?: string | null;
  readonly sentAt?: number | null;
  readonly holdUntil?: number | null;
  readonly syncAttempts?: number;
  readonly needsHuman?: boolean;
  /** When Cal.com last changed it, by its own clock. */
  readonly calcomAt?: number;
};

/** What Cal.com made of one push. */
export type PushResult =
  /** Read back and found as wanted. `isElsewhen`: Cal.com holds it at another time than wanted. */
  | { readonly kind: "agreed"; readonly booking: CalcomBooking; readonly isElsewhen: boolean }
  /** At Cal.com, and the host has to say yes first. */
  | { readonly kind: "awaits-host"; readonly booking: CalcomBooking }
  /** Gone at Cal.com, as wanted. */
  | { readonly kind: "gone" }
  /** Cancelled or rejected at Cal.com by somebody else. */
  | { readonly kind: "withdrawn"; readonly status: string }
  | { readonly kind: "taken" }
  | { readonly kind: "refused"; readonly reason: string }
  /** Sent, and nobody knows. */
  | { readonly kind: "unknown"; readonly reason: string }
  /** Surely not done: Cal.com could not be asked. */
  | { readonly kind: "away"; readonly reason: string };

/** The time the customer was told. */
export function plannedStart({ startsAt, wantedStartsAt }: Pick<Appointment, "startsAt" | "wantedStartsAt">): number {
  return wantedStartsAt ?? startsAt;
}

const firstRetryMs = 15_000;
const longestRetryMs = 10 * 60_000;
/** Cal.com may still be working on what we gave up waiting for. */
const settleMs = 60_000;

/** When the job comes back, after so many attempts: 15 s, 30 s, 1 min … 10 min. */
export function nextSyncAt(attempts: number, now: number): number {
  return now + Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(attempts, 10));
}

/**
 * What the row says after a push. Pure. `isCallerTold`: the caller is on the line and hears a no; otherwise a no is a
 * conflict that a human settles.
 */
export function afterPush(
  appointment: Appointment,
  result: PushResult,
  { now, isCallerTold }: { readonly now: number; readonly isCallerTold: boolean },
): AppointmentChange {
  const settled = { syncState: "synced", syncError: null, syncAfter: null, sentAt: null, reservationUid: null, holdUntil: null } as const;
  const attempts = appointment.syncAttempts + 1;
  const waiting = { syncAfter: nextSyncAt(attempts, now), syncAttempts: attempts };
  switch (result.kind) {
    case "agreed":
    case "awaits-host": {
      const { uid, startsAt, endsAt, updatedAt } = result.booking;
      const state = result.kind === "agreed" ? "confirmed" : "provisional";
      const at = updatedAt === undefined ? {} : { calcomAt: updatedAt };
      return { ...settled, ...at, state, calcomUid: uid, startsAt, endsAt, wantedStartsAt: null, isCancelWanted: false };
    }
    case "gone":
      return { ...settled, state: "cancelled", wantedStartsAt: null, isCancelWanted: false };
    case "withdrawn":
      return {
        ...settled,
        state: appointment.isCancelWanted ? "cancelled" : "conflict",
        wantedStartsAt: null,
        isCancelWanted: false,
        needsHuman: !appointment.isCancelWanted,
      };
    case "taken":
    case "refused": {
      const refused = { ...settled, syncState: "failed", syncError: result.kind, needsHuman: !isCallerTold } as const;
      // At Cal.com it stands as before: a move that is refused leaves the old time, a refused cancellation the booking.
      if (appointment.calcomUid !== undefined) {
        return { ...refused, state: "confirmed", syncState: "synced", wantedStartsAt: null, isCancelWanted: false };
      }
      return { ...refused, state: isCallerTold ? "rejected" : "conflict" };
    }
    case "unknown":
      return { ...waiting, syncState: "unknown", syncError: result.reason, syncAfter: Math.max(waiting.syncAfter, now + settleMs) };
    case "away":
      return { ...waiting, syncState: appointment.sentAt === undefined ? "pending" : "unknown", syncError: result.reason };
  }
}
