import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { activeSwitches } from "../../switches/active-switches.ts";
import { say } from "../../kernel/message.ts";
import { openCommandGround, type CommandGround } from "./gateway-command.test-support.ts";
import { configGet, configList, configSet } from "./switch.ts";

let ground: CommandGround;
beforeAll(async () => {
  ground = await openCommandGround();
  await ground.store.pool.query(
    "begin; set local ampel.company = '*'; insert into gateway.company (company_id, name) values ('acme', 'Acme'); commit",
  );
}, 60_000);
beforeEach(async () => {
  await ground.store.pool.query("truncate ampel.switch, ampel.entry");
});
afterAll(() => ground.clear());

const gateway = "publicUrl: https://gw.example.org";
const set = (...argv: string[]): ReturnType<CommandGround["run"]> => ground.run("config:set", configSet, argv, gateway);
const get = async (key: string): Promise<unknown> => (await ground.run("config:get", configGet, [key], gateway)).document;
const shown = (): string[] => activeSwitches(ground.folder, Date.now()).lines.map((line) => say(line, "de"));

test("the source's line works: signatures are not relied on for half an hour, with a reason, and it is shown", async () => {
  const outcome = await set("webhook.verify_signature=false", "--for", "30m", "--reason", "Schlüssel gewechselt");
  expect(outcome.text).toMatch(/webhook\.verify_signature ist false bis .*, danach von selbst wieder true/);
  expect(await get("webhook.verify_signature")).toMatchObject({ value: "false", owner: "mara", reason: "Schlüssel gewechselt" });
  expect(shown()).toEqual(["Schalter webhook.verify_signature=false, noch 30m (mara: Schlüssel gewechselt)"]);
  expect((await ground.run("config:list", configList, [], gateway)).text).toContain("webhook.verify_signature=false bis");
  expect((await set("webhook.verify_signature=true")).text).toContain("ist wieder true");
  expect(await get("webhook.verify_signature")).toEqual({ key: "webhook.verify_signature", value: "true" });
  expect(shown()).toEqual([]);
});

test("no switch is set without a reason and an end, and a rehearsal sets none", async () => {
  await expect(set("webhook.verify_signature=false", "--for", "30m")).rejects.toMatchObject({ code: "usage" });
  await expect(set("webhook.verify_signature=false", "--reason", "x")).rejects.toMatchObject({ code: "usage" });
  await expect(set("webhook.verify_signature=false", "--reason", "x", "--for", "25h")).rejects.toMatchObject({ code: "usage" });
  await set("retell.fallback_mode=true", "--for", "5m", "--reason", "x", "--dry-run");
  expect(shown()).toEqual([]);
  expect(await get("retell.fallback_mode")).toEqual({ key: "retell.fallback_mode", value: "false" });
});

test("a switch for one company needs that company to exist", async () => {
  await expect(set("retell.fallback_mode.acne=true", "--for", "5m", "--reason", "x")).rejects.toMatchObject({
    code: "usage",
    message: "There is no company acne; similar: acme",
  });
  await set("retell.fallback_mode.acme=true", "--for", "5m", "--reason", "Agent stumm");
  expect(shown()).toEqual(["Schalter retell.fallback_mode.acme=true, noch 5m (mara: Agent stumm)"]);
});

test("a key nobody knows is refused with the nearest one", async () => {
  await expect(set("retell.falback_mode=true", "--for", "5m", "--reason", "x")).rejects.toMatchObject({
    message: expect.stringContaining("similar: retell.fallback_mode;") as string,
  });
});
