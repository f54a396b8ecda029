import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { findProbeKind } from "../probes/catalogue.ts";
import { expandProbes } from "./expand.ts";
import { parseConfigOrThrow } from "./parse.ts";
import { findPlainSecrets } from "./plain-secrets.ts";
import { configSchema } from "./schema.ts";
import { readSource } from "./source.ts";

const file = join(dirname(fileURLToPath(import.meta.url)), "../../examples/askproai/ampel.yaml");
const text = readFileSync(file, "utf8");
const config = parseConfigOrThrow(text, { file, folder: dirname(file) });
const probes = new Map(expandProbes(config).map((probe) => [probe.id, probe]));

test("the sample configuration watches the whole chain", () => {
  expect([...probes.keys()].filter((id) => !id.startsWith("host.") && !id.startsWith("playbooks."))).toEqual([
    ...["disk.local./", "disk.local./backups", "memory.local", "load.local", "clock.local", "cron.local"],
    ...["disk.vps./", "memory.vps", "load.vps", "clock.vps", "cron.vps"],
    ...["service.nginx", "service.php-fpm", "service.mariadb", "service.redis-server", "service.supervisor"],
    ...["service.laravel-worker", "service.calcom-sync-queue", "service.scheduler"],
    ...["database.main", "database.redis", "queue.default", "queue.webhooks", "queue.calcom-sync", "vendor.retell", "vendor.calcom"],
    ...["backup.database", "backup.nas", "certificate.api", "certificate.website"],
    ...["heartbeat.schedule-run", "heartbeat.retell-sync", "heartbeat.calcom-sync-run", "heartbeat.nas-upload"],
    ...["log.laravel", "log.nginx-errors", "release.gateway-release", "gateway.alive"],
    ...["gateway.P1", "gateway.P2", "gateway.P3", "gateway.P4", "gateway.P5", "gateway.P8", "gateway.P9", "gateway.P10"],
    ...["gateway.P13", "gateway.P14", "gateway.callbacks", "gateway.P20", "gateway.services", "app", "login", "dns-api", "ssh"],
  ]);
});

test("what the product stands on is muted by what it stands on, down to the server", () => {
  expect(new Set(probes.get("app")?.dependsOn)).toEqual(new Set(["nginx", "php-fpm", "mariadb", "redis-server", "main", "redis", "vps"]));
  expect(probes.get("database.main")?.dependsOn).toEqual(["vps", "mariadb"]);
  expect(new Set(probes.get("queue.webhooks")?.dependsOn)).toEqual(new Set(["redis", "redis-server", "vps"]));
  expect(probes.get("service.mariadb")?.dependsOn).toEqual(["vps"]);
});

test("red things are looked at every five seconds, and every look has a deadline", () => {
  for (const id of ["service.nginx", "database.main", "database.redis", "app", "gateway.alive", "disk.vps./"]) {
    expect([id, probes.get(id)?.everyMs]).toEqual([id, 5_000]);
  }
  for (const { deadlineMs } of probes.values()) expect(deadlineMs).toBe(5_000);
});

test("every probe of the sample has a kind that exists, and a specification with nothing unknown in it", () => {
  for (const { id, kind, spec } of probes.values()) {
    const shape = findProbeKind(kind)?.schema.shape;
    expect([id, shape === undefined ? "no such kind" : Object.keys(spec).filter((key) => !(key in shape))]).toEqual([id, []]);
  }
});

test("the sample shows every section of the configuration, and holds no secret", () => {
  const written = Object.keys(readSource(file, text).value as object);
  expect(Object.keys(configSchema.shape).filter((section) => !written.includes(section) && section !== "state")).toEqual([]);
  expect(findPlainSecrets(readSource(file, text))).toEqual([]);
});

test("the mariadb service is a database although nobody wrote it twice, and the limits are those of the file", () => {
  expect(config.services["mariadb"]?.isDatabase).toBe(true);
  expect(config.zones).toEqual({ green: 300_000, yellow: 900_000, red: 120_000 });
  expect(config.authority.level).toBe("act");
});
