import { expect, test } from "vitest";
import { expandProbes } from "./expand.ts";
import { parseConfigOrThrow } from "./parse.ts";
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
  ]);
});

test("built-in checks can be tuned and switched off one by one", () => {
  const probes = probesOf("hosts: {local: {load: false, cron: false, memory: {warnPercent: 20, every: 2m}, disks: [{path: /}, {path: /backups, fullPercent: 95}]}}");
  expect([...probes.keys()]).toEqual(["disk.local./", "disk.local./backups", "memory.local", "clock.local"]);
  expect(probes.get("memory.local")).toMatchObject({ everyMs: 120_000, spec: { warnPercent: 20, lowPercent: 4 } });
  expect(probes.get("disk.local./backups")?.spec).toMatchObject({ path: "/backups", fullPercent: 95 });
  expect([...probesOf("hosts: {local: {disks: false, load: false, clock: false, cron: false, memory: false}}").keys()]).toEqual([]);
});

test("everything on an ssh host stands on that host being reachable, the host itself on nothing", () => {
  const probes = probesOf("hosts: {vps: {ssh: ops@vps}}\nservices: {web: {unit: nginx, host: vps}}\nlogs: {app: {file: /var/log/app.log, host: vps}}");
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
  const probes = probesOf("services:\n  web: {unit: nginx, dependsOn: [php]}\n  php: {unit: php8.3-fpm, dependsOn: [db, cache]}\n  db: {unit: mariadb}\n  cache: {unit: redis-server, dependsOn: [db]}\nprobes: {site: {kind: tcp, address: a, port: 80, dependsOn: [web]}}");
  expect(probes.get("site")?.dependsOn).toEqual(["web", "php", "db", "cache"]);
  expect(probes.get("service.php")?.dependsOn).toEqual(["db", "cache"]);
  expect(probes.get("service.db")?.dependsOn).toEqual([]);
});

test("red things are looked at every five seconds, yellow every fifteen, green every minute, unless the entry says otherwise", () => {
  const probes = probesOf(
    "services: {web: {unit: nginx}, slow: {unit: cron, every: 1m, deadline: 2s}}\nprobes:\n  a: {kind: tcp, address: a, port: 1}\n  b: {kind: tcp, address: a, port: 1, zone: yellow}\n  c: {kind: tcp, address: a, port: 1, zone: green}\n  d: {kind: certificate, address: a}",
  );
  const every = (id: string): number | undefined => probes.get(id)?.everyMs;
  expect(["service.web", "service.slow", "a", "b", "c", "d", "memory.local", "load.local"].map(every)).toEqual([5_000, 60_000, 5_000, 15_000, 60_000, 600_000, 15_000, 60_000]);
  expect([probes.get("service.web")?.deadlineMs, probes.get("service.slow")?.deadlineMs]).toEqual([5_000, 2_000]);
  expect([probes.get("a")?.zone, probes.get("b")?.zone]).toEqual([undefined, "yellow"]);
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
  const probe = probesOf("services: {web: {unit: nginx, dependsOn: [php]}, php: {unit: php8.3-fpm}}\nprobes: {health: {kind: tcp, address: a, port: 1, subject: web}}").get("health");
  expect(probe).toMatchObject({ subject: "web", dependsOn: ["php"] });
});
