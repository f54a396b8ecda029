import type { VendorAnswer, VendorRequest } from "../vendor-server.ts";
import { twilioError, type TwilioCall, type TwilioMessage, type TwilioNumber, type TwilioRecording } from "./twilio-state.ts";

const apiVersion = "2010-04-01";

/** RFC 2822 in UTC, as every time of this interface. */
export function rfc2822(at: number | undefined): string | null {
  return at === undefined ? null : new Date(at).toUTCString().replace("GMT", "+0000");
}

export function callBody(call: TwilioCall): Record<string, unknown> {
  const uri = `/${apiVersion}/Accounts/${call.accountSid}/Calls/${call.sid}`;
  const isEnded = call.startedAt !== undefined && call.endedAt !== undefined;
  return {
    sid: call.sid,
    date_created: rfc2822(call.createdAt),
    date_updated: rfc2822(call.updatedAt),
    parent_call_sid: null,
    account_sid: call.accountSid,
    to: call.to,
    to_formatted: call.to,
    from: call.from,
    from_formatted: call.from,
    phone_number_sid: null,
    status: call.status,
    start_time: rfc2822(call.startedAt),
    end_time: rfc2822(call.endedAt),
    duration: isEnded ? String(Math.ceil(((call.endedAt ?? 0) - (call.startedAt ?? 0)) / 1000)) : null,
    price: null,
    price_unit: "USD",
    direction: call.direction,
    answered_by: call.answeredBy ?? null,
    api_version: apiVersion,
    forwarded_from: null,
    group_sid: null,
    caller_name: null,
    queue_time: "0",
    trunk_sid: null,
    uri: `${uri}.json`,
    subresource_uris: { notifications: `${uri}/Notifications.json`, recordings: `${uri}/Recordings.json` },
  };
}

export function messageBody(message: TwilioMessage): Record<string, unknown> {
  const uri = `/${apiVersion}/Accounts/${message.accountSid}/Messages/${message.sid}`;
  return {
    body: message.body,
    num_segments: String(Math.max(1, Math.ceil(message.body.length / 153))),
    direction: "outbound-api",
    from: message.from ?? null,
    to: message.to,
    date_updated: rfc2822(message.updatedAt),
    price: null,
    error_message: message.errorCode === undefined ? null : "Unreachable destination handset",
    uri: `${uri}.json`,
    account_sid: message.accountSid,
    num_media: "0",
    status: message.status,
    messaging_service_sid: message.messagingServiceSid ?? null,
    sid: message.sid,
    date_sent: rfc2822(message.sentAt),
    date_created: rfc2822(message.createdAt),
    error_code: message.errorCode ?? null,
    price_unit: "USD",
    api_version: apiVersion,
    subresource_uris: { media: `${uri}/Media.json` },
  };
}

export function numberBody(number: TwilioNumber, accountSid: string): Record<string, unknown> {
  const orNull = (text: string): string | null => (text === "" ? null : text);
  return {
    account_sid: accountSid,
    address_sid: null,
    address_requirements: "none",
    api_version: apiVersion,
    beta: false,
    capabilities: { voice: true, sms: true, mms: false, fax: false },
    date_created: rfc2822(number.createdAt),
    date_updated: rfc2822(number.updatedAt),
    friendly_name: number.friendlyName,
    identity_sid: null,
    phone_number: number.phoneNumber,
    origin: "twilio",
    sid: number.sid,
    sms_application_sid: null,
    sms_fallback_method: "POST",
    sms_fallback_url: "",
    sms_method: "POST",
    sms_url: number.smsUrl,
    status_callback: number.statusCallback,
    status_callback_method: "POST",
    trunk_sid: orNull(number.trunkSid),
    uri: `/${apiVersion}/Accounts/${accountSid}/IncomingPhoneNumbers/${number.sid}.json`,
    voice_receive_mode: "voice",
    voice_application_sid: orNull(number.voiceApplicationSid),
    voice_caller_id_lookup: false,
    voice_fallback_method: number.voiceFallbackMethod,
    voice_fallback_url: number.voiceFallbackUrl,
    voice_method: number.voiceMethod,
    voice_url: number.voiceUrl,
    emergency_status: "Inactive",
    emergency_address_sid: null,
    emergency_address_status: "unregistered",
    bundle_sid: null,
    status: "in-use",
    type: "local",
  };
}

export function recordingBody(recording: TwilioRecording, accountSid: string): Record<string, unknown> {
  return {
    account_sid: accountSid,
    api_version: apiVersion,
    call_sid: recording.callSid,
    conference_sid: null,
    date_created: rfc2822(recording.createdAt),
    date_updated: rfc2822(recording.createdAt),
    start_time: rfc2822(recording.createdAt),
    duration: String(recording.seconds),
    sid: recording.sid,
    price: null,
    price_unit: "USD",
    status: "completed",
    channels: 1,
    source: "RecordVerb",
    error_code: null,
    uri: `/${apiVersion}/Accounts/${accountSid}/Recordings/${recording.sid}.json`,
    encryption_details: null,
    subresource_uris: {},
    media_url: null,
  };
}

/** A page in the vendor's form: `Page` counts from 0, the page's address is found in `next_page_uri`. */
export function pageBody(key: string, all: readonly Record<string, unknown>[], request: VendorRequest): VendorAnswer {
  const size = Number(request.query.get("PageSize") ?? 50);
  const page = Number(request.query.get("Page") ?? 0);
  if (!Number.isInteger(size) || size < 1) return twilioError(400, 20001, "PageSize must be a positive number");
  const pageSize = Math.min(size, 1000);
  const start = page * pageSize;
  const items = all.slice(start, start + pageSize);
  const uriOf = (wanted: number): string => {
    const query = new URLSearchParams(request.query);
    query.set("PageSize", String(pageSize));
    query.set("Page", String(wanted));
    return `${request.path}?${query.toString()}`;
  };
  const hasNext = start + items.length < all.length;
  return {
    status: 200,
    body: {
      first_page_uri: uriOf(0),
      end: Math.max(start, start + items.length - 1),
      next_page_uri: hasNext ? uriOf(page + 1) : null,
      page,
      page_size: pageSize,
      previous_page_uri: page > 0 ? uriOf(page - 1) : null,
      start,
      uri: uriOf(page),
      [key]: items,
    },
  };
}
