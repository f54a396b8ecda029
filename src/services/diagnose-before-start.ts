import { askHost, type Host } from "../integrations/host.ts";
import type { ServiceControl, ServiceState } from "../integrations/service-control-contract.ts";
import { maskPersonalData } from "../kernel/mask.ts";
import { message, type Message } from "../kernel/message.ts";

export type StartDiagnosis = {
  /** Reasons for which a start would fail or do harm; empty = may be started. */
  readonly blockers: readonly Message[];
  /** What the operator should know though it does not forbid the start. */
  readonly remarks: readonly Message[];
  readonly state: ServiceState;
  /** Masked, at most 4 KiB. */
  readonly evidence: string;
};

/** How services check their own configuration without touching what runs; the first name that fits counts. */
const configurationTests: readonly (readonly [RegExp, string])[] = [
  [/^nginx/, "nginx -t -q"],
  [/^php([\d.]*)-fpm/, 'php-fpm"$VERSION" -t'],
  [/^sshd?(?:\.|@|$)/, "mkdir -p /run/sshd; sshd -t"],
  // Reads the options and stops; an unknown or malformed one is an error.
  [/^(?:mariadb|mysqld?)(?:\.|@|$)/, "$(command -v mariadbd || command -v mysqld) --user=mysql --help --verbose"],
  [/^(?:apache2|httpd)/, "apachectl configtest"],
  [/^haproxy/, "haproxy -c -q -f /etc/haproxy/haproxy.cfg"],
  [/^(?:bind9|named)/, "named-checkconf"],
];

/** Folders in which services write; those that exist are measured. */
const writtenFolders = ["/", "/var", "/var/lib", "/var/log", "/run", "/tmp"];
/** Where databases keep their data, which is often a volume of its own: a start on a full one is what ruins it. */
const dataFolders: readonly (readonly [RegExp, string])[] = [
  [/^(?:mariadb|mysqld?)(?:\.|@|$)/, "/var/lib/mysql"],
  [/^postgresql(?:\.|@|$)/, "/var/lib/postgresql"],
  [/^redis/, "/var/lib/redis"],
];
const leastFreeBytes = 32 * 1024 ** 2;
const leastFreeInodes = 100;

const text = `
there=(/)
for folder in $FOLDERS; do if [ -d "$folder" ]; then there+=("$folder"); fi; done
{ cat /proc/mounts; echo; df -PB1 -- "\${there[@]}" | tail -n +2; echo; df -Pi -- "\${there[@]}" | tail -n +2; } | awk '
  /^$/ { part++; next }
  part == 0 { split($4, flags, ","); options[$2] = flags[1]; next }
  part == 1 { free[$6] = $4; next }
  { if (!($6 in told)) printf "DISK %s %d %d %s %s\\n", free[$6], $4, $2, ($6 in options ? options[$6] : "?"), $6; told[$6] = 1 }'
if [ -n "$TEST" ]; then
  PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
  run=bash; if [ "$(id -u)" -ne 0 ] && sudo -n true 2>/dev/null; then run='sudo -n bash'; fi
  code=0; out=$(VERSION=$VERSION timeout 10 $run -c "VERSION='$VERSION'; $TEST" 2>&1 >/dev/null </dev/null) || code=$?
  # 127: the program is not there; then its configuration is not what is wrong first.
  if [ "$code" -ne 0 ] && [ "$code" -ne 124 ]; then printf 'CONFIG %s\\n' "$code"; printf '%s\\n' "$out" | grep -v '^$' | tail -n 5 | cut -c 1-400 | sed 's/^/SAID /'; elif [ "$code" -eq 0 ]; then echo 'CONFIG 0'; fi
fi`;

/**
 * Looks before a start: disk, mount, mask, last exit, last log lines, and the service's own check of its configuration where
 * one is known. Starting a database on a full disk or over a broken configuration makes things worse.
 */
export async function diagnoseBeforeStart(
  host: Host,
  control: ServiceControl,
  options: { signal: AbortSignal; timeoutMs?: number; folders?: readonly string[] },
): Promise<StartDiagnosis> {
  const { signal, timeoutMs = 15_000, folders = [] } = options;
  const [known, version] = findConfigurationTest(control.name);
  const [state, printed] = await Promise.all([
    control.state(signal, timeoutMs),
    askHost(host, text, {
      signal,
      timeoutMs,
      env: { FOLDERS: [...writtenFolders, ...findDataFolders(control.name), ...folders].join(" "), TEST: known, VERSION: version },
    }),
  ]);
  const blockers = [...findDiskBlockers(printed), ...findStateBlockers(control.name, state)];
  const code = /^CONFIG (\d+)$/m.exec(printed)?.[1];
  const said = printed
    .split("\n")
    .filter((line) => line.startsWith("SAID "))
    .map((line) => line.slice(5));
  if (code !== undefined && code !== "0" && code !== "127") {
    // nginx and mariadbd name the fault in an own line; the last line only says that the test failed.
    const reason = said.find((line) => /emerg|\bbad\b|error|unknown|fail/i.test(line)) ?? said.at(-1) ?? `exit ${code}`;
    blockers.push(message("service.configuration-broken", { service: control.name, reason: maskPersonalData(reason).slice(0, 300) }));
  }
  const remarks =
    state.lastExit === undefined
      ? []
      : [message("service.last-exit", { service: control.name, exit: state.lastExit, result: state.result ?? "?" })];
  const evidence = maskPersonalData([state.raw, ...state.lastLines, printed.trim()].join("\n")).slice(0, 4_096);
  return { blockers, remarks, state, evidence };
}

/** The command that checks a service's configuration and the version in its name, both empty when none is known. */
export function findConfigurationTest(service: string): [string, string] {
  for (const [pattern, command] of configurationTests) {
    const found = pattern.exec(service);
    if (found !== null) return [command, found[1] ?? ""];
  }
  return ["", ""];
}

function findDataFolders(service: string): string[] {
  return dataFolders.flatMap(([pattern, folder]) => (pattern.test(service) ? [folder] : []));
}

/** One message per mount point that is full, out of inodes or read-only. */
export function findDiskBlockers(printed: string): Message[] {
  const seen = new Set<string>();
  return printed.split("\n").flatMap((line) => {
    const [, free = "", inodes = "", all = "", options = "", point = ""] = /^DISK (\d+) (\d+) (\d+) (\S+) (.+)$/.exec(line) ?? [];
    if (point === "" || seen.has(point)) return [];
    seen.add(point);
    if (options.split(",").includes("ro")) return [message("disk.read-only", { path: point })];
    if (Number(free) < leastFreeBytes) {
      return [
        message("service.disk-full", {
          path: point,
          free: `${Math.round(Number(free) / 1024 ** 2)} MiB`,
          limit: `${leastFreeBytes / 1024 ** 2} MiB`,
        }),
      ];
    }
    if (Number(all) > 0 && Number(inodes) < leastFreeInodes) {
      return [message("service.inodes-full", { path: point, free: Number(inodes), limit: leastFreeInodes })];
    }
    return [];
  });
}

function findStateBlockers(service: string, state: ServiceState): Message[] {
  if (state.loadState === "not-found") return [message("service.not-found", { service })];
  if (state.isMasked) return [message("service.masked", { service })];
  return state.loadState === "loaded" ? [] : [message("service.not-loadable", { service, reason: state.loadState })];
}
