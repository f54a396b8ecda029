import type { Clock } from "../../../kernel/clock.ts";
import type { SentWebhook, WebhookSender } from "../webhook-sender.ts";
import { converse, type ConversationPlan, type FunctionCall, type ScriptStep } from "./conversation.ts";
import { readInboundReply } from "./inbound-reply.ts";
import { boundAgent, newCallId, ongoingCalls, type Callee, type RetellAgent, type RetellCall, type RetellState } from "./retell-state.ts";
import { retellHeaders, sendCallEvent, type RetellPost } from "./retell-webhooks.ts";

export type CallWish = {
  readonly from: string;
  readonly to: string;
  readonly script?: readonly ScriptStep[];
  /** Sentences heard until the caller hangs up. */
  readonly hangUpAfter?: number;
  /** The call came from a carrier over SIP. */
  readonly twilioCallSid?: string;
};

/** What the caller lived through. `outcome` tells why when it was not `talked`. */
export type SimulatedCall = {
  readonly outcome: "talked" | "nobody-there" | "rejected" | "no-agent" | "busy" | "forwarded";
  /** Everything the agent said, in order; empty when nobody answered. */
  readonly heard: readonly string[];
  readonly functions: readonly FunctionCall[];
  readonly variables: Readonly<Record<string, string>>;
  /** The `call_inbound` question, when the number has one. */
  readonly inbound?: SentWebhook;
  readonly call?: RetellCall;
  readonly forwardedTo?: string;
};

export type TelephonePlan = {
  readonly clock: Clock;
  readonly state: RetellState;
  readonly sender: WebhookSender;
  readonly post: RetellPost;
  readonly functionUrl: string | undefined;
  readonly functionTimeoutMs: number;
  readonly functionRetries: number;
  readonly inboundTimeoutMs: number;
  readonly ringMs: number;
  /** What is said in a call that Retell itself dialled. */
  outboundScript(call: RetellCall): readonly ScriptStep[];
  isAway(): boolean;
};

export type Telephone = {
  receive(wish: CallWish): Promise<SimulatedCall>;
  dial(callId: string): void;
  stop(callId: string): void;
  /** Every number Retell really dialled, in order: twice the same is a customer called twice. */
  readonly dialled: readonly { readonly to: string; readonly callId: string; readonly at: number }[];
  readonly callees: Map<string, Callee>;
  settled(): Promise<void>;
};

/** The calls of the sandbox: those that come in and those that Retell dials. */
export function createTelephone(plan: TelephonePlan): Telephone {
  const { clock, state, sender } = plan;
  const dialled: { to: string; callId: string; at: number }[] = [];
  const callees = new Map<string, Callee>();
  const stopped = new Set<string>();
  const underWay = new Set<Promise<void>>();

  const tell = (event: "call_started" | "call_ended" | "call_analyzed", call: RetellCall): void => {
    if (!plan.isAway()) sendCallEvent(event, call, plan);
  };

  const planFor = (call: RetellCall, agent: RetellAgent): ConversationPlan => ({
    ...plan,
    functionUrl: agent.function_url ?? plan.functionUrl,
    interruption: () => (plan.isAway() ? "error_retell" : stopped.has(call.call_id) ? "manual_stopped" : undefined),
  });

  async function talk(call: RetellCall, agent: RetellAgent, script: readonly ScriptStep[], hangUpAfter?: number) {
    call.call_status = "ongoing";
    call.start_timestamp = clock.now();
    tell("call_started", call);
    const talked = await converse(call, script, planFor(call, agent), hangUpAfter);
    finish(call, talked.endedBy, talked.functions);
    return talked;
  }

  function finish(call: RetellCall, reason: string, functions: readonly FunctionCall[] = []): void {
    const isConnected = call.start_timestamp !== undefined;
    call.call_status = !isConnected ? "not_connected" : reason.startsWith("error_") ? "error" : "ended";
    call.end_timestamp = clock.now();
    call.disconnection_reason = reason;
    if (isConnected) {
      call.duration_ms = call.end_timestamp - (call.start_timestamp ?? call.end_timestamp);
      call.recording_url = `https://recordings.invalid/${call.call_id}.wav`;
      call.public_log_url = `https://recordings.invalid/${call.call_id}.log`;
      call.call_cost = { combined_cost: 1, total_duration_seconds: Math.ceil(call.duration_ms / 1000) };
    }
    tell("call_ended", call);
    call.call_analysis = {
      call_summary: functions.map(({ name, spoken }) => `${name}: ${spoken}`).join(" / ") || "No function was called.",
      call_successful: functions.every(({ webhook }) => webhook.isDelivered) && isConnected,
      in_voicemail: reason === "voicemail_reached",
      user_sentiment: "Neutral",
      custom_analysis_data: {},
    };
    tell("call_analyzed", call);
  }

  async function receive(wish: CallWish): Promise<SimulatedCall> {
    const nothing = { heard: [], functions: [], variables: {} };
    const number = state.numbers.get(wish.to);
    if (plan.isAway() || number === undefined) return { outcome: "nobody-there", ...nothing };
    if (ongoingCalls(state) >= state.concurrencyLimit) {
      const forwardedTo = number.fallback_number;
      return forwardedTo === null ? { outcome: "busy", ...nothing } : { outcome: "forwarded", forwardedTo, ...nothing };
    }
    const callId = newCallId();
    const bound = boundAgent(state, number, "inbound");
    const inbound = number.inbound_webhook_url === null ? undefined : await askInbound(number.inbound_webhook_url, callId, wish, bound);
    // While it rang, Retell may have gone away.
    if (plan.isAway()) return { outcome: "nobody-there", ...nothing, ...(inbound && { inbound }) };
    const reply = inbound?.isDelivered === true ? readInboundReply(inbound.attempts.at(-1)?.body ?? "") : {};
    if (reply.reject === true) return { outcome: "rejected", ...nothing, ...(inbound && { inbound }) };
    const agent = reply.override_agent_id === undefined ? bound : state.agents.get(reply.override_agent_id);
    if (agent === undefined) return { outcome: "no-agent", ...nothing, ...(inbound && { inbound }) };
    const variables = reply.dynamic_variables ?? {};
    const call: RetellCall = {
      call_id: callId,
      call_type: "phone_call",
      agent_id: agent.agent_id,
      agent_version: agent.version,
      agent_name: agent.agent_name,
      direction: "inbound",
      from_number: wish.from,
      to_number: wish.to,
      call_status: "registered",
      retell_llm_dynamic_variables: variables,
      ...(reply.metadata === undefined ? {} : { metadata: reply.metadata }),
      ...(wish.twilioCallSid === undefined ? {} : { telephony_identifier: { twilio_call_sid: wish.twilioCallSid } }),
    };
    state.calls.set(callId, call);
    const { heard, functions } = await talk(call, agent, wish.script ?? [], wish.hangUpAfter);
    return { outcome: "talked", heard, functions, variables, call, ...(inbound && { inbound }) };
  }

  /** The caller hears it ring for as long as this takes. */
  async function askInbound(url: string, callId: string, wish: CallWish, bound: RetellAgent | undefined): Promise<SentWebhook> {
    const body = JSON.stringify({
      event: "call_inbound",
      event_timestamp: clock.now(),
      call_inbound: {
        ...(bound === undefined ? {} : { agent_id: bound.agent_id, agent_version: bound.version }),
        from_number: wish.from,
        to_number: wish.to,
        call_id: callId,
      },
    });
    return await sender.ask({
      url,
      event: "call_inbound",
      body,
      headers: retellHeaders(body, plan.post),
      timeoutMs: plan.inboundTimeoutMs,
      retryWaitsMs: plan.post.retryWaitsMs,
    });
  }

  async function dial(callId: string): Promise<void> {
    const call = state.calls.get(callId);
    const agent = state.agents.get(call?.agent_id ?? "");
    if (call === undefined || agent === undefined) return;
    await clock.sleep(plan.ringMs);
    if (plan.isAway()) return finish(call, "error_retell");
    dialled.push({ to: call.to_number, callId, at: clock.now() });
    const callee = callees.get(call.to_number) ?? "answers";
    if (callee === "busy") return finish(call, "dial_busy");
    if (callee === "no-answer") return finish(call, "dial_no_answer");
    if (callee === "fails") return finish(call, "dial_failed");
    if (callee === "voicemail") {
      call.start_timestamp = clock.now();
      tell("call_started", call);
      return finish(call, "voicemail_reached");
    }
    await talk(call, agent, plan.outboundScript(call));
  }

  return {
    receive,
    dial: (callId) => {
      const running = dial(callId)
        .catch(() => {})
        .finally(() => underWay.delete(running));
      underWay.add(running);
    },
    stop: (callId) => void stopped.add(callId),
    dialled,
    callees,
    settled: async () => {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}
