import { randomBytes } from "node:crypto";

/** A call object as Retell shows it (retell-sdk 5.66.1); times in epoch ms. */
export type RetellCall = {
  readonly call_id: string;
  readonly call_type: "phone_call";
  readonly agent_id: string;
  readonly agent_version: number;
  readonly agent_name: string;
  readonly direction: "inbound" | "outbound";
  readonly from_number: string;
  readonly to_number: string;
  call_status: "registered" | "not_connected" | "ongoing" | "ended" | "error";
  start_timestamp?: number;
  end_timestamp?: number;
  duration_ms?: number;
  disconnection_reason?: string;
  transcript?: string;
  transcript_object?: { role: "agent" | "user"; content: string }[];
  transcript_with_tool_calls?: Record<string, unknown>[];
  recording_url?: string;
  public_log_url?: string;
  call_analysis?: {
    call_summary: string;
    call_successful: boolean;
    in_voicemail: boolean;
    user_sentiment: "Negative" | "Positive" | "Neutral" | "Unknown";
    custom_analysis_data: Record<string, unknown>;
  };
  call_cost?: { combined_cost: number; total_duration_seconds: number };
  latency?: Record<string, unknown>;
  metadata?: unknown;
  retell_llm_dynamic_variables?: Record<string, string>;
  collected_dynamic_variables?: Record<string, string>;
  telephony_identifier?: { twilio_call_sid: string };
};

type WeightedAgent = { agent_id: string; agent_version?: number | string; weight: number };

export type RetellNumber = {
  readonly phone_number: string;
  readonly phone_number_type: "retell-twilio" | "retell-telnyx" | "custom";
  phone_number_pretty: string;
  nickname: string | null;
  inbound_agents: WeightedAgent[] | null;
  outbound_agents: WeightedAgent[] | null;
  inbound_webhook_url: string | null;
  inbound_sms_webhook_url: string | null;
  fallback_number: string | null;
  allowed_inbound_country_list: string[] | null;
  allowed_outbound_country_list: string[] | null;
  sip_outbound_trunk_config: { termination_uri: string | null; auth_username: string | null; transport: string | null } | null;
  last_modification_timestamp: number;
};

/** As much of an agent as the gateway looks at; `function_url` stands for the URL of its custom functions. */
export type RetellAgent = {
  readonly agent_id: string;
  version: number;
  agent_name: string;
  webhook_url: string | null;
  webhook_events: string[] | null;
  webhook_timeout_ms: number;
  is_published: boolean;
  last_modification_timestamp: number;
  function_url: string | null;
};

/** How somebody whom Retell dials behaves. */
export type Callee = "answers" | "busy" | "no-answer" | "fails" | "voicemail";

export type RetellState = {
  readonly calls: Map<string, RetellCall>;
  readonly numbers: Map<string, RetellNumber>;
  readonly agents: Map<string, RetellAgent>;
  concurrencyLimit: number;
  /** With what an unknown id is answered: the specification names 422, the vendor's list of errors also 404. */
  missingStatus: 404 | 422;
};

/** The default events of an agent that names none. */
export const defaultEvents = ["call_started", "call_ended", "call_analyzed"] as const;

export function newCallId(): string {
  return `call_${randomBytes(14).toString("hex").slice(0, 27)}`;
}

export function ongoingCalls({ calls }: RetellState): number {
  let ongoing = 0;
  for (const call of calls.values()) if (call.call_status === "ongoing" || call.call_status === "registered") ongoing += 1;
  return ongoing;
}

/** The agent of a number for one direction; weights are not drawn, the first one answers. */
export function boundAgent(
  state: RetellState,
  number: RetellNumber | undefined,
  direction: "inbound" | "outbound",
): RetellAgent | undefined {
  const bound = direction === "inbound" ? number?.inbound_agents : number?.outbound_agents;
  const id = bound?.[0]?.agent_id;
  return id === undefined ? undefined : state.agents.get(id);
}

export function createAgent(fields: Partial<RetellAgent> & { agent_id: string }, now: number): RetellAgent {
  return {
    version: 0,
    agent_name: "Empfang",
    webhook_url: null,
    webhook_events: null,
    webhook_timeout_ms: 10_000,
    is_published: true,
    last_modification_timestamp: now,
    function_url: null,
    ...fields,
  };
}

export function createNumber(fields: Partial<RetellNumber> & { phone_number: string }, now: number): RetellNumber {
  return {
    phone_number_type: "custom",
    phone_number_pretty: fields.phone_number,
    nickname: null,
    inbound_agents: null,
    outbound_agents: null,
    inbound_webhook_url: null,
    inbound_sms_webhook_url: null,
    fallback_number: null,
    allowed_inbound_country_list: null,
    allowed_outbound_country_list: null,
    sip_outbound_trunk_config: null,
    last_modification_timestamp: now,
    ...fields,
  };
}
