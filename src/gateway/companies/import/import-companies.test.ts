import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { printProblem } from "../../../config/problem.ts";
import { openStore, type Store } from "../../../store/store.ts";
import { asCompany, asEveryCompany } from "../tenant.ts";
import { importCompanies, type ImportResult } from "./import-companies.ts";
import { readCsv } from "./read-csv.ts";
import { readImport } from "./read-import.ts";
import { readYaml } from "./read-yaml.ts";

let ground: string;
let store: Store;
beforeAll(async () => {
  ground = mkdtempSync(join(tmpdir(), "ampel-import-"));
  chmodSync(ground, 0o755);
  store = await openStore({ stateFolder: join(ground, "state") });
}, 60_000);
afterEach(async () => {
  await asEveryCompany(store.pool, async (client) => {
    for (const table of ["customer", "service_staff", "service", "staff", "phone_number", "agent", "branch", "company"]) {
      await client.query(`delete from gateway.${table}`);
    }
  });
});
afterAll(async () => {
  await store.close();
  rmSync(ground, { recursive: true, force: true });
});

const praxis = `
companies:
  praxis-nord:
    name: Praxis Nord
    calcomKey: \${file:/run/keys/nord}
    calcomTeam: 12
    branches:
      mitte:
        name: Mitte
        openingHours: mo-fr 09:00-12:00 13:00-18:00, sa 10-14
        emergencyNumber: 030 23125 111
    agents:
      agent_nord: { name: Empfang, version: 3, webhookUrl: "https://gw.example.org/webhooks/retell" }
    numbers:
      030 23125 001: { branch: mitte, agent: agent_nord, agentVersion: 3 }
    staff:
      mia: { name: Mia, branch: mitte, calcomUser: 7 }
      ben: { name: Ben, branch: mitte }
    services:
      schnitt: { name: Schnitt, minutes: 30, calcomEventType: 1001, staff: [mia, ben] }
`;

const run = (text: string, isDryRun = false): Promise<ImportResult> =>
  importCompanies(store.pool, readYaml("firmen.yaml", text), { isDryRun });
const actions = ({ changes }: ImportResult): string[] =>
  changes.map(({ action, kind, companyId, id }) => `${action} ${kind} ${companyId === id ? id : `${companyId}/${id}`}`);
const problemsOf = ({ problems }: ImportResult): string[] => problems.map((problem) => printProblem(problem, "de").split("\n")[0] ?? "");
const count = async (table: string): Promise<number> =>
  await asEveryCompany(store.pool, async (client) => (await client.query(`select from gateway.${table}`)).rowCount ?? -1);

describe("what a file says is what the database holds", () => {
  test("everything of a company, in our form", async () => {
    const result = await run(praxis);
    expect(problemsOf(result)).toEqual([]);
    expect(result.isWritten).toBe(true);
    await asCompany(store.pool, "praxis-nord", async (client) => {
      const rows = async (text: string): Promise<unknown[]> => (await client.query(text)).rows as unknown[];
      expect(await rows("select name, is_active, time_zone, calcom_key, calcom_team_id from gateway.company")).toEqual([
        { name: "Praxis Nord", is_active: true, time_zone: "Europe/Berlin", calcom_key: "${file:/run/keys/nord}", calcom_team_id: "12" },
      ]);
      expect(await rows("select number, agent_id, agent_version from gateway.phone_number")).toEqual([
        { number: "+493023125001", agent_id: "agent_nord", agent_version: 3 },
      ]);
      expect(await rows("select opening_hours->'1' as monday, opening_hours->'7' as sunday, emergency_number from gateway.branch")).toEqual(
        [
          {
            monday: [
              { from: "09:00", to: "12:00" },
              { from: "13:00", to: "18:00" },
            ],
            sunday: null,
            emergency_number: "+493023125111",
          },
        ],
      );
      expect(await rows("select staff_id from gateway.service_staff order by staff_id")).toEqual([
        { staff_id: "ben" },
        { staff_id: "mia" },
      ]);
    });
  });

  test("a second time it changes nothing, not even the time of the last change", async () => {
    await run(praxis);
    const version = async (): Promise<unknown> => (await store.pool.query("select version from gateway.directory_version")).rows;
    const before = await version();
    const again = await run(praxis);
    expect([actions(again), again.unchangedCount, again.isWritten]).toEqual([[], 7, true]);
    expect(await version()).toEqual(before);
  });

  test("a dry run shows the same changes, and writes nothing", async () => {
    const dry = await run(praxis, true);
    expect(await count("company")).toBe(0);
    const real = await run(praxis);
    expect(dry).toEqual({ ...real, isWritten: false });
  });

  test("what changed is named field by field; what is not written stays; what is written empty is emptied", async () => {
    await run(praxis);
    const result = await run(`
companies:
  praxis-nord:
    calcomTeam:
    services:
      schnitt: { minutes: 45, staff: [mia] }
`);
    expect(result.changes).toEqual([
      {
        kind: "company",
        companyId: "praxis-nord",
        id: "praxis-nord",
        action: "change",
        fields: [{ field: "calcomTeam", from: 12, to: null }],
      },
      {
        kind: "service",
        companyId: "praxis-nord",
        id: "schnitt",
        action: "change",
        fields: [
          { field: "minutes", from: 30, to: 45 },
          { field: "staff", from: ["ben", "mia"], to: ["mia"] },
        ],
      },
    ]);
    expect(await count("service_staff")).toBe(1);
    await asCompany(store.pool, "praxis-nord", async (client) => {
      expect((await client.query("select name, calcom_event_type_id from gateway.service")).rows).toEqual([
        { name: "Schnitt", calcom_event_type_id: "1001" },
      ]);
    });
  });

  test("what the file no longer names is listed and never deleted, and only for kinds the file speaks of", async () => {
    await run(praxis);
    const result = await run(
      praxis
        .replace(/ {6}ben: .*\n/, "")
        .replace(", ben]", "]")
        .replace(/ {4}agents:\n.*\n/, ""),
    );
    expect(actions(result)).toEqual(["change service praxis-nord/schnitt", "left staff praxis-nord/ben"]);
    expect(await count("staff")).toBe(2);
    expect(await count("agent")).toBe(1);
  });
});

describe("what is wrong", () => {
  test.each([
    ["a misspelt field", "name: Praxis Nord", "nme: Praxis Nord", /^firmen.yaml:4:5 nme: nme gibt es hier nicht/],
    ["a name that is missing", "    name: Praxis Nord\n", "", /^firmen.yaml:3:3 name: name fehlt/],
    [
      "a key in plain text",
      "${file:/run/keys/nord}",
      "cal_live_abcdef",
      /^firmen.yaml:5:16 calcomKey: Hier darf kein Schlüssel im Klartext stehen$/,
    ],
    ["hours that cannot be", "sa 10-14", "sa 14-25", /^firmen.yaml:10:23 openingHours: "mo-fr .*14-25" passt nicht/],
    ["hours of an unknown day", "sa 10-14", "xy 10-14", /^firmen.yaml:10:23 openingHours/],
    ["a number that is none", "030 23125 001", "030 1", /^firmen.yaml:15:7 id: "030 1" passt nicht/],
    [
      "an unknown branch",
      "{ branch: mitte, agent",
      "{ branch: mite, agent",
      /^firmen.yaml:15:32 branch: mite gibt es nicht unter branches von praxis-nord/,
    ],
    ["an unknown agent", "agent: agent_nord", "agent: agent_sud", /agent: agent_sud gibt es nicht/],
    ["an unknown colleague", "[mia, ben]", "[mia, tom]", /^firmen.yaml:20:76 staff: tom gibt es nicht unter staff/],
    ["a length of zero", "minutes: 30", "minutes: 0", /minutes: "0" passt nicht/],
    ["an unencrypted webhook", "https://gw", "http://gw", /webhookUrl: "http:.* passt nicht/],
    ["a company like the scope of all", "praxis-nord:", '"*":', /^firmen.yaml:3:3 company: "\*" passt nicht/],
    ["a mapping where a value belongs", "minutes: 30", "minutes: {a: 1}", /minutes: Hier steht kein einfacher Wert/],
    ["a value where entries belong", "    agents:\n      agent_nord: {.*}", "    agents: keine", /agents: Hier werden Einträge erwartet/],
    ["a key twice", "    calcomTeam: 12", "    name: Nochmal", /^firmen.yaml:6:5/],
    ["a tab", "    calcomTeam", "\tcalcomTeam", /^firmen.yaml:6/],
  ])("%s: nothing is written, and the line is named", async (_, from, to, expected) => {
    const text = praxis.replace(from.includes(".*") ? new RegExp(from) : from, to);
    expect(text).not.toBe(praxis);
    const result = await run(text);
    expect(problemsOf(result)).toContainEqual(expect.stringMatching(expected));
    expect(JSON.stringify(result)).not.toContain("cal_live_abcdef");
    expect([result.isWritten, await count("company")]).toEqual([false, 0]);
  });

  test("every mistake of the file at once, in its order", async () => {
    const result = await run(
      praxis.replace("minutes: 30", "minutes: x").replace("version: 3", "version: drei").replace("calcomUser: 7", "calcomUser: -7"),
    );
    expect(result.problems.map(({ field }) => field)).toEqual(["version", "calcomUser", "minutes"]);
  });

  test("one number written in two ways is the same number", async () => {
    const result = await run(praxis.replace("    staff:", '      "+49 (30) 23125-001": { branch: mitte }\n    staff:'));
    expect(problemsOf(result)).toEqual(["firmen.yaml:16:7 +493023125001: +493023125001 steht zweimal da"]);
  });

  test("a number or an event type of another company is refused, in the file and in the database", async () => {
    const other = praxis.replaceAll("praxis-nord", "praxis-sued");
    await run(praxis);
    const result = await run(other);
    expect(problemsOf(result)).toEqual([
      "firmen.yaml:15:7 id: +493023125001 gehört der Firma praxis-nord",
      "firmen.yaml:20:63 calcomEventType: Den Cal.com-Termintyp 1001 hat schon die Firma praxis-nord",
    ]);
    expect(await count("company")).toBe(1);
    const both = await run(`${praxis}${other.split("companies:\n")[1] ?? ""}`);
    expect(both.problems).toHaveLength(3);
  });

  test("a branch of another company is no branch of ours", async () => {
    await run(praxis);
    const result = await run("companies:\n  praxis-sued:\n    name: Süd\n    numbers:\n      030 23125 002: { branch: mitte }\n");
    expect(problemsOf(result)).toEqual(["firmen.yaml:5:32 branch: mitte gibt es nicht unter branches von praxis-sued"]);
  });

  test.each(["", "   \n", "- a\n- b", "companies:", "companies: 3", "firmen:\n  a: {}", "\u0000\u0001", "a: [", "%", "companies: {a: *b}"])(
    "%j has a problem and a place",
    async (text) => {
      const result = await run(text);
      expect(result.problems.length).toBeGreaterThan(0);
      expect(result.isWritten).toBe(false);
    },
  );
});

describe("CSV", () => {
  const files: Readonly<Record<string, string>> = {
    "companies.csv": '\uFEFFid;name;time_zone\r\npraxis-nord;"Praxis; Nord";Europe/Berlin\r\n',
    "branches.csv": 'company,id,name,opening hours\npraxis-nord,mitte,Mitte,"mo-fr 9-18, sa 10-14"\n',
    "numbers.csv": "company,id,branch,isActive\npraxis-nord,030 23125001,mitte,ja\n",
    "staff.csv": "company\tid\tname\tbranch\npraxis-nord\tmia\tMia\tmitte\n",
    "services.csv": "company,id,name,minutes,staff\npraxis-nord,schnitt,Schnitt,30,mia\n",
    "customers.csv": "company,id,name,phone,email\npraxis-nord,k1,Erika Beispiel,0176 04069001,\n",
  };

  test("a folder of files, as a spreadsheet writes them, is one import", async () => {
    const folder = mkdtempSync(join(ground, "csv-"));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const file = await readImport([folder]);
    const result = await importCompanies(store.pool, file, { isDryRun: false });
    expect(problemsOf(result)).toEqual([]);
    expect(result.changes).toHaveLength(6);
    expect((await importCompanies(store.pool, file, { isDryRun: false })).changes).toEqual([]);
    await asCompany(store.pool, "praxis-nord", async (client) => {
      expect((await client.query("select name, phone, email from gateway.customer")).rows).toEqual([
        { name: "Erika Beispiel", phone: "+4917604069001", email: null },
      ]);
    });
  });

  test.each([
    ["branches.csv", "company,id,nam\n", /^branches.csv:1:3 nam: nam gibt es hier nicht/],
    ["branches.csv", "id,name\nmitte,Mitte\n", /^branches.csv:1:1 company: Die Spalte company fehlt/],
    ["branches.csv", "company,id,name,Name\n", /^branches.csv:1:1 name: Die Spalte name steht zweimal da/],
    ["branches.csv", "company,id,name\npraxis,mitte\n", /^branches.csv:2:1 2 Felder statt 3/],
    ["branches.csv", 'company,id,name\npraxis,a,"x\ny"\npraxis,b,\n', /^branches.csv:4:3 name: name ist leer/],
    ["branches.csv", 'company,id,name\npraxis,a,"x\n', /^branches.csv:\d:1 Kein gültiges CSV/],
    ["branches.csv", "", /^branches.csv:1:1 Die Datei nennt keine Firma/],
    ["branches.csv", "company,id,name\npr\uFFFDxis,a,b\n", /^branches.csv:1:1 Die Datei ist kein UTF-8-Text/],
    ["filialen.csv", "company,id,name\n", /^filialen.csv:1:1 Der Name filialen.csv sagt nicht/],
  ])("%s %j: the line is named", async (name, text, expected) => {
    const result = await importCompanies(store.pool, readCsv(name, text), { isDryRun: false });
    expect(problemsOf(result)).toContainEqual(expect.stringMatching(expected));
  });
});

test.each([
  ["a file that is not there", "nothing.yaml", "not-found"],
  ["an empty folder", "empty", "not-found"],
  ["a folder with the ending of a file", "folder.yaml", "not-found"],
  ["a picture", "logo.png", "usage"],
])("%s ends with a next step", async (_, name, code) => {
  mkdirSync(join(ground, "empty"), { recursive: true });
  mkdirSync(join(ground, "folder.yaml"), { recursive: true });
  writeFileSync(join(ground, "logo.png"), "");
  await expect(readImport([join(ground, name)])).rejects.toMatchObject({ code });
});

test("two imports at once do not disturb each other", async () => {
  const [one, other] = await Promise.all([run(praxis), run(praxis)]);
  expect(Math.min(one.changes.length, other.changes.length)).toBe(0);
  expect(one.changes.length + other.changes.length).toBe(7);
});
