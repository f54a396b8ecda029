import type { AppFact, MachineFacts, UnitFact } from "./facts.ts";
import { Names } from "./names.ts";

export type ProposedService = { readonly name: string; readonly fields: Readonly<Record<string, unknown>> };
export type ProposedDatabase = {
  readonly name: string;
  readonly engine: "mariadb" | "postgres" | "redis";
  readonly service: string | undefined;
  readonly address: string;
  readonly port: number;
  /** Name of the schema, or number of the Redis database. */
  readonly database: string;
  readonly passwordFile: string | undefined;
};

/** Services and databases with their dependencies, as far as the facts tell. */
export type Proposal = {
  readonly names: Names;
  readonly services: readonly ProposedService[];
  readonly databases: readonly ProposedDatabase[];
};

const portOf = { mariadb: 3306, postgres: 5432, redis: 6379 } as const;

/** `host`: the name of the machine in ampel.yaml when it is not the local one. */
export function proposeServices(facts: MachineFacts, host?: string): Proposal {
  const names = new Names();
  if (host !== undefined) names.take(host);
  const named = (facts.hasSystemd ? facts.units : []).map((unit) => ({ unit, name: names.take(unit.name, "service") }));
  const ofRole = (...roles: UnitFact["role"][]): string[] => named.filter(({ unit }) => roles.includes(unit.role)).map(({ name }) => name);
  const app = facts.apps[0];
  const stores = storesOf(app, ofRole);
  const below: Partial<Record<UnitFact["role"], string[]>> = { web: ofRole("php"), php: stores };

  const units = named.map(({ unit, name }): ProposedService => {
    const dependsOn = below[unit.role] ?? [];
    const isDatabase = unit.role === "mariadb" || unit.role === "postgres";
    return {
      name,
      fields: {
        host,
        unit: unit.name,
        dependsOn: dependsOn.length > 0 ? dependsOn : undefined,
        isDatabase: isDatabase || undefined,
        ready: readyOf(unit, facts),
        reload: unit.role === "web" || unit.role === "php" || undefined,
      },
    };
  });
  const programs = facts.programs.map((program): ProposedService => {
    const dependsOn = [...ofRole("supervisor"), ...(program.runsQueue ? stores : [])];
    return {
      name: names.take(program.name, "program"),
      fields: { host, supervisor: program.name, dependsOn: dependsOn.length > 0 ? dependsOn : undefined },
    };
  });
  return { names, services: [...units, ...programs], databases: proposeDatabases(facts, app, names, ofRole) };
}

/** What the application keeps its data in: only services that are there. */
function storesOf(app: AppFact | undefined, ofRole: (...roles: UnitFact["role"][]) => string[]): string[] {
  if (app === undefined) return ofRole("mariadb", "postgres", "redis");
  const sql = app.settings["DB_CONNECTION"] === "pgsql" ? ofRole("postgres") : ofRole("mariadb");
  return [...sql, ...ofRole("redis")];
}

/** A server that listens for everybody or for this machine alone answers here. */
function listens(facts: MachineFacts, port: number): boolean {
  return facts.ports.some((fact) => fact.port === port);
}

function readyOf(unit: UnitFact, facts: MachineFacts): Readonly<Record<string, string>> | undefined {
  const port = unit.role === "web" ? [443, 80].find((candidate) => listens(facts, candidate)) : portOf[unit.role as keyof typeof portOf];
  return port !== undefined && listens(facts, port) ? { tcp: `127.0.0.1:${port}` } : undefined;
}

function proposeDatabases(
  facts: MachineFacts,
  app: AppFact | undefined,
  names: Names,
  ofRole: (...roles: UnitFact["role"][]) => string[],
): ProposedDatabase[] {
  const found: ProposedDatabase[] = [];
  const { settings = {}, secretNames = [] } = app ?? {};
  const engine = ({ mysql: "mariadb", mariadb: "mariadb", pgsql: "postgres" } as const)[settings["DB_CONNECTION"] ?? ""];
  if (engine !== undefined && settings["DB_DATABASE"] !== undefined) {
    const address = settings["DB_HOST"] ?? "127.0.0.1";
    found.push({
      name: names.take("main", "db"),
      engine,
      service: isHere(address) ? ofRole(engine)[0] : undefined,
      address: address === "localhost" ? "127.0.0.1" : address,
      port: Number(settings["DB_PORT"] ?? portOf[engine]),
      database: settings["DB_DATABASE"],
      passwordFile: "/etc/ampel/secrets/db-password",
    });
  }
  const usesRedis = settings["REDIS_HOST"] !== undefined || ofRole("redis").length > 0 || listens(facts, portOf.redis);
  if (usesRedis) {
    const address = settings["REDIS_HOST"] ?? "127.0.0.1";
    found.push({
      name: names.take("redis", "db"),
      engine: "redis",
      service: isHere(address) ? ofRole("redis")[0] : undefined,
      address: address === "localhost" ? "127.0.0.1" : address,
      port: Number(settings["REDIS_PORT"] ?? portOf.redis),
      database: settings["REDIS_DB"] ?? "0",
      passwordFile: secretNames.includes("REDIS_PASSWORD") ? "/etc/ampel/secrets/redis-password" : undefined,
    });
  }
  return found;
}

function isHere(address: string): boolean {
  return ["127.0.0.1", "localhost", "::1"].includes(address);
}
