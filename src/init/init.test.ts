import { mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { expandProbes } from "../config/expand.ts";
import { parseConfigOrThrow } from "../config/parse.ts";
import { openHost } from "../integrations/host.ts";
import { inspectMachine, writeProposal } from "./init.ts";
import { writeConfigText } from "./write-config.ts";

const local = openHost("local", { via: "local" });
const signal = new AbortController().signal;
let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "ampel-root-"));
});
afterEach(async () => await rm(root, { recursive: true }));

async function put(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}

async function enable(...units: string[]): Promise<void> {
  const wants = join(root, "etc/systemd/system/multi-user.target.wants");
  await mkdir(wants, { recursive: true });
  for (const unit of units) await symlink(`/lib/systemd/system/${unit}`, join(wants, unit));
}

const words = ["hunter2", "key_0123456789abcdef0123", "cal_live_abcdefabcdefabcd", "base64:c2VjcmV0c2VjcmV0", "redis-word", "argv-word"];

/** The kind of server the product runs on: Debian 12, nginx, PHP, MariaDB, Redis, supervisor, releases behind a link. */
async function plantServer(): Promise<void> {
  await enable(
    "nginx.service",
    "php8.3-fpm.service",
    "mariadb.service",
    "redis-server.service",
    "supervisor.service",
    "cron.service",
    "ssh.service",
    "getty@tty1.service",
    "e2scrub_reap.service",
  );
  await put({
    "etc/hostname": "v2202\n",
    "etc/timezone": "Europe/Berlin\n",
    "etc/systemd/system/voice-bridge.service": "[Service]\nExecStart=/opt/bridge\nEnvironment=TOKEN=hunter2\n",
    "etc/supervisor/conf.d/worker.conf": `[program:laravel-worker]\ncommand=php artisan queue:work redis --token=argv-word\nnumprocs=2\nenvironment=DB_PASSWORD="hunter2"\n[program:scheduler]\ncommand=php artisan schedule:work\n`,
    "proc/net/tcp": [
      "  sl  local_address rem_address   st tx_queue",
      "   0: 00000000:0050 00000000:0000 0A 00000000:00000000",
      "   1: 00000000:01BB 00000000:0000 0A 00000000:00000000",
      "   2: 0100007F:0CEA 00000000:0000 0A 00000000:00000000",
      "   3: 0100007F:18EB 00000000:0000 0A 00000000:00000000",
      "   4: 0100007F:9999 0100007F:0CEA 01 00000000:00000000",
      "",
    ].join("\n"),
    "etc/nginx/sites-available/gateway":
      "server {\n  listen 80;\n  server_name api.askproai.de;\n}\nserver {\n  listen 443 ssl http2;\n  server_name api.askproai.de www.askproai.de;\n  ssl_certificate /etc/letsencrypt/live/api.askproai.de/fullchain.pem;\n}\n",
    "etc/letsencrypt/live/api.askproai.de/fullchain.pem": "",
    "etc/letsencrypt/live/mail.askproai.de/fullchain.pem": "",
    "var/www/api-gateway/releases/20261101/artisan": "",
    "var/www/api-gateway/shared/.env": [
      "APP_NAME=AskProAI",
      "APP_KEY=base64:c2VjcmV0c2VjcmV0",
      "APP_URL=https://api.askproai.de",
      "DB_CONNECTION=mysql",
      'DB_HOST="127.0.0.1"',
      "DB_PORT=3306",
      "DB_DATABASE=askproai_db",
      "DB_USERNAME=askproai_user",
      "DB_PASSWORD='hunter2'",
      "REDIS_HOST=127.0.0.1\r",
      "REDIS_PASSWORD=redis-word",
      "QUEUE_CONNECTION=redis",
      "CACHE_STORE=redis",
      "DEFAULT_RETELL_API_KEY=key_0123456789abcdef0123",
      "RETELL_TOKEN=key_0123456789abcdef0123",
      "DEFAULT_CALCOM_API_KEY=",
      "CALCOM_API_KEY=cal_live_abcdefabcdefabcd",
      "",
    ].join("\n"),
    "var/spool/cron/crontabs/root":
      "# m h dom\n* * * * * cd /var/www/api-gateway/current && php artisan schedule:run\n0 3 * * * mysqldump -pargv-word x\n",
    "var/log/nginx/error.log": "",
  });
  await symlink("/etc/nginx/sites-available/gateway", join(root, "etc/nginx/dangling")).catch(() => {});
  await mkdir(join(root, "etc/nginx/sites-enabled"), { recursive: true });
  await symlink("/etc/nginx/sites-available/gateway", join(root, "etc/nginx/sites-enabled/gateway"));
  await symlink("releases/20261101", join(root, "var/www/api-gateway/current"));
  await symlink("../../shared/.env", join(root, "var/www/api-gateway/releases/20261101/.env"));
  await symlink("/lib/systemd/system/voice-bridge.service", join(root, "etc/systemd/system/multi-user.target.wants/voice-bridge.service"));
  for (const day of [20, 21, 22]) {
    const file = `var/backups/askproai/db-2026-11-${day}_0300.sql.gz`;
    await put({ [file]: "dump" });
    await utimes(join(root, file), day * 1000, day * 1000);
  }
  await put({ "var/backups/dpkg.status.tar.gz": "x" });
}

test("a server of the product's kind is found with its units, programs, ports, sites, backups and settings", async () => {
  await plantServer();
  const facts = await inspectMachine({ host: local, root, signal });
  expect(facts.name).toBe("v2202");
  expect(facts.timezone).toBe("Europe/Berlin");
  expect(facts.units.map(({ name, role }) => `${name} ${role}`)).toEqual([
    "cron cron",
    "mariadb mariadb",
    "nginx web",
    "php8.3-fpm php",
    "redis-server redis",
    "ssh other",
    "supervisor supervisor",
    "voice-bridge other",
  ]);
  expect(facts.programs.map(({ name, runsQueue }) => [name, runsQueue])).toEqual([
    ["laravel-worker", true],
    ["scheduler", false],
  ]);
  expect(facts.ports).toEqual([
    { address: "*", port: 80 },
    { address: "*", port: 443 },
    { address: "127.0.0.1", port: 3306 },
    { address: "127.0.0.1", port: 6379 },
  ]);
  expect(facts.sites.map(({ names, hasTls }) => [names, hasTls])).toEqual([
    [["api.askproai.de", "www.askproai.de"], true],
    [["mail.askproai.de"], true],
  ]);
  expect(facts.backups.map(({ folder, pattern, count, newestAt }) => [folder, pattern, count, newestAt])).toEqual([
    ["/var/backups/askproai", "db-*.sql.gz", 3, 22_000_000],
  ]);
  expect(facts.releases).toEqual(["/var/www/api-gateway"]);
  expect(facts.apps).toHaveLength(1);
  expect(facts.apps[0]).toMatchObject({
    folder: "/var/www/api-gateway/current",
    isLink: true,
    settings: { DB_DATABASE: "askproai_db", DB_HOST: "127.0.0.1", REDIS_HOST: "127.0.0.1" },
  });
  expect(facts.crontabs).toEqual([{ file: "/var/spool/cron/crontabs/root", jobs: 2, hasScheduler: true }]);
});

test("no secret of the machine leaves it: not in the facts, not in the proposal", async () => {
  await plantServer();
  const facts = await inspectMachine({ host: local, root, signal });
  const told = JSON.stringify(facts) + writeConfigText(facts);
  for (const word of words) expect(told).not.toContain(word);
  expect(facts.apps[0]?.secretNames).toEqual([
    "APP_KEY",
    "DB_PASSWORD",
    "REDIS_PASSWORD",
    "DEFAULT_RETELL_API_KEY",
    "RETELL_TOKEN",
    "CALCOM_API_KEY",
  ]);
});

test("the proposal passes the parser and watches what was found", async () => {
  await plantServer();
  const text = writeConfigText(await inspectMachine({ host: local, root, signal }));
  const probes = expandProbes(parseConfigOrThrow(text, { file: "ampel.yaml", folder: "/etc/ampel" }));
  const ids = probes.map(({ id }) => id);
  for (const unit of [
    "nginx",
    "php8.3-fpm",
    "mariadb",
    "redis-server",
    "supervisor",
    "cron",
    "voice-bridge",
    "laravel-worker",
    "scheduler",
  ]) {
    expect(ids).toContain(`service.${unit}`);
  }
  for (const id of [
    "database.main",
    "database.redis",
    "queue.jobs",
    "vendor.retell",
    "vendor.calcom",
    "site.api.askproai.de",
    "certificate.mail.askproai.de",
    "backup.db",
    "disk.local./",
    "log.nginx-error",
  ]) {
    expect(ids).toContain(id);
  }
  const of = (id: string): unknown => probes.find((probe) => probe.id === id);
  expect(of("service.nginx")).toMatchObject({ dependsOn: ["php8.3-fpm", "mariadb", "redis-server", "main", "redis"] });
  expect(of("service.laravel-worker")).toMatchObject({ dependsOn: ["supervisor", "mariadb", "redis-server", "main", "redis"] });
  expect(of("database.main")).toMatchObject({ kind: "mariadb", dependsOn: ["mariadb"], spec: { database: "askproai_db", user: "ampel" } });
});

test("an empty machine gives a proposal that still passes the parser", async () => {
  const text = writeConfigText(await inspectMachine({ host: local, root, signal }));
  expect(expandProbes(parseConfigOrThrow(text, { file: "ampel.yaml", folder: "/" })).map(({ id }) => id)).toContain("disk.local./");
});

test("broken and hostile files on the machine spoil nothing", async () => {
  await enable("nginx.service", "weird name.service");
  await put({
    "etc/hostname": "a: b #c\n",
    "etc/timezone": "Mars/Olympus\n",
    "etc/supervisor/conf.d/x.conf": "[program:\n[program:a b]\n[program:ok]\ncommand\n",
    "etc/nginx/conf.d/x.conf": 'server {\n server_name _ ~^(.*)$ "quo\\"ted" *.a.de good.example.org;\n',
    "proc/net/tcp": "garbage\n",
    "var/www/app/artisan": "",
    "var/www/app/.env":
      "APP_NAME=\"Ängste: & 'Sorgen' #1\"\nAPP_URL=https://user:hunter2@x\nDB_CONNECTION=mysql\nDB_DATABASE=${OTHER}\nDB_PORT=abc\n\u0000\u0001\n",
    "var/www/app/storage/logs/laravel.log": "",
  });
  const facts = await inspectMachine({ host: local, root, signal });
  const text = writeConfigText(facts);
  expect(text).not.toContain("hunter2");
  const config = parseConfigOrThrow(text, { file: "ampel.yaml", folder: "/" });
  expect(config.name).toBe("Ängste: & 'Sorgen' #1");
  expect(config.timezone).toBe("Europe/Berlin");
  expect(Object.keys(config.services)).toContain("nginx");
  expect(Object.keys(config.certificates)).toEqual([]);
  expect(Object.values(config.probes)[0]?.spec["url"]).toBe("http://good.example.org/");
});

test("an existing configuration is never touched: the proposal goes beside it", async () => {
  const facts = await inspectMachine({ host: local, root, signal });
  const path = join(root, "etc/ampel/ampel.yaml");
  const first = await writeProposal(facts, path, signal);
  expect([first.file, first.isBeside]).toEqual([path, false]);
  await writeFile(path, "mine");
  const [second, third] = [await writeProposal(facts, path, signal), await writeProposal(facts, path, signal)];
  expect([second.file, third.file, third.isBeside]).toEqual([`${path}.new`, `${path}.new2`, true]);
  expect(await readFile(path, "utf8")).toBe("mine");
  expect((await readdir(dirname(path))).sort()).toEqual(["ampel.yaml", "ampel.yaml.new", "ampel.yaml.new2"]);
});

test("two at once write two files, and none of them in half", async () => {
  const facts = await inspectMachine({ host: local, root, signal });
  const path = join(root, "ampel.yaml");
  const written = await Promise.all([1, 2, 3].map(async () => await writeProposal(facts, path, signal)));
  expect(new Set(written.map(({ file }) => file)).size).toBe(3);
  for (const { file, text } of written) expect(await readFile(file, "utf8")).toBe(text);
});

test("this machine can be looked at, and the proposal for it passes the parser", async () => {
  const facts = await inspectMachine({ host: local, signal });
  expect(facts.name).not.toBe("");
  const config = parseConfigOrThrow(writeConfigText(facts), { file: "ampel.yaml", folder: "/" });
  expect(expandProbes(config).length).toBeGreaterThan(0);
});
