import { expect, test } from "vitest";
import { say } from "../kernel/message.ts";
import { parseConfig } from "./parse.ts";
import { printProblem } from "./problem.ts";

const place = { file: "ampel.yaml", folder: "/etc/ampel", home: "/home/ops" };

function mistakesOf(yaml: string): string[] {
  const parsed = parseConfig(yaml, place);
  return "problems" in parsed ? parsed.problems.map((problem) => printProblem(problem, "en")) : [];
}

const head = "version: 1\nname: shop\n";

/** What is written, where the mistake is shown, what is said to be wrong, what to write instead. The first two lines are `head`. */
// prettier-ignore
const mistakes: [title: string, yaml: string, place: string, what: string, instead: string][] = [
  ["an unknown section", "servises: {}", "3:1 servises", "no known key", "Write services ("],
  ["an unknown key", "services:\n  web: {unit: nginx, depends: []}", "4:22 services.web.depends", "no known key", "Write dependsOn ("],
  ["snake case", "services:\n  web: {unit: nginx, depends_on: []}", "4:22 services.web.depends_on", "no known key", "Write dependsOn ("],
  ["a key nothing resembles", "services:\n  web: {unit: nginx, colour: red}", "4:22 services.web.colour", "no known key", "Possible are: unit"],
  ["an unknown key in a nested block", "services:\n  web:\n    unit: nginx\n    ready:\n      tpc: 127.0.0.1:80", "7:7 services.web.ready.tpc", "no known key", "Write tcp ("],
  ["an unknown key under zones", "zones: {orange: 5m}", "3:9 zones.orange", "no known key", "green, yellow, red"],
  ["an unknown key of a probe", "probes:\n  ssh: {kind: tcp, address: a, port: 22, prot: 3}", "4:42 probes.ssh.prot", "no known key", "Write port ("],
  ["a service without a manager", "services:\n  web: {host: local}", "4:3 services.web", "exactly one of unit, supervisor and process", "Write unit: nginx"],
  ["a service with two managers", "services:\n  web: {unit: nginx, supervisor: web}", "4:3 services.web", "exactly one of unit", "supervisor: <program>"],
  ["a unit that would be an option", "services:\n  web: {unit: --now}", "4:15 services.web.unit", "right form", "systemctl list-units"],
  ["a unit with a blank", "services:\n  web: {unit: my nginx}", "4:15 services.web.unit", "right form", "systemctl list-units"],
  ["a list instead of names", "services:\n  - unit: nginx", "3:1 services", "a list found", "write a name with a colon"],
  ["a text instead of a mapping", "services: nginx", "3:11 services", '"nginx" found', "Write entries"],
  ["an empty section", "services:", "3:1 services", "nothing found", "or delete the line"],
  ["an empty entry", "services:\n  web:", "4:3 services.web", "nothing found", "Write indented below web (possible: unit"],
  ["a service's name with a capital", "services:\n  Web: {unit: nginx}", "4:3 services.Web", "not possible as a name", "Lower case letters"],
  ["a name with a blank", "services:\n  my web: {unit: nginx}", "4:3 services.my web", "not possible as a name", "Lower case letters"],
  ["a list written as text", "services:\n  web: {unit: nginx, dependsOn: php}", "4:33 services.web.dependsOn", 'list expected, "php" found', 'dependsOn: ["php"]'],
  ["a dependency that does not exist", "services:\n  web: {unit: nginx, dependsOn: [pph]}\n  php: {unit: php8.3-fpm}", "4:34 services.web.dependsOn[0]", "pph does not exist", "Write php (there are:"],
  ["a dependency nothing resembles", "services:\n  web: {unit: nginx, dependsOn: [warehouse]}", "4:34 services.web.dependsOn[0]", "warehouse does not exist", "Write one of: local, web"],
  ["a circle of two", "services:\n  one: {unit: a, dependsOn: [two]}\n  two: {unit: b, dependsOn: [one]}", "5:30 services.two.dependsOn[0]", "one → two → one", "Remove one"],
  ["a thing that depends on itself", "services:\n  one: {unit: a, dependsOn: [one]}", "4:30 services.one.dependsOn[0]", "one → one", "Remove one"],
  ["a circle of three", "services:\n  a: {unit: a, dependsOn: [b]}\n  b: {unit: b, dependsOn: [c]}\n  c: {unit: c, dependsOn: [a]}", "6:28 services.c.dependsOn[0]", "a → b → c → a", "Remove a"],
  ["a host that does not exist", "hosts:\n  backup: {ssh: ops@backup}\nservices:\n  web: {unit: nginx, host: bakcup}", "6:28 services.web.host", "bakcup does not exist under hosts", "Write backup ("],
  ["a service called like a host", "services:\n  local: {unit: nginx}", "4:3 services.local", "already exists under hosts", "local-service"],
  ["a host without an address", "hosts:\n  vps: {}", "4:3 hosts.vps", "not said how", "ssh: user@vps"],
  ["a host with two addresses", "hosts:\n  vps: {address: local, ssh: ops@vps}", "4:25 hosts.vps.ssh", "exclude each other", "Write only one"],
  ["local behind ssh", "hosts:\n  local: {ssh: ops@vps}", "4:11 hosts.local.ssh", "the machine Ampel runs on", "another name"],
  ["an ssh target that would be an option", "hosts:\n  vps: {ssh: -oProxyCommand=x}", "4:14 hosts.vps.ssh", "right form", "without a leading -"],
  ["a relative ssh configuration", "hosts:\n  vps: {ssh: vps, sshConfig: config}", "4:30 hosts.vps.sshConfig", "right form", "full path"],
  ["a check switched off with a word", "hosts:\n  local: {load: never}", "4:17 hosts.local.load", "does not fit", "false"],
  ["a mistyped threshold", "hosts:\n  local: {load: {warnPercore: 2}}", "4:18 hosts.local.load.warnPercore", "no known key", "Write warnPerCore ("],
  ["a disk without a path", "hosts:\n  local:\n    disks:\n      - {warnPercent: 70}", "6:9 hosts.local.disks[0].path", "path is missing", "Add path (text)"],
  ["a relative disk path", "hosts:\n  local: {disks: [{path: var}]}", "4:26 hosts.local.disks[0].path", "right form", "full path"],
  ["a per cent above 100", "hosts:\n  local: {disks: [{path: /, fullPercent: 120}]}", "4:42 hosts.local.disks[0].fullPercent", "out of range", "At most 100"],
  ["a duration without a unit", "services:\n  web: {unit: nginx, every: 5}", "4:29 services.web.every", "5 is no duration", "5s (seconds), 5m"],
  ["a duration with a blank", "services:\n  web: {unit: nginx, every: 5 s}", "4:29 services.web.every", '"5 s" is no duration', "without a space"],
  ["a duration in words", "zones: {red: two minutes}", "3:14 zones.red", "no duration", "500ms, 10s, 5m"],
  ["a zone that does not exist", "services:\n  web: {unit: nginx, zone: rot}", "4:28 services.web.zone", '"rot" is not possible', "Write red ("],
  ["yes instead of true", "services:\n  db: {unit: mariadb, isDatabase: yes}", "4:35 services.db.isDatabase", 'true or false expected, "yes" found', "isDatabase: true"],
  ["a number in quotes", 'probes:\n  ssh: {kind: tcp, address: a, port: "22"}', "4:38 probes.ssh.port", 'number expected, "22" found', "port: 22"],
  ["half a port", "probes:\n  ssh: {kind: tcp, address: a, port: 22.5}", "4:38 probes.ssh.port", "whole number expected", "port: 23"],
  ["a port out of range", "probes:\n  ssh: {kind: tcp, address: a, port: 99999}", "4:38 probes.ssh.port", "out of range", "At most 65535"],
  ["an empty text", 'probes:\n  ssh: {kind: tcp, address: "", port: 22}', "4:29 probes.ssh.address", "address is empty", "Write a value"],
  ["a field missing in a probe", "probes:\n  ssh: {kind: tcp, port: 22}", "4:3 probes.ssh.address", "address is missing", "Add address (text)"],
  ["a number where text belongs", "probes:\n  ssh: {kind: tcp, address: 7, port: 22}", "4:29 probes.ssh.address", "text expected, 7 found", 'address: "7"'],
  ["an unknown kind of probe", "probes:\n  site: {kind: tpc, address: a, port: 1}", "4:16 probes.site.kind", '"tpc" is not possible', "Write tcp ("],
  ["a probe without a kind", "probes:\n  site: {address: a, port: 1}", "4:3 probes.site.kind", "kind is missing", "one of:"],
  ["a probe that another section makes", "services:\n  web: {unit: nginx}\nprobes:\n  service.web: {kind: tcp, address: a, port: 1}", "6:3 probes.service.web", "already makes a check", "Rename it"],
  ["a readiness without a proof", "services:\n  web: {unit: nginx, ready: {within: 5s}}", "4:22 services.web.ready", "exactly one of tcp, http and command", "tcp: 127.0.0.1:3306"],
  ["a readiness without a port", "services:\n  web: {unit: nginx, ready: {tcp: localhost}}", "4:35 services.web.ready.tcp", "right form", "address:port"],
  ["a readiness without a scheme", "services:\n  web: {unit: nginx, ready: {http: localhost/health}}", "4:36 services.web.ready.http", "right form", "https:// or http://"],
  ["an unknown engine", "databases:\n  main: {engine: mariadbb, user: a, database: b}", "4:18 databases.main.engine", "not possible", "Write mariadb (possible: mariadb, mysql, postgres, redis)"],
  ["a database without a user", "databases:\n  main: {engine: mariadb, database: b}", "4:3 databases.main.user", "user is missing", "Add user (text)"],
  ["a database of a service that does not exist", "databases:\n  main: {engine: redis, service: redis}", "4:34 databases.main.service", "redis does not exist under services", "Add redis under services"],
  ["a rule of a table that is unknown", "databases:\n  main: {engine: mariadb, user: a, database: b, tables: {calls: {floor: 5}}}", "4:66 databases.main.tables.calls.floor", "no known key", "Possible are: min"],
  ["a database called like its service", "services:\n  redis: {unit: redis-server}\ndatabases:\n  redis: {engine: redis, service: redis}", "6:3 databases.redis", "already exists under services", "redis-db"],
  ["a queue in a database that does not exist", "databases:\n  redis: {engine: redis}\nqueues:\n  jobs: {on: reddis, format: laravel}", "6:14 queues.jobs.on", "reddis does not exist under databases", "Write redis ("],
  ["a queue of no format", "databases:\n  redis: {engine: redis}\nqueues:\n  jobs: {on: redis}", "6:3 queues.jobs.format", "format is missing", "laravel, bullmq, sql"],
  ["a SQL queue in Redis", "databases:\n  redis: {engine: redis}\nqueues:\n  jobs: {on: redis, format: sql, countQuery: SELECT 1}", "6:29 queues.jobs.format", "does not fit a database redis", "laravel or bullmq"],
  ["a SQL queue without its query", "databases:\n  main: {engine: postgres, user: a, database: b}\nqueues:\n  jobs: {on: main, format: sql}", "6:3 queues.jobs", "countQuery belongs to", "SELECT COUNT"],
  ["a vendor that is not known", 'vendors: {retel: {apiKey: "${env:KEY}"}}', "3:11 vendors.retel", "no known key", "Write retell ("],
  ["a vendor without its key", "vendors: {retell: {slowMs: 5}}", "3:11 vendors.retell.apiKey", "apiKey is missing", "apiKey: ${file:/etc/ampel/secrets/api-key}"],
  ["an address without a scheme", "probes: {a: {kind: http, url: api.example.org}}", "3:31 probes.a.url", "right form", "https:// or http://"],
  ["a status that cannot be", "probes: {a: {kind: http, url: https://a.example.org, expectStatus: [2000]}}", "3:69 probes.a.expectStatus[0]", "2000 is out of range", "At most 599"],
  ["a backup without a folder", "backups: {db: {pattern: db-*}}", "3:11 backups.db.folder", "folder is missing", "Add folder"],
  ["a backup pattern with a folder in it", "backups: {db: {folder: /backups, pattern: x/db-*}}", "3:43 backups.db.pattern", "right form", "without a folder"],
  ["a release with two sources", "releases: {app: {running: {file: /a, git: /b}, deployed: {file: /c}}}", "3:18 releases.app.running", "exactly one of file, symlink", "current"],
  ["a heartbeat without a rhythm", "heartbeats: {job: {grace: 1m}}", "3:14 heartbeats.job.every", "every is missing", "every: 5m"],
  ["an unknown language", "language: german", "3:11 language", '"german" is not possible', "Write one of: de, en"],
  ["a time zone in German", "timezone: Europa/Berlin", "3:11 timezone", "no time zone", "Write Europe/Berlin"],
  ["a time zone as an abbreviation", "timezone: MEZ", "3:11 timezone", "no time zone", "IANA"],
  ["an unknown authority", "authority: {level: acts}", "3:20 authority.level", "not possible", "Write act ("],
  ["a drilled step without its playbook", "authority: {drilledDanger: [clear]}", "3:29 authority.drilledDanger[0]", "right form", "playbook/step"],
  ["a negative limit", "automation: {runsPerHour: -1}", "3:27 automation.runsPerHour", "out of range", "At least 0"],
  ["a damping that can never happen", "damping: {failures: 5, of: 4}", "3:21 damping.failures", "cannot happen", "at most 4"],
  ["a playbook parameter in small letters", "playbooks: {parameters: {host: a}}", "3:26 playbooks.parameters.host", "not possible as a name", "APP_HOST"],
  ["a person nobody can reach", "people:\n  anna: {name: Anna}", "4:3 people.anna", "no way to reach", "phone, email or chat"],
  ["a national phone number", 'people:\n  anna: {name: Anna, phone: "0151 234567"}', "4:29 people.anna.phone", "right form", "+4915112345678"],
  ["a cache in no place", "caches:\n  app: {database: 1}", "4:3 caches.app", "either in Redis or in a folder", "or folder"],
  ["a cache in a Redis that does not exist", "caches:\n  app: {redis: main, database: 1, prefix: app_}", "4:16 caches.app.redis", "main does not exist under databases", "Add main under databases"],
  ["a disposable of the whole system", "disposables:\n  old: {paths: [/etc/*.conf], olderThan: 7d}", "4:17 disposables.old.paths[0]", "right form", "never below /etc"],
  ["a disposable with a way up", "disposables:\n  old: {paths: [/var/log/../../etc/x], olderThan: 7d}", "4:17 disposables.old.paths[0]", "right form", "/var/log/app/*.gz"],
  ["a disposable of everything", "disposables:\n  old: {paths: [/*], olderThan: 7d}", "4:17 disposables.old.paths[0]", "right form", "first folder in full"],
  ["a disposable without an age", "disposables:\n  old: {paths: [/var/log/app/*.gz]}", "4:3 disposables.old.olderThan", "olderThan is missing", "olderThan: 5m"],
  ["a key twice", "services: {}\nservices: {}", "4:1", "second time", "Merge the two"],
  ["a tab", "services:\n\tweb: {unit: nginx}", "4:1", "Indented with a tab", "two spaces"],
  ["an open bracket", "services: {web: {unit: nginx}", "3:30", "never closed", "missing character"],
  ["an open quote", 'state: "/var/lib/ampel', "3:23", "never closed", "missing character"],
  ["a second colon", "state: a: b", "3:8", "second colon", "in quotes"],
  ["a forgotten colon", "services\nstate: /x", "3:1", "colon is missing", "key: value"],
  ["a reserved character", "state: @home", "3:8", "must not begin", "in quotes"],
  ["two documents", "---\nservices: {}", "3:1", "several documents", "Delete the line ---"],
  ["an alias without an anchor", "services: *web", "3:11", "*web has no anchor", "&web"],
  ["an unknown tag", "state: !secret /x", "3:8", "tag", "Delete the tag"],
];

test.each(mistakes)("%s is shown at its place with what to write instead", (_, yaml, at, what, instead) => {
  const found = mistakesOf(head + yaml);
  expect(found).toHaveLength(1);
  const [line, next] = (found[0] ?? "").split("\n");
  expect(line).toMatch(new RegExp(`^ampel\\.yaml:${at.replace(/[.[\]]/g, "\\$&")}[: ]`));
  expect(line).toContain(what);
  expect(next).toContain(instead);
});

// prettier-ignore
const whole: [title: string, text: string, place: string, what: string][] = [
  ["an empty file", "", "1:1", "The file is empty"],
  ["a file of comments", "# nothing yet\n", "1:1", "The file is empty"],
  ["a list", "- a\n- b\n", "1:1", "keys with values expected, a list found"],
  ["a text", "hello", "1:1", '"hello" found'],
  ["a program", "\u007fELF\u0000\u0001", "1:1", "not UTF-8 text"],
  ["another encoding", "name: Fr\uFFFDhst\uFFFDck", "1:1", "not UTF-8 text"],
  ["no version", "name: shop\n", "1:1", "version is missing"],
  ["no name", "version: 1\n", "1:1", "name is missing"],
  ["a later version", "version: 2\nname: shop\n", "1:10", "2 is not possible"],
  ["10 MB of garbage", "x".repeat(10 * 1024 * 1024), "1:1", "The file has 10.0 MiB, the limit is 1.0 MiB"],
  ["an anchor that explodes", `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n`, "1:1", "aliases grow too large"],
];

test.each(whole)("%s is refused as a whole", (_, text, at, what) => {
  const found = mistakesOf(text);
  expect(found[0]).toMatch(new RegExp(`^ampel\\.yaml:${at} `));
  expect(found.join("\n")).toContain(what);
});

test("a generated file with endless entries is refused instead of followed", () => {
  const services = Array.from({ length: 5_001 }, (_, index) => `  s${index}: {unit: u, dependsOn: [s${index + 1}]}`);
  expect(mistakesOf(`${head}services:\n${services.join("\n")}\n`)[0]).toContain(
    "ampel.yaml:3:1 services: 5001 entries in one section, the limit is 5000",
  );
});

test("a chain of a thousand dependencies is followed to its end, and closed to a circle it is one mistake", () => {
  const chain = (last: string): string =>
    `services:\n${Array.from({ length: 1_000 }, (_, index) => `  s${index}: {unit: u, dependsOn: [${index === 999 ? last : `s${index + 1}`}]}`).join("\n")}\n`;
  expect(mistakesOf(head + chain(""))).toEqual([]);
  expect(mistakesOf(head + chain("s0"))).toHaveLength(1);
});

test("brackets nested beyond reason are refused with their place", () => {
  expect(mistakesOf(`${head}state: ${"[".repeat(50_000)}`)[0]).toMatch(/^ampel\.yaml:3:\d+ Not valid YAML/);
});

test("all mistakes of a file come at once, in one answer", () => {
  const found = mistakesOf(
    `${head}language: xx\nservices:\n  web: {unti: nginx, dependsOn: [php]}\nzones: {red: 2}\nhosts: {vps: {}}\npeople: {anna: {name: 5}}\n`,
  );
  for (const field of ["language", "services.web.unti", "services.web.dependsOn[0]", "zones.red", "hosts.vps", "people.anna.name"]) {
    expect(found.filter((line) => line.includes(` ${field}:`))).toHaveLength(1);
  }
});

test("a mistake inside an anchor is shown where the anchor is used or written, once", () => {
  const found = mistakesOf(`${head}x-defaults: &defaults {every: 5}\nservices:\n  web:\n    <<: *defaults\n    unit: nginx\n`);
  expect(found).toHaveLength(1);
  expect(found[0]).toContain("ampel.yaml:5:3 services.web.every: 5 is no duration");
});

test.each(["\uFEFF", ""])("byte order mark %j and CRLF change neither the meaning nor the line numbers", (mark) => {
  expect(mistakesOf(`${mark}version: 1\r\nname: shop\r\nservices:\r\n  web: {unit: nginx}\r\n`)).toEqual([]);
  expect(mistakesOf(`${mark}version: 1\r\nname: shop\r\nservises: {}\r\n`)[0]).toContain("ampel.yaml:3:1 servises");
});

test("the German wording of a mistake is German", () => {
  const parsed = parseConfig(`${head}servises: {}`, place);
  expect("problems" in parsed && parsed.problems.map(({ what, instead }) => [say(what, "de"), say(instead, "de").slice(0, 18)])).toEqual([
    ["servises ist hier kein bekannter Schlüssel", "services schreiben"],
  ]);
});
