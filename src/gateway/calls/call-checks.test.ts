import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { afterAll, afterEach, expect, test } from "vitest";
import { Secret } from "../../kernel/secret.ts";
import { startRetell } from "../../sandbox/vendors/retell.ts";
import { callRoutes } from "./call-routes.ts";
import { testDesks, testGateway, type TestDesks, type TestGateway } from "./calls.test-support.ts";
import { checkAgentDrift, findDrift } from "./drift-check.ts";
import { decideGap } from "./event-gap-check.ts";
import { checkFunctions, decideFunction } from "./function-check.ts";
import { decideOpenCalls, decideQuality } from "./quality-check.ts";

const signal = AbortSignal.timeout(30_000);
let server: Server | undefined;
afterEach(() => void server?.close());
afterAll(() => server?.closeAllConnections());

async function listen(gateway: TestGateway, desks: TestDesks): Promise<string> {
  server = createServer((request, response) => void getRequestListener(callRoutes(gateway, desks).fetch)(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("P3 asks as the agent of every company would, over HTTP and signed, and changes nothing", async () => {
  const gateway = testGateway();
  const desks = testDesks();
  const checks = await checkFunctions(gateway, await listen(gateway, desks), signal);
  expect(checks).toMatchObject([
    { id: "P3", subject: "eins", state: "ok", evidence: { outcome: "ok", status: 200 } },
    { id: "P3", subject: "zwei", state: "ok" },
  ]);
  expect(new Set(desks.asked.map(({ act, companyId }) => `${act} ${companyId}`))).toEqual(
    new Set(["availability eins", "availability zwei"]),
  );
});

test("P3 sees a function that fails, a key that does not fit and a gateway that is not there", async () => {
  const failing = testDesks({ availability: async () => await Promise.reject(new TypeError("undefined is no function")) });
  const gateway = testGateway();
  const baseUrl = await listen(gateway, failing);
  expect(await checkFunctions(gateway, baseUrl, signal)).toMatchObject([
    { state: "down", cause: "calls-failing", evidence: { outcome: "failed" } },
    {},
  ]);
  process.env["AMPEL_TEST_OTHER_KEY"] = "another";
  const keys = { main: new Secret("${env:AMPEL_TEST_OTHER_KEY}") };
  const rotated = testGateway({ settings: { ...gateway.settings, retell: { keys } } });
  expect(await checkFunctions(rotated, baseUrl, signal)).toMatchObject([{ state: "down", evidence: { outcome: "HTTP 401" } }, {}]);
  expect(await checkFunctions(gateway, "http://127.0.0.1:1", signal)).toMatchObject([
    { state: "down", evidence: { outcome: "connect ECONNREFUSED" } },
    {},
  ]);
  const keyless = testGateway({ settings: { ...gateway.settings, retell: { keys: {} } } });
  expect(await checkFunctions(keyless, baseUrl, signal)).toMatchObject([{ state: "unknown" }]);
});

test("P4 finds numbers without an agent, and does not call a Retell it cannot ask well", async () => {
  process.env["AMPEL_TEST_RETELL_API"] = "key_sandbox";
  const retell = await startRetell({
    key: "key_sandbox",
    agents: [{ agent_id: "agent_1", webhook_url: "https://gw.example.test/webhooks/retell" }, { agent_id: "agent_2" }],
    numbers: [
      { phone_number: "+4930111111", inbound_agents: [{ agent_id: "agent_1", agent_version: 4, weight: 1 }] },
      { phone_number: "+4930222222", inbound_agents: [] },
    ],
  });
  const gateway = testGateway({ access: () => ({ baseUrl: retell.url, key: new Secret("${env:AMPEL_TEST_RETELL_API}") }) });
  expect(await checkAgentDrift(gateway, signal)).toMatchObject([
    {
      id: "P4",
      subject: "main",
      state: "degraded",
      cause: "routing-drift",
      evidence: { numbers: 2, drifted: 1, "zwei +493…22": "no-agent" },
    },
  ]);
  retell.faults.set({ kind: "html", status: 200 });
  expect(await checkAgentDrift(gateway, signal)).toMatchObject([{ state: "unknown", evidence: { error: "retell not-json" } }]);
  await retell.close();
});

const ours = { number: "+4930111111", companyId: "eins", branchId: "mitte", agentId: "agent_1", agentVersion: 4, isActive: true };
const agents = new Map([["agent_1", { agent_id: "agent_1", webhook_url: "https://gw.example.test/webhooks/retell" }]]);
const bound = { phone_number: "+4930111111", inbound_agents: [{ agent_id: "agent_1", agent_version: 4 }] };

test.each([
  ["as agreed", bound, []],
  ["not there", undefined, ["number-missing"]],
  ["without an agent", { ...bound, inbound_agents: null }, ["no-agent"]],
  ["bound to another", { ...bound, inbound_agents: [{ agent_id: "agent_9" }] }, ["other-agent"]],
  ["on another version", { ...bound, inbound_agents: [{ agent_id: "agent_1", agent_version: 5 }] }, ["other-version"]],
  ["on whatever is latest", { ...bound, inbound_agents: [{ agent_id: "agent_1", agent_version: "latest" }] }, ["other-version"]],
  ["asking somebody else", { ...bound, inbound_webhook_url: "https://old.example.test/in" }, ["inbound-elsewhere"]],
])("a number that is %s", (_, theirs, expected) => {
  expect(findDrift(ours, theirs, agents, "https://gw.example.test/")).toEqual(expected);
});

test("an agent whose events go elsewhere, or that is gone, has drifted", () => {
  const elsewhere = new Map([["agent_1", { agent_id: "agent_1", webhook_url: "https://old.example.test/hook" }]]);
  expect(findDrift(ours, bound, elsewhere, "https://gw.example.test")).toEqual(["events-elsewhere"]);
  expect(findDrift(ours, bound, new Map(), "https://gw.example.test")).toEqual(["agent-missing"]);
});

test("where the verdicts turn", () => {
  const gap = { calls: 0, missing: 0, missingLately: 0, unfetched: 0, isHeardSince: false };
  expect([
    decideGap(gap),
    decideGap({ ...gap, calls: 1, missing: 1, missingLately: 1, unfetched: 1 }),
    decideGap({ ...gap, calls: 2, missing: 2, unfetched: 2 }),
    // All fetched, but nothing has come by itself since: the webhooks may still be gone.
    decideGap({ ...gap, calls: 2, missing: 2 }),
    decideGap({ ...gap, calls: 3, missing: 2, isHeardSince: true }),
    decideGap({ ...gap, calls: 3, missing: 2, unfetched: 1, isHeardSince: true }),
  ]).toEqual(["ok", "degraded", "down", "down", "ok", "degraded"]);
  expect([decideFunction("ok", 1999), decideFunction("none", 2000), decideFunction("ok", 10_000), decideFunction("deadline", 5)]).toEqual([
    "ok",
    "degraded",
    "down",
    "down",
  ]);
  const quality = { calls: 10, deadEnds: 0, toolCalls: 20, toolErrors: 0 };
  expect(
    [
      quality,
      { ...quality, deadEnds: 1 },
      { ...quality, deadEnds: 2 },
      { ...quality, deadEnds: 5 },
      { ...quality, toolErrors: 2 },
      { ...quality, toolErrors: 10 },
    ].map(decideQuality),
  ).toEqual(["ok", "ok", "degraded", "down", "degraded", "down"]);
  expect([7_200_000, 7_200_001, 21_600_001].map(decideOpenCalls)).toEqual(["ok", "degraded", "down"]);
});
