import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { findFreePorts } from "../../sandbox/ports.ts";
import { startRetell, type RetellStandIn } from "../../sandbox/vendors/retell.ts";
import { startTwilio, type TwilioStandIn } from "../../sandbox/vendors/twilio.ts";
import { openStore, type Store } from "../../store/store.ts";
import { asEveryCompany } from "../companies/tenant.ts";
import { newGround, retellKey, startTestGateway, testSettings, twilioToken, type Ground } from "../server/gateway.test-support.ts";
import type { RunningGateway } from "../start.ts";

const praxisNumber = "+4930901820001";
const allDay = Object.fromEntries(["1", "2", "3", "4", "5", "6", "7"].map((day) => [day, [{ from: "00:00", to: "24:00" }]]));
let ground: Ground;
let store: Store;
let retell: RetellStandIn;
let twilio: TwilioStandIn;
let port: number;
let gateway: RunningGateway | undefined;

beforeAll(async () => {
  ground = newGround();
  store = await openStore({ stateFolder: join(ground.folder, "store-state") });
  await asEveryCompany(store.pool, async (client) => {
    await client.query("insert into gateway.company (company_id, name) values ('praxis', 'Praxis Mitte')");
    await client.query("insert into gateway.branch (company_id, branch_id, name, opening_hours) values ('praxis', 'mitte', 'Mitte', $1)", [
      allDay,
    ]);
    await client.query("insert into gateway.agent (company_id, agent_id, name) values ('praxis', 'agent_1', 'Empfang')");
    await client.query(
      "insert into gateway.phone_number (number, company_id, branch_id, agent_id) values ($1, 'praxis', 'mitte', 'agent_1')",
      [praxisNumber],
    );
  });
  [port = 0] = await findFreePorts(1);
  const base = `http://127.0.0.1:${port}`;
  retell = await startRetell({
    key: retellKey,
    webhookUrl: `${base}/webhooks/retell`,
    numbers: [{ phone_number: praxisNumber }],
    agents: [{ agent_id: "agent_1" }],
  });
  // Nobody is there behind the SIP address: Retell's telephone side is down.
  twilio = await startTwilio({
    authToken: twilioToken,
    connect: () => Promise.resolve({ status: "failed" }),
    numbers: [{ phoneNumber: praxisNumber, voiceUrl: `${base}/twilio/voice`, voiceFallbackUrl: `${base}/twilio/fallback` }],
  });
}, 60_000);
beforeEach(async () => {
  await asEveryCompany(store.pool, (client) => client.query("delete from gateway.callback_attempt"));
  await asEveryCompany(store.pool, (client) => client.query("delete from gateway.callback"));
});
afterEach(async () => {
  await gateway?.stop();
  gateway = undefined;
});
afterAll(async () => {
  await Promise.all([retell.close(), twilio.close()]);
  await store.close();
  ground.remove();
});

async function start({ hasStore, promise }: { hasStore: boolean; promise: string }): Promise<void> {
  const stateFolder = join(ground.folder, "state");
  mkdirSync(stateFolder, { recursive: true });
  const settings = testSettings(ground, {
    listen: { port },
    publicUrl: `http://127.0.0.1:${port}`,
    retell: { keys: { main: ground.keyFile("retell", retellKey) }, apiKey: ground.keyFile("retell", retellKey), baseUrl: retell.url },
    twilio: { tokens: { main: ground.keyFile("twilio", twilioToken) }, retellSip: "sip:sip.retellai.com;transport=tcp" },
    callbacks: { promise, perHour: 600 },
  });
  gateway = await startTestGateway(ground, { settings, stateFolder, pool: hasStore ? store.pool : undefined });
}

async function readCallbacks(): Promise<{ phone: string; state: string; wish: string | null; wishes: number }[]> {
  return await asEveryCompany(store.pool, async (client) => {
    const text = "select phone, state, wish, cardinality(wish_ids) as wishes from gateway.callback order by created_at";
    return (await client.query<{ phone: string; state: string; wish: string | null; wishes: number }>(text)).rows;
  });
}

test("Retell takes no calls: the caller hangs up during the announcement, is called back once by Retell, and reached", async () => {
  await start({ hasStore: true, promise: "8s" });
  const from = "+4930901820071";
  const report = await twilio.simulateCaller({ from, to: praxisNumber, hangUpAfter: 1 });
  expect(report.heard).toEqual([
    expect.stringMatching(/^Guten Tag, hier ist Praxis Mitte\. .* Wir rufen Sie (heute|morgen) bis .* zurück/),
  ]);
  expect(report.errors).toEqual([]);
  await vi.waitFor(async () => expect(await readCallbacks()).toMatchObject([{ phone: from, state: "reached" }]), {
    timeout: 15_000,
    interval: 100,
  });
  await retell.settled();
  expect(retell.dialled.map((call) => call.to)).toEqual([from]);
}, 40_000);

test("the database hangs during the call: the wish is spooled within the caller's patience, and is one row afterwards", async () => {
  await start({ hasStore: true, promise: "30m" });
  const from = "+4930901820072";
  const blocker = await store.pool.connect();
  await blocker.query("begin");
  await blocker.query("lock table gateway.inbox_event in access exclusive mode");
  const startedMs = performance.now();
  const report = await twilio.simulateCaller({ from, to: praxisNumber, answers: [{ speech: "Erika Muster, ein Termin bitte" }] });
  const tookMs = performance.now() - startedMs;
  expect(report.heard.join(" ")).toContain("Danke, das haben wir notiert.");
  expect(report.errors).toEqual([]);
  expect(tookMs).toBeLessThan(5000);
  await blocker.query("rollback");
  blocker.release();
  await vi.waitFor(
    async () =>
      expect(await readCallbacks()).toEqual([{ phone: from, state: "waiting", wish: "Erika Muster, ein Termin bitte", wishes: 2 }]),
    {
      timeout: 15_000,
      interval: 100,
    },
  );
}, 40_000);

test("no database at all: promised from the saved directory, kept in the spool, and a callback when a store is there again", async () => {
  await start({ hasStore: false, promise: "30m" });
  const from = "+4930901820073";
  const report = await twilio.simulateCaller({ from, to: praxisNumber, hangUpAfter: 1 });
  expect(report.heard[0]).toContain("Wir rufen Sie");
  expect(await readCallbacks()).toEqual([]);
  await gateway?.stop();
  await start({ hasStore: true, promise: "30m" });
  await vi.waitFor(async () => expect(await readCallbacks()).toMatchObject([{ phone: from, state: "waiting", wishes: 1 }]), {
    timeout: 15_000,
    interval: 100,
  });
}, 40_000);
