import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openApp, type App } from "../../app.ts";
import { say } from "../../kernel/message.ts";
import { startCalcom, type CalcomStandIn } from "../../sandbox/vendors/calcom.ts";
import { startRetell, type RetellStandIn } from "../../sandbox/vendors/retell.ts";
import { readArguments } from "../arguments.ts";
import { openSilentScreen } from "../screen.ts";
import { companiesCommands } from "../tables/companies.ts";

let ground: string;
let app: App;
let retell: RetellStandIn;
let calcom: CalcomStandIn;
const number = "+493023125001";

beforeAll(async () => {
  ground = mkdtempSync(join(tmpdir(), "ampel-company-"));
  chmodSync(ground, 0o755);
  retell = await startRetell({
    key: "retell_key",
    agents: [{ agent_id: "agent_nord", version: 3, webhook_url: "https://gw.example.org/webhooks/retell" }],
    numbers: [{ phone_number: number, inbound_agents: null }],
  });
  calcom = await startCalcom({ key: "cal_key", eventTypes: [{ id: 1001, lengthInMinutes: 30 }] });
  writeFileSync(join(ground, "retell"), "retell_key");
  writeFileSync(join(ground, "calcom"), "cal_key");
  writeFileSync(
    join(ground, "ampel.yaml"),
    `version: 1
name: test
gateway:
  publicUrl: https://gw.example.org
  retell: { baseUrl: "${retell.url}", apiKey: "\${file:${ground}/retell}" }
  calcom: { baseUrl: "${calcom.url}", apiKey: "\${file:${ground}/calcom}" }
`,
  );
  writeFileSync(
    join(ground, "firmen.yaml"),
    `companies:
  praxis-nord:
    name: Praxis Nord
    branches: { mitte: { name: Mitte, openingHours: mo-fr 9-18 } }
    agents: { agent_nord: { name: Empfang, version: 3 } }
    numbers: { "030 23125 001": { branch: mitte, agent: agent_nord, agentVersion: 3 } }
    services: { schnitt: { name: Schnitt, minutes: 30, calcomEventType: 1001 } }
`,
  );
  app = openApp({
    env: { AMPEL_STATE_DIR: join(ground, "state") },
    language: "de",
    configPath: join(ground, "ampel.yaml"),
    commands: [],
    execute: () => Promise.reject(new Error("not here")),
  });
  await app.findConfig();
  await app.durable();
}, 60_000);
afterAll(async () => {
  await app.close();
  await retell.close();
  await calcom.close();
  rmSync(ground, { recursive: true, force: true });
});

/** The command line as a person types it; exit code, what is printed, and the document of `--json`. */
async function ampel(name: string, ...argv: string[]): Promise<{ exitCode: number; text: string; document: unknown }> {
  const entry = companiesCommands[name];
  if (entry === undefined) throw new Error(`no command ${name}`);
  const command = await entry.load();
  const given = readArguments(name, command, entry.isChanging, argv);
  const screen = openSilentScreen("de");
  const outcome = await command.run({ ...given, isDryRun: given.flags.has("dry-run"), app, screen, signal: AbortSignal.timeout(20_000) });
  const lines = outcome.lines.map((line) => (typeof line === "string" ? line : say(line, "de")));
  return { exitCode: outcome.exitCode, document: outcome.document, text: [screen.text(), ...lines].join("\n") };
}

test("a file is looked at, taken over, and then listed and shown; with a mistake its line is named and nothing is written", async () => {
  const file = join(ground, "firmen.yaml");
  expect((await ampel("company:list")).text).toContain("Noch keine Firma");
  const dry = await ampel("company:import", file, "--dry-run");
  expect(dry.text).toContain("+ Firma praxis-nord");
  expect((await ampel("company:list")).document).toEqual({ companies: [] });
  expect(await ampel("company:import", file)).toMatchObject({ exitCode: 0, document: { isWritten: true, added: 5 } });
  expect((await ampel("company:list")).text).toContain("Filialen 1 · Nummern 1 · Leistungen 1 · Personal 0");
  const shown = await ampel("company:show", "praxis-nord");
  expect(shown.text).toContain("openingHours: mo-fr 09:00-18:00");
  expect(shown.document).toMatchObject({
    companyId: "praxis-nord",
    number: [{ id: number, fields: { agent: "agent_nord", agentVersion: 3 } }],
  });
  const broken = join(ground, "falsch.yaml");
  writeFileSync(broken, "companies:\n  praxis-nord:\n    name:\n");
  expect(await ampel("company:import", broken)).toMatchObject({ exitCode: 2, document: { isWritten: false } });
});

test("a company nobody has, the placeholder of the playbook included, is named with the nearest one", async () => {
  await expect(ampel("company:show", "praxis-nor")).rejects.toMatchObject({
    code: "not-found",
    nextStep: { values: { nearest: "praxis-nord" } },
  });
  await expect(ampel("company:show", "'; drop table")).rejects.toMatchObject({ code: "not-found" });
  await expect(ampel("company:reset-integration", "--id=X")).rejects.toMatchObject({ code: "not-found" });
  await expect(ampel("company:reset-integration")).rejects.toMatchObject({ code: "usage" });
});

test("company:reset-integration shows its plan, does it, reads back and names the way back", async () => {
  const bound = (): unknown => retell.state.numbers.get(number)?.inbound_agents ?? [];
  const dry = await ampel("company:reset-integration", "--id=praxis-nord", "--dry-run");
  expect(dry.text).toContain(`~ Nummer ${number}: – → agent_nord v3`);
  expect(bound()).toEqual([]);
  const reset = await ampel("company:reset-integration", "--id=praxis-nord");
  expect(reset).toMatchObject({ exitCode: 0, document: { isVerified: true } });
  expect(reset.text).toContain("Firma praxis-nord: Praxis Nord");
  expect(bound()).toMatchObject([{ agent_id: "agent_nord", agent_version: 3 }]);
  expect((await ampel("company:reset-integration", "--id=praxis-nord")).text).toContain("Alles ist, wie es bei uns steht");
  const { snapshotId } = reset.document as { snapshotId: string };
  expect(reset.text).toContain(`--undo=${snapshotId}`);
  expect(await ampel("company:reset-integration", "--id=praxis-nord", `--undo=${snapshotId}`)).toMatchObject({
    exitCode: 0,
    document: { isVerified: true },
  });
  expect(bound()).toEqual([]);
});

test("what is left for a human keeps the exit code from saying all is well", async () => {
  calcom.state.eventTypes.delete(1001);
  const reset = await ampel("company:reset-integration", "--id=praxis-nord");
  expect(reset.exitCode).toBe(3);
  expect(reset.text).toContain("Leistung schnitt: den Termintyp 1001 gibt es bei Cal.com nicht");
});

test("sandbox:seed refuses a store with a company of somebody else, and a number of days that is none", async () => {
  await expect(ampel("sandbox:seed")).rejects.toMatchObject({ code: "refused-unsafe" });
  await expect(ampel("sandbox:seed", "--days=viele")).rejects.toMatchObject({ code: "usage" });
});
