import type { Desk, Route, VendorAnswer, VendorRequest } from "../vendor-server.ts";
import { callBody, messageBody, numberBody, pageBody, recordingBody } from "./twilio-bodies.ts";
import { isOver, newSid, twilioError, type TwilioCall, type TwilioMessage, type TwilioNumber, type TwilioState } from "./twilio-state.ts";

export type TwilioEndpoint =
  | "create-call"
  | "list-calls"
  | "get-call"
  | "update-call"
  | "create-message"
  | "list-messages"
  | "get-message"
  | "list-numbers"
  | "get-number"
  | "update-number"
  | "get-recording"
  | "delete-recording"
  | "get-account"
  | "get-balance";

/** What the interface sets going. */
export type TwilioActions = {
  place(callSid: string): void;
  redirect(callSid: string, to: { url: string; method: "POST" | "GET" } | { twiml: string }): void;
  end(callSid: string, status: "completed" | "canceled"): void;
  send(messageSid: string): void;
};

const account = "/2010-04-01/Accounts/{AccountSid}";
const e164 = /^\+[1-9]\d{6,14}$/;

export function twilioRoutes(actions: TwilioActions): readonly Route<TwilioState, TwilioEndpoint>[] {
  return [
    { name: "create-call", method: "POST", path: `${account}/Calls.json`, answer: (request, desk) => createCall(request, desk, actions) },
    { name: "list-calls", method: "GET", path: `${account}/Calls.json`, answer: listCalls },
    {
      name: "get-call",
      method: "GET",
      path: `${account}/Calls/{Sid}.json`,
      answer: ({ parameters, path }, { state }) => show(state.calls.get(parameters["Sid"] ?? ""), callBody, path),
    },
    {
      name: "update-call",
      method: "POST",
      path: `${account}/Calls/{Sid}.json`,
      answer: (request, desk) => updateCall(request, desk, actions),
    },
    {
      name: "create-message",
      method: "POST",
      path: `${account}/Messages.json`,
      answer: (request, desk) => createMessage(request, desk, actions),
    },
    {
      name: "list-messages",
      method: "GET",
      path: `${account}/Messages.json`,
      answer: (request, { state }) => {
        const to = request.query.get("To");
        const messages = [...state.messages.values()].filter((message) => to === null || message.to === to);
        return pageBody("messages", newestFirst(messages).map(messageBody), request);
      },
    },
    {
      name: "get-message",
      method: "GET",
      path: `${account}/Messages/{Sid}.json`,
      answer: ({ parameters, path }, { state }) => show(state.messages.get(parameters["Sid"] ?? ""), messageBody, path),
    },
    {
      name: "list-numbers",
      method: "GET",
      path: `${account}/IncomingPhoneNumbers.json`,
      answer: (request, { state }) => {
        const wanted = request.query.get("PhoneNumber");
        const numbers = [...state.numbers.values()].filter(({ phoneNumber }) => wanted === null || phoneNumber.includes(wanted));
        return pageBody(
          "incoming_phone_numbers",
          numbers.map((number) => numberBody(number, state.accountSid)),
          request,
        );
      },
    },
    {
      name: "get-number",
      method: "GET",
      path: `${account}/IncomingPhoneNumbers/{Sid}.json`,
      answer: ({ parameters, path }, { state }) =>
        show(findNumber(state, parameters["Sid"]), (number) => numberBody(number, state.accountSid), path),
    },
    { name: "update-number", method: "POST", path: `${account}/IncomingPhoneNumbers/{Sid}.json`, answer: updateNumber },
    {
      name: "get-recording",
      method: "GET",
      path: `${account}/Recordings/{Sid}.json`,
      answer: ({ parameters, path }, { state }) =>
        show(state.recordings.get(parameters["Sid"] ?? ""), (recording) => recordingBody(recording, state.accountSid), path),
    },
    {
      name: "delete-recording",
      method: "DELETE",
      path: `${account}/Recordings/{Sid}.json`,
      answer: ({ parameters, path }, { state }) =>
        state.recordings.delete(parameters["Sid"] ?? "") ? { status: 204 } : unknownResource(path),
    },
    {
      name: "get-account",
      method: "GET",
      path: "/2010-04-01/Accounts/{AccountSid}.json",
      answer: (_request, { state }) => ({
        status: 200,
        body: { sid: state.accountSid, friendly_name: "AskProAI (Sandbox)", status: "active", type: "Full" },
      }),
    },
    {
      name: "get-balance",
      method: "GET",
      path: `${account}/Balance.json`,
      answer: (_request, { state }) => ({ status: 200, body: { account_sid: state.accountSid, balance: "100.00", currency: "USD" } }),
    },
  ];
}

export function unknownResource(path: string): VendorAnswer {
  return twilioError(404, 20404, `The requested resource ${path} was not found`);
}

function show<Resource>(found: Resource | undefined, body: (resource: Resource) => Record<string, unknown>, path: string): VendorAnswer {
  return found === undefined ? unknownResource(path) : { status: 200, body: body(found) };
}

function newestFirst<Item extends { createdAt: number }>(items: readonly Item[]): Item[] {
  return items.toReversed().sort((left, right) => right.createdAt - left.createdAt);
}

function findNumber({ numbers }: TwilioState, sid: string | undefined): TwilioNumber | undefined {
  return [...numbers.values()].find((number) => number.sid === sid);
}

function methodOf(value: string | null): "POST" | "GET" {
  return value === "GET" ? "GET" : "POST";
}

function createCall({ form }: VendorRequest, desk: Desk<TwilioState>, actions: TwilioActions): VendorAnswer {
  const { state, now } = desk;
  const to = form.get("To");
  const from = form.get("From");
  if (to === null || to === "") return twilioError(400, 21201, "No 'To' number is specified");
  if (from === null || from === "") return twilioError(400, 21213, "No 'From' number is specified");
  if (!e164.test(to) && !to.startsWith("sip:")) return twilioError(400, 21211, `The 'To' number ${to} is not a valid phone number.`);
  if (!state.numbers.has(from)) {
    return twilioError(400, 21210, `The source phone number provided, ${from}, is not yet verified for your account.`);
  }
  const url = form.get("Url") ?? undefined;
  const twiml = form.get("Twiml") ?? undefined;
  if (url === undefined && twiml === undefined && form.get("ApplicationSid") === null) {
    return twilioError(400, 21205, "Url parameter is required.");
  }
  if (url !== undefined && !URL.canParse(url)) return twilioError(400, 21205, `Url is not a valid URL: ${url}`);
  const timeout = Number(form.get("Timeout") ?? 60);
  if (!Number.isInteger(timeout) || timeout < 1 || timeout > 600) return twilioError(400, 20001, "Timeout must be between 1 and 600");
  const events = form.getAll("StatusCallbackEvent").flatMap((each) => each.split(/[ ,]+/));
  const call: TwilioCall = {
    sid: newSid("CA"),
    accountSid: state.accountSid,
    from,
    to,
    direction: "outbound-api",
    createdAt: now,
    updatedAt: now,
    status: "queued",
    startedAt: undefined,
    endedAt: undefined,
    answeredBy: undefined,
    // Url wins over Twiml.
    url,
    method: methodOf(form.get("Method")),
    fallbackUrl: form.get("FallbackUrl") ?? undefined,
    twiml: url === undefined ? twiml : undefined,
    statusCallback: form.get("StatusCallback") ?? undefined,
    statusEvents: events.length > 0 ? events : ["completed"],
    timeoutSeconds: timeout,
  };
  state.calls.set(call.sid, call);
  desk.later(() => actions.place(call.sid));
  return { status: 201, body: callBody(call) };
}

function listCalls(request: VendorRequest, { state }: Desk<TwilioState>): VendorAnswer {
  const { query } = request;
  const wanted = { to: query.get("To"), from: query.get("From"), status: query.get("Status") };
  // A day or an instant; the names carry the comparison: `StartTime>=2026-11-23`.
  const after = query.get("StartTime>") ?? query.get("StartTime>=");
  const before = query.get("StartTime<") ?? query.get("StartTime<=");
  const calls = [...state.calls.values()].filter(
    (call) =>
      (wanted.to === null || call.to === wanted.to) &&
      (wanted.from === null || call.from === wanted.from) &&
      (wanted.status === null || call.status === wanted.status) &&
      (after === null || (call.startedAt ?? call.createdAt) >= Date.parse(after)) &&
      (before === null || (call.startedAt ?? call.createdAt) <= Date.parse(before)),
  );
  return pageBody("calls", newestFirst(calls).map(callBody), request);
}

function updateCall({ form, parameters, path }: VendorRequest, desk: Desk<TwilioState>, actions: TwilioActions): VendorAnswer {
  const call = desk.state.calls.get(parameters["Sid"] ?? "");
  if (call === undefined) return unknownResource(path);
  const status = form.get("Status");
  const url = form.get("Url");
  const twiml = form.get("Twiml");
  if (isOver(call.status)) return twilioError(400, 21220, "Call is not in-progress. Cannot redirect.");
  if (status !== null) {
    if (status !== "completed" && status !== "canceled") return twilioError(400, 21218, "Invalid status");
    // "canceled" ends what has not been answered, "completed" also what has.
    if (status === "completed" || call.status !== "in-progress") desk.later(() => actions.end(call.sid, status));
    return { status: 200, body: callBody(call) };
  }
  if (url === null && twiml === null) return twilioError(400, 20001, "Url, Twiml or Status is required");
  desk.later(() => actions.redirect(call.sid, url === null ? { twiml: twiml ?? "" } : { url, method: methodOf(form.get("Method")) }));
  return { status: 200, body: callBody(call) };
}

function createMessage({ form }: VendorRequest, desk: Desk<TwilioState>, actions: TwilioActions): VendorAnswer {
  const { state, now } = desk;
  const to = form.get("To");
  const from = form.get("From");
  const service = form.get("MessagingServiceSid");
  const body = form.get("Body") ?? "";
  if (to === null || to === "") return twilioError(400, 21604, "A 'To' phone number is required.");
  if (!e164.test(to.replace(/^whatsapp:/, ""))) return twilioError(400, 21211, `Invalid 'To' Phone Number: ${to}`);
  if (from === null && service === null) return twilioError(400, 21603, "A 'From' phone number is required.");
  if (from !== null && e164.test(from) && !state.numbers.has(from)) {
    return twilioError(
      400,
      21606,
      `The 'From' phone number provided (${from}) is not a valid message-capable phone number for this account.`,
    );
  }
  if (body === "" && form.get("ContentSid") === null) return twilioError(400, 21602, "Message body is required.");
  if (body.length > 1600) return twilioError(400, 21617, "The concatenated message body exceeds the 1600 character limit");
  const message: TwilioMessage = {
    sid: newSid("SM"),
    accountSid: state.accountSid,
    from: from ?? undefined,
    messagingServiceSid: service ?? undefined,
    to,
    body,
    createdAt: now,
    updatedAt: now,
    sentAt: undefined,
    status: "queued",
    errorCode: undefined,
    statusCallback: form.get("StatusCallback") ?? undefined,
  };
  state.messages.set(message.sid, message);
  desk.later(() => actions.send(message.sid));
  return { status: 201, body: messageBody(message) };
}

const writable = {
  FriendlyName: "friendlyName",
  VoiceUrl: "voiceUrl",
  VoiceFallbackUrl: "voiceFallbackUrl",
  StatusCallback: "statusCallback",
  SmsUrl: "smsUrl",
  TrunkSid: "trunkSid",
  VoiceApplicationSid: "voiceApplicationSid",
} as const satisfies Readonly<Record<string, keyof TwilioNumber>>;

function updateNumber({ form, parameters, path }: VendorRequest, { state, now }: Desk<TwilioState>): VendorAnswer {
  const number = findNumber(state, parameters["Sid"]);
  if (number === undefined) return unknownResource(path);
  const changed = { ...number };
  for (const [field, property] of Object.entries(writable)) {
    const value = form.get(field);
    if (value !== null) changed[property] = value;
  }
  if (form.has("VoiceMethod")) changed.voiceMethod = methodOf(form.get("VoiceMethod"));
  if (form.has("VoiceFallbackMethod")) changed.voiceFallbackMethod = methodOf(form.get("VoiceFallbackMethod"));
  if (changed.voiceFallbackUrl !== "" && changed.voiceUrl === "") {
    return twilioError(400, 21405, "VoiceFallbackUrl cannot be set without VoiceUrl");
  }
  for (const url of [changed.voiceUrl, changed.voiceFallbackUrl, changed.statusCallback]) {
    if (url !== "" && !URL.canParse(url)) return twilioError(400, 21402, `${url} is not a valid URL`);
  }
  Object.assign(number, changed, { updatedAt: now });
  return { status: 200, body: numberBody(number, state.accountSid) };
}
