import { z } from "zod";
import { companyKey } from "../../integrations/calcom-api.ts";
import type { ToldBooking } from "./apply-booking.ts";

const timeSchema = z.string().transform((text, context) => {
  const at = Date.parse(text);
  if (Number.isNaN(at)) context.addIssue({ code: "custom", message: "time" });
  return at;
});

const bookingPayload = z.object({
  uid: z.string().min(1),
  eventTypeId: z.number().nullish(),
  startTime: timeSchema,
  endTime: timeSchema,
  status: z.string().nullish(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
  rescheduleUid: z.string().nullish(),
  attendees: z.array(z.object({ name: z.string().nullish(), email: z.string().nullish(), phoneNumber: z.string().nullish() })).nullish(),
});
const eventSchema = z.object({ triggerEvent: z.string(), createdAt: timeSchema, payload: z.unknown() });

/** A webhook of Cal.com, as far as it concerns an appointment. */
export type CalcomEvent =
  | { readonly kind: "booking"; readonly told: ToldBooking; readonly companyHint: string | undefined }
  | { readonly kind: "ignored"; readonly trigger: string; readonly eventTypeId: number | undefined }
  | { readonly kind: "unknown-shape"; readonly why: string };

const statusOf: Readonly<Record<string, ToldBooking["status"]>> = {
  BOOKING_CREATED: "accepted",
  BOOKING_RESCHEDULED: "accepted",
  BOOKING_REQUESTED: "pending",
  BOOKING_CANCELLED: "cancelled",
  BOOKING_REJECTED: "rejected",
};

/** Reads one body. Cal.com sends BOOKING_CREATED; the dotted names of older guides are taken as well. MEETING_* come without `payload`. Pure. */
export function readCalcomEvent(body: Buffer): CalcomEvent {
  let json: unknown;
  try {
    json = JSON.parse(body.toString("utf8"));
  } catch {
    return { kind: "unknown-shape", why: "no JSON" };
  }
  const flat = z.object({ triggerEvent: z.string(), eventTypeId: z.number().nullish() }).safeParse(json);
  if (!flat.success) return { kind: "unknown-shape", why: "no triggerEvent" };
  const trigger = flat.data.triggerEvent.toUpperCase().replaceAll(".", "_");
  const status = statusOf[trigger];
  const event = eventSchema.safeParse(json);
  if (status === undefined) return { kind: "ignored", trigger, eventTypeId: flat.data.eventTypeId ?? eventTypeIn(json) };
  if (!event.success) return { kind: "unknown-shape", why: issuesOf(event.error) };
  const payload = bookingPayload.safeParse(event.data.payload);
  if (!payload.success) return { kind: "unknown-shape", why: `payload: ${issuesOf(payload.error)}` };
  const { uid, startTime, endTime, metadata, rescheduleUid, attendees, eventTypeId } = payload.data;
  const [first] = attendees ?? [];
  const hint = metadata?.[companyKey];
  return {
    kind: "booking",
    companyHint: typeof hint === "string" ? hint : undefined,
    told: {
      uid,
      // A created booking that waits for its host says so itself.
      status: status === "accepted" && /^pending$/i.test(payload.data.status ?? "") ? "pending" : status,
      startsAt: startTime,
      endsAt: endTime,
      at: event.data.createdAt,
      eventTypeId: eventTypeId ?? undefined,
      formerUid: trigger === "BOOKING_RESCHEDULED" && rescheduleUid !== uid ? (rescheduleUid ?? undefined) : undefined,
      isMove: trigger === "BOOKING_RESCHEDULED",
      laterUid: undefined,
      metadata: metadata ?? {},
      attendee: {
        ...(first?.name ? { name: first.name } : {}),
        ...(first?.phoneNumber ? { phone: first.phoneNumber } : {}),
        ...(first?.email ? { email: first.email } : {}),
      },
    },
  };
}

function eventTypeIn(json: unknown): number | undefined {
  const id = (json as { payload?: { eventTypeId?: unknown } }).payload?.eventTypeId;
  return typeof id === "number" ? id : undefined;
}

function issuesOf({ issues }: z.ZodError): string {
  return issues
    .map(({ path, message: text }) => `${path.join(".")} ${text}`)
    .join("; ")
    .slice(0, 300);
}
