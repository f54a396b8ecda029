import Retell from "retell-sdk";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { systemClock } from "../../src/kernel/clock.ts";
import { signRetell } from "../../src/sandbox/vendors/retell/retell-webhooks.ts";
import { startRetell, type RetellStandIn } from "../../src/sandbox/vendors/retell.ts";
import { startCustomerServer, type CustomerServer } from "./customer-server.ts";
import { readSpecification, type Specification } from "./specification.ts";

const key = "key_of_the_contract";
const us = "+493012345678";
const them = "+491701234567";
let specification: Specification;
let customer: CustomerServer;
let retell: RetellStandIn;

beforeAll(async () => {
  specification = await readSpecification("retell.openapi.json");
});
beforeEach(async () => {
  customer = await startCustomerServer();
  const agents = [{ agent_id: "agent_one", webhook_url: `${customer.url}/events` }, { agent_id: "agent_two" }];
  const bound = [{ agent_id: "agent_one", weight: 1 }];
  retell = await startRetell({
    key,
    agents,
    numbers: [
      { phone_number: us, inbound_agents: bound, outbound_agents: bound, inbound_webhook_url: `${customer.url}/inbound` },
      { phone_number: "+493012345679", inbound_agents: bound },
    ],
    webhookUrl: `${customer.url}/account`,
    functionUrl: `${customer.url}/functions/{{name}}`,
    functionTimeoutMs: 300,
    inboundTimeoutMs: 200,
    retryWaitsMs: [10, 20, 30],
    ringMs: 1,
  });
});
afterEach(async () => {
  // Whatever a test asked and got: what is in the specification is by the specification.
  const inBook = retell.exchanges.filter((exchange) => exchange.fault === undefined && specification.knows(exchange));
  expect(inBook.flatMap((exchange) => specification.problemsOf(exchange))).toEqual([]);
  for (const { body, headers, path } of customer.received) {
    const name = path === "/inbound" ? "callInbound" : path.startsWith("/functions") ? "customFunction" : "callEvent";
    expect(specification.problemsOfWebhook(name, { body, headers })).toEqual([]);
  }
  await retell.close();
  await customer.close();
});
afterAll(() => {
  specification = undefined as never;
});

async function ask(method: string, path: string, body?: unknown, authorization: string | null = `Bearer ${key}`) {
  const answer = await fetch(retell.url + path, {
    method,
    headers: {
      ...(authorization === null ? {} : { authorization }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, json: (text === "" ? undefined : JSON.parse(text)) as Record<string, unknown> };
}

const order = { from_number: us, to_number: them, metadata: { operation: "op-1" } };

test.each([
  ["GET", "/get-api-key-info", undefined, 200, { org_name: expect.any(String) }],
  ["GET", "/get-concurrency", undefined, 200, { current_concurrency: 0, concurrency_limit: 20 }],
  ["GET", `/get-phone-number/${us}`, undefined, 200, { phone_number: us, phone_number_type: "custom" }],
  ["GET", `/get-phone-number/${encodeURIComponent(us)}`, undefined, 200, { phone_number: us }],
  ["GET", "/get-phone-number/+4999", undefined, 422, { status: "error" }],
  ["GET", "/v2/list-phone-numbers?limit=1", undefined, 200, { has_more: true, pagination_key: us }],
  ["PATCH", `/update-phone-number/${us}`, { fallback_number: them }, 200, { fallback_number: them }],
  ["PATCH", `/update-phone-number/${us}`, { fallback_number: us }, 422, { status: "error" }],
  ["PATCH", `/update-phone-number/${us}`, { inbound_agents: [{ agent_id: "agent_one", weight: 0.5 }] }, 422, { message: /add up to 1/ }],
  [
    "PATCH",
    `/update-phone-number/${us}`,
    { inbound_agent_id: "agent_two" },
    200,
    { inbound_agents: [{ agent_id: "agent_one", weight: 1 }] },
  ],
  [
    "POST",
    "/import-phone-number",
    { phone_number: "+4930777777", termination_uri: "trunk.example.test" },
    201,
    { phone_number_type: "custom" },
  ],
  ["POST", "/import-phone-number", { phone_number: us, termination_uri: "trunk.example.test" }, 422, { message: /already/ }],
  ["POST", "/v2/create-phone-call", order, 201, { call_status: "registered", direction: "outbound", metadata: { operation: "op-1" } }],
  ["POST", "/v2/create-phone-call", { ...order, to_number: "0170 1234567" }, 422, { message: /E.164/ }],
  ["POST", "/v2/create-phone-call", { ...order, from_number: them }, 422, { status: "error" }],
  ["POST", "/v2/register-phone-call", { agent_id: "agent_one" }, 201, { call_status: "registered" }],
  ["POST", "/v2/stop-call/call_nobody", undefined, 422, { status: "error" }],
  ["POST", "/v3/list-calls", { limit: 1001 }, 400, { message: /1000/ }],
  ["POST", "/v3/list-calls", { skip: 1, pagination_key: "x" }, 400, { message: /together/ }],
  ["POST", "/v3/list-calls", { filter_criteria: { colour: { type: "string", op: "eq", value: "red" } } }, 400, { message: /colour/ }],
  ["POST", "/v3/list-calls", {}, 200, { items: [], has_more: false }],
  ["GET", "/v2/get-call/call_nobody", undefined, 422, { status: "error" }],
  ["GET", "/health", undefined, 404, { status: "error" }],
  ["GET", "/get-agent/agent_two", undefined, 200, { agent_id: "agent_two", webhook_url: null }],
  [
    "PATCH",
    "/update-agent/agent_two",
    { webhook_url: "https://gw.example.test/retell" },
    200,
    { webhook_url: "https://gw.example.test/retell" },
  ],
] as const)("%s %s %j is answered with %i", async (method, path, body, status, expected) => {
  const answer = await ask(method, path, body);
  const matchers = Object.fromEntries(
    Object.entries(expected).map(([name, value]) => [name, value instanceof RegExp ? expect.stringMatching(value) : (value as unknown)]),
  );
  expect({ status: answer.status, json: answer.json }).toMatchObject({ status, json: matchers });
});

test("no key and a wrong key are refused in two different shapes", async () => {
  expect(await ask("GET", "/get-api-key-info", undefined, null)).toMatchObject({
    status: 401,
    json: { error_message: expect.any(String) },
  });
  expect(await ask("GET", "/get-api-key-info", undefined, "Bearer other")).toMatchObject({ status: 401, json: { status: "error" } });
});

test("a list of calls is paged by its key, keeps its place when calls come in, filters, and holds no word of what was said", async () => {
  for (let count = 0; count < 5; count += 1) await retell.simulateCall({ from: them, to: us, script: [{ agent: "Guten Tag" }] });
  const first = await ask("POST", "/v3/list-calls", { limit: 2, include_total: true });
  expect(first.json).toMatchObject({ has_more: true, total: 5 });
  await retell.simulateCall({ from: them, to: us });
  const seen = [...(first.json["items"] as { call_id: string }[])];
  for (let page = first.json; page["has_more"] === true;) {
    page = (await ask("POST", "/v3/list-calls", { limit: 2, pagination_key: page["pagination_key"] })).json;
    seen.push(...(page["items"] as { call_id: string }[]));
  }
  expect(new Set(seen.map(({ call_id }) => call_id)).size).toBe(5);
  expect(Object.keys(seen[0] ?? {}).filter((field) => /transcript|recording_url/.test(field))).toEqual([]);
  const one = await ask("POST", "/v3/list-calls", { filter_criteria: { call_id: { type: "enum", op: "in", value: [seen[0]?.call_id] } } });
  expect(one.json["items"]).toHaveLength(1);
  const late = { start_timestamp: { type: "number", op: "ge", value: Date.now() + 1000 } };
  expect((await ask("POST", "/v3/list-calls", { filter_criteria: late })).json["items"]).toEqual([]);
  expect((await ask("GET", `/v2/get-call/${seen[0]?.call_id}`)).json["transcript"]).toBe("Agent: Guten Tag");
});

test("a call that comes in asks for variables, calls functions, and tells of its start, end and analysis; every signature is the vendor's own", async () => {
  customer.at("/inbound", { json: { call_inbound: { dynamic_variables: { datum: "Montag" } } } });
  customer.at("/functions/check_availability", { json: { success: true, message: "Um neun ist frei – für Grüße." } });
  const call = await retell.simulateCall({
    from: them,
    to: us,
    script: [{ agent: "Guten Tag" }, { user: "Ich möchte einen Termin" }, { call: "check_availability", args: { datum: "morgen" } }],
  });
  await retell.settled();
  expect(call).toMatchObject({ outcome: "talked", heard: ["Guten Tag", "Um neun ist frei – für Grüße."], variables: { datum: "Montag" } });
  expect(customer.received.map(({ path, body }) => [path, (JSON.parse(body) as { event?: string }).event])).toEqual([
    ["/inbound", "call_inbound"],
    ["/events", "call_started"],
    ["/functions/check_availability", undefined],
    ["/events", "call_ended"],
    ["/events", "call_analyzed"],
  ]);
  for (const { body, headers } of customer.received) {
    const signature = String(headers["x-retell-signature"]);
    expect(await Retell.verify(body, key, signature)).toBe(true);
    expect(await Retell.verify(`${body} `, key, signature)).toBe(false);
    expect(await Retell.verify(body, "key_other", signature)).toBe(false);
  }
  const ended = customer.requestsTo("/events").map(({ body }) => JSON.parse(body) as { event: string; call: object });
  expect(ended.find(({ event }) => event === "call_ended")?.call).not.toHaveProperty("call_analysis");
  expect(ended.find(({ event }) => event === "call_analyzed")?.call).toHaveProperty("call_analysis.call_successful", true);
});

test("the signature is that of the published vector, and of nobody else", () => {
  const body = '{"event":"call_ended","call":{"call_id":"call_test","note":"Grüße"}}';
  const digest = "638eee95d92315ab1d55daea343a1b332cc59057acefc0951bf66666bedf8174";
  expect(signRetell(body, "test_key_not_real", 1_800_000_000_000)).toBe(`v=1800000000000,d=${digest}`);
});

test.each([
  [{ call_inbound: { reject: true } }, "rejected"],
  [{ call_inbound: { reject: "true" } }, "talked"],
  [{ call_inbound: { dynamic_variables: { count: 3 } } }, "talked"],
  [{ call_inbound: { override_agent_id: "agent_two", dynamic_variables: { datum: "heute" } } }, "talked"],
  ["no json at all", "talked"],
] as const)("to %j a caller is %s", async (json, outcome) => {
  customer.at("/inbound", typeof json === "string" ? { text: json } : { json });
  const call = await retell.simulateCall({ from: them, to: us });
  expect(call.outcome).toBe(outcome);
  // One wrong field voids the whole answer.
  expect(call.variables).toEqual(JSON.stringify(json).includes("heute") ? { datum: "heute" } : {});
});

test("a customer that does not answer call_inbound is asked four times while it rings; then the bound agent takes the call", async () => {
  customer.at("/inbound", "hang");
  const startedMs = performance.now();
  const call = await retell.simulateCall({ from: them, to: us, script: [{ agent: "Guten Tag" }] });
  expect(performance.now() - startedMs).toBeGreaterThanOrEqual(4 * 200);
  expect(customer.requestsTo("/inbound")).toHaveLength(4);
  expect(call).toMatchObject({ outcome: "talked", heard: ["Guten Tag"], variables: {} });
});

test("an event that is not taken is sent three times more, with the same bytes, and no fourth time", async () => {
  customer.at("/events", { status: 500 });
  const { call } = await retell.simulateCall({ from: them, to: us });
  await retell.settled();
  const bodies = customer.requestsTo("/events").map(({ body }) => body);
  expect(bodies).toHaveLength(12);
  expect(new Set(bodies).size).toBe(3);
  expect(
    retell.webhooks.sent
      .filter(({ event }) => event.startsWith("call_") && event !== "call_inbound")
      .every(({ isDelivered }) => !isDelivered),
  ).toBe(true);
  customer.at("/events", { status: 503 }, { status: 204 });
  retell.sendEvent("call_ended", call?.call_id ?? "");
  await retell.settled();
  expect(customer.requestsTo("/events")).toHaveLength(14);
});

test("a function that fails or is late is not repeated, and the caller hears that it did not work", async () => {
  customer.at("/functions/book_appointment", "hang");
  customer.at("/functions/check_availability", { status: 500, json: { message: "Der Termin ist gebucht." } });
  const call = await retell.simulateCall({ from: them, to: us, script: [{ call: "book_appointment" }, { call: "check_availability" }] });
  expect(call.heard.join(" ")).not.toMatch(/gebucht/);
  expect(call.functions.map(({ status, tookMs }) => [status, tookMs < 2000])).toEqual([
    [0, true],
    [500, true],
  ]);
  expect(customer.requestsTo("/functions/book_appointment")).toHaveLength(1);
});

test.each([
  ["answers", "ended", "agent_hangup", ["call_started", "call_ended", "call_analyzed"]],
  ["busy", "not_connected", "dial_busy", ["call_ended", "call_analyzed"]],
  ["no-answer", "not_connected", "dial_no_answer", ["call_ended", "call_analyzed"]],
  ["fails", "not_connected", "dial_failed", ["call_ended", "call_analyzed"]],
  ["voicemail", "ended", "voicemail_reached", ["call_started", "call_ended", "call_analyzed"]],
] as const)("a dialled number that is %s ends the call as %s with %s", async (callee, status, reason, events) => {
  retell.callees.set(them, callee);
  const { json } = await ask("POST", "/v2/create-phone-call", order);
  await retell.settled();
  expect(retell.dialled).toMatchObject([{ to: them, callId: json["call_id"] }]);
  const call = (await ask("GET", `/v2/get-call/${String(json["call_id"])}`)).json;
  expect(call).toMatchObject({ call_status: status, disconnection_reason: reason });
  expect(customer.requestsTo("/events").map(({ body }) => (JSON.parse(body) as { event: string }).event)).toEqual(events);
});

test("a call that Retell took and then could not dial, because it went away, ends as their error and rings nowhere", async () => {
  const ringing = Promise.withResolvers<undefined>();
  const bound = [{ agent_id: "agent_one", weight: 1 }];
  const slow = await startRetell({
    key,
    clock: { ...systemClock, sleep: async () => await ringing.promise },
    agents: [{ agent_id: "agent_one" }],
    numbers: [{ phone_number: us, outbound_agents: bound }],
  });
  const answer = await fetch(`${slow.url}/v2/create-phone-call`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify(order),
  });
  const { call_id: id } = (await answer.json()) as { call_id: string };
  slow.faults.set({ kind: "down" });
  ringing.resolve(undefined);
  await slow.settled();
  expect(slow.dialled).toEqual([]);
  expect(slow.state.calls.get(id)).toMatchObject({ call_status: "not_connected", disconnection_reason: "error_retell" });
  await slow.close();
});

test("when Retell is away no call comes and no event leaves; a call that went on ends as their error", async () => {
  retell.faults.set({ kind: "down" });
  expect(await retell.simulateCall({ from: them, to: us })).toMatchObject({ outcome: "nobody-there", heard: [] });
  expect(customer.received).toEqual([]);
  await expect(ask("GET", "/get-api-key-info")).rejects.toThrow(/fetch failed/);
  retell.faults.clear();
  const cut = retell.simulateCall({ from: them, to: us, script: [{ agent: "Guten Tag" }, { waitMs: 50 }, { agent: "Wiederhören" }] });
  await expect.poll(() => [...retell.state.calls.values()].at(-1)?.call_status).toBe("ongoing");
  retell.faults.set({ kind: "silent" });
  expect(await cut).toMatchObject({ heard: ["Guten Tag"], call: { call_status: "error", disconnection_reason: "error_retell" } });
});

test("when every line is taken the caller goes to the fallback number, or hears that it is busy", async () => {
  retell.state.concurrencyLimit = 0;
  expect(await retell.simulateCall({ from: them, to: us })).toMatchObject({ outcome: "busy" });
  await ask("PATCH", `/update-phone-number/${us}`, { fallback_number: "+4930999999" });
  expect(await retell.simulateCall({ from: them, to: us })).toMatchObject({ outcome: "forwarded", forwardedTo: "+4930999999" });
});
