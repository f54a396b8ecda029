import { stringify } from "yaml";
import { criticalTables } from "./database.ts";
import { worldLimits } from "./health.ts";
import { databaseName, databaseUser } from "./postgres.ts";
import { addressOf } from "./service-address.ts";
import { diskBudgetBytes, worldPaths, writeWhole, type ServiceName, type World } from "./world.ts";

/** Writes the `ampel.yaml` by which Ampel watches and repairs this world, and returns its path. */
export function writeWorldConfig(world: World): string {
  const { configuration } = worldPaths(world.folder);
  const head = "# The guarded world of a rehearsal. Written anew whenever the sandbox is started or mended.\n";
  writeWhole(configuration, head + stringify(describeWorld(world), { lineWidth: 0 }), 0o600);
  return configuration;
}

/** The same as data. */
export function describeWorld(world: World) {
  const { folder, ports } = world;
  const paths = worldPaths(folder);
  const secret = (name: string): string => `\${file:${paths.secret(name)}}`;
  const runs = (name: ServiceName) => ({ process: addressOf(world, name) });
  return {
    version: 1,
    name: "Sandbox",
    hosts: {
      // The machine itself is none of the rehearsal's business: only the world's own space is watched.
      local: {
        address: "local",
        disks: [{ path: paths.logs, budget: diskBudgetBytes, warnPercent: 99, fullPercent: 100, fullWithin: "1s", every: "1s" }],
        memory: false,
        load: false,
        clock: false,
        cron: false,
      },
    },
    services: {
      postgres: { ...runs("postgres"), isDatabase: true, ready: { tcp: `127.0.0.1:${ports.postgres}` }, every: "1s" },
      "retell-stand-in": { ...runs("retell"), ready: { tcp: `127.0.0.1:${ports.retell}` }, every: "1s" },
      "calcom-stand-in": { ...runs("calcom"), ready: { tcp: `127.0.0.1:${ports.calcom}` }, every: "1s" },
      worker: { ...runs("worker"), dependsOn: ["postgres"], every: "1s" },
      app: { ...runs("app"), dependsOn: ["postgres"], ready: { http: `http://127.0.0.1:${ports.app}/health` }, every: "1s" },
    },
    databases: {
      askproai: {
        engine: "postgres",
        service: "postgres",
        address: "127.0.0.1",
        port: ports.postgres,
        user: databaseUser,
        password: secret("postgres-password"),
        database: databaseName,
        tables: Object.fromEntries(Object.entries(criticalTables).map(([table, min]) => [table, { min }])),
        longestTransaction: "3s",
        canary: true,
        dependsOn: ["postgres"],
        every: "2s",
      },
    },
    queues: {
      jobs: {
        on: "askproai",
        format: "sql",
        countQuery: "select count(*) from jobs where state = 'waiting'",
        oldestQuery: "select extract(epoch from now() - min(created_at)) from jobs where state = 'waiting'",
        maxDepth: worldLimits.queueDepth,
        maxAge: "5m",
        stuckAfter: "10s",
        dependsOn: ["worker"],
        every: "2s",
      },
    },
    vendors: {
      retell: {
        apiKey: secret("retell-key"),
        baseUrl: `http://127.0.0.1:${ports.retell}`,
        statusUrl: `http://127.0.0.1:${ports.retell}/api/v2/summary.json`,
        every: "2s",
      },
      calcom: {
        apiKey: secret("calcom-key"),
        baseUrl: `http://127.0.0.1:${ports.calcom}`,
        statusUrl: `http://127.0.0.1:${ports.calcom}/api/status/summary.json`,
        every: "2s",
        rest: "2s",
      },
    },
    caches: { "app-cache": { folder: paths.cache } },
    probes: {
      "app-health": { kind: "http", url: `http://127.0.0.1:${ports.app}/health`, subject: "app", dependsOn: ["postgres"], every: "1s" },
      "app-calls": {
        kind: "http",
        url: `http://127.0.0.1:${ports.app}/calls`,
        subject: "app",
        dependsOn: ["postgres"],
        slowMs: worldLimits.latencyMs,
        every: "1s",
      },
    },
    disposables: { "rotated-logs": { paths: [`${paths.logs}/*.log.*`], olderThan: "1h" } },
    authority: { level: "act" },
  };
}
