import { expect, test } from "vitest";
import type { InboxEvent } from "../event-handler.ts";
import { callEventHandler } from "./call-events.ts";
import { eventOf } from "./call-ground.test-support.ts";
import { testGateway } from "./calls.test-support.ts";

const { directory } = testGateway();

function ringing(fields: Record<string, unknown>): InboxEvent {
  const body = Buffer.from(JSON.stringify({ event: "call_inbound", call_inbound: { to_number: "+4930111111", ...fields } }));
  return { ...eventOf("call_inbound", {}), body };
}

// Each of them once ended as "unknown number": the fields of a call that only rings stand under a name of their own.
test.each([
  ["with the id of the call", { call_id: "call_0123456789abcdef", from_number: "+4915112345678" }],
  ["without one, as some numbers send it", { from_number: "anonymous" }],
])("a call that only rings belongs to the company of its number, %s", (_, fields) => {
  expect(callEventHandler.companyOf(ringing(fields), directory)).toBe("eins");
});
