import type { UnitFact, UnitRole } from "./facts.ts";

const roles: readonly (readonly [RegExp, UnitRole])[] = [
  [/^(nginx|apache2|httpd|caddy|haproxy|traefik)$/, "web"],
  [/^php[\d.]*-fpm$/, "php"],
  [/^(mariadb|mysql|mysqld)(@.+)?$/, "mariadb"],
  [/^postgresql(@.+)?$/, "postgres"],
  [/^(redis|redis-server|valkey|valkey-server)(@.+)?$/, "redis"],
  [/^(supervisor|supervisord)$/, "supervisor"],
  [/^(cron|crond|cronie)$/, "cron"],
  [/^(postfix|exim4|opensmtpd)(@.+)?$/, "mail"],
  [/^(docker|memcached|rabbitmq-server|meilisearch|horizon|asterisk|ssh|sshd)$/, "other"],
];

/**
 * The units worth watching: those of known servers that are enabled or running, and every enabled one the machine's
 * owner wrote (a file of its own in /etc/systemd/system). Aliases and umbrella units are left out.
 */
export function chooseUnits(enabled: readonly string[], units: ReadonlyMap<string, string>, own: readonly string[]): UnitFact[] {
  const names = new Set([
    ...enabled,
    ...[...units].filter(([, state]) => ["active", "failed", "activating"].includes(state)).map(([name]) => name),
  ]);
  const bare = [...names].map((name) => name.replace(/\.service$/, "")).filter((name) => !name.endsWith("@"));
  const found = bare.flatMap((name) => {
    const role = roleOf(name) ?? (own.includes(`${name}.service`) && !name.startsWith("ampel") ? "other" : undefined);
    if (role === undefined) return [];
    const state = units.get(`${name}.service`);
    return [{ name, role, isRunning: state === undefined ? undefined : state === "active" }];
  });
  return found
    .filter(({ name }) => !isUmbrella(name, found))
    .filter(({ name }) => !isAlias(name, found))
    .sort((one, other) => one.name.localeCompare(other.name));
}

function roleOf(name: string): UnitRole | undefined {
  return roles.find(([pattern]) => pattern.test(name))?.[1];
}

/** Debian's `postgresql.service` starts the clusters and ends; the clusters are `postgresql@15-main`. */
function isUmbrella(name: string, found: readonly { name: string }[]): boolean {
  return found.some((other) => other.name.startsWith(`${name}@`));
}

/** Debian links mysql and mysqld to mariadb, redis to redis-server, sshd to ssh. */
function isAlias(name: string, found: readonly { name: string }[]): boolean {
  const real: Partial<Record<string, string>> = { mysql: "mariadb", mysqld: "mariadb", redis: "redis-server", sshd: "ssh" };
  return found.some((other) => other.name === real[name]);
}
