import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { asEveryCompany } from "../../gateway/companies/tenant.ts";
import { startTwilio, type TwilioStandIn } from "../../sandbox/vendors/twilio.ts";
import { callbackCancel, callbackDone, callbackList, callbackRetry } from "./callback.ts";
import { openCommandGround, type CommandGround } from "./gateway-command.test-support.ts";
import { retellQueueMode } from "./retell-queue-mode.ts";

const ours = "https://gw.example.org/twilio/voice";
const numbers = {
  reaches: "+4930901820001",
  "reaches-without-fallback": "+4930901820002",
  elsewhere: "+4930901820003",
  owned: "+4930901820004",
  "not-ours": "+4930901820005",
};
let ground: CommandGround;
let twilio: TwilioStandIn;
let gateway: string;

beforeAll(async () => {
  ground = await openCommandGround();
  process.env["QM_TWILIO"] = "token_of_nobody";
  process.env["QM_OLD"] = "token_of_yesterday";
  twilio = await startTwilio({
    authToken: "token_of_nobody",
    numbers: [
      { phoneNumber: numbers.reaches, voiceUrl: `${ours}#ct=2000&rt=4000`, voiceFallbackUrl: "https://other.example.org/twilio/fallback" },
      { phoneNumber: numbers["reaches-without-fallback"], voiceUrl: ours },
      { phoneNumber: numbers.elsewhere, voiceUrl: "https://demo.example.com/welcome" },
      { phoneNumber: numbers.owned, voiceUrl: ours, trunkSid: `TK${"1".repeat(32)}` },
    ],
  });
  gateway = [
    "publicUrl: https://gw.example.org",
    `twilio: { baseUrl: "${twilio.url}", accountSid: "${twilio.accountSid}", tokens: { a-old: "\${env:QM_OLD}", main: "\${env:QM_TWILIO}" } }`,
  ].join("\n");
  await asEveryCompany(ground.store.pool, async (client) => {
    await client.query("insert into gateway.company (company_id, name) values ('praxis', 'Praxis Mitte')");
    await client.query("insert into gateway.branch (company_id, branch_id, name) values ('praxis', 'mitte', 'Mitte')");
    for (const number of Object.values(numbers)) {
      await client.query("insert into gateway.phone_number (number, company_id, branch_id) values ($1, 'praxis', 'mitte')", [number]);
    }
  });
}, 60_000);
beforeEach(async () => {
  twilio.faults.clear();
  await ground.store.pool.query("truncate gateway.callback_attempt, gateway.callback, ampel.switch");
  await insertCallback("cb-1", "waiting");
});
afterAll(async () => {
  await twilio.close();
  await ground.clear();
});

async function insertCallback(id: string, state: string): Promise<void> {
  await asEveryCompany(ground.store.pool, (client) =>
    client.query(
      `insert into gateway.callback (callback_id, company_id, phone, name, reason, state, promised_by, not_before, created_at)
       values ($1, 'praxis', $2, 'Erika Muster', 'retell-down', $3, now() + interval '20 minutes', now(), now())`,
      [id, `+49309018202${id.slice(-1)}0`, state],
    ),
  );
}

const queueMode = (...argv: string[]): ReturnType<CommandGround["run"]> =>
  ground.run("retell:enable-queue-mode", retellQueueMode, argv, gateway);
const on = (...argv: string[]): ReturnType<CommandGround["run"]> => queueMode("--reason", "Retell antwortet nicht", ...argv);
const switches = async (): Promise<unknown[]> =>
  (await ground.store.pool.query("select key, reason, owner from ampel.switch where ended_at is null")).rows;

test("it is on with reason and end, read back, and says what is promised and which numbers do not reach us", async () => {
  const { document, text } = await on("--for", "1h");
  expect(await switches()).toEqual([{ key: "retell.queue_mode", reason: "Retell antwortet nicht", owner: "mara" }]);
  expect(document).toMatchObject({ isOn: true, waiting: 1, promises: [{ companyId: "praxis" }] });
  const reach = Object.fromEntries(
    (document as { numbers: { number: string; reach: string }[] }).numbers.map((each) => [each.reach, each.number]),
  );
  expect(reach).toEqual(numbers);
  expect(text).toContain("Warteschlange an bis");
  expect(text).toContain("Wer jetzt bei Praxis Mitte anruft, wird ");
  expect(text).toMatch(/✗ \+4930901820004 \(praxis\): hängt an TK1+, die VoiceUrl gilt nicht/);
  expect(text).toContain(`Von Hand: VoiceUrl auf ${ours} setzen`);
  expect(text).toContain("3 von 5 Nummern erreichen uns nicht");
});

test("a dry run shows the same and switches nothing", async () => {
  const { document, text } = await on("--dry-run");
  expect(await switches()).toEqual([]);
  expect(document).toMatchObject({ isOn: false, isDryRun: true, waiting: 1 });
  expect(text).toContain("Würde eingeschaltet bis");
});

test("off ends it and says what happens to those who wait; twice is no error", async () => {
  await on();
  expect((await queueMode("--off", "--dry-run")).document).toMatchObject({ isOn: true, wasOn: true, isDryRun: true });
  expect(await switches()).toHaveLength(1);
  expect((await queueMode("--off")).text).toContain("Wartende Rückrufe: 1, gewählt werden 20 je Stunde");
  expect(await switches()).toEqual([]);
  expect((await queueMode("--off")).document).toMatchObject({ wasOn: false });
});

test.each([[["--for", "2h"]], [["--reason", " "]], [["--reason", "x", "--for", "3d"]], [["--reason", "x", "--for", "bald"]]])(
  "%j is refused before anything is done",
  async (argv) => {
    await expect(queueMode(...argv)).rejects.toMatchObject({ code: "usage" });
    expect(await switches()).toEqual([]);
  },
);

test("a carrier that cannot be asked is unknown, never well, and does not keep the queue from being on", async () => {
  twilio.faults.set({ kind: "html", status: 503 });
  const { document } = await on();
  expect((document as { numbers: { reach: string }[] }).numbers.map(({ reach }) => reach)).toEqual(
    Array.from({ length: 5 }, () => "unknown"),
  );
  expect(await switches()).toHaveLength(1);
});

test("the list shows no whole number and no name unless asked to", async () => {
  const run = (...argv: string[]): ReturnType<CommandGround["run"]> => ground.run("callback:list", callbackList, argv, gateway);
  const short = await run();
  expect(short.text).toContain("cb-1 (praxis) +493…10: bis ");
  expect(short.text + JSON.stringify(short.document)).not.toMatch(/Erika|\+4930901820210/);
  expect((await run("--full")).text).toContain("Erika Muster");
  expect((await run("--company", "andere")).text).toContain("Kein Rückruf wartet");
});

test("a person's decisions: done, cancelled with a reason, released; a call under way is left alone", async () => {
  await insertCallback("cb-2", "dialling");
  await insertCallback("cb-3", "unclear");
  await insertCallback("cb-4", "gave-up");
  const done = async (id: string, ...argv: string[]): Promise<unknown> =>
    (await ground.run("callback:done", callbackDone, [id, ...argv], gateway)).document;
  const cancel = async (...argv: string[]): Promise<unknown> =>
    (await ground.run("callback:cancel", callbackCancel, argv, gateway)).document;
  const retry = async (...argv: string[]): Promise<unknown> => (await ground.run("callback:retry", callbackRetry, argv, gateway)).document;
  expect(await done("cb-1", "--dry-run")).toMatchObject({ state: "waiting", isDryRun: true });
  expect(await done("cb-1")).toMatchObject({ state: "reached" });
  expect(await done("cb-4")).toMatchObject({ state: "reached" });
  await expect(done("cb-1")).rejects.toMatchObject({ code: "refused-unsafe" });
  await expect(done("cb-2")).rejects.toMatchObject({ code: "refused-unsafe", message: expect.stringContaining("being dialled") });
  await expect(cancel("cb-3")).rejects.toMatchObject({ code: "usage" });
  expect(await retry("cb-3", "--reason", "nicht in der Liste")).toMatchObject({ state: "waiting" });
  await expect(retry("cb-3", "--reason", "noch einmal")).rejects.toMatchObject({ code: "refused-unsafe" });
  expect(await cancel("cb-3", "--reason", "hat sich erledigt")).toMatchObject({ state: "cancelled" });
  await expect(cancel("cb-9", "--reason", "x")).rejects.toMatchObject({ code: "not-found" });
});
