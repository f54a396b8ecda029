import { seconds } from "../../kernel/clock.ts";
import type { CallFacts } from "./call-shape.ts";
import { findFault, isUnanswered } from "./failure-reasons.ts";

/** A call as we keep it. Times: epoch ms UTC. `failure`: Retell's reason or status, set when the call did not work. */
export type Call = {
  readonly callId: string;
  readonly state: "ongoing" | "ended" | "failed";
  readonly agentId?: string;
  readonly agentVersion?: number;
  readonly fromNumber?: string;
  readonly toNumber?: string;
  readonly direction: "inbound" | "outbound";
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly durationMs?: number;
  readonly disconnectionReason?: string;
  readonly failure?: string;
  readonly isDeadEnd: boolean;
  readonly isClosedByUs: boolean;
  readonly outcome?: CallOutcome;
  readonly summary?: string;
  readonly analysis?: Readonly<Record<string, unknown>>;
  readonly llmRequests?: number;
  readonly toolCalls: number;
  readonly toolErrors: number;
};

/** `booked`: a tool confirmed it, or the agent claims it. */
export type CallOutcome = "booked" | "provisional" | "changed" | "callback" | "dead-end" | "failed" | "not-reached";

/** What our own functions did in a call. */
export type ToolFacts = { readonly calls: number; readonly errors: number; readonly outcome?: CallOutcome };

/** A caller who hangs up before this, after at most one answer of the agent and no function, met a dead agent (incident 14). */
const deadEndMs = seconds(90);

/**
 * The call after one more event. Pure; order does not matter: what is known stays known, an end is never taken back,
 * and the same event twice changes nothing.
 */
export function afterCallEvent(before: Call | undefined, facts: CallFacts): Call {
  const known: Call = before ?? {
    callId: facts.callId,
    state: "ongoing",
    direction: facts.direction ?? "inbound",
    isDeadEnd: false,
    isClosedByUs: false,
    toolCalls: 0,
    toolErrors: 0,
  };
  const isEnd = isEnding(facts);
  const merged: Call = {
    ...known,
    ...pick(facts, ["agentId", "agentVersion", "fromNumber", "toNumber", "direction", "startedAt", "summary", "analysis", "llmRequests"]),
    ...(isEnd ? pick(facts, ["endedAt", "durationMs", "disconnectionReason"]) : {}),
    toolCalls: Math.max(known.toolCalls, facts.toolCalls ?? 0),
    ...(facts.isBookingClaimed === true ? { outcome: "booked" as const } : {}),
  };
  // The real end arrived after we had closed it ourselves.
  return settle(isEnd ? { ...merged, isClosedByUs: false, state: "ended" } : merged, facts.status);
}

/** The call with what our functions did in it. Pure. */
export function withTools(call: Call, tools: ToolFacts): Call {
  const outcome = tools.outcome ?? call.outcome;
  return settle({
    ...call,
    toolCalls: Math.max(call.toolCalls, tools.calls),
    toolErrors: Math.max(call.toolErrors, tools.errors),
    ...(outcome === undefined ? {} : { outcome }),
  });
}

/** An ongoing call of which no end will come any more. Pure. */
export function closedByUs(call: Call, now: number): Call {
  return call.state === "ongoing" ? { ...call, state: "ended", endedAt: now, isClosedByUs: true } : call;
}

function isEnding({ event, status }: CallFacts): boolean {
  return event === "call_ended" || event === "call_analyzed" || status === "ended" || status === "error" || status === "not_connected";
}

/** What follows from the rest; computed anew from all that is known, so that it never depends on the order. */
function settle(call: Call, status?: string): Call {
  if (call.state === "ongoing") return call;
  const durationMs = call.durationMs ?? spanOf(call);
  const isFault = findFault(call.disconnectionReason) !== undefined;
  const failure = isFault ? call.disconnectionReason : (call.failure ?? (status === "error" ? "error" : undefined));
  const isDeadEnd = isDeadEndCall({ ...call, ...(durationMs === undefined ? {} : { durationMs }) });
  const outcome = outcomeOf(call, failure, isDeadEnd);
  const { outcome: _, ...rest } = call;
  return {
    ...rest,
    state: failure === undefined ? "ended" : "failed",
    isDeadEnd,
    ...(durationMs === undefined ? {} : { durationMs }),
    ...(failure === undefined ? {} : { failure }),
    ...(outcome === undefined ? {} : { outcome }),
  };
}

function outcomeOf(call: Call, failure: string | undefined, isDeadEnd: boolean): CallOutcome | undefined {
  // What was done in the call outweighs how it ended.
  if (call.outcome !== undefined && !["dead-end", "failed", "not-reached"].includes(call.outcome)) return call.outcome;
  if (failure !== undefined) return "failed";
  if (isDeadEnd) return "dead-end";
  return isUnanswered(call.disconnectionReason) ? "not-reached" : undefined;
}

/** Unknown is not a dead end: without the count of answers, the agent must at least have called nothing. */
function isDeadEndCall({ disconnectionReason, durationMs, llmRequests, toolCalls }: Call): boolean {
  if (disconnectionReason !== "user_hangup" || durationMs === undefined || durationMs >= deadEndMs) return false;
  return toolCalls === 0 && llmRequests !== undefined && llmRequests <= 1;
}

function spanOf({ startedAt, endedAt }: Call): number | undefined {
  return startedAt !== undefined && endedAt !== undefined && endedAt >= startedAt ? endedAt - startedAt : undefined;
}

function pick<Key extends keyof CallFacts>(facts: CallFacts, keys: readonly Key[]): Partial<Pick<CallFacts, Key>> {
  return Object.fromEntries(keys.flatMap((key) => (facts[key] === undefined ? [] : [[key, facts[key]]]))) as Partial<Pick<CallFacts, Key>>;
}
