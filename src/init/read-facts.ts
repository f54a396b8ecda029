import { basename, dirname } from "node:path";
import { isTimezone } from "../config/schema.ts";
import type { AppFact, BackupFact, CrontabFact, MachineFacts, PortFact, ProgramFact, SiteFact } from "./facts.ts";
import { chooseUnits } from "./units.ts";

type Shown = { readonly kind: string; readonly path: string; readonly lines: string[] };

/** The facts in what `lookAtMachine` printed. `root` is cut off paths of a copied tree. Lines it does not know are passed over. */
export function readFacts(printed: string, root = "/"): MachineFacts {
  const prefix = root === "/" ? "" : root.replace(/\/+$/, "");
  const of = new Map<string, string[]>();
  const files: Shown[] = [];
  const apps: { folder: string; isLink: boolean; settings: Record<string, string>; names: string[] }[] = [];
  for (const line of printed.split("\n")) {
    const [, word = "", rest = ""] = /^(\S+) ?(.*)$/.exec(line) ?? [];
    if (word === "|") files.at(-1)?.lines.push(rest);
    else if (word === "FILE") files.push({ kind: rest.split(" ")[0] ?? "", path: rest.slice(rest.indexOf(" ") + 1), lines: [] });
    else if (word === "APP") apps.push({ folder: rest, isLink: false, settings: {}, names: [] });
    else if (word === "LINK") Object.assign(apps.at(-1) ?? {}, { isLink: true });
    else if (word === "SETTING") readSetting(apps.at(-1)?.settings, rest);
    else if (word === "SETTINGNAME") apps.at(-1)?.names.push(rest);
    else of.set(word, [...(of.get(word) ?? []), rest]);
  }
  const all = (word: string): readonly string[] => of.get(word) ?? [];
  const shown = (kind: string): readonly Shown[] => files.filter((file) => file.kind === kind);
  const states = new Map(
    all("UNIT")
      .map((line) => line.replace(/^[●*]\s*/, "").split(/\s+/))
      .map(([name = "", , active = ""]) => [name, active] as const),
  );
  return {
    name: all("NAME")[0]?.trim() ?? "",
    timezone: timezoneOf(all("ZONE")[0] ?? "", all("LOCALTIME")[0] ?? ""),
    hasSystemd: of.has("SYSTEMD"),
    units: chooseUnits(
      all("ENABLED").map((line) => line.split(/\s+/)[0] ?? ""),
      states,
      all("OWN"),
    ),
    programs: shown("supervisor").flatMap(readPrograms),
    ports: readPorts(all("PORT")),
    apps: distinctApps(
      apps.map(({ folder, isLink, settings, names }): AppFact => ({
        folder,
        isLink,
        settings,
        secretNames: names.filter((name) => secretName.test(name)),
      })),
    ),
    sites: readSites(shown("nginx"), all("LIVE")),
    backups: readBackups(all("DUMP"), prefix),
    releases: all("RELEASES"),
    logs: all("LOG"),
    crontabs: all("CRON").flatMap(readCrontab),
    unseen: all("UNSEEN"),
  };
}

const secretName = /(PASSWORD|SECRET|TOKEN|API_KEY|_KEY)$/;

/** `APP_URL="https://user:word@host"` must not carry its word any further. */
function readSetting(settings: Record<string, string> | undefined, line: string): void {
  const at = line.indexOf("=");
  const [, quoted, plain = ""] = /^(?:["']([^"]*)["']|([^#"']*?))(?:\s+#.*)?$/.exec(line.slice(at + 1).trim()) ?? [];
  const value = quoted ?? plain;
  if (settings === undefined || value === "" || value === "null" || value.includes("${") || /\/\/[^/]*@/.test(value)) return;
  settings[line.slice(0, at)] = value;
}

function timezoneOf(written: string, link: string): string | undefined {
  const name = written.trim() || (/zoneinfo\/(.+)$/.exec(link)?.[1] ?? "");
  if (!isTimezone(name) || /^(Etc\/)?(UTC|UCT|GMT|Zulu)$/.test(name)) return undefined;
  return name;
}

function readCrontab(line: string): CrontabFact[] {
  const [, jobs = "0", schedulers = "0", file = ""] = /^(\d+) (\d+) (.*)$/.exec(line) ?? [];
  return jobs === "0" ? [] : [{ file, jobs: Number(jobs), hasScheduler: schedulers !== "0" }];
}

/** A program inside a group is called by the group's name, and the group is started as a whole. */
function readPrograms({ path, lines }: Shown): ProgramFact[] {
  const found: { name: string; command: string }[] = [];
  const groupOf = new Map<string, string>();
  let section = "";
  for (const line of lines) {
    const [, kind, name = ""] = /^\s*\[(program|group|fcgi-program):([^\]]+)\]/.exec(line) ?? [];
    if (kind !== undefined) {
      section = kind === "group" ? `group:${name.trim()}` : "program";
      if (kind !== "group") found.push({ name: name.trim(), command: "" });
    } else if (/^\s*\[/.test(line)) section = "";
    const [, key, value = ""] = /^\s*(command|programs)\s*=\s*(.*)$/.exec(line) ?? [];
    if (key === "command" && section === "program") Object.assign(found.at(-1) ?? {}, { command: value });
    if (key === "programs" && section.startsWith("group:")) {
      for (const program of value.split(",")) groupOf.set(program.trim(), section.slice(6));
    }
  }
  const named = found.map(({ name, command }) => ({
    name: groupOf.get(name) ?? name,
    file: path,
    runsQueue: /\b(queue:work|queue:listen|horizon)\b/.test(command),
  }));
  return named.filter(({ name }, index) => /^[\w.][\w.:-]*$/.test(name) && named.findIndex((other) => other.name === name) === index);
}

/** Listening sockets of /proc/net/tcp: state 0A, address in the byte order of the machine (little). */
function readPorts(lines: readonly string[]): PortFact[] {
  const ports = lines.flatMap((line): PortFact[] => {
    const [table, , local = "", , state] = line.trim().split(/\s+/);
    const [hex = "", portHex = ""] = local.split(":");
    if (state !== "0A") return [];
    const bytes = (hex.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
    const isAny = bytes.every((byte) => byte === 0);
    const isLoopback = table === "tcp6" ? hex.toUpperCase() === "00000000000000000000000001000000" : bytes[3] === 127;
    const address = isAny ? "*" : isLoopback ? "127.0.0.1" : table === "tcp" ? bytes.toReversed().join(".") : "*";
    return [{ address, port: Number.parseInt(portHex, 16) }];
  });
  const seen = new Map(ports.map((fact) => [`${fact.address}:${fact.port}`, fact]));
  return [...seen.values()].sort((one, other) => one.port - other.port);
}

/** Of several copies of one application (`releases/*`, the folder behind `current`) the link that is served counts. */
function distinctApps(apps: readonly AppFact[]): AppFact[] {
  const served = apps.filter(({ folder }) => !/\/releases\/[^/]+$/.test(folder));
  return served.length > 0 ? served : apps.slice(0, 1);
}

function readSites(files: readonly Shown[], live: readonly string[]): SiteFact[] {
  const sites: { names: string[]; hasTls: boolean; certificate: string | undefined }[] = [];
  for (const line of files.flatMap(({ lines }) => lines)) {
    if (line.trim().startsWith("server {")) sites.push({ names: [], hasTls: false, certificate: undefined });
    const site = sites.at(-1);
    const [, key, value = ""] = /^\s*(server_name|listen|ssl_certificate)\s+([^;]*)/.exec(line) ?? [];
    if (site === undefined || key === undefined) continue;
    if (key === "server_name") site.names.push(...value.split(/\s+/).filter((name) => /^[a-z0-9][a-z0-9.-]*\.[a-z]{2,}$/i.test(name)));
    if (key === "listen" && /\bssl\b|:?443\b/.test(value)) site.hasTls = true;
    if (key === "ssl_certificate") site.certificate = value.trim();
  }
  const named = sites.filter(({ names }) => names.length > 0);
  const secured = new Set(named.filter(({ hasTls }) => hasTls).flatMap(({ names }) => names));
  // The same name on port 80 only redirects.
  const kept = named.filter(({ hasTls, names }) => hasTls || !names.some((name) => secured.has(name)));
  const known = new Set(kept.flatMap(({ names }) => names));
  const others = live.map((folder) => basename(folder)).filter((name) => /\./.test(name) && !known.has(name));
  return [...kept, ...others.map((name) => ({ names: [name], hasTls: true, certificate: `/etc/letsencrypt/live/${name}/fullchain.pem` }))];
}

/** Files that differ only in figures are one series: `db-2026-11-22.sql.gz` → `db-*.sql.gz`. A series of one is no backup plan. */
function readBackups(lines: readonly string[], prefix: string): BackupFact[] {
  const series = new Map<string, { folder: string; pattern: string; count: number; newestAt: number }>();
  for (const line of lines) {
    const [, seconds = "", path = ""] = /^(\d+)\S* \d+ (.*)$/.exec(line) ?? [];
    if (path === "") continue;
    const full = path.startsWith(prefix) ? path.slice(prefix.length) : path;
    const pattern = basename(full)
      .replace(/\d[\d_.:T-]*\d|\d+/g, "*")
      .replace(/\*[*_.-]*\*/g, "*");
    const key = `${dirname(full)}/${pattern}`;
    const known = series.get(key) ?? { folder: dirname(full), pattern, count: 0, newestAt: 0 };
    series.set(key, { ...known, count: known.count + 1, newestAt: Math.max(known.newestAt, Number(seconds) * 1000) });
  }
  return [...series.values()]
    .filter(({ count, pattern }) => count >= 2 && pattern.includes("*"))
    .sort((one, other) => other.newestAt - one.newestAt)
    .slice(0, 8);
}
