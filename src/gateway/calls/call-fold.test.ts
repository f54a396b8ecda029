import fc from "fast-check";
import { expect, test } from "vitest";
import { afterCallEvent, closedByUs, withTools, type Call } from "./call-fold.ts";
import { readCallFacts, type CallFacts } from "./call-shape.ts";
import { findFault } from "./failure-reasons.ts";

const at = Date.UTC(2026, 10, 25, 9);
const ending = {
  callId: "call_1",
  agentId: "agent_1",
  direction: "inbound",
  startedAt: at,
  endedAt: at + 37_000,
  durationMs: 37_000,
  disconnectionReason: "user_hangup",
  llmRequests: 1,
  status: "ended",
} as const;
const events: CallFacts[] = [
  { event: "call_started", callId: "call_1", agentId: "agent_1", direction: "inbound", startedAt: at, status: "ongoing" },
  { event: "call_ended", ...ending },
  { event: "call_analyzed", ...ending, summary: "kurz", analysis: { call_successful: false } },
  { event: "transfer_started", callId: "call_1", startedAt: at, status: "ongoing" },
];

const fold = (facts: readonly CallFacts[]): Call | undefined => facts.reduce<Call | undefined>(afterCallEvent, undefined);

test("however the events of a call are ordered and doubled, the call is the same", () => {
  const expected = fold(events);
  expect(expected).toMatchObject({ state: "ended", isDeadEnd: true, outcome: "dead-end", durationMs: 37_000 });
  fc.assert(
    fc.property(fc.shuffledSubarray(events, { minLength: 4 }), fc.array(fc.constantFrom(...events), { maxLength: 4 }), (order, doubled) => {
      expect(fold([...order, ...doubled])).toEqual(expected);
    }),
  );
});

test("an end is never taken back, and a call closed by us gets its real end", () => {
  const open = fold(events.slice(0, 1)) as Call;
  const closed = closedByUs(open, at + 9_000_000);
  expect(closed).toMatchObject({ state: "ended", isClosedByUs: true });
  expect(afterCallEvent(closed, events[0] as CallFacts)).toMatchObject({ state: "ended", isClosedByUs: true });
  expect(afterCallEvent(closed, events[1] as CallFacts)).toMatchObject({ isClosedByUs: false, endedAt: at + 37_000 });
  expect(closedByUs(fold(events) as Call, at)).toEqual(fold(events));
});

test("what a function did makes a dead end none, and outweighs how the call ended", () => {
  const call = fold(events) as Call;
  expect(withTools(call, { calls: 1, errors: 0, outcome: "provisional" })).toMatchObject({ isDeadEnd: false, outcome: "provisional" });
});

test.each([
  ["error_retell", "retell"],
  ["error_of_next_year", "retell"],
  ["error_llm_websocket_open", "ours"],
  ["sip_routing_error", "carrier"],
  ["no_valid_payment", "bill"],
  ["concurrency_limit_reached", "limit"],
  ["user_hangup", undefined],
  ["dial_no_answer", undefined],
  [undefined, undefined],
])("%s is the fault of %s", (reason, fault) => {
  expect(findFault(reason)).toBe(fault);
});

test("no document of any shape throws", () => {
  fc.assert(fc.property(fc.jsonValue(), (call) => void readCallFacts({ event: "call_ended", call })));
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.constantFrom("call_id", "start_timestamp", "duration_ms", "call_analysis", "transcript_with_tool_calls", "agent_version"),
        fc.jsonValue(),
      ),
      (call) => {
        const facts = readCallFacts({ event: "call_ended", call: { ...call, call_id: "call_1" } });
        if (typeof facts !== "string") expect(afterCallEvent(undefined, facts).state).toBe("ended");
      },
    ),
  );
});
