/** Whose fault an ended call looks like. `carrier`: between Retell and the caller's phone. `bill`: our unpaid one. */
export type Fault = "retell" | "carrier" | "ours" | "bill" | "limit" | "customer";

/**
 * What a `disconnection_reason` of Retell says about a failure (34 values of retell-sdk 5.66.1); a reason that is not
 * listed is an ordinary end. Outage signals: contracts.md, section 1.
 */
const faultByReason: Readonly<Record<string, Fault>> = {
  error_retell: "retell",
  error_unknown: "retell",
  error_asr: "retell",
  error_no_audio_received: "carrier",
  error_llm_websocket_open: "ours",
  error_llm_websocket_lost_connection: "ours",
  error_llm_websocket_runtime: "ours",
  error_llm_websocket_corrupt_payload: "ours",
  telephony_provider_unavailable: "carrier",
  telephony_provider_permission_denied: "carrier",
  sip_routing_error: "carrier",
  dial_failed: "carrier",
  invalid_destination: "ours",
  registered_call_timeout: "carrier",
  concurrency_limit_reached: "limit",
  no_concurrency_fallback: "limit",
  no_valid_payment: "bill",
  error_user_not_joined: "customer",
};

/** Ordinary ends: nobody has to look at these. */
const ordinary = new Set([
  "user_hangup",
  "agent_hangup",
  "call_transfer",
  "voicemail_reached",
  "ivr_reached",
  "inactivity",
  "max_duration_reached",
  "scam_detected",
  "dial_busy",
  "dial_no_answer",
  "marked_as_spam",
  "user_declined",
  "transfer_bridged",
  "transfer_cancelled",
  "manual_stopped",
  "call_take_over",
]);

/** Nobody picked up: the call ended without having been one. */
const unanswered = new Set(["dial_busy", "dial_no_answer", "user_declined", "voicemail_reached", "ivr_reached"]);

/** Whose fault, `undefined` for an ordinary end. An `error_…` of the future is counted as Retell's. */
export function findFault(reason: string | undefined): Fault | undefined {
  if (reason === undefined || ordinary.has(reason)) return undefined;
  return faultByReason[reason] ?? (reason.startsWith("error_") ? "retell" : undefined);
}

export const isUnanswered = (reason: string | undefined): boolean => reason !== undefined && unanswered.has(reason);
