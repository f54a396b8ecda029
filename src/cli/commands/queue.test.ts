import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { openApp, type App } from "../../app.ts";
import { effectHandler, fakeGateway, keepAll, statusCounts, testDelivery, untilCount } from "../../gateway/inbox/inbox.test-support.ts";
import { startInboxWorker } from "../../gateway/inbox/worker.ts";
import { say } from "../../kernel/message.ts";
import type { Store } from "../../store/store.ts";
import { readArguments } from "../arguments.ts";
import type { Outcome } from "../command.ts";
import { openSilentScreen } from "../screen.ts";
import { queueCommands } from "../tables/queue.ts";

let folder: string;
let app: App;
let store: Store;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "ampel-queue-"));
  chmodSync(folder, 0o755);
  app = openApp({
    env: { AMPEL_STATE_DIR: join(folder, "state"), SUDO_USER: "anna" },
    language: "en",
    cwd: folder,
    commands: [],
    execute: () => {
      throw new Error("not part of this test");
    },
  });
  const durable = await app.durable();
  if (durable.store === undefined) throw new Error("no store");
  ({ store } = durable);
  await store.pool.query(`
    create table gateway.test_effect (
      id bigint generated always as identity primary key, company_id text not null, event_id bigint not null,
      ordering_key text not null, event_type text not null, sequence integer not null);
    select gateway.protect('gateway.test_effect')`);
}, 60_000);
afterAll(async () => {
  await app.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  await store.pool.query("truncate gateway.inbox_event, gateway.test_effect restart identity");
});

async function type(line: string): Promise<Outcome & { text: string }> {
  const [name = "", ...rest] = line.match(/"[^"]*"|\S+/g)?.map((word) => word.replaceAll('"', "")) ?? [];
  const entry = queueCommands[name];
  if (entry === undefined) throw new RangeError(name);
  const command = await entry.load();
  const given = readArguments(name, command, entry.isChanging, rest);
  const screen = openSilentScreen("en");
  const outcome = await command.run({ ...given, isDryRun: given.flags.has("dry-run"), app, screen, signal: AbortSignal.timeout(60_000) });
  return { ...outcome, text: outcome.lines.map((each) => (typeof each === "string" ? each : say(each, "en"))).join("\n") };
}

test("a backlog as an operator sees it, replayed by plan and id, and nothing the second time", async () => {
  await keepAll(
    store.pool,
    [0, 1, 2, 3].map((index) => ({ ...testDelivery({ call: `c${index}`, sequence: 0 }), status: "dead", companyId: "praxis" })),
  );
  await keepAll(store.pool, [testDelivery({ call: "c0", sequence: 1 })]);
  const status = await type("webhook:queue-status");
  expect(status.text).toContain("1 waiting, the oldest for 1s");
  expect(status.text).toContain("retell praxis: 4 dead");
  expect(status.text).toContain("✋ event 1 (call_ended, dead) holds up 1");
  const plan = await type('webhook:replay --since "1 hour ago"');
  expect(plan.text).toContain("4 webhooks would be applied again (4 dead)");
  const { replayId } = plan.document as { replayId: string };
  expect(await statusCounts(store.pool)).toEqual({ dead: 4, ready: 1 });
  const worker = startInboxWorker(fakeGateway(store.pool), [effectHandler()], { pollMs: 5 });
  expect((await type(`webhook:replay --plan ${replayId}`)).text).toBe("Finished: 4 applied, 0 failed, 0 skipped");
  await untilCount(store.pool, "select count(*) from gateway.test_effect", 5);
  expect((await type(`webhook:replay --plan ${replayId}`)).text).toBe("Finished: 4 applied, 0 failed, 0 skipped");
  expect((await type('webhook:replay --since "1 hour ago"')).text).toMatch(/^Nothing in the window is to be replayed/);
  await worker.stop();
  await untilCount(store.pool, "select count(*) from gateway.test_effect", 5);
});

test("queue:clear asks, parks and is taken back", async () => {
  await keepAll(store.pool, [testDelivery({ call: "a", sequence: 0 }), testDelivery({ call: "b", sequence: 0 })]);
  await expect(type("queue:clear webhooks")).rejects.toThrow();
  expect((await type("queue:clear webhooks --dry-run")).text).toBe("webhooks: 2 would be parked; 0 are in work and stay");
  expect(await statusCounts(store.pool)).toEqual({ ready: 2 });
  const parked = await type('queue:clear webhooks --confirm --reason "poison"');
  const { parkId } = parked.document as { parkId: string };
  expect(parked.text).toContain(`webhooks: 2 parked as ${parkId}, nothing deleted`);
  expect((await type("horizon:status")).text).toMatch(new RegExp(`${parkId} \\(webhooks, .*\\): 2 by anna, poison`));
  expect((await type(`queue:restore ${parkId} --dry-run`)).text).toContain("2 would be put back");
  expect(await statusCounts(store.pool)).toEqual({ parked: 2 });
  expect((await type(`queue:restore ${parkId}`)).text).toContain("2 put back");
  expect((await type(`queue:restore ${parkId}`)).text).toContain("put back before");
  expect(await statusCounts(store.pool)).toEqual({ ready: 2 });
});

test("the quarantine is listed, shown without personal data, and opened by two persons only", async () => {
  const body = Buffer.from(
    JSON.stringify({ event: "call_ended", call: { call_id: "c1", from_number: "+4915112345678", transcript: "Ich heiße Erika" } }),
  );
  await keepAll(store.pool, [{ ...testDelivery({ call: "x", sequence: 0, body, verdict: "unverified" }), status: "quarantined" }]);
  expect((await type("webhook:quarantine")).text).toContain("1 in quarantine, the newest first:");
  const shown = (await type("webhook:quarantine show 1")).text;
  expect(shown).toContain("c1");
  expect(shown).not.toMatch(/Erika|4915112345678/);
  await expect(type("webhook:quarantine release 1")).rejects.toThrow("--reason is missing");
  const { requestId } = (await type("webhook:quarantine release 1 --reason fax")).document as { requestId: string };
  await expect(type(`webhook:quarantine grant ${requestId}`)).rejects.toThrow("anna asked for the release");
  expect((await type(`webhook:quarantine grant ${requestId} --by ben`)).text).toBe("1 released, 0 were there already");
  expect(await statusCounts(store.pool)).toEqual({ ready: 1 });
});

test.each([
  ["webhook:replay", "Which window?"],
  ["webhook:replay --since soonish", "Not a time: soonish"],
  ["webhook:replay --since 1h --rate 0", "--rate takes a whole number"],
  ["webhook:queue-status --state waiting", "There is no state waiting"],
  ["webhook:skip 1;drop --reason x", "That is no number of a webhook"],
  ["queue:clear emails", "There is no queue emails"],
  ["queue:restore park-xyz", "There is no park park-xyz"],
  ["webhook:quarantine show 99", "There is no event 99"],
  ["webhook:quarantine open", "There is no webhook:quarantine open"],
])("%s is refused in words", async (line, words) => {
  await expect(type(line)).rejects.toThrow(words);
});
