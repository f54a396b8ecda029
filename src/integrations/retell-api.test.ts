import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { startRetell, type RetellStandIn } from "../sandbox/vendors/retell.ts";
import { startFaultyServer, type Fault } from "../../test/faulty-server.ts";
import {
  createPhoneCall,
  eachCall,
  findPhoneCall,
  getAgent,
  getCall,
  getConcurrency,
  getPhoneNumber,
  listCalls,
  listPhoneNumbers,
  setAgentWebhook,
  updatePhoneNumber,
} from "./retell-api.ts";
import { RetellFault } from "./retell-fault.ts";
import { NetworkFault } from "./http-client-fault.ts";

let retell: RetellStandIn;
const key = "key_sandbox";
const signal = AbortSignal.timeout(60_000);
const access = (): { baseUrl: string; key: string } => ({ baseUrl: retell.url, key });

beforeAll(async () => {
  retell = await startRetell({
    key,
    agents: [{ agent_id: "agent_1", webhook_url: "https://gw.example.test/webhooks/retell" }],
    numbers: [{ phone_number: "+4930111111", inbound_agents: [{ agent_id: "agent_1", agent_version: 0, weight: 1 }] }],
  });
});
afterAll(() => retell.close());
beforeEach(() => retell.faults.clear());

const order = { from: "+4930111111", to: "+4915112345678", agentId: "agent_1" };

async function faultOf(work: Promise<unknown>): Promise<RetellFault> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(RetellFault);
  return error as RetellFault;
}

test("a call is dialled once and found again by our own id", async () => {
  const call = await createPhoneCall(access(), { ...order, operationId: "op-1", variables: { name: "Erika" } }, signal);
  expect(call).toMatchObject({ to_number: order.to, metadata: { ampel_operation: "op-1" } });
  expect(await findPhoneCall(access(), "op-1", signal)).toMatchObject({ call_id: call.call_id });
  expect(await findPhoneCall(access(), "op-2", signal)).toBeUndefined();
  expect(await getCall(access(), call.call_id, signal)).toMatchObject({ call_id: call.call_id });
  await retell.settled();
});

test("a call whose answer was lost is not dialled again by itself; a look finds it", async () => {
  const before = retell.dialled.length;
  retell.faults.set({ kind: "half-body" }, { endpoint: "create-phone-call", times: 1 });
  await expect(createPhoneCall(access(), { ...order, operationId: "op-lost" }, signal)).rejects.toBeInstanceOf(NetworkFault);
  expect(await findPhoneCall(access(), "op-lost", signal)).toMatchObject({ metadata: { ampel_operation: "op-lost" } });
  await retell.settled();
  expect(retell.dialled.length).toBe(before + 1);
});

test("a yes without the deed is noticed", async () => {
  retell.faults.set({ kind: "lying" });
  expect(
    (await faultOf(updatePhoneNumber(access(), "+4930111111", { inbound_webhook_url: "https://b.example.test/x" }, signal))).problem,
  ).toBe("not-done");
  expect((await faultOf(setAgentWebhook(access(), "agent_1", "https://b.example.test/y", signal))).problem).toBe("not-done");
});

test("numbers and agents are read, changed and read back", async () => {
  expect((await listPhoneNumbers(access(), signal)).map(({ phone_number }) => phone_number)).toEqual(["+4930111111"]);
  const changed = await updatePhoneNumber(
    access(),
    "+4930111111",
    { inbound_webhook_url: "https://gw.example.test/retell/inbound", fallback_number: "+4930333333" },
    signal,
  );
  expect(changed).toMatchObject({ inbound_webhook_url: "https://gw.example.test/retell/inbound", fallback_number: "+4930333333" });
  expect(await getPhoneNumber(access(), "+4930999999", signal)).toBeUndefined();
  expect(await setAgentWebhook(access(), "agent_1", "https://b.example.test/webhooks/retell", signal)).toMatchObject({
    agent_id: "agent_1",
  });
  expect(await getAgent(access(), "agent_nobody", signal)).toBeUndefined();
  expect(await getCall(access(), "call_nobody", signal)).toBeUndefined();
  expect((await getConcurrency(access(), signal)).concurrency_limit).toBe(20);
});

test.each([
  ["throttled", { kind: "throttled" }, "throttled", "vendor-refused"],
  ["an error page with 502", { kind: "html", status: 502 }, "broken", "vendor-unreachable"],
  ["HTML with 200", { kind: "html", status: 200 }, "not-json", "vendor-unreachable"],
  ["500", { kind: "error", status: 500 }, "broken", "vendor-unreachable"],
  ["not paid", { kind: "error", status: 402 }, "unpaid", "vendor-refused"],
] as const)("%s is told apart", async (_, fault, problem, code) => {
  retell.faults.set(fault);
  expect(await faultOf(listCalls(access(), {}, {}, signal))).toMatchObject({ problem, code });
});

test("a wrong key is our fault and says which setting to look at, without the key", async () => {
  const fault = await faultOf(getConcurrency({ baseUrl: retell.url, key: "key_wrong" }, signal));
  expect(fault).toMatchObject({ problem: "unauthorized", code: "vendor-refused" });
  expect(`${fault.message} ${JSON.stringify(fault)}`).not.toContain("key_wrong");
});

test.each(["closes-at-once", "closes-after-request", "garbage", "cut-body", "unasked-upgrade"] satisfies Fault[])(
  "a server that %s is a network fault",
  async (fault) => {
    const server = await startFaultyServer(fault);
    try {
      await expect(getConcurrency({ baseUrl: `http://127.0.0.1:${server.port}`, key }, signal)).rejects.toBeInstanceOf(NetworkFault);
    } finally {
      await server.stop();
    }
  },
);

test.each(["silent", "slow-headers", "drip-body"] satisfies Fault[])("a server that is %s ends at the deadline", async (fault) => {
  const server = await startFaultyServer(fault);
  try {
    await expect(getConcurrency({ baseUrl: `http://127.0.0.1:${server.port}`, key }, AbortSignal.timeout(150))).rejects.toThrow(/timeout/i);
  } finally {
    await server.stop();
  }
});

test("a body without end is not read to its end", async () => {
  const server = await startFaultyServer("huge-body");
  try {
    await expect(getConcurrency({ baseUrl: `http://127.0.0.1:${server.port}`, key }, signal)).rejects.toMatchObject({ reason: "TOO_LONG" });
    expect(server.sentBytes()).toBeLessThan(64 * 1024 * 1024);
  } finally {
    await server.stop();
  }
});

test("every call of many pages comes", async () => {
  for (let index = 0; index < 45; index += 1) {
    retell.state.calls.set(`call_${index}`, { call_id: `call_${index}`, call_status: "ended", start_timestamp: 1000 + index } as never);
  }
  const seen = new Set<string>();
  for await (const { call_id } of eachCall(access(), { startedFrom: 1000, startedUntil: 1044 }, signal, 10)) seen.add(call_id);
  expect(seen.size).toBe(45);
});
