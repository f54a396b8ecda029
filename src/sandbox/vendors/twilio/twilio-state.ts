import { randomBytes } from "node:crypto";
import type { VendorAnswer } from "../vendor-server.ts";

export type TwilioCallStatus = "queued" | "ringing" | "in-progress" | "completed" | "busy" | "failed" | "no-answer" | "canceled";
export type TwilioMessageStatus = "queued" | "sending" | "sent" | "delivered" | "undelivered" | "failed";

/** What a customer asked of a call, beside what the resource shows. Times in epoch ms. */
export type TwilioCall = {
  readonly sid: string;
  readonly accountSid: string;
  readonly from: string;
  readonly to: string;
  readonly direction: "inbound" | "outbound-api";
  readonly createdAt: number;
  status: TwilioCallStatus;
  updatedAt: number;
  startedAt: number | undefined;
  endedAt: number | undefined;
  answeredBy: string | undefined;
  readonly url: string | undefined;
  readonly method: "POST" | "GET";
  readonly fallbackUrl: string | undefined;
  readonly twiml: string | undefined;
  readonly statusCallback: string | undefined;
  readonly statusEvents: readonly string[];
  readonly timeoutSeconds: number;
};

export type TwilioMessage = {
  readonly sid: string;
  readonly accountSid: string;
  readonly from: string | undefined;
  readonly messagingServiceSid: string | undefined;
  readonly to: string;
  readonly body: string;
  readonly createdAt: number;
  status: TwilioMessageStatus;
  updatedAt: number;
  sentAt: number | undefined;
  errorCode: number | undefined;
  readonly statusCallback: string | undefined;
};

export type TwilioNumber = {
  readonly sid: string;
  readonly phoneNumber: string;
  friendlyName: string;
  readonly createdAt: number;
  updatedAt: number;
  voiceUrl: string;
  voiceMethod: "POST" | "GET";
  voiceFallbackUrl: string;
  voiceFallbackMethod: "POST" | "GET";
  statusCallback: string;
  smsUrl: string;
  trunkSid: string;
  voiceApplicationSid: string;
};

export type TwilioRecording = {
  readonly sid: string;
  readonly callSid: string;
  readonly seconds: number;
  readonly createdAt: number;
  /** What the caller said; the sandbox's stand-in for sound. */
  readonly said: string;
};

export type TwilioState = {
  readonly accountSid: string;
  readonly calls: Map<string, TwilioCall>;
  readonly messages: Map<string, TwilioMessage>;
  readonly numbers: Map<string, TwilioNumber>;
  readonly recordings: Map<string, TwilioRecording>;
};

export function newSid(prefix: "CA" | "SM" | "PN" | "RE"): string {
  return prefix + randomBytes(16).toString("hex");
}

/** `{code, message, more_info, status}`, as the vendor's client reads it. */
export function twilioError(status: number, code: number, text: string): VendorAnswer {
  return { status, body: { code, message: text, more_info: `https://www.twilio.com/docs/errors/${code}`, status } };
}

export function createTwilioNumber(fields: Partial<TwilioNumber> & { phoneNumber: string }, now: number): TwilioNumber {
  return {
    sid: newSid("PN"),
    friendlyName: fields.phoneNumber,
    createdAt: now,
    updatedAt: now,
    voiceUrl: "",
    voiceMethod: "POST",
    voiceFallbackUrl: "",
    voiceFallbackMethod: "POST",
    statusCallback: "",
    smsUrl: "",
    trunkSid: "",
    voiceApplicationSid: "",
    ...fields,
  };
}

export const isOver = (status: TwilioCallStatus): boolean => !(status === "queued" || status === "ringing" || status === "in-progress");
