import { z } from "zod";

/** Shapes of Twilio's API 2010-04-01 (twilio-oai, `twilio_api_v2010.json`), as far as they are read; strict only in what is used. */
const sid = (prefix: string): z.ZodString => z.string().regex(new RegExp(`^${prefix}[0-9a-fA-F]{32}$`));

export const twilioCallSchema = z.object({
  sid: sid("CA"),
  to: z.string().nullable(),
  from: z.string().nullable(),
  status: z.enum(["queued", "ringing", "in-progress", "completed", "busy", "failed", "no-answer", "canceled"]),
  direction: z.string().nullable(),
  /** RFC 2822, null until it has begun. */
  start_time: z.string().nullable(),
  /** Seconds, as text. */
  duration: z.string().nullable(),
});
export type TwilioCall = z.infer<typeof twilioCallSchema>;

export const twilioNumberSchema = z.object({
  sid: sid("PN"),
  phone_number: z.string(),
  voice_url: z.string().nullable(),
  voice_fallback_url: z.string().nullable(),
  /** Either makes `voice_url` count for nothing. Empty and null both mean: none. */
  trunk_sid: z.string().nullable(),
  voice_application_sid: z.string().nullable(),
});
export type TwilioNumber = z.infer<typeof twilioNumberSchema>;

export const twilioMessageSchema = z.object({ sid: z.string().regex(/^(SM|MM)[0-9a-fA-F]{32}$/), status: z.string() });
export type TwilioMessage = z.infer<typeof twilioMessageSchema>;

export const twilioCallListSchema = z.object({ calls: z.array(twilioCallSchema), next_page_uri: z.string().nullable().optional() });
export const twilioNumberListSchema = z.object({ incoming_phone_numbers: z.array(twilioNumberSchema) });

/** Every refusal; `code`: https://www.twilio.com/docs/api/errors */
export const twilioErrorSchema = z.object({ code: z.number().nullable().optional(), message: z.string() });
