import { expect, test } from "vitest";
import type { Exchange } from "../../src/sandbox/vendors/vendor-server.ts";
import { readSpecification } from "./specification.ts";

const sid = `CA${"0".repeat(32)}`;
const account = "/2010-04-01/Accounts/AC00000000000000000000000000000000";

function exchange(method: string, path: string, body: string, status: number, answer: unknown): Exchange {
  const headers = body === "" ? {} : { "content-type": body.startsWith("{") ? "application/json" : "application/x-www-form-urlencoded" };
  const request = {
    method,
    path,
    query: new URLSearchParams(),
    headers,
    parameters: {},
    body,
    json: undefined,
    form: new URLSearchParams(body),
  };
  return { at: 0, endpoint: undefined, request, status, body: answer };
}

test("the validator finds a wrong request, a wrong answer and a status that nobody documented", async () => {
  const retell = await readSpecification("retell.openapi.json");
  const identity = { api_key_name: null, org_name: "AskProAI" };
  const identify = (status: number, answer: unknown): readonly string[] =>
    retell.problemsOf(exchange("GET", "/get-api-key-info", "", status, answer));
  expect(identify(200, identity)).toEqual([]);
  expect(identify(200, { org_name: 3 })).toHaveLength(2);
  expect(identify(204, identity)).toEqual(["status 204 is not documented"]);
  const dial = (body: object): readonly string[] =>
    retell.problemsOf(exchange("POST", "/v2/create-phone-call", JSON.stringify(body), 429, { status: "error", message: "slow down" }));
  expect(dial({})).toEqual([]);
  const created = retell.problemsOf(exchange("POST", "/v2/create-phone-call", '{"from_number":"+4930"}', 201, {}));
  expect(created).toContain("request /requestBody must have required property 'to_number'");
  expect(created).toContain("answer  must have required property 'call_id'");
});

test("the validator finds a field of a form that the carrier does not know, and an answer of another form", async () => {
  const twilio = await readSpecification("twilio.openapi.json");
  const update = (body: string, answer: unknown): readonly string[] =>
    twilio.problemsOf(exchange("POST", `${account}/Calls/${sid}.json`, body, 200, answer));
  expect(update("Status=completed", { sid, status: "completed" })).toEqual([]);
  expect(update("Status=gone", { sid })).toHaveLength(1);
  expect(update("Status=completed", { sid: "CA1", status: "done" }).length).toBeGreaterThanOrEqual(2);
  expect(update("Colour=red", { sid })).toEqual(["request: the form has no field Colour"]);
});

test("a webhook without its signature or with another shape is found", async () => {
  const retell = await readSpecification("retell.openapi.json");
  const headers = { "content-type": "application/json", "x-retell-signature": `v=1,d=${"0".repeat(64)}` };
  const body = JSON.stringify({ event: "call_inbound", call_inbound: { from_number: "+49", to_number: "+49" } });
  expect(retell.problemsOfWebhook("callInbound", { body, headers })).toEqual([]);
  expect(retell.problemsOfWebhook("callInbound", { body, headers: { "content-type": "application/json" } })).toHaveLength(1);
  expect(retell.problemsOfWebhook("callEvent", { body, headers }).length).toBeGreaterThanOrEqual(1);
});
