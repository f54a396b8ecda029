import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { AppFact, MachineFacts } from "./facts.ts";
import { proposeServices, type ProposedDatabase, type Proposal } from "./propose.ts";
import { flow, scalar, section } from "./yaml-lines.ts";

/** Editors read it from here, and then complete and explain every field. */
const schemaFile = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), "docs/reference/ampel.schema.json");

/** A machine behind ssh, as the configuration will know it. */
export type RemoteMachine = { readonly name: string; readonly target: string; readonly configFile?: string };

/**
 * The text of an ampel.yaml that watches what was found, with German comments, and passes the check.
 * Secrets stand in it as references to files that the operator still has to fill.
 */
export function writeConfigText(facts: MachineFacts, remote?: RemoteMachine): string {
  const host = remote?.name;
  const proposal = proposeServices(facts, host);
  const [app] = facts.apps;
  const lines = [
    `# yaml-language-server: $schema=${schemaFile}`,
    `# Von „ampel init“ auf ${facts.name} vorgeschlagen. Prüfen, ergänzen, dann: ampel config:check`,
    "version: 1",
    `name: ${scalar(app?.settings["APP_NAME"] ?? facts.name)}`,
    "language: de",
    `timezone: ${facts.timezone ?? "Europe/Berlin"}`,
    ...section("hosts", "Platte, Speicher, Last, Uhr und Cron werden auf jedem Rechner ohne weiteres Zutun geprüft.", [
      remote === undefined ? "local: { address: local }" : `${remote.name}: ${flow({ ssh: remote.target, sshConfig: remote.configFile })}`,
    ]),
    ...serviceLines(facts, proposal),
    ...databaseLines(proposal.databases, host),
    ...queueLines(app, proposal.databases),
    ...cacheLines(app, proposal.databases),
    ...vendorLines(app),
    ...siteLines(facts),
    ...backupLines(facts, proposal, host),
    ...releaseLines(facts),
    ...logLines(facts, proposal, host),
    ...heartbeatLines(facts),
    ...closingLines(facts),
  ];
  return `${lines.join("\n")}\n`;
}

function serviceLines(facts: MachineFacts, { services }: Proposal): string[] {
  const comment =
    "Dienste. dependsOn: worauf sie stehen; fällt das aus, wird nur die Ursache gemeldet.\nready: der Nachweis nach einem Neustart, neben dem Wort von systemd.";
  const written = section(
    "services",
    comment,
    services.map(({ name, fields }) => `${name}: ${flow(fields)}`),
  );
  const idle = facts.units.filter(({ isRunning }) => isRunning === false).map(({ name }) => name);
  const notes = [
    ...(facts.hasSystemd ? [] : ["", "# systemd läuft hier nicht: Units können nicht beobachtet werden."]),
    ...(idle.length > 0 ? [`# Beim Anlegen nicht in Betrieb: ${idle.join(", ")}. Was so bleiben soll, hier streichen.`] : []),
  ];
  return [...written, ...notes];
}

const grants = {
  mariadb: (database: string) =>
    `CREATE USER 'ampel'@'localhost' IDENTIFIED BY '…'; GRANT SELECT ON ${database}.* TO 'ampel'@'localhost'; GRANT PROCESS, REPLICATION CLIENT ON *.* TO 'ampel'@'localhost';`,
  postgres: (database: string) =>
    `CREATE ROLE ampel LOGIN PASSWORD '…'; GRANT pg_monitor, pg_read_all_data TO ampel; GRANT CONNECT ON DATABASE ${database} TO ampel;`,
} as const;

function databaseLines(databases: readonly ProposedDatabase[], host: string | undefined): string[] {
  const sql = databases.filter((database) => database.engine !== "redis");
  const comment = [
    "Datenbanken. Ampel meldet sich mit einem eigenen Benutzer an, der nur lesen darf:",
    ...sql.map(({ engine, database }) => `  ${grants[engine as keyof typeof grants](database)}`),
    "Das Passwort steht nur in der genannten Datei (chmod 600).",
    "tables: die Tabellen eintragen, die nie leer sein dürfen, zum Beispiel tables: { calls: { min: 100 } }.",
  ];
  const remark = host === undefined ? [] : [`Ampel fragt von hier aus: Für ${host} ist eine Adresse nötig, die von hier erreichbar ist.`];
  return section(
    "databases",
    [...(sql.length > 0 ? comment : ["Datenbanken."]), ...remark].join("\n"),
    databases.map((database) => databaseLine(database, host)),
  );
}

function databaseLine(
  { name, engine, service, address, port, database, passwordFile }: ProposedDatabase,
  host: string | undefined,
): string {
  const password = passwordFile === undefined ? undefined : `\${file:${passwordFile}}`;
  const isSql = engine !== "redis";
  return `${name}: ${flow({ engine, service, host: service === undefined ? host : undefined, address, port, user: isSql ? "ampel" : undefined, password, database: isSql ? database : Number(database) })}`;
}

function queueLines(app: AppFact | undefined, databases: readonly ProposedDatabase[]): string[] {
  const redis = databases.find(({ engine }) => engine === "redis");
  if (app?.settings["QUEUE_CONNECTION"] !== "redis" || redis === undefined) return [];
  const fields = { on: redis.name, format: "laravel", queue: app.settings["REDIS_QUEUE"] ?? "default", prefix: redisPrefix(app) };
  return section("queues", "Warteschlangen. Für jeden weiteren Namen (queue:work --queue=…) eine Zeile ergänzen.", [
    `jobs: ${flow(fields)}`,
  ]);
}

/** Laravel's own default when REDIS_PREFIX is not set: the application's name as a slug. */
function redisPrefix({ settings }: AppFact): string {
  return settings["REDIS_PREFIX"] ?? `${slug(settings["APP_NAME"] ?? "laravel")}_database_`;
}

function slug(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "");
}

function cacheLines(app: AppFact | undefined, databases: readonly ProposedDatabase[]): string[] {
  const redis = databases.find(({ engine }) => engine === "redis");
  const store = app?.settings["CACHE_STORE"] ?? app?.settings["CACHE_DRIVER"];
  if (app === undefined || store !== "redis" || redis === undefined) return [];
  const fields = {
    redis: redis.name,
    database: Number(app.settings["REDIS_CACHE_DB"] ?? 1),
    prefix: app.settings["CACHE_PREFIX"] ?? redisPrefix(app),
  };
  return section("caches", "Was cache:clear leeren darf: nur diese Schlüssel, nie die Datenbank der Warteschlangen.", [
    `app: ${flow(fields)}`,
  ]);
}

function vendorLines(app: AppFact | undefined): string[] {
  const names = app?.secretNames ?? [];
  const vendors = (["retell", "calcom"] as const).filter((vendor) =>
    names.some((name) => name.replaceAll("_", "").startsWith(vendor.toUpperCase())),
  );
  const comment = "Anbieter. Der Schlüssel steht nur in der genannten Datei (chmod 600); am besten ein eigener für Ampel.";
  return section(
    "vendors",
    comment,
    vendors.map((vendor) => `${vendor}: ${flow({ apiKey: `\${file:/etc/ampel/secrets/${vendor}-api-key}` })}`),
  );
}

function siteLines(facts: MachineFacts): string[] {
  const secured = [...new Set(facts.sites.filter(({ hasTls }) => hasTls).flatMap(({ names }) => names))].slice(0, 20);
  const plain = [...new Set(facts.sites.filter(({ hasTls }) => !hasTls).flatMap(({ names }) => names))]
    .filter((name) => !secured.includes(name))
    .slice(0, 20);
  const web = facts.hasSystemd ? facts.units.filter(({ role }) => role === "web").map(({ name }) => name) : [];
  const dependsOn = web.length > 0 ? web : undefined;
  const probes = [
    ...secured.map((name) => [name, `https://${name}/`] as const),
    ...plain.map((name) => [name, `http://${name}/`] as const),
  ];
  return [
    ...section(
      "probes",
      "Von außen gesehen. Besser als / ist eine Seite, die Datenbank und Warteschlange wirklich braucht.",
      probes.map(
        ([name, url]) =>
          `${`site.${name}`.toLowerCase().slice(0, 64)}: ${flow({ kind: "http", url, expectStatus: ["200-399"], dependsOn })}`,
      ),
    ),
    ...section(
      "certificates",
      "Zertifikate, wie der Server sie zeigt.",
      secured.map((name) => `${name.toLowerCase().slice(0, 64)}: ${flow({ address: name })}`),
    ),
  ];
}

function backupLines(facts: MachineFacts, { databases }: Proposal, host: string | undefined): string[] {
  const seen = new Set<string>();
  const entries = facts.backups.map(({ folder, pattern }) => {
    let name =
      pattern
        .replace(/\.(sql|dump|tar|rdb)?(\.(gz|zst|bz2))?$/, "")
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, "-")
        .replace(/^-+|-+$/g, "")
        .slice(0, 40) || "backup";
    while (seen.has(name)) name = `${name}-2`;
    seen.add(name);
    return `${name}: ${flow({ host, folder, pattern })}`;
  });
  if (entries.length > 0) {
    return section("backups", "Sicherungen. Geprüft werden Alter (26 h), Größe gegen die vorigen und das Ende der Datei.", entries);
  }
  return databases.length === 0
    ? []
    : ["", "# Keine Sicherungen gefunden. Sobald es welche gibt:", "# backups:", "#   db: { folder: /backups, pattern: db-*.sql.gz }"];
}

function releaseLines({ releases }: MachineFacts): string[] {
  const comment = "Was läuft gegen das, was ausgeliefert ist. Wo das Ausliefern seine Version hinschreibt, ist einzutragen:";
  if (releases.length === 0) return [];
  return [
    "",
    `# ${comment}`,
    "# releases:",
    ...releases.map(
      (folder) =>
        `#   ${slug(folder.split("/").at(-1) ?? "app")}: { running: { symlink: ${folder}/current }, deployed: { file: ${folder}/shared/DEPLOYED } }`,
    ),
  ];
}

function logLines({ logs }: MachineFacts, { names }: Proposal, host: string | undefined): string[] {
  const comment = "Protokolle: Häufigkeit der Fehler, personenbezogene Angaben maskiert.";
  return section(
    "logs",
    comment,
    logs.slice(0, 10).map(
      (file) =>
        `${names.take(
          file
            .split("/")
            .slice(-2)
            .join("-")
            .replace(/\.log$/, ""),
          "log",
        )}: ${flow({ host, file })}`,
    ),
  );
}

function heartbeatLines({ crontabs }: MachineFacts): string[] {
  if (!crontabs.some(({ hasScheduler }) => hasScheduler)) return [];
  const comment =
    "Der Scheduler von Laravel läuft über Cron. Damit sein Ausbleiben auffällt, dort ergänzen:\n  $schedule->exec('ampel ping scheduler')->everyMinute();\nund dann einschalten:";
  return ["", ...comment.split("\n").map((line) => `# ${line}`), "# heartbeats:", "#   scheduler: { every: 1m }"];
}

function closingLines({ unseen }: MachineFacts): string[] {
  return [
    ...(unseen.length === 0
      ? []
      : [
          "",
          "# Nicht lesbar für den Benutzer, der dies anlegte (als root wiederholen, um es aufzunehmen):",
          ...unseen.map((path) => `#   ${path}`),
        ]),
    "",
    "# Was Ampel ohne Nachfrage darf: observe (nur sehen), propose (erst fragen), act (lesende und schreibende Schritte allein).",
    "authority: { level: propose }",
    "",
    "# Wen Ampel ruft. Telefonnummern international, in Anführungszeichen.",
    "# people:",
    '#   anna: { name: Anna Beispiel, phone: "+4915112345678" }',
  ];
}
