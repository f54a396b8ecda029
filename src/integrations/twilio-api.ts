import type { z } from "zod";
import { Failure } from "../kernel/failure.ts";
import { message, verbatim } from "../kernel/message.ts";
import type { Secret } from "../kernel/secret.ts";
import {
  twilioCallListSchema,
  twilioCallSchema,
  twilioErrorSchema,
  twilioMessageSchema,
  twilioNumberListSchema,
  twilioNumberSchema,
  type TwilioCall,
  type TwilioMessage,
  type TwilioNumber,
} from "./twilio-shapes.ts";
import type { VendorReply } from "./vendor-call.ts";
import { requestVendor } from "./vendor-request.ts";

export const twilioBaseUrl = "https://api.twilio.com";

/** `token`: the account's AuthToken; revealed at the moment of the call. */
export type TwilioAccess = { readonly baseUrl: string; readonly accountSid: string; readonly token: Secret; readonly timeoutMs?: number };

/** Twilio answered with a refusal. `isOutcomeUnknown`: a 5xx or a body that is none; it may have done it all the same. */
export class TwilioRefusal extends Failure {
  // Not `status`: a 200 that is garbage must not look like a success to whoever judges by that name.
  readonly httpStatus: number;
  readonly twilioCode: number | undefined;
  readonly isOutcomeUnknown: boolean;

  constructor(reply: Pick<VendorReply, "status" | "json">) {
    const refusal = twilioErrorSchema.safeParse(reply.json).data;
    const code = refusal?.code ?? "–";
    const isOutcomeUnknown = reply.status >= 500 || reply.status < 400;
    super(
      isOutcomeUnknown ? "vendor-unreachable" : "vendor-refused",
      message("twilio.refused", { status: reply.status, code, reason: verbatim((refusal?.message ?? "–").slice(0, 200)) }),
      message("twilio.refused-next", { code }),
    );
    this.httpStatus = reply.status;
    this.twilioCode = refusal?.code ?? undefined;
    this.isOutcomeUnknown = isOutcomeUnknown;
  }
}

type TwilioCallOrder = {
  readonly to: string;
  readonly from: string;
  /** Where Twilio asks what to do; a TwiML document instead of it. */
  readonly url?: string;
  readonly twiml?: string;
  readonly statusCallback?: string;
  readonly timeoutS?: number;
};

/**
 * Dials. Sent once: Twilio has no idempotency key, so after an error that is no refusal look with `listCalls` before
 * another try (our own id stands in the query of `url` or `statusCallback`, which Twilio sends back).
 * @throws {TwilioRefusal}
 * @throws {NetworkFault}
 */
export async function createTwilioCall(access: TwilioAccess, order: TwilioCallOrder, signal: AbortSignal): Promise<TwilioCall> {
  const form = formOf({
    To: order.to,
    From: order.from,
    Url: order.url,
    Twiml: order.twiml,
    StatusCallback: order.statusCallback,
    Timeout: order.timeoutS,
  });
  return await ask(access, "POST", "/Calls.json", twilioCallSchema, signal, form);
}

/** `undefined` when Twilio knows none of that id. */
export async function getTwilioCall(access: TwilioAccess, callSid: string, signal: AbortSignal): Promise<TwilioCall | undefined> {
  try {
    return await ask(access, "GET", `/Calls/${encodeURIComponent(callSid)}.json`, twilioCallSchema, signal);
  } catch (error) {
    if (error instanceof TwilioRefusal && error.httpStatus === 404) return undefined;
    throw error;
  }
}

/** Calls to a number that began on or after a moment (epoch ms), newest first. `isComplete` false: there are more than 100. */
export async function listTwilioCalls(
  access: TwilioAccess,
  { to, since }: { readonly to: string; readonly since: number },
  signal: AbortSignal,
): Promise<{ readonly calls: readonly TwilioCall[]; readonly isComplete: boolean }> {
  // The filter knows days only; the exact moment is compared here. A call that has not begun has no time and counts.
  const query = new URLSearchParams({ To: to, "StartTime>": new Date(since).toISOString().slice(0, 10), PageSize: "100" });
  const list = await ask(access, "GET", `/Calls.json?${query.toString()}`, twilioCallListSchema, signal);
  const calls = list.calls.filter(({ start_time: startTime }) => startTime === null || Date.parse(startTime) >= since - 1000);
  return { calls, isComplete: list.next_page_uri === null || list.next_page_uri === undefined };
}

/** A number of this account, by E.164; `undefined` when it is not at this carrier account. */
export async function findIncomingNumber(access: TwilioAccess, number: string, signal: AbortSignal): Promise<TwilioNumber | undefined> {
  const query = new URLSearchParams({ PhoneNumber: number, PageSize: "20" });
  const list = await ask(access, "GET", `/IncomingPhoneNumbers.json?${query.toString()}`, twilioNumberListSchema, signal);
  return list.incoming_phone_numbers.find(({ phone_number: found }) => found === number);
}

/** What makes a number's VoiceUrl count for nothing: its trunk or application, by id. */
export function findVoiceOwner(number: Pick<TwilioNumber, "trunk_sid" | "voice_application_sid">): string | undefined {
  return [number.trunk_sid, number.voice_application_sid].find((owner) => owner !== null && owner !== "") ?? undefined;
}

type VoiceUrls = { readonly voiceUrl?: string; readonly voiceFallbackUrl?: string };

/**
 * Sets where a number's calls go and reads it back.
 * @throws {Failure} refused-unsafe when a trunk or an application owns its calls, or a fallback would stand without a primary
 * address (Twilio error 21405); vendor-refused when it is not as wanted afterwards
 */
export async function updateIncomingNumber(
  access: TwilioAccess,
  number: TwilioNumber,
  urls: VoiceUrls,
  signal: AbortSignal,
): Promise<TwilioNumber> {
  const path = `/IncomingPhoneNumbers/${number.sid}.json`;
  const before = await ask(access, "GET", path, twilioNumberSchema, signal);
  const owner = findVoiceOwner(before);
  if (owner !== undefined) {
    const what = message("twilio.voice-url-void", { number: number.phone_number, owner });
    throw new Failure("refused-unsafe", what, message("twilio.voice-url-void-next", { owner }));
  }
  if (urls.voiceFallbackUrl !== undefined && (urls.voiceUrl ?? before.voice_url ?? "") === "") {
    throw new Failure("refused-unsafe", message("twilio.fallback-alone"), message("twilio.refused-next", { code: 21405 }));
  }
  const form = formOf({
    VoiceUrl: urls.voiceUrl,
    VoiceMethod: urls.voiceUrl === undefined ? undefined : "POST",
    VoiceFallbackUrl: urls.voiceFallbackUrl,
    VoiceFallbackMethod: urls.voiceFallbackUrl === undefined ? undefined : "POST",
  });
  await ask(access, "POST", path, twilioNumberSchema, signal, form);
  const now = await ask(access, "GET", path, twilioNumberSchema, signal);
  const isAsWanted =
    (urls.voiceUrl === undefined || now.voice_url === urls.voiceUrl) &&
    (urls.voiceFallbackUrl === undefined || now.voice_fallback_url === urls.voiceFallbackUrl);
  if (!isAsWanted) throw new TwilioRefusal({ status: 200, json: { message: "not done" } });
  return now;
}

/** A text message, at most 1600 characters. Sent once, for the same reason as a call. */
export async function sendTwilioMessage(
  access: TwilioAccess,
  order: { readonly to: string; readonly from: string; readonly body: string; readonly statusCallback?: string },
  signal: AbortSignal,
): Promise<TwilioMessage> {
  const form = formOf({ To: order.to, From: order.from, Body: order.body.slice(0, 1600), StatusCallback: order.statusCallback });
  return await ask(access, "POST", "/Messages.json", twilioMessageSchema, signal, form);
}

async function ask<Shape extends z.ZodType>(
  access: TwilioAccess,
  method: "GET" | "POST",
  path: string,
  shape: Shape,
  signal: AbortSignal,
  form?: string,
): Promise<z.infer<Shape>> {
  const { baseUrl, accountSid, token, timeoutMs = 10_000 } = access;
  const reply = await requestVendor(
    { baseUrl, key: "" },
    {
      method,
      path: `/2010-04-01/Accounts/${encodeURIComponent(accountSid)}${path}`,
      headers: {
        authorization: `Basic ${Buffer.from(`${accountSid}:${token.reveal()}`).toString("base64")}`,
        ...(form === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" }),
      },
      ...(form === undefined ? {} : { body: form }),
    },
    AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
  );
  const parsed = reply.status >= 200 && reply.status < 300 ? shape.safeParse(reply.json) : undefined;
  if (parsed?.success !== true) throw new TwilioRefusal(reply);
  return parsed.data;
}

function formOf(fields: Readonly<Record<string, string | number | undefined>>): string {
  const given = Object.entries(fields).flatMap(([name, value]): [string, string][] => (value === undefined ? [] : [[name, String(value)]]));
  return new URLSearchParams(given).toString();
}
