import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createMemory } from "../../test/probe-look.ts";
import { hasSshd, startSshd, type TestSshd } from "../../test/sshd.ts";
import { openHost, type Host } from "../integrations/host.ts";
import { hours, minutes } from "../kernel/clock.ts";
import type { Change, ChangePaths } from "./change.ts";
import { listChanges } from "./list-changes.ts";
import { readLook } from "./read-look.ts";

const here = openHost("here", { via: "local" });
const signal = new AbortController().signal;
let folder = "";
const at = (name: string): string => join(folder, name);
const old = (name: string): void => utimesSync(at(name), 1_600_000_000, 1_600_000_000);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ampel changes-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Changes in our own folder; what else happened on this machine today is left out. */
async function list(
  paths: ChangePaths,
  memory = createMemory(),
  hosts: readonly Host[] = [here],
  since = Date.now() - hours(24),
): Promise<Change[]> {
  const all = await listChanges({ hosts: hosts.map((host) => ({ host, paths })), memory, since, now: Date.now(), signal });
  return all.filter(({ what }) => JSON.stringify(what).includes(folder));
}
const say = (value: unknown): string => (typeof value === "string" ? value : "");
const told = (changes: readonly Change[]): string[] =>
  changes.map(({ kind, what }) => `${kind} ${what.key} ${say(what.values["path"])}`.replace(folder, "").trim());

test("a switched release link, a git checkout, a changed file and a playbook are told, newest first", async () => {
  mkdirSync(at("41"));
  symlinkSync("41", at("current"));
  mkdirSync(at("etc/deep/er"), { recursive: true });
  writeFileSync(at("etc/deep/er/a b.conf"), "x");
  mkdirSync(at("books"));
  writeFileSync(at("books/slow.md"), "x");
  const now = Date.now() / 1000;
  utimesSync(at("etc/deep/er/a b.conf"), now - 3_600, now - 3_600);
  const git = (...words: string[]): void =>
    void execFileSync("git", ["-C", at("copy"), "-c", "user.name=t", "-c", "user.email=t@example.test", ...words], {
      env: { ...process.env, GIT_COMMITTER_DATE: `${Math.floor(now - 7_200)} +0300` },
    });
  mkdirSync(at("copy"));
  git("init", "-q");
  git("commit", "-q", "--allow-empty", "-m", "fix the booking");
  const changes = await list({ releases: [at("current"), at("copy")], configuration: [at("etc")], playbooks: [at("books")] });
  expect(told(changes)).toHaveLength(4);
  expect(told(changes).at(-1)).toBe("release change.release-git /copy");
  expect(changes.at(-1)?.what.values["did"]).toContain("fix the booking");
  expect(Math.abs((changes.at(-1)?.at ?? 0) - (Date.now() - hours(2)))).toBeLessThan(minutes(1));
  expect(told(changes)).toEqual(
    expect.arrayContaining([
      "release change.release-link /current",
      "configuration change.file /etc/deep/er/a b.conf",
      "playbook change.file /books/slow.md",
    ]),
  );
  expect(changes.map((change) => change.at)).toEqual(changes.map((change) => change.at).toSorted((left, right) => right - left));
});

test("content that changed under an old date, and a file that is gone, are found against the last look", async () => {
  mkdirSync(at("etc"));
  for (const name of ["etc/kept", "etc/swapped", "etc/gone"]) {
    writeFileSync(at(name), "one");
    old(name);
  }
  const memory = createMemory();
  // Nothing is asked for before tomorrow: the files' change times lie outside, as they would a day later.
  const later = Date.now() + hours(1);
  const look = (): Promise<Change[]> =>
    listChanges({ hosts: [{ host: here, paths: { configuration: [at("etc")] } }], memory, since: later, now: later + 1_000, signal }).then(
      (all) => all.filter(({ isBlind }) => isBlind !== true),
    );
  expect(told(await look())).toEqual([]);
  writeFileSync(at("etc/swapped"), "two");
  old("etc/swapped");
  rmSync(at("etc/gone"));
  expect(told(await look()).toSorted()).toEqual([
    "configuration change.file-content /etc/swapped",
    "configuration change.file-gone /etc/gone",
  ]);
  expect(told(await look())).toEqual([]);
});

test("many files of one act are one change; a few are named each", async () => {
  mkdirSync(at("etc"));
  for (let index = 0; index < 12; index += 1) writeFileSync(at(`etc/${index}.conf`), "x");
  const changes = await list({ configuration: [at("etc")] });
  expect(changes).toMatchObject([{ kind: "configuration", what: { key: "change.files", values: { count: 12 } } }]);
});

test("five hundred changed files are counted, every one", async () => {
  mkdirSync(at("etc"));
  for (let index = 0; index < 500; index += 1) writeFileSync(at(`etc/${"long".repeat(40)}-${index}.conf`), "x");
  const changes = await list({ configuration: [at("etc")] });
  expect(changes).toMatchObject([{ what: { values: { count: 500 } } }]);
});

test("a file put in place with an old date is new all the same", async () => {
  writeFileSync(at("restored.conf"), "x");
  old("restored.conf");
  expect(told(await list({ configuration: [at("restored.conf")] }))).toEqual(["configuration change.file /restored.conf"]);
});

test("a new certificate is told by its own date, an old one is not", async () => {
  execFileSync(
    "openssl",
    [
      "req",
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:prime256v1",
      "-nodes",
      "-keyout",
      at("privkey.pem"),
      "-out",
      at("fullchain.pem"),
      "-days",
      "90",
      "-subj",
      "/CN=example.test",
    ],
    { stdio: "ignore" },
  );
  expect(told(await list({ certificates: [folder] }))).toEqual(["certificate change.certificate /fullchain.pem"]);
  expect(told(await list({ certificates: [at("fullchain.pem")] }))).toEqual(["certificate change.certificate /fullchain.pem"]);
  expect(told(await list({ certificates: [folder] }, createMemory(), [here], Date.now() + hours(1)))).toEqual([]);
});

test("what cannot be read is said to be unseen, first of all", async () => {
  writeFileSync(at("none.pem"), "not a certificate");
  symlinkSync("nowhere", at("current"));
  const changes = await list({ releases: [at("current"), at("missing")], configuration: [at("gone")], certificates: [at("none.pem")] });
  const blind = changes.filter(({ isBlind }) => isBlind === true);
  expect(blind.map(({ kind }) => kind)).toEqual(["release", "release", "configuration", "certificate"]);
  expect(changes.slice(0, 4)).toEqual(blind);
});

test("packages of one run are one change, in the host's own time zone; a future date is no change", () => {
  const now = Date.parse("2026-03-02T12:00:00Z");
  const printed = [
    "ZONE\t+0200",
    "BOOT\t1000",
    "PACKAGE\t2026-03-02 13:00:00\tupgrade\tphp8.3-fpm:amd64\t8.3.7",
    "PACKAGE\t2026-03-02 13:00:05\tinstall\tlibx\t1",
    "PACKAGE\t2026-03-02 13:05:05\tremove\tliby\t<none>",
    "PACKAGE\t2026-03-02 10:00:00\tupgrade\topenssl\t3",
    "LINK\t1900000000\t/x\ty",
    "UNIT\t1772449200\tnginx.service\t3",
  ].join("\n");
  const { changes } = readLook("it", printed, now - hours(24), now, undefined);
  expect(changes.map(({ kind, at: when, what }) => [kind, new Date(when).toISOString(), what.values["names"] ?? what.key])).toEqual([
    ["package", "2026-03-02T08:00:00.000Z", "openssl 3"],
    ["package", "2026-03-02T11:05:05.000Z", "php8.3-fpm 8.3.7, libx 1, -liby"],
    ["unit", "2026-03-02T11:00:00.000Z", "change.unit-restarts"],
  ]);
});

test("this machine with all of /etc is looked at in time, and a host that is gone is one entry", async () => {
  const startedMs = performance.now();
  const gone = openHost("gone", { via: "ssh", target: "gone.invalid" });
  const all = await listChanges({
    hosts: [here, gone].map((host) => ({ host, paths: { configuration: ["/etc"] } })),
    memory: createMemory(),
    since: Date.now() - hours(24),
    now: Date.now(),
    signal,
  });
  expect(performance.now() - startedMs).toBeLessThan(8_000);
  // There is no systemd on every machine that runs this test, and only root may read everybody's crontabs; all else is seen.
  const unseeable = process.getuid?.() === 0 ? ["unit"] : ["unit", "cron", "configuration"];
  expect(all.filter(({ host, isBlind, kind }) => host === "here" && isBlind === true && !unseeable.includes(kind))).toEqual([]);
  expect(all.filter(({ host }) => host === "gone")).toMatchObject([{ kind: "host", isBlind: true }]);
});

describe.skipIf(!hasSshd)("over a real ssh (scripts/install-test-services.sh brings sshd)", () => {
  let sshd: TestSshd;
  beforeAll(async () => void (sshd = await startSshd()));
  afterAll(async () => sshd.close());

  test("the same is told of a host behind ssh, beside one that is here", async () => {
    writeFileSync(at("app.conf"), "x");
    const changes = await list({ configuration: [at("app.conf")] }, createMemory(), [here, sshd.host]);
    expect(changes.map(({ host }) => host).toSorted()).toEqual(["here", "loopback"]);
  });
});
