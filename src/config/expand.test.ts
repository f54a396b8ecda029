import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { expandProbes } from "./expand.ts";
import { parseConfigOrThrow } from "./parse.ts";
import { queueProbe } from "../probes/queue.ts";
import type { Probe } from "../probes/probe.ts";

function probesOf(yaml: string): Map<string, Probe> {
  const config = parseConfigOrThrow(`version: 1\nname: shop\n${yaml}`, { file: "ampel.yaml", folder: "/etc/ampel" });
  return new Map(expandProbes(config).map((probe) => [probe.id, probe]));
}

test("a configuration with only a name watches the local host", () => {
  const probes = [...probesOf("").values()];
  expect(probes.map(({ id, kind, subject, host }) => [id, kind, subject, host])).toEqual([
    ["disk.local./", "disk", "local", "local"],
    ["memory.local", "memory", "local", "local"],
    ["load.local", "load", "local", "local"],
    ["clock.local", "clock-offset", "local", "local"],
    ["cron.local", "cron", "local", "local"],
    ["playbooks.local", "playbooks", "playbooks", "local"],
  ]);
});

test("built-in checks can be tuned and switched off one by one", () => {
  const probes = probesOf(
    "hosts: {local: {load: false, cron: false, memory: {warnPercent: 20, every: 2m}, disks: [{path: /}, {path: /backups, fullPercent: 95}]}}",
  );
  expect([...probes.keys()]).toEqual(["disk.local./", "disk.local./backups", "memory.local", "clock.local", "playbooks.local"]);
  expect(probes.get("memory.local")).toMatchObject({ everyMs: 120_000, spec: { warnPercent: 20, lowPercent: 4 } });
  expect(probes.get("disk.local./backups")?.spec).toMatchObject({ path: "/backups", fullPercent: 95 });
  expect([...probesOf("hosts: {local: {disks: false, load: false, clock: false, cron: false, memory: false}}").keys()]).toEqual([
    "playbooks.local",
  ]);
});

test("everything on an ssh host stands on that host being reachable, the host itself on nothing", () => {
  const probes = probesOf(
    "hosts: {vps: {ssh: ops@vps}}\nservices: {web: {unit: nginx, host: vps}}\nlogs: {app: {file: /var/log/app.log, host: vps}}",
  );
  expect(probes.get("host.vps")).toMatchObject({ kind: "host", subject: "vps", host: "vps", dependsOn: [] });
  expect(probes.get("service.web")).toMatchObject({ host: "vps", dependsOn: ["vps"] });
  expect(probes.get("log.app")).toMatchObject({ host: "vps", dependsOn: ["vps"] });
  expect(probes.get("disk.vps./")).toMatchObject({ subject: "vps", dependsOn: [] });
});

test("a machine that only watches others gets no checks of its own unless it is named", () => {
  expect([...probesOf("hosts: {vps: {ssh: vps}}").keys()].filter((id) => id.includes("local"))).toEqual([]);
  expect([...probesOf("hosts: {vps: {ssh: vps}, local: {}}").keys()]).toContain("disk.local./");
  expect([...probesOf("hosts: {vps: {ssh: vps}}\nservices: {web: {unit: nginx}}").keys()]).toContain("disk.local./");
});

test("dependencies are followed to the ground, each once, never back to the subject", () => {
  const probes = probesOf(
    "services:\n  web: {unit: nginx, dependsOn: [php]}\n  php: {unit: php8.3-fpm, dependsOn: [db, cache]}\n  db: {unit: mariadb}\n  cache: {unit: redis-server, dependsOn: [db]}\nprobes: {site: {kind: tcp, address: a, port: 80, dependsOn: [web]}}",
  );
  expect(probes.get("site")?.dependsOn).toEqual(["web", "php", "db", "cache"]);
  expect(probes.get("service.php")?.dependsOn).toEqual(["db", "cache"]);
  expect(probes.get("service.db")?.dependsOn).toEqual([]);
});

test("red things are looked at every five seconds, yellow every fifteen, green every minute, unless the entry says otherwise", () => {
  const probes = probesOf(
    "services: {web: {unit: nginx}, slow: {unit: cron, every: 1m, deadline: 2s}}\nprobes:\n  a: {kind: tcp, address: a, port: 1}\n  b: {kind: tcp, address: a, port: 1, zone: yellow}\n  c: {kind: tcp, address: a, port: 1, zone: green}\n  d: {kind: certificate, address: a}",
  );
  const every = (id: string): number | undefined => probes.get(id)?.everyMs;
  expect(["service.web", "service.slow", "a", "b", "c", "d", "memory.local", "load.local"].map(every)).toEqual([
    5_000, 60_000, 5_000, 15_000, 60_000, 600_000, 15_000, 60_000,
  ]);
  expect([probes.get("service.web")?.deadlineMs, probes.get("service.slow")?.deadlineMs]).toEqual([5_000, 2_000]);
  expect([probes.get("a")?.zone, probes.get("b")?.zone]).toEqual([undefined, "yellow"]);
});

test("the self-test of the playbooks knows the hosts and the people, and looks on every host", () => {
  const probes = probesOf("hosts: {vps: {ssh: vps}}\npeople: {anna: {name: Anna, chat: anna}}\nplaybooks: {folders: [own]}");
  expect(probes.get("playbooks.vps")).toMatchObject({
    host: "vps",
    everyMs: 600_000,
    dependsOn: ["vps"],
    spec: { hosts: ["local", "vps"], contacts: ["anna"] },
  });
  const folders = probes.get("playbooks.vps")?.spec["folders"];
  expect(folders).toEqual([expect.stringMatching(/\/playbooks$/), "/etc/ampel/own"]);
  expect(existsSync(join(String((folders as string[])[0]), "red"))).toBe(true);
});

test("a heartbeat takes its name from the entry, and its rhythm is not how often we look", () => {
  const probe = probesOf("heartbeats: {scheduler: {every: 1m, grace: 30s}}").get("heartbeat.scheduler");
  expect(probe).toMatchObject({ kind: "heartbeat", spec: { name: "scheduler", every: 60_000, grace: 30_000 }, everyMs: 15_000 });
});

test("a vendor's entry says who it is, and its key stays a secret", () => {
  const probe = probesOf('vendors: {calcom: {apiKey: "${env:CALCOM_KEY}"}}').get("vendor.calcom");
  expect(probe).toMatchObject({ kind: "vendor", subject: "calcom", everyMs: 30_000, spec: { vendor: "calcom" } });
  expect(JSON.stringify(probe)).not.toContain("CALCOM_KEY");
});

test("a subject of one's own is what the finding speaks about", () => {
  const probe = probesOf(
    "services: {web: {unit: nginx, dependsOn: [php]}, php: {unit: php8.3-fpm}}\nprobes: {health: {kind: tcp, address: a, port: 1, subject: web}}",
  ).get("health");
  expect(probe).toMatchObject({ subject: "web", dependsOn: ["php"] });
});

const stores = `services:
  mariadb: {unit: mariadb}
  redis-server: {unit: redis-server}
  php: {unit: php8.3-fpm, dependsOn: [mariadb]}
databases:
  main: {engine: mysql, service: mariadb, user: ampel, password: "\${env:DB}", database: shop, tables: {orders: {min: 10}}}
  other: {engine: mariadb, service: mariadb, user: ampel, database: other}
  redis: {engine: redis, service: redis-server, address: 10.0.0.1, port: 6380, database: 2}
queues:
  jobs: {on: redis, format: laravel, queue: default, prefix: shop_}
  mails: {on: redis, format: bullmq, database: 5}
  exports: {on: main, format: sql, countQuery: SELECT COUNT(*) FROM exports}
`;

test("a database stands on its service, and whoever stands on the service stands on the database too", () => {
  const probes = probesOf(stores);
  expect(probes.get("database.main")).toMatchObject({
    kind: "mariadb",
    subject: "main",
    dependsOn: ["mariadb"],
    spec: { user: "ampel", database: "shop", address: "127.0.0.1", port: 3306, tables: { orders: { min: 10 } } },
  });
  expect(probes.get("service.php")?.dependsOn).toEqual(["mariadb", "main", "other"]);
  expect(probes.get("service.mariadb")?.dependsOn).toEqual([]);
  expect(probes.get("database.other")?.dependsOn).toEqual(["mariadb"]);
});

test("a queue takes its connection from the database it lies in", () => {
  const probes = probesOf(stores);
  const spec = (id: string): unknown => probes.get(id)?.spec;
  expect(spec("queue.jobs")).toMatchObject({
    format: "laravel",
    queue: "default",
    prefix: "shop_",
    connection: { engine: "redis", address: "10.0.0.1", port: 6380, database: 2 },
  });
  expect(spec("queue.mails")).toMatchObject({ format: "bullmq", queue: "mails", connection: { engine: "redis", port: 6380, database: 5 } });
  expect(spec("queue.exports")).toMatchObject({ format: "sql", connection: { engine: "mariadb", user: "ampel", database: "shop" } });
  expect(spec("queue.exports")).not.toHaveProperty("connection.tables");
  expect(probes.get("queue.jobs")?.dependsOn).toEqual(["redis", "redis-server"]);
});

test("the filled-in specification is one the probe itself accepts", () => {
  for (const probe of probesOf(stores).values()) {
    if (probe.kind !== "queue") continue;
    const again = JSON.parse(JSON.stringify(probe.spec, (key, value: unknown) => (key === "password" ? "${env:DB}" : value))) as Record<
      string,
      unknown
    >;
    // Durations are milliseconds by now; the file has them as text.
    for (const key of ["maxAge", "stuckAfter"]) again[key] = `${again[key] as number}ms`;
    expect(queueProbe.schema.safeParse(again).error?.issues).toBeUndefined();
  }
});

test("a service that runs a SQL database is one, without being told", () => {
  const config = parseConfigOrThrow(`version: 1\nname: shop\n${stores}`, { file: "ampel.yaml", folder: "/etc/ampel" });
  expect(Object.entries(config.services).map(([name, { isDatabase }]) => [name, isDatabase])).toEqual([
    ["mariadb", true],
    ["redis-server", false],
    ["php", false],
  ]);
});
