/** Start of a slot, epoch ms UTC. */
export type Slot = number;

/** Free slots with their age. `isStale`: Cal.com could not be asked, this is what it last said (at most the set age old). */
export type Availability = { readonly slots: readonly Slot[]; readonly asOf: number; readonly isStale: boolean };

export type Attendee = { readonly name: string; readonly phone: string; readonly email?: string };

/** What became of a wish. Only `confirmed` may be called booked; `provisional` is said to be confirmed later. */
export type BookingResult =
  | { readonly kind: "confirmed"; readonly appointmentId: string; readonly startsAt: number }
  | { readonly kind: "provisional"; readonly appointmentId: string; readonly startsAt: number }
  | { readonly kind: "taken"; readonly alternatives: readonly Slot[] }
  | { readonly kind: "refused"; readonly why: "past-date" | "unknown-service" | "unknown-appointment" | "not-changeable" }
  | { readonly kind: "unavailable" };

export type FoundAppointment = {
  readonly appointmentId: string;
  readonly serviceId: string;
  readonly startsAt: number;
  readonly state: "provisional" | "confirmed" | "cancelled" | "conflict" | "rejected";
};

/**
 * Appointments of one company while a caller waits. Every call ends before its signal; a repetition with the same
 * `operationId` has the same result and no second booking.
 */
export type BookingDesk = {
  availability(companyId: string, wish: { serviceId: string; fromAt: number; untilAt: number }, signal: AbortSignal): Promise<Availability>;
  book(
    companyId: string,
    wish: { serviceId: string; startsAt: number; attendee: Attendee; callId: string; operationId: string },
    signal: AbortSignal,
  ): Promise<BookingResult>;
  reschedule(
    companyId: string,
    wish: { appointmentId: string; startsAt: number; callId: string; operationId: string },
    signal: AbortSignal,
  ): Promise<BookingResult>;
  cancel(
    companyId: string,
    wish: { appointmentId: string; callId: string; operationId: string },
    signal: AbortSignal,
  ): Promise<
    { kind: "cancelled" | "cancelling" } | { kind: "refused"; why: "unknown-appointment" | "not-changeable" } | { kind: "unavailable" }
  >;
  find(companyId: string, wish: { phone: string; fromAt: number }, signal: AbortSignal): Promise<readonly FoundAppointment[]>;
};
