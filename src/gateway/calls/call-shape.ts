import { fieldOf, parseBody, timeOf, wordOf } from "../accept/json-body.ts";
import type { InboxEvent } from "../event-handler.ts";

/** What one event says of a call; what it does not say is absent. Times: epoch ms UTC. */
export type CallFacts = {
  readonly event: string;
  readonly callId: string;
  readonly status?: string;
  readonly agentId?: string;
  readonly agentVersion?: number;
  readonly fromNumber?: string;
  readonly toNumber?: string;
  readonly direction?: "inbound" | "outbound";
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly durationMs?: number;
  readonly disconnectionReason?: string;
  /** How often the agent's language model was asked. */
  readonly llmRequests?: number;
  readonly toolCalls?: number;
  readonly summary?: string;
  readonly analysis?: Readonly<Record<string, unknown>>;
  /** The agent's own claim that an appointment was made; whether there is one is for the reconciliation to say. */
  readonly isBookingClaimed?: boolean;
};

/** No call lasts longer; a figure beyond it is no duration. */
const longestCallMs = 24 * 3_600_000;
const read = new WeakMap<InboxEvent, CallFacts | string>();

/**
 * The facts of one event, or why it has none, in either shape: `{event, call: {…}}`, or flat as before July 2025.
 * Read once per event, however often it is asked for.
 */
export function readCallEvent(event: InboxEvent): CallFacts | string {
  const known = read.get(event);
  if (known !== undefined) return known;
  const facts = readCallFacts(parseBody(event.body));
  read.set(event, facts);
  return facts;
}

/** Pure. */
export function readCallFacts(document: unknown): CallFacts | string {
  const event = wordOf(fieldOf(document, "event")) ?? wordOf(fieldOf(document, "event_type"));
  if (event === undefined) return "no event";
  const call = fieldOf(document, "call") ?? fieldOf(document, "call_inbound") ?? document;
  // What only rings may have no id yet, but it has a number, and so a company.
  const callId = wordOf(fieldOf(call, "call_id")) ?? (event === "call_inbound" ? "" : undefined);
  if (callId === undefined) return "no call_id";
  return withoutAbsent({
    event,
    callId,
    status: wordOf(fieldOf(call, "call_status")),
    agentId: wordOf(fieldOf(call, "agent_id")),
    agentVersion: wholeNumber(fieldOf(call, "agent_version"), 1_000_000),
    fromNumber: shortText(fieldOf(call, "from_number"), 40),
    toNumber: shortText(fieldOf(call, "to_number"), 40),
    direction: directionOf(fieldOf(call, "direction")),
    startedAt: timeOf(fieldOf(call, "start_timestamp")),
    endedAt: timeOf(fieldOf(call, "end_timestamp")),
    durationMs: wholeNumber(fieldOf(call, "duration_ms"), longestCallMs),
    disconnectionReason: wordOf(fieldOf(call, "disconnection_reason")),
    llmRequests: wholeNumber(fieldOf(fieldOf(call, "llm_token_usage"), "num_requests"), 100_000),
    toolCalls: countToolCalls(fieldOf(call, "transcript_with_tool_calls")),
    ...readAnalysis(fieldOf(call, "call_analysis")),
  });
}

function readAnalysis(analysis: unknown): Partial<CallFacts> {
  if (typeof analysis !== "object" || analysis === null) return {};
  const custom = fieldOf(analysis, "custom_analysis_data");
  const kept = withoutAbsent({
    call_successful: booleanOf(fieldOf(analysis, "call_successful")),
    in_voicemail: booleanOf(fieldOf(analysis, "in_voicemail")),
    user_sentiment: shortText(fieldOf(analysis, "user_sentiment"), 40),
  });
  return withoutAbsent({
    analysis: kept,
    summary: shortText(fieldOf(analysis, "call_summary"), 4000),
    isBookingClaimed: bookingClaims.some((name) => fieldOf(custom, name) === true) ? true : undefined,
  });
}

/** Names under which agents report a booking in their own analysis (custom data is free, these are the ones in use). */
const bookingClaims = ["appointment_booked", "appointment_made", "booking_successful", "booked", "termin_gebucht"];

function countToolCalls(transcript: unknown): number | undefined {
  if (!Array.isArray(transcript)) return undefined;
  return transcript.filter((turn: unknown) => fieldOf(turn, "role") === "tool_call_invocation").length;
}

function directionOf(value: unknown): "inbound" | "outbound" | undefined {
  return value === "inbound" || value === "outbound" ? value : undefined;
}

function wholeNumber(value: unknown, most: number): number | undefined {
  return typeof value === "number" && value >= 0 && value <= most ? Math.round(value) : undefined;
}

/** Postgres takes no NUL in a text. */
function shortText(value: unknown, longest: number): string | undefined {
  const text = typeof value === "string" ? value.replaceAll("\0", "").slice(0, longest) : "";
  return text === "" ? undefined : text;
}

function booleanOf(value: unknown): boolean | undefined {
  return typeof value === "boolean" ? value : undefined;
}

type WithoutAbsent<Shape> = { [Key in keyof Shape as undefined extends Shape[Key] ? never : Key]: Shape[Key] } & {
  [Key in keyof Shape as undefined extends Shape[Key] ? Key : never]?: Exclude<Shape[Key], undefined>;
};

function withoutAbsent<Shape extends object>(shape: Shape): WithoutAbsent<Shape> {
  return Object.fromEntries(Object.entries(shape).filter(([, value]) => value !== undefined)) as WithoutAbsent<Shape>;
}
