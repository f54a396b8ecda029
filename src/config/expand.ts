import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { seconds, minutes } from "../kernel/clock.ts";
import type { Zone } from "../probes/cause.ts";
import type { Probe } from "../probes/probe.ts";
import { dependenciesOf } from "./dependencies.ts";
import { localHost, type Watch } from "./fields.ts";
import { connectQueue } from "./queue-schema.ts";
import { watchedSections, type Config, type WatchedSection } from "./schema.ts";
import { toHost, type HostEntry } from "./host-schema.ts";

/** How soon the worst of a zone must be seen (source playbook: red is to be fixed within two minutes). */
const everyOfZone: Record<Zone, number> = { red: seconds(5), yellow: seconds(15), green: seconds(60) };

/** The zone of the worst that a kind usually reports; it decides only how often it looks. */
const zoneOfKind: Partial<Record<string, Zone>> = {
  gateway: "red",
  service: "red",
  host: "red",
  mariadb: "red",
  postgres: "red",
  redis: "red",
  http: "red",
  tcp: "red",
  disk: "red",
  load: "green",
  "log-errors": "green",
};

/** Things that change slowly, or whose owner counts our calls (Cal.com suspended the account for too many). */
const everyOfKind: Partial<Record<string, number>> = {
  vendor: seconds(30),
  dns: seconds(30),
  release: minutes(1),
  "clock-offset": minutes(1),
  cron: minutes(5),
  backup: minutes(5),
  certificate: minutes(10),
  playbooks: minutes(10),
};

const deadlineMs = seconds(5);

/** The folder of the playbooks that come with Ampel, from sources and from `dist` alike. */
const shippedPlaybooks = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), "playbooks");

/**
 * Every probe the configuration asks for, ready to run, ids unique as `section.name`.
 * `dependsOn` holds everything a subject stands on, also indirectly, without the subject itself.
 */
export function expandProbes(config: Config): Probe[] {
  const build = (id: string, subject: string, watch: Watch, host: string): Probe => {
    const named = watch.subject ?? subject;
    const below = dependenciesOf(config, named, [...watch.dependsOn, host]);
    const zone = watch.zone;
    return {
      id,
      kind: watch.kind,
      spec: watch.spec,
      host,
      subject: named,
      dependsOn: below,
      ...(zone === undefined ? {} : { zone }),
      ...(watch.damping === undefined ? {} : { damping: watch.damping }),
      everyMs: watch.everyMs ?? everyOfKind[watch.kind] ?? everyOfZone[zone ?? zoneOfKind[watch.kind] ?? "yellow"],
      deadlineMs: watch.deadlineMs ?? deadlineMs,
      ...(watch.damping === undefined ? {} : { damping: watch.damping }),
    };
  };

  return [
    ...watchedHosts(config).flatMap(([name, host]) => hostProbes(name, host, build)),
    ...Object.entries(config.services).map(([name, service]) => build(`service.${name}`, name, service.watch, service.host)),
    ...Object.entries(config.databases).map(([name, database]) =>
      build(`database.${name}`, name, database.watch, hostOfDatabase(config, name)),
    ),
    ...Object.entries(config.queues).flatMap(([name, queue]) => {
      const database = config.databases[queue.on];
      return database === undefined ? [] : [build(`queue.${name}`, name, connectQueue(queue, database), hostOfDatabase(config, queue.on))];
    }),
    ...Object.entries(config.vendors).map(([name, watch]) => build(`vendor.${name}`, name, watch, localHost)),
    ...(Object.keys(watchedSections) as WatchedSection[]).flatMap((section) =>
      Object.entries(config[section]).map(([name, watch]) =>
        build(`${watchedSections[section].id}.${name}`, name, watch, watch.host ?? localHost),
      ),
    ),
    ...playbookProbes(config, build),
    ...gatewayProbes(config, build),
    ...Object.entries(config.probes).map(([name, watch]) => build(name, name, watch, watch.host ?? localHost)),
  ];
}

/** The host a database runs on: its own, else that of its service, else the local one. */
export function hostOfDatabase(config: Config, name: string): string {
  const database = config.databases[name];
  return database?.host ?? config.services[database?.service ?? ""]?.host ?? localHost;
}

/**
 * Hosts with their built-in checks. The local one counts when it is written down, when something runs on it,
 * or when there is no other: a laptop that watches servers is not part of the chain.
 */
export function watchedHosts(config: Config): [string, HostEntry][] {
  const written = Object.entries(config.hosts);
  if (localHost in config.hosts) return written;
  const isUsed =
    written.length === 0 ||
    Object.values(config.services).some(({ host }) => host === localHost) ||
    Object.keys(config.databases).some((name) => hostOfDatabase(config, name) === localHost);
  return isUsed ? [[localHost, toHost({})], ...written] : written;
}

type Build = (id: string, subject: string, watch: Watch, host: string) => Probe;

/** Is what the playbooks name really there? One look per host covers all of them. */
function playbookProbes(config: Config, build: Build): Probe[] {
  const hosts = [...new Set([localHost, ...Object.keys(config.hosts)])];
  const spec = { folders: [shippedPlaybooks, ...config.playbooks.folders], hosts, contacts: Object.keys(config.people) };
  return watchedHosts(config).map(([host]) => build(`playbooks.${host}`, "playbooks", { kind: "playbooks", spec, dependsOn: [] }, host));
}

/** The slowest usual check comes round every two minutes; one missed turn is no finding. */
const usualMaxAge = minutes(5);

/** The gateway's own checks by their ids (P1 … as in the domain's list), the subject playbooks act on, and whose key they need. */
const gatewayChecks = [
  { check: "P1", subject: "retell", vendor: "retell" },
  { check: "P2", subject: "gateway", vendor: "retell" },
  { check: "P3", subject: "gateway", vendor: "retell" },
  { check: "P4", subject: "retell", vendor: "retell" },
  { check: "P5", subject: "calcom", vendor: "calcom" },
  { check: "P8", subject: "calcom" },
  { check: "P9", subject: "retell" },
  { check: "P10", subject: "gateway" },
  { check: "P13", subject: "gateway" },
  { check: "P14", subject: "gateway" },
  { check: "callbacks", subject: "gateway" },
  // Cal.com counts our calls: asked every ten minutes and every hour.
  { check: "P20", subject: "calcom", vendor: "calcom", maxAge: minutes(25) },
  { check: "services", subject: "calcom", vendor: "calcom", maxAge: minutes(150) },
] as const;

function gatewayProbes({ gateway }: Config, build: Build): Probe[] {
  if (gateway === undefined || gateway.listen.port === 0) return [];
  const { address, port } = gateway.listen;
  const url = `http://${address.includes(":") ? `[${address}]` : address}:${port}/health`;
  const isConnected = {
    retell: gateway.retell.apiKey !== undefined || Object.keys(gateway.retell.keys).length > 0,
    calcom: gateway.calcom.apiKey !== undefined || Object.keys(gateway.calcom.secrets).length > 0,
  };
  const alive = build("gateway.alive", "gateway", { kind: "gateway", spec: { url, maxAge: usualMaxAge }, dependsOn: [] }, localHost);
  const checks = gatewayChecks
    .filter((each) => !("vendor" in each) || isConnected[each.vendor])
    .map((each) => {
      const maxAge = "maxAge" in each ? each.maxAge : usualMaxAge;
      return build(
        `gateway.${each.check}`,
        each.subject,
        { kind: "gateway", spec: { url, check: each.check, maxAge }, dependsOn: [] },
        localHost,
      );
    });
  return [alive, ...checks];
}

function hostProbes(name: string, host: HostEntry, build: Build): Probe[] {
  const { disks, ...checks } = host.checks;
  const isRemote = host.address.via === "ssh";
  return [
    ...(isRemote ? [build(`host.${name}`, name, { kind: "host", spec: {}, dependsOn: [] }, name)] : []),
    ...disks.map((watch) => build(`disk.${name}.${pathOf(watch)}`, name, watch, name)),
    ...Object.entries(checks).flatMap(([check, watch]) => (watch === undefined ? [] : [build(`${check}.${name}`, name, watch, name)])),
  ];
}

function pathOf({ spec }: Watch): string {
  return typeof spec["path"] === "string" ? spec["path"] : "/";
}
