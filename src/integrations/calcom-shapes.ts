import { z } from "zod";

/** Strict only in what we act on: the vendor adds fields without notice. */
const envelope = <Schema extends z.ZodType>(data: Schema) => z.object({ status: z.literal("success"), data });

/** A time with its offset; without one it is UTC, which is what we ask for. Result: epoch ms. */
const instantSchema = z.string().transform((text, context) => {
  const at = Date.parse(/(?:Z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text}Z`);
  if (Number.isNaN(at)) context.addIssue({ code: "custom", message: "time" });
  return at;
});

const slotSchema = z.union([instantSchema, z.object({ start: instantSchema }).transform(({ start }) => start)]);
export const slotsSchema = envelope(z.record(z.string(), z.array(slotSchema)));

export const reservationSchema = envelope(z.object({ reservationUid: z.string(), reservationUntil: instantSchema }));

export const bookingSchema = z
  .object({
    uid: z.string().min(1),
    status: z.enum(["accepted", "pending", "cancelled", "rejected"]),
    start: instantSchema,
    end: instantSchema,
    eventTypeId: z.number().nullish(),
    eventType: z.object({ id: z.number() }).nullish(),
    updatedAt: instantSchema.nullish(),
    rescheduledFromUid: z.string().nullish(),
    rescheduledToUid: z.string().nullish(),
    metadata: z.record(z.string(), z.unknown()).nullish(),
    attendees: z.array(z.object({ name: z.string().nullish(), email: z.string().nullish(), phoneNumber: z.string().nullish() })).nullish(),
  })
  .transform(({ start, end, eventTypeId, eventType, updatedAt, metadata, attendees, rescheduledFromUid, rescheduledToUid, ...rest }) => ({
    ...rest,
    startsAt: start,
    endsAt: end,
    eventTypeId: eventTypeId ?? eventType?.id,
    updatedAt: updatedAt ?? undefined,
    rescheduledFromUid: rescheduledFromUid ?? undefined,
    rescheduledToUid: rescheduledToUid ?? undefined,
    metadata: metadata ?? {},
    attendee: attendees?.[0],
  }));

/** One booking at Cal.com. Times: epoch ms UTC. */
export type CalcomBooking = z.infer<typeof bookingSchema>;

export const oneBookingSchema = envelope(bookingSchema);

/** Seated and recurring events come as lists or with other fields: what is no plain booking is counted, not guessed. */
export const bookingPageSchema = z.object({
  status: z.literal("success"),
  data: z.array(z.unknown()),
  pagination: z
    .object({ nextCursor: z.union([z.string(), z.number()]).nullish(), hasMore: z.boolean().nullish(), hasNextPage: z.boolean().nullish() })
    .nullish(),
});

const eventTypeSchema = z
  .object({
    id: z.number(),
    title: z.string().nullish(),
    lengthInMinutes: z.number(),
    lengthInMinutesOptions: z.array(z.number()).nullish(),
  })
  .transform(({ id, title, lengthInMinutes, lengthInMinutesOptions }) => ({
    id,
    title: title ?? "",
    durations: [lengthInMinutes, ...(lengthInMinutesOptions ?? [])],
  }));
export type CalcomEventType = z.infer<typeof eventTypeSchema>;
export const oneEventTypeSchema = envelope(eventTypeSchema);
export const eventTypesSchema = envelope(z.array(eventTypeSchema));

export const anySuccessSchema = z.object({ status: z.literal("success") });
