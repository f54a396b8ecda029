import { objectOf, textOf, textOrNull } from "../body-fields.ts";
import type { Desk, Route, VendorAnswer, VendorRequest } from "../vendor-server.ts";
import { unknownAsset } from "./call-routes.ts";
import { retellError } from "./retell-refusals.ts";
import { createNumber, type RetellAgent, type RetellNumber, type RetellState } from "./retell-state.ts";

export type NumberEndpoint =
  | "get-phone-number"
  | "list-phone-numbers"
  | "update-phone-number"
  | "import-phone-number"
  | "get-agent"
  | "list-agents"
  | "update-agent";

export const numberRoutes: readonly Route<RetellState, NumberEndpoint>[] = [
  {
    name: "get-phone-number",
    method: "GET",
    path: "/get-phone-number/{phone_number}",
    answer: ({ parameters }, { state }) => {
      const number = state.numbers.get(parameters["phone_number"] ?? "");
      return number === undefined ? unknownAsset(state) : { status: 200, body: { ...number } };
    },
  },
  {
    name: "list-phone-numbers",
    method: "GET",
    path: "/v2/list-phone-numbers",
    answer: ({ query }, { state }) => {
      const limit = Number(query.get("limit") ?? 50);
      if (!Number.isInteger(limit) || limit < 1 || limit > 1000) return retellError(400, "limit must be between 1 and 1000");
      const all = [...state.numbers.values()].sort((left, right) => (left.phone_number < right.phone_number ? -1 : 1));
      const after = query.get("pagination_key");
      const rest = after === null ? all : all.filter(({ phone_number }) => phone_number > after);
      const items = rest.slice(0, limit);
      const hasMore = rest.length > items.length;
      const last = items.at(-1);
      return { status: 200, body: { items, has_more: hasMore, ...(hasMore && last ? { pagination_key: last.phone_number } : {}) } };
    },
  },
  { name: "update-phone-number", method: "PATCH", path: "/update-phone-number/{phone_number}", answer: updateNumber },
  { name: "import-phone-number", method: "POST", path: "/import-phone-number", answer: importNumber },
  {
    name: "get-agent",
    method: "GET",
    path: "/get-agent/{agent_id}",
    answer: ({ parameters }, { state }) => showAgent(state.agents.get(parameters["agent_id"] ?? ""), state),
  },
  {
    name: "list-agents",
    method: "POST",
    path: "/v2/list-agents",
    answer: (_request, { state }) => ({ status: 200, body: { items: [...state.agents.values()].map(agentBody), has_more: false } }),
  },
  {
    name: "update-agent",
    method: "PATCH",
    path: "/update-agent/{agent_id}",
    answer: ({ parameters, json }, { state, now }) => {
      const agent = state.agents.get(parameters["agent_id"] ?? "");
      if (agent === undefined) return unknownAsset(state);
      const body = objectOf(json);
      const unknown = Object.keys(body).find((key) => !agentFields.has(key));
      if (unknown !== undefined) return retellError(422, `${unknown} is not a field of the sandbox's agent`);
      Object.assign(agent, body, { last_modification_timestamp: now });
      return showAgent(agent, state);
    },
  },
];

const agentFields: ReadonlySet<string> = new Set(["agent_name", "webhook_url", "webhook_events", "webhook_timeout_ms"]);

function showAgent(agent: RetellAgent | undefined, state: RetellState): VendorAnswer {
  return agent === undefined ? unknownAsset(state) : { status: 200, body: agentBody(agent) };
}

function agentBody({ function_url: _url, ...agent }: RetellAgent): Record<string, unknown> {
  return { ...agent, response_engine: { type: "retell-llm", llm_id: "llm_sandbox" }, voice_id: "11labs-Adrian", language: "de-DE" };
}

const plainFields = [
  "inbound_agents",
  "outbound_agents",
  "inbound_webhook_url",
  "inbound_sms_webhook_url",
  "fallback_number",
  "nickname",
  "allowed_inbound_country_list",
  "allowed_outbound_country_list",
] as const;
const trunkFields: ReadonlySet<string> = new Set(["termination_uri", "auth_username", "auth_password", "transport"]);

function updateNumber({ parameters, json }: VendorRequest, { state, now }: Desk<RetellState>): VendorAnswer {
  const number = state.numbers.get(parameters["phone_number"] ?? "");
  if (number === undefined) return unknownAsset(state);
  const body = objectOf(json);
  const problem = findProblem(state, number.phone_number, body);
  if (problem !== undefined) return retellError(422, problem);
  // Fields this version no longer knows (`inbound_agent_id`) change nothing, without a word: as at the vendor.
  Object.assign(number, pick(body), { last_modification_timestamp: now });
  if (Object.keys(body).some((key) => trunkFields.has(key))) {
    number.sip_outbound_trunk_config = {
      termination_uri: textOf(body["termination_uri"], number.sip_outbound_trunk_config?.termination_uri ?? ""),
      auth_username: textOrNull(body["auth_username"]) ?? number.sip_outbound_trunk_config?.auth_username ?? null,
      transport: textOrNull(body["transport"]) ?? number.sip_outbound_trunk_config?.transport ?? "TCP",
    };
  }
  return { status: 200, body: { ...number } };
}

function importNumber({ json }: VendorRequest, { state, now }: Desk<RetellState>): VendorAnswer {
  const body = objectOf(json);
  const { phone_number: phoneNumber, termination_uri: terminationUri } = body;
  if (typeof phoneNumber !== "string" || typeof terminationUri !== "string") {
    return retellError(422, "phone_number and termination_uri are required");
  }
  if (body["ignore_e164_validation"] !== true && !/^\+[1-9]\d{6,14}$/.test(phoneNumber)) {
    return retellError(422, "phone_number must be in E.164 format");
  }
  if (state.numbers.has(phoneNumber)) return retellError(422, "phone_number is already in use");
  const problem = findProblem(state, phoneNumber, body);
  if (problem !== undefined) return retellError(422, problem);
  const number = createNumber({ phone_number: phoneNumber, ...pick(body) }, now);
  number.sip_outbound_trunk_config = {
    termination_uri: terminationUri,
    auth_username: textOrNull(body["sip_trunk_auth_username"]),
    transport: textOf(body["transport"], "TCP"),
  };
  state.numbers.set(phoneNumber, number);
  return { status: 201, body: { ...number } };
}

function pick(body: Readonly<Record<string, unknown>>): Partial<RetellNumber> {
  return Object.fromEntries(plainFields.filter((field) => body[field] !== undefined).map((field) => [field, body[field]]));
}

function findProblem(state: RetellState, phoneNumber: string, body: Readonly<Record<string, unknown>>): string | undefined {
  for (const field of ["inbound_agents", "outbound_agents"] as const) {
    const agents = body[field] as { agent_id: string; weight: number }[] | null | undefined;
    if (agents === undefined || agents === null || agents.length === 0) continue;
    const stranger = agents.find(({ agent_id }) => !state.agents.has(agent_id));
    if (stranger !== undefined) return `${field} names an unknown agent`;
    const total = agents.reduce((sum, { weight }) => sum + weight, 0);
    if (Math.abs(total - 1) > 1e-9) return `${field}: weights must add up to 1`;
  }
  const fallback = body["fallback_number"];
  if (typeof fallback !== "string") return undefined;
  if (fallback === phoneNumber) return "fallback_number cannot be the number itself";
  const isNested = typeof state.numbers.get(fallback)?.fallback_number === "string";
  return isNested ? "fallback_number has a fallback of its own" : undefined;
}
