import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { gatewaySection } from "../../../config/gateway-schema.ts";
import { systemClock } from "../../../kernel/clock.ts";
import { say } from "../../../kernel/message.ts";
import { startCalcom, type CalcomStandIn } from "../../../sandbox/vendors/calcom.ts";
import { startRetell, type RetellStandIn } from "../../../sandbox/vendors/retell.ts";
import { openStore, type Store } from "../../../store/store.ts";
import { importCompanies } from "../import/import-companies.ts";
import { readYaml } from "../import/read-yaml.ts";
import { asCompany, asEveryCompany } from "../tenant.ts";
import { openIntegrationVendors, type IntegrationVendors } from "./integration-vendors.ts";
import { lookAtVendors, readWanted } from "./look-at-integration.ts";
import { planReset, type ResetPlan, type WantedIntegration } from "./plan-reset.ts";
import { resetIntegration, undoReset, type ResetTools } from "./reset-integration.ts";

const right = "https://gw.example.org/webhooks/retell";
const wrong = "https://old.example.org/retell";
const first = "+493023125001";
const second = "+493023125002";
const companyId = "praxis-nord";

let ground: string;
let store: Store;
let retell: RetellStandIn;
let calcom: CalcomStandIn;
let vendors: IntegrationVendors;
let tools: ResetTools;

beforeAll(async () => {
  ground = mkdtempSync(join(tmpdir(), "ampel-reset-"));
  chmodSync(ground, 0o755);
  store = await openStore({ stateFolder: join(ground, "state") });
  writeFileSync(join(ground, "retell"), "retell_key");
  writeFileSync(join(ground, "calcom"), "cal_live_key");
}, 60_000);
beforeEach(async () => {
  retell = await startRetell({
    key: "retell_key",
    agents: [
      { agent_id: "agent_nord", version: 3, webhook_url: wrong, is_published: false },
      { agent_id: "agent_alt", version: 1, webhook_url: right },
    ],
    numbers: [
      { phone_number: first, inbound_agents: [{ agent_id: "agent_alt", agent_version: 1, weight: 1 }] },
      { phone_number: second, inbound_agents: null },
    ],
  });
  calcom = await startCalcom({ key: "cal_live_key", eventTypes: [{ id: 1001, lengthInMinutes: 30 }] });
  const settings = gatewaySection.parse({
    publicUrl: "https://gw.example.org",
    retell: { baseUrl: retell.url, apiKey: `\${file:${ground}/retell}` },
    calcom: { baseUrl: calcom.url, apiKey: `\${file:${ground}/calcom}` },
  });
  if (settings === undefined) throw new Error("no settings");
  vendors = openIntegrationVendors({ pool: store.pool, clock: systemClock, settings, companyId, keys: {} });
  tools = { pool: store.pool, clock: systemClock, vendors, companyId, signal: AbortSignal.timeout(20_000) };
  const text = `
companies:
  praxis-nord:
    name: Praxis Nord
    branches: { mitte: { name: Mitte } }
    agents: { agent_nord: { name: Empfang, version: 3, webhookUrl: "${right}" } }
    numbers:
      "${first}": { branch: mitte, agent: agent_nord, agentVersion: 3 }
      "${second}": { branch: mitte, agent: agent_nord }
    services: { schnitt: { name: Schnitt, minutes: 30, calcomEventType: 1001 } }
`;
  expect((await importCompanies(store.pool, readYaml("a.yaml", text), { isDryRun: false })).problems).toEqual([]);
});
afterEach(async () => {
  await vendors.close();
  await retell.close();
  await calcom.close();
  await asEveryCompany(store.pool, async (client) => {
    for (const table of ["snapshot", "service", "phone_number", "agent", "branch", "company"]) {
      await client.query(`delete from gateway.${table}`);
    }
  });
});
afterAll(async () => {
  await store.close();
  rmSync(ground, { recursive: true, force: true });
});

async function plan(): Promise<{ wanted: WantedIntegration; plan: ResetPlan }> {
  const company = await readWanted(store.pool, companyId);
  if (company === undefined) throw new Error("no company");
  return { wanted: company.wanted, plan: planReset(company.wanted, await lookAtVendors(company.wanted, vendors, tools.signal)) };
}

const bindings = (): unknown[] =>
  [first, second].map(
    (number) => retell.state.numbers.get(number)?.inbound_agents?.map(({ agent_id, agent_version }) => [agent_id, agent_version]) ?? null,
  );
const webhook = (): unknown => retell.state.agents.get("agent_nord")?.webhook_url;

test("only what differs is written, read back, and brought back by the snapshot", async () => {
  const before = [bindings(), webhook()];
  const made = await plan();
  expect(made.plan.steps.map(({ kind }) => kind)).toEqual(["bind-agents", "bind-agents", "set-webhook"]);
  const report = await resetIntegration(made.wanted, made.plan, tools);
  expect(report).toMatchObject({
    isVerified: true,
    steps: [{ state: "done" }, { state: "done" }, { state: "done" }],
    left: { steps: [], forHumans: [] },
  });
  expect([bindings(), webhook()]).toEqual([[[["agent_nord", 3]], [["agent_nord", undefined]]], right]);

  const again = await plan();
  const writes = retell.exchanges.filter(({ request }) => request.method === "PATCH").length;
  expect(await resetIntegration(again.wanted, again.plan, tools)).toEqual({
    steps: [],
    left: { steps: [], forHumans: [] },
    isVerified: true,
  });
  expect(retell.exchanges.filter(({ request }) => request.method === "PATCH")).toHaveLength(writes);

  const dry = await undoReset(report.snapshotId ?? "", tools, { isDryRun: true });
  expect(dry.steps.map(({ state }) => state)).toEqual(["planned", "planned", "planned"]);
  expect(webhook()).toBe(right);
  const undone = await undoReset(report.snapshotId ?? "", tools);
  expect(undone.isVerified).toBe(true);
  const [now, url] = [bindings(), webhook()];
  expect([[now[0] ?? null, (now[1] as unknown[] | null)?.length === 0 ? null : now[1]], url]).toEqual(before);
  expect((await undoReset(report.snapshotId ?? "", tools)).steps.map(({ state }) => state)).toEqual([
    "nothing-to-do",
    "nothing-to-do",
    "nothing-to-do",
  ]);
});

test("what somebody changed after the reset is not undone, and that is said", async () => {
  const made = await plan();
  const report = await resetIntegration(made.wanted, made.plan, tools);
  const agent = retell.state.agents.get("agent_nord");
  if (agent !== undefined) agent.webhook_url = "https://third.example.org/";
  const undone = await undoReset(report.snapshotId ?? "", tools);
  expect(undone.steps.map(({ state }) => state)).toEqual(["kept", "done", "done"]);
  expect(undone.isVerified).toBe(false);
  expect(webhook()).toBe("https://third.example.org/");
});

test("a vendor that says yes and does nothing is not believed, and the other steps are done all the same", async () => {
  const made = await plan();
  retell.faults.set({ kind: "lying" }, { endpoint: "update-phone-number" });
  const report = await resetIntegration(made.wanted, made.plan, tools);
  expect(report.steps.map(({ state }) => state)).toEqual(["failed", "failed", "done"]);
  expect(report.isVerified).toBe(false);
  expect(report.left?.steps).toHaveLength(2);
  retell.faults.clear();
  const again = await plan();
  expect((await resetIntegration(again.wanted, again.plan, tools)).isVerified).toBe(true);
});

test("a vendor that dies after the writes: the snapshot is there and nothing is called verified", async () => {
  const made = await plan();
  const dying: IntegrationVendors = { ...vendors, boundAgents: () => Promise.reject(new Error("gone")) };
  const report = await resetIntegration(made.wanted, made.plan, { ...tools, vendors: dying });
  expect(report).toMatchObject({ isVerified: false, steps: [{ state: "done" }, { state: "done" }, { state: "done" }] });
  expect(report.unread).toBeDefined();
  expect((await undoReset(report.snapshotId ?? "", tools)).isVerified).toBe(true);
});

test("a vendor that does not answer the first look: nothing is written, not even a snapshot", async () => {
  await retell.close();
  await expect(plan()).rejects.toMatchObject({ code: expect.stringMatching(/host-unreachable|vendor-unreachable/) as string });
  await asCompany(store.pool, companyId, async (client) => expect((await client.query("select from gateway.snapshot")).rowCount).toBe(0));
});

test("what no program may put right is said in a sentence, and keeps it from being called verified", async () => {
  const agent = retell.state.agents.get("agent_nord");
  if (agent !== undefined) agent.is_published = true;
  retell.state.numbers.delete(second);
  await asCompany(store.pool, companyId, (client) => client.query("update gateway.service set duration_minutes = 45"));
  await asCompany(store.pool, companyId, (client) =>
    client.query(
      "insert into gateway.service (company_id, service_id, name, duration_minutes, calcom_event_type_id) values ($1, 'weg', 'Weg', 30, 4711), ($1, 'ohne', 'Ohne', 30, null)",
      [companyId],
    ),
  );
  const made = await plan();
  expect(made.plan.forHumans.map((what) => say(what, "de").split(":")[0])).toEqual([
    `Nummer ${second} gibt es bei Retell nicht`,
    "Agent agent_nord meldet an https",
    "Leistung ohne hat keinen Cal.com-Termintyp",
    "Leistung schnitt",
    "Leistung weg",
  ]);
  const report = await resetIntegration(made.wanted, made.plan, tools);
  expect([report.steps.length, report.isVerified, webhook()]).toEqual([1, false, wrong]);
});

test("a snapshot of another company or of nothing is not found", async () => {
  const made = await plan();
  const report = await resetIntegration(made.wanted, made.plan, tools);
  await expect(undoReset(report.snapshotId ?? "", { ...tools, companyId: "praxis-sued" })).rejects.toMatchObject({ code: "not-found" });
  await expect(undoReset("snap-nothing", tools)).rejects.toMatchObject({ code: "not-found" });
});

test("a company without a key is told which one is missing, before anything is asked", async () => {
  const settings = gatewaySection.parse({ publicUrl: "https://gw.example.org" });
  if (settings === undefined) throw new Error("no settings");
  const keyless = openIntegrationVendors({ pool: store.pool, clock: systemClock, settings, companyId, keys: {} });
  await expect(keyless.boundAgents(first, tools.signal)).rejects.toMatchObject({ code: "secret-missing" });
  await keyless.close();
});
