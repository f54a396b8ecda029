import { describeUnknown, hashOf, occurred, type DescribedRequest, type Description } from "./description.ts";
import { timeOf, wordOf } from "./json-body.ts";

/**
 * A form about a call, a recording or a message. Key: `I-Twilio-Idempotency-Token` where the sender gives one, else what it is
 * about and its state; keys pressed and words spoken set two answers of one step apart.
 */
export function describeTwilio(request: DescribedRequest): Description {
  const fields = new URLSearchParams(request.body.toString("utf8"));
  const word = (name: string): string | undefined => wordOf(fields.get(name) ?? undefined);
  const call = word("CallSid");
  const [kind, id, state] = subjectOf(word);
  if (id === undefined) return describeUnknown(request);
  const eventType = `${kind}.${state ?? "unknown"}`;
  const token = wordOf(request.headers["i-twilio-idempotency-token"]);
  const isAnswer = fields.has("Digits") || fields.has("SpeechResult");
  const detail = isAnswer ? `:${hashOf(request.body).slice(0, 16)}` : "";
  return {
    eventType,
    dedupKey: `${stepOf(request.path)}:${eventType}:${id}${token === undefined ? detail : `:${token}`}`,
    orderingKey: call ?? id,
    ...occurred(timeOf(fields.get("Timestamp") ?? undefined)),
    isKnownShape: state !== undefined,
  };
}

/** The end of the address: what stands before it differs between what came in and what was signed, behind a proxy. */
function stepOf(path: string): string {
  const [way = "", query = ""] = path.split("?", 2);
  return `${way.split("/").slice(-2).join("/")}${query === "" ? "" : `?${hashOf(query).slice(0, 8)}`}`.slice(0, 120);
}

function subjectOf(word: (name: string) => string | undefined): readonly [string, string | undefined, string | undefined] {
  const recording = word("RecordingSid");
  if (recording !== undefined) return ["recording", recording, word("RecordingStatus") ?? "completed"];
  const sms = word("MessageSid");
  if (sms !== undefined) return ["message", sms, word("MessageStatus") ?? word("SmsStatus")];
  return ["call", word("CallSid"), word("DialCallStatus") === undefined ? word("CallStatus") : `dial-${word("DialCallStatus")}`];
}
