import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { seedCompanies } from "../../sandbox/seed.ts";
import { openStore, type Store } from "../../store/store.ts";
import type { GatewayCheck } from "../gateway.ts";
import type { RunningGateway } from "../start.ts";
import { checkJobs, type CheckBoard, type CheckRound } from "./check-rounds.ts";
import { newGround, startTestGateway } from "./gateway.test-support.ts";
import { checkWebhooks } from "./synthetic-webhook.ts";

const ground = newGround();
const signal = new AbortController().signal;
let store: Store;
let running: RunningGateway;
beforeAll(async () => {
  store = await openStore({ stateFolder: join(ground.folder, "store") });
  await seedCompanies(store.pool, { now: Date.now(), days: 0 });
  running = await startTestGateway(ground, { pool: store.pool });
}, 60_000);
afterAll(async () => {
  await running.stop();
  await store.close();
  ground.remove();
});
beforeEach(async () => void (await store.pool.query("delete from gateway.check_result where round = 'mine'")));

const seen = (subject: string, seenAt: number, state: GatewayCheck["state"] = "ok"): GatewayCheck => ({
  ...{ id: "P9", subject, state, summary: subject, evidence: {}, seenAt },
});

/** One process: its board, its look and its reading, each run once by hand. */
function openProcess(run: CheckRound["run"]): { board: CheckBoard; look(): Promise<void>; read(): Promise<void> } {
  const board: CheckBoard = new Map();
  const [look, read] = checkJobs(board, [{ name: "mine", everyMs: 1000, run }], store.pool);
  expect([look?.runsOn, read?.runsOn]).toEqual(["leader", "each"]);
  return { board, look: async () => await look?.run(signal), read: async () => await read?.run(signal) };
}

test("what the leader saw is shown by every process, and what it sees no more is gone", async () => {
  let found = [seen("one", 1000), seen("two", 1000)];
  const leader = openProcess(async () => found);
  const other = openProcess(async () => []);
  await leader.look();
  await other.read();
  expect(other.board.get("mine")).toEqual(found);
  found = [seen("two", 2000, "down")];
  await leader.look();
  await other.read();
  expect(other.board.get("mine")).toEqual(found);
});

test("a round that fails leaves the last look, with its old time", async () => {
  let isBroken = false;
  const leader = openProcess(async () => (isBroken ? Promise.reject(new Error("no answer")) : [seen("one", 1000)]));
  await leader.look();
  isBroken = true;
  await expect(leader.look()).rejects.toThrow("no answer");
  expect(leader.board.get("mine")).toEqual([seen("one", 1000)]);
});

test("a former leader's older look does not take the place of a newer one", async () => {
  const former = openProcess(async () => [seen("one", 1000)]);
  const present = openProcess(async () => [seen("one", 2000)]);
  await present.look();
  present.board.set("mine", [seen("one", 3000)]);
  await former.look();
  await present.read();
  expect(present.board.get("mine")).toEqual([seen("one", 3000)]);
});

test("without a database each process looks for itself", () => {
  const jobs = checkJobs(new Map(), [{ name: "mine", everyMs: 1000, run: async () => [] }], undefined);
  expect(jobs.map(({ name, runsOn }) => `${name} ${runsOn}`)).toEqual(["check mine each"]);
});

const baseUrl = (): string => `http://127.0.0.1:${running.port}`;

test("P2: a signed test webhook comes through to the right company, for every company, and leaves no call behind", async () => {
  const checks = await checkWebhooks(running.gateway, baseUrl(), signal);
  expect(checks.map(({ subject, state, evidence }) => [subject, state, evidence["outcome"]])).toEqual(
    running.gateway.directory.companies().map(({ companyId }) => [companyId, "ok", "done"]),
  );
  expect(checks).toHaveLength(8);
  expect((await store.pool.query("select from gateway.call where call_id like 'ampel-synthetic-%'")).rowCount).toBe(0);
});

test("P2: a gateway whose keys do not fit, or that is not there, is down with its reason", async () => {
  const { settings } = running.gateway;
  const wrong = { ...running.gateway, settings: { ...settings, retell: { ...settings.retell, keys: settings.calcom.secrets } } };
  const [refused] = await checkWebhooks(wrong, baseUrl(), signal);
  // Kept in quarantine: it never becomes an event of that call.
  expect(refused).toMatchObject({ id: "P2", state: "down", cause: "webhooks-missing", evidence: { outcome: "not-kept" } });
  const [gone] = await checkWebhooks(running.gateway, "http://127.0.0.1:9", signal);
  expect(gone).toMatchObject({ state: "down", cause: "webhooks-missing" });
}, 30_000);
