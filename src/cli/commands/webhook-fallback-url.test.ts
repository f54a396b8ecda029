import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { gatewaySection } from "../../config/gateway-schema.ts";
import { instanceHeader, markInstance } from "../../gateway/vendors/instance-mark.ts";
import { startCalcom, type CalcomStandIn } from "../../sandbox/vendors/calcom.ts";
import { startRetell, type RetellStandIn } from "../../sandbox/vendors/retell.ts";
import { startTwilio, type TwilioStandIn } from "../../sandbox/vendors/twilio.ts";
import { openCommandGround, type CommandGround } from "./gateway-command.test-support.ts";
import { webhookSetFallbackUrl } from "./webhook-fallback-url.ts";

const home = "https://gw.example.org";
const number = "+493012345678";
let ground: CommandGround;
let retell: RetellStandIn;
let calcom: CalcomStandIn;
let twilio: TwilioStandIn;
let backup: Server;
let backupUrl: string;
let gateway: string;
/** What the backup server was started with. */
let backupKeys: { retell: string; calcom: string; twilio: string };
let backupPlace: string;

beforeAll(async () => {
  ground = await openCommandGround();
  retell = await startRetell({
    key: "key_test",
    agents: [{ agent_id: "agent_1", webhook_url: `${home}/webhooks/retell` }],
    numbers: [
      {
        phone_number: number,
        inbound_agents: [{ agent_id: "agent_1", weight: 1 }],
        inbound_webhook_url: `${home}/retell/inbound?x={{call_id}}`,
      },
      { phone_number: "+493099999999", inbound_webhook_url: "https://somebody.example.com/hook" },
    ],
  });
  calcom = await startCalcom({ key: "cal_test" });
  twilio = await startTwilio({ authToken: "token_test", numbers: [{ phoneNumber: number, voiceUrl: `${home}/twilio/voice` }] });
  Object.assign(process.env, {
    FT_RETELL: "key_test",
    FT_CALCOM: "cal_test",
    FT_SECRET: "secret_test",
    FT_TWILIO: "token_test",
    FT_WRONG: "other",
  });
  backup = createServer((request, response) => {
    const challenge = new URL(request.url ?? "/", "http://x").searchParams.get("challenge") ?? "";
    const settings = gatewaySection.parse({
      publicUrl: backupPlace,
      retell: { keys: { any: `\${env:${backupKeys.retell}}` } },
      calcom: { secrets: { any: `\${env:${backupKeys.calcom}}` } },
      twilio: { tokens: { any: `\${env:${backupKeys.twilio}}` } },
    });
    const mark = settings === undefined ? undefined : markInstance(settings, challenge);
    response.writeHead(200, mark === undefined ? {} : { [instanceHeader]: mark }).end("ok");
  });
  await new Promise<void>((resolve) => backup.listen(0, "127.0.0.1", resolve));
  backupUrl = `http://127.0.0.1:${(backup.address() as AddressInfo).port}`;
  gateway = [
    `publicUrl: ${home}`,
    `retell: { baseUrl: "${retell.url}", apiKey: "\${env:FT_RETELL}", keys: { main: "\${env:FT_RETELL}" } }`,
    `calcom: { baseUrl: "${calcom.url}", apiKey: "\${env:FT_CALCOM}", secrets: { main: "\${env:FT_SECRET}" } }`,
    `twilio: { baseUrl: "${twilio.url}", accountSid: "${twilio.accountSid}", tokens: { main: "\${env:FT_TWILIO}" } }`,
  ].join("\n");
  await fetch(`${calcom.url}/v2/webhooks`, {
    method: "POST",
    headers: { authorization: "Bearer cal_test", "content-type": "application/json" },
    body: JSON.stringify({ active: true, subscriberUrl: `${home}/webhooks/calcom`, triggers: ["BOOKING_CREATED"], secret: "secret_test" }),
  });
}, 60_000);
beforeEach(() => {
  backupKeys = { retell: "FT_RETELL", calcom: "FT_SECRET", twilio: "FT_TWILIO" };
  backupPlace = backupUrl;
  retell.faults.clear();
  calcom.faults.clear();
  twilio.faults.clear();
});
afterAll(async () => {
  backup.close();
  await Promise.all([retell.close(), calcom.close(), twilio.close()]);
  await ground.clear();
});

const set = (...argv: string[]): ReturnType<CommandGround["run"]> =>
  ground.run("webhook:set-fallback-url", webhookSetFallbackUrl, argv, gateway);

/** Every address as the vendors have it now. */
async function addresses(): Promise<Record<string, unknown>> {
  const answer = await fetch(`${calcom.url}/v2/webhooks`, { headers: { authorization: "Bearer cal_test" } });
  const { data } = (await answer.json()) as { data: { subscriberUrl: string }[] };
  const [owned] = twilio.state.numbers.values();
  return {
    agent: retell.state.agents.get("agent_1")?.webhook_url,
    inbound: retell.state.numbers.get(number)?.inbound_webhook_url,
    foreign: retell.state.numbers.get("+493099999999")?.inbound_webhook_url,
    calcom: data[0]?.subscriberUrl,
    voice: owned?.voiceUrl,
    voiceFallback: owned?.voiceFallbackUrl,
  };
}

test("a plan first, then everything of ours goes to the backup server with its path, and all the way back", async () => {
  const before = await addresses();
  const plan = await set(backupUrl, "--dry-run");
  expect(plan.text).toContain(`retell agent agent_1: ${home}/webhooks/retell → ${backupUrl}/webhooks/retell`);
  expect(plan.text).toContain("somebody.example.com/hook, das ist nicht von uns");
  expect(await addresses()).toEqual(before);

  const there = await set(backupUrl);
  expect(there.exitCode).toBe(0);
  expect(await addresses()).toEqual({
    ...before,
    agent: `${backupUrl}/webhooks/retell`,
    inbound: `${backupUrl}/retell/inbound?x={{call_id}}`,
    calcom: `${backupUrl}/webhooks/calcom`,
    voiceFallback: `${backupUrl}/twilio/voice`,
  });
  expect((await set(backupUrl)).document).toMatchObject({ changes: [] });

  expect((await set("--back", "--dry-run")).document).toMatchObject({ isDryRun: true });
  const back = await set("--back");
  expect(back.exitCode).toBe(0);
  expect(await addresses()).toEqual(before);
  await expect(set("--back")).rejects.toMatchObject({ code: "not-found" });
});

test("one vendor is down: the others are switched, it is said, and the way back waits for the whole", async () => {
  const before = await addresses();
  calcom.faults.set({ kind: "error", status: 500 });
  const there = await set(backupUrl);
  expect(there.exitCode).toBe(3);
  expect(there.document).toMatchObject({ unseen: ["calcom"] });
  expect(await addresses().catch(() => undefined)).toBeUndefined(); // Cal.com is really down
  calcom.faults.clear();
  expect(await addresses()).toMatchObject({ agent: `${backupUrl}/webhooks/retell`, calcom: `${home}/webhooks/calcom` });
  retell.faults.set({ kind: "lying" }, { endpoint: "update-agent", times: 1 });
  const half = await set("--back");
  expect(half.exitCode).toBe(3);
  expect((await set("--back")).exitCode).toBe(0);
  expect(await addresses()).toEqual(before);
});

test("what somebody has set anew meanwhile is not overwritten on the way back", async () => {
  await set(backupUrl, "--vendor", "retell");
  const agent = retell.state.agents.get("agent_1");
  if (agent === undefined) throw new Error("no agent");
  agent.webhook_url = "https://new.example.org/hook";
  const back = await set("--back", "--vendor", "retell");
  expect(back.text).toContain("agent_1 steht inzwischen auf https://new.example.org/hook");
  expect(agent.webhook_url).toBe("https://new.example.org/hook");
  agent.webhook_url = `${home}/webhooks/retell`;
});

test.each([["retell"], ["calcom"], ["twilio"]] as const)(
  "a gateway with another key for %s is refused, and nothing is changed",
  async (vendor) => {
    const before = await addresses();
    backupKeys = { ...backupKeys, [vendor]: "FT_WRONG" };
    const failure = await set(backupUrl).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({
      code: "refused-unsafe",
      what: { key: "fallback.not-ours", values: { what: { key: "fallback.what-key", values: { vendor } } } },
    });
    expect(await addresses()).toEqual(before);
  },
);

test("a gateway that takes itself for another address is refused: no signature of Twilio would fit there", async () => {
  backupPlace = "https://elsewhere.example.org";
  await expect(set(backupUrl)).rejects.toMatchObject({
    code: "refused-unsafe",
    what: { values: { what: { key: "fallback.what-place" } } },
  });
});

test.each([
  ["http://backup.example.org", "usage"],
  ["https://backup.example.org/path", "usage"],
  ["https://me:pw@backup.example.org", "usage"],
  ["backup", "usage"],
  ["http://127.0.0.1:1", "refused-unsafe"],
])("%s is refused", async (url, code) => {
  await expect(set(url)).rejects.toMatchObject({ code });
});

test("somebody else's server is refused, whatever it answers", async () => {
  await expect(set(retell.url)).rejects.toMatchObject({ code: "refused-unsafe" });
  const parrot = createServer(
    (_, response) => void response.writeHead(200, { [instanceHeader]: "retell=ab calcom=cd twilio=ef" }).end("ok"),
  );
  await new Promise<void>((resolve) => parrot.listen(0, "127.0.0.1", resolve));
  try {
    await expect(set(`http://127.0.0.1:${(parrot.address() as AddressInfo).port}`)).rejects.toMatchObject({ code: "refused-unsafe" });
  } finally {
    parrot.close();
  }
});
