import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { say } from "../kernel/message.ts";
import { checkConfig, type CheckOptions } from "./check.ts";
import { readConfigFile } from "./load.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ampel-check-"));
});
afterEach(async () => await rm(folder, { recursive: true }));

const people = 'people: {anna: {name: Anna, phone: "+4915112345678"}}\n';

async function check(yaml: string, options: Partial<CheckOptions> = {}): Promise<string[]> {
  const file = join(folder, "ampel.yaml");
  await writeFile(file, `version: 1\nname: shop\n${people}${yaml}`);
  const findings = await checkConfig(await readConfigFile(file), { signal: AbortSignal.timeout(15_000), ...options });
  return findings.map(({ level, line, field, what, instead }) => `${level} ${line} ${field}: ${say(what, "en")} → ${say(instead, "en")}`);
}

test("a sound configuration has no findings", async () => {
  expect(await check("services: {web: {unit: nginx}}\n")).toEqual([]);
});

test("every secret that cannot be had is named with its line, and its value never", async () => {
  await writeFile(join(folder, "empty"), "\n");
  await writeFile(join(folder, "open"), "word");
  await chmod(join(folder, "open"), 0o644);
  await chmod(join(folder, "empty"), 0o600);
  const found = await check(
    'vendors:\n  retell: {apiKey: "${env:AMPEL_TEST_NOT_SET}"}\n  calcom: {apiKey: "${file:gone}"}\nprobes:\n  a: {kind: http, url: https://a.example.org, bearer: "${file:empty}"}\n  b: {kind: http, url: https://a.example.org, bearer: "${file:open}"}\n',
  );
  expect(found).toHaveLength(4);
  expect(found[0]).toMatch(/^error 5 vendors\.retell\.apiKey: The environment variable AMPEL_TEST_NOT_SET is not set/);
  expect(found[1]).toContain(`error 6 vendors.calcom.apiKey: The secret in ${join(folder, "gone")} cannot be read (ENOENT)`);
  expect(found[2]).toContain("error 8 probes.a.bearer: The secret");
  expect(found[3]).toContain(`warning 9 probes.b.bearer: Every user of this machine can read ${join(folder, "open")}`);
});

test("a configuration that anybody may write is an error", async () => {
  const file = join(folder, "ampel.yaml");
  await writeFile(file, "");
  await chmod(file, 0o666);
  expect((await check("services: {web: {unit: nginx}}\n"))[0]).toContain("error 1 : Every user of this machine can change");
});

test("an ssh target is understood by ssh before anything connects, and knocked at only when asked", async () => {
  await mkdir(join(folder, "ssh"));
  const sshConfig = join(folder, "ssh/config");
  await writeFile(sshConfig, "Host closed\n  HostName 127.0.0.1\n  Port 1\n");
  const yaml = `hosts: {vps: {ssh: closed, sshConfig: ${sshConfig}}}\n`;
  expect(await check(yaml)).toEqual([]);
  const [refused] = await check(yaml, { canConnect: true });
  expect(refused).toMatch(/^error 4 hosts\.vps\.ssh: closed cannot be reached by ssh \(.*refused.*\) → Try by hand: ssh closed true/);
  await writeFile(sshConfig, "Host closed\n  Prot 1\n");
  expect((await check(yaml))[0]).toContain("error 4 hosts.vps.ssh: ssh does not understand the target closed");
});

test("files and folders that are not there are named", async () => {
  const found = await check(
    "hosts: {vps: {ssh: vps, sshConfig: /gone/config}}\nplaybooks: {folders: [own]}\ndisposables: {old: {paths: [/var/log/app/*.gz], olderThan: 7d, park: /gone/park}}\n",
  );
  expect(found.map((line) => line.split(":")[0])).toEqual([
    "error 4 hosts.vps.sshConfig",
    "error 5 playbooks.folders[0]",
    "error 6 disposables.old.park",
  ]);
  expect(found[1]).toContain(join(folder, "own"));
});

test("a configuration that watches nothing is an error, one that can call nobody a warning", async () => {
  expect((await check("hosts: {local: {disks: false, memory: false, load: false, clock: false, cron: false}}\n"))[0]).toContain(
    "watches nothing",
  );
  const file = join(folder, "ampel.yaml");
  await writeFile(file, "version: 1\nname: shop\n");
  const findings = await checkConfig(await readConfigFile(file), { signal: AbortSignal.timeout(5_000) });
  expect(findings.map(({ level, what }) => [level, say(what, "en")])).toEqual([
    ["warning", "Nobody stands under people whom Ampel could call"],
  ]);
});
