import { randomBytes } from "node:crypto";
import type { VendorAnswer, VendorRequest } from "../vendor-server.ts";

/** Working hours in the schedule's own zone; `days` 1 = Monday to 7 = Sunday. */
export type Schedule = {
  readonly id: number;
  readonly name: string;
  readonly timeZone: string;
  readonly hours: readonly { readonly days: readonly number[]; readonly from: string; readonly until: string }[];
};

export type CalcomHost = { readonly id: number; readonly name: string; readonly email: string; readonly timeZone: string };

export type EventType = {
  readonly id: number;
  title: string;
  slug: string;
  lengthInMinutes: number;
  /** Distance of the starts that are offered; default the length. */
  slotInterval: number;
  minimumBookingNotice: number;
  scheduleId: number;
  hostIds: readonly number[];
  requiresConfirmation: boolean;
  /** A team's: booking by id alone finds no user. */
  teamSlug: string | undefined;
};

/** Times in epoch ms. */
export type Booking = {
  readonly id: number;
  readonly uid: string;
  readonly eventTypeId: number;
  readonly hostId: number;
  readonly startAt: number;
  readonly endAt: number;
  readonly createdAt: number;
  readonly attendee: { name: string; email: string; timeZone: string; phoneNumber?: string; language?: string };
  readonly metadata: Record<string, string>;
  readonly fields: Record<string, unknown>;
  status: "accepted" | "pending" | "cancelled" | "rejected";
  updatedAt: number;
  cancellationReason?: string;
  reschedulingReason?: string;
  rescheduledByEmail?: string;
  rescheduledFromUid?: string;
  rescheduledToUid?: string;
};

export type Reservation = {
  readonly uid: string;
  readonly eventTypeId: number;
  readonly startAt: number;
  readonly endAt: number;
  until: number;
};

export type CalcomWebhook = {
  readonly id: number;
  subscriberUrl: string;
  triggers: string[];
  active: boolean;
  secret: string | undefined;
  payloadTemplate: string | null;
};

export type CalcomState = {
  readonly schedules: Map<number, Schedule>;
  readonly hosts: Map<number, CalcomHost>;
  readonly eventTypes: Map<number, EventType>;
  readonly bookings: Map<string, Booking>;
  readonly reservations: Map<string, Reservation>;
  readonly webhooks: Map<number, CalcomWebhook>;
  nextId: number;
};

export const newUid = (): string => randomBytes(17).toString("base64url").slice(0, 22);

/** The nested form of the interface's errors. */
export function calcomError(status: number, code: string, text: string, { path = "" }: { path?: string } = {}): VendorAnswer {
  return {
    status,
    body: {
      status: "error",
      timestamp: new Date().toISOString(),
      path,
      error: { code, message: text, details: { message: text, error: code, statusCode: status } },
    },
  };
}

/** The flat form that comes from the framework in front: clients have to read both. */
export function flatError(status: number, text: string, error: string): VendorAnswer {
  return { status, body: { message: text, error, statusCode: status } };
}

export const badRequest = (text: string, { path }: VendorRequest): VendorAnswer => calcomError(400, "BadRequestException", text, { path });
export const missing = (text: string, { path }: VendorRequest): VendorAnswer => calcomError(404, "NotFoundException", text, { path });

/** The value of `cal-api-version`, if it is one of those that the endpoint knows; otherwise the oldest shape is meant. */
export function versionOf<Version extends string>({ headers }: VendorRequest, known: readonly Version[]): Version | "oldest" {
  const sent = headers["cal-api-version"];
  return known.find((version) => version === sent) ?? "oldest";
}

export const isoTime = (at: number): string => new Date(at).toISOString();

export function isBusy(state: CalcomState, hostId: number, startAt: number, endAt: number, exceptUid?: string): boolean {
  for (const booking of state.bookings.values()) {
    if (booking.hostId !== hostId || booking.uid === exceptUid) continue;
    if (booking.status !== "accepted" && booking.status !== "pending") continue;
    if (booking.startAt < endAt && booking.endAt > startAt) return true;
  }
  return false;
}
