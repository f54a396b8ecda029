import { objectOf, textOf } from "../body-fields.ts";
import type { Desk, Route, VendorAnswer, VendorRequest } from "../vendor-server.ts";
import { readFilter } from "./list-filter.ts";
import { retellError } from "./retell-refusals.ts";
import { boundAgent, newCallId, ongoingCalls, type RetellCall, type RetellState } from "./retell-state.ts";

export type CallEndpoint = "create-phone-call" | "get-call" | "list-calls" | "register-phone-call" | "stop-call" | "get-concurrency";

const e164 = /^\+[1-9]\d{6,14}$/;
const longestPage = 1000;

/** `dial` starts a call that was accepted; `stop` ends one that goes on. */
export function callRoutes(phone: { dial(callId: string): void; stop(callId: string): void }): readonly Route<RetellState, CallEndpoint>[] {
  return [
    {
      name: "create-phone-call",
      method: "POST",
      path: "/v2/create-phone-call",
      answer: (request, desk) => {
        const created = createCall(request, desk);
        if (typeof created === "string") return retellError(422, created);
        desk.later(() => phone.dial(created.call_id));
        return { status: 201, body: { ...created } };
      },
    },
    {
      name: "get-call",
      method: "GET",
      path: "/v2/get-call/{call_id}",
      answer: ({ parameters }, { state }) => {
        const call = state.calls.get(parameters["call_id"] ?? "");
        return call === undefined ? unknownAsset(state) : { status: 200, body: { ...call } };
      },
    },
    { name: "list-calls", method: "POST", path: "/v3/list-calls", answer: listCalls },
    {
      name: "register-phone-call",
      method: "POST",
      path: "/v2/register-phone-call",
      answer: (request, desk) => {
        const body = objectOf(request.json);
        const agent = desk.state.agents.get(textOf(body["agent_id"]));
        if (agent === undefined) return retellError(422, "agent_id is not a known agent");
        const call: RetellCall = {
          call_id: newCallId(),
          call_type: "phone_call",
          agent_id: agent.agent_id,
          agent_version: agent.version,
          agent_name: agent.agent_name,
          direction: body["direction"] === "outbound" ? "outbound" : "inbound",
          from_number: textOf(body["from_number"]),
          to_number: textOf(body["to_number"]),
          call_status: "registered",
          ...extras(body),
        };
        desk.state.calls.set(call.call_id, call);
        return { status: 201, body: { ...call } };
      },
    },
    {
      name: "stop-call",
      method: "POST",
      path: "/v2/stop-call/{call_id}",
      answer: ({ parameters }, desk) => {
        const call = desk.state.calls.get(parameters["call_id"] ?? "");
        if (call === undefined) return unknownAsset(desk.state);
        if (call.call_status !== "ongoing") return retellError(422, "Call is not ongoing");
        desk.later(() => phone.stop(call.call_id));
        return { status: 204 };
      },
    },
    {
      name: "get-concurrency",
      method: "GET",
      path: "/get-concurrency",
      answer: (_request, { state }) => ({
        status: 200,
        body: {
          current_concurrency: ongoingCalls(state),
          concurrency_limit: state.concurrencyLimit,
          base_concurrency: state.concurrencyLimit,
          purchased_concurrency: 0,
          concurrency_purchase_limit: 100,
          remaining_purchase_limit: 100,
          concurrency_burst_enabled: false,
          concurrency_burst_limit: 0,
          reserved_inbound_concurrency: 0,
        },
      }),
    },
  ];
}

export function unknownAsset({ missingStatus }: RetellState): VendorAnswer {
  return retellError(missingStatus, "Cannot find requested asset under given api key.");
}

function createCall({ json }: VendorRequest, { state }: Desk<RetellState>): RetellCall | string {
  const body = objectOf(json);
  const from = body["from_number"];
  const to = body["to_number"];
  if (typeof from !== "string" || typeof to !== "string") return "from_number and to_number are required";
  const isChecked = body["ignore_e164_validation"] !== true;
  if (isChecked && !(e164.test(from) && e164.test(to))) return "from_number and to_number must be in E.164 format";
  const number = state.numbers.get(from);
  if (number === undefined) return "from_number is not a number of this account";
  // Retell's own numbers reach the United States only; what is imported over SIP reaches what its carrier reaches.
  if (number.phone_number_type !== "custom" && !to.startsWith("+1")) return "to_number is not reachable with this from_number";
  const override = body["override_agent_id"];
  const agent = typeof override === "string" ? state.agents.get(override) : boundAgent(state, number, "outbound");
  if (agent === undefined) return "No outbound agent id set up for phone number";
  const variables = objectOf(body["retell_llm_dynamic_variables"]);
  if (Object.values(variables).some((value) => typeof value !== "string")) return "retell_llm_dynamic_variables must be strings";
  const call: RetellCall = {
    call_id: newCallId(),
    call_type: "phone_call",
    agent_id: agent.agent_id,
    agent_version: agent.version,
    agent_name: agent.agent_name,
    direction: "outbound",
    from_number: from,
    to_number: to,
    call_status: "registered",
    ...extras(body),
  };
  state.calls.set(call.call_id, call);
  return call;
}

function extras(body: Readonly<Record<string, unknown>>): Partial<RetellCall> {
  const variables = body["retell_llm_dynamic_variables"];
  return {
    ...(body["metadata"] === undefined ? {} : { metadata: body["metadata"] }),
    ...(variables === undefined ? {} : { retell_llm_dynamic_variables: variables as Record<string, string> }),
  };
}

function listCalls({ json }: VendorRequest, { state }: Desk<RetellState>): VendorAnswer {
  const body = objectOf(json);
  const { limit = 50, skip, pagination_key: paginationKey } = body;
  const isWhole = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0;
  if (!isWhole(limit) || limit < 1 || limit > longestPage) return retellError(400, `limit must be between 1 and ${longestPage}`);
  if (skip !== undefined && !isWhole(skip)) return retellError(400, "skip must be a whole number");
  if (skip !== undefined && paginationKey !== undefined) return retellError(400, "skip and pagination_key cannot be used together");
  const filter = readFilter(objectOf(body["filter_criteria"]));
  if ("problem" in filter) return retellError(400, filter.problem);

  const sign = body["sort_order"] === "ascending" ? 1 : -1;
  const order = (left: RetellCall, right: RetellCall): number =>
    sign * ((left.start_timestamp ?? 0) - (right.start_timestamp ?? 0) || (left.call_id < right.call_id ? -1 : 1));
  const matching = [...state.calls.values()].filter((call) => filter.matches(call)).sort(order);
  let from = skip ?? 0;
  if (paginationKey !== undefined) {
    // The key names the last call of the page before: calls that came meanwhile shift nothing.
    const last = state.calls.get(readPaginationKey(paginationKey) ?? "");
    if (last === undefined) return retellError(400, "pagination_key is invalid");
    const next = matching.findIndex((call) => order(call, last) > 0);
    from = next === -1 ? matching.length : next;
  }
  const page = matching.slice(from, from + limit);
  const lastOfPage = page.at(-1);
  const hasMore = from + page.length < matching.length;
  return {
    status: 200,
    body: {
      items: page.map(withoutTranscript),
      has_more: hasMore,
      ...(hasMore && lastOfPage ? { pagination_key: Buffer.from(lastOfPage.call_id).toString("base64url") } : {}),
      ...(body["include_total"] === true ? { total: matching.length } : {}),
    },
  };
}

function readPaginationKey(key: unknown): string | undefined {
  return typeof key === "string" ? Buffer.from(key, "base64url").toString("utf8") : undefined;
}

/** Items of a list lack every field of the conversation; `get-call` has them. */
function withoutTranscript(call: RetellCall): Partial<RetellCall> {
  const { transcript: _text, transcript_object: _object, transcript_with_tool_calls: _tools, recording_url: _recording, ...rest } = call;
  return rest;
}
