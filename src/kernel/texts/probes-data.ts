export const probeDataTexts = {
  "db.ok": {
    de: "{target} antwortet: {used} von {max} Verbindungen, {tables} Tabellen geprüft",
    en: "{target} answers: {used} of {max} connections, {tables} tables checked",
  },
  "db.ok-first": {
    de: "{target} antwortet: {used} von {max} Verbindungen; Ausgangswerte für {tables} Tabellen aufgenommen",
    en: "{target} answers: {used} of {max} connections; baseline taken for {tables} tables",
  },
  "db.refused": {
    de: "{target} nimmt keine Verbindung an oder hat sie beendet ({reason})",
    en: "{target} takes no connection or closed it ({reason})",
  },
  "db.unreachable": {
    de: "{target} ist über das Netz nicht erreichbar ({reason})",
    en: "{target} cannot be reached over the network ({reason})",
  },
  "db.unresolved": {
    de: "Der Name von {target} lässt sich hier nicht auflösen ({reason})",
    en: "The name of {target} cannot be resolved here ({reason})",
  },
  "db.protocol": {
    de: "Auf {target} antwortet etwas anderes als die Datenbank ({reason})",
    en: "Something other than the database answers on {target} ({reason})",
  },
  "db.credentials": {
    de: "{target} lehnt die Anmeldung von {user} ab; ob die Datenbank arbeitet, ist nicht bekannt",
    en: "{target} rejects the login of {user}; whether the database works is not known",
  },
  "db.database-missing": { de: "Auf {target} gibt es die Datenbank {database} nicht", en: "There is no database {database} on {target}" },
  "db.too-many-connections": { de: "{target} hat keine Verbindung mehr frei", en: "{target} has no connection left" },
  "db.starting": { de: "{target} ist noch nicht bereit ({reason})", en: "{target} is not ready yet ({reason})" },
  "db.privilege": { de: "{user} darf auf {target} nicht nachsehen ({reason})", en: "{user} may not look on {target} ({reason})" },
  "db.readonly": { de: "{target} nimmt keine Schreibvorgänge an ({reason})", en: "{target} takes no writes ({reason})" },
  "db.disk-full": { de: "{target} hat keinen Platz zum Schreiben ({reason})", en: "{target} has no room to write ({reason})" },
  "db.table-missing": { de: "Auf {target} fehlt eine Tabelle ({reason})", en: "A table is missing on {target} ({reason})" },
  "db.damaged": { de: "Auf {target} sind Daten beschädigt ({reason})", en: "Data is damaged on {target} ({reason})" },
  "db.timeout": { de: "Eine Abfrage auf {target} wartete zu lange ({reason})", en: "A query on {target} waited too long ({reason})" },
  "db.other": { de: "{target} meldet einen Fehler: {reason}", en: "{target} reports an error: {reason}" },
  "db.next-look": {
    de: "Auf dem Server von {target} den Dienst und sein Protokoll ansehen",
    en: "Look at the service and its log on the server of {target}",
  },
  "db.next-rights": {
    de: "Passwort und Rechte von {user} prüfen, dann: ampel config:check",
    en: "Check the password and the rights of {user}, then: ampel config:check",
  },
  "db.connections": {
    de: "{used} von {max} Verbindungen belegt ({percent} %, Grenze {limit} %)",
    en: "{used} of {max} connections in use ({percent} %, limit {limit} %)",
  },
  "db.transaction": {
    de: "Längste Transaktion läuft seit {seconds} s (Grenze {limit} s), {who}: {statement}",
    en: "Longest transaction has been running for {seconds} s (limit {limit} s), {who}: {statement}",
  },
  "db.transaction-hidden": {
    de: "Die längste Transaktion ist für {user} nicht sichtbar",
    en: "The longest transaction is not visible to {user}",
  },
  "db.role-replica": {
    de: "Erwartet ist der Primärserver, dieser ist eine Replik und nimmt keine Schreibvorgänge an",
    en: "Expected the primary; this one is a replica and takes no writes",
  },
  "db.role-primary": {
    de: "Erwartet ist eine Replik, dieser Server repliziert nicht",
    en: "Expected a replica; this server does not replicate",
  },
  "db.replication-stopped": { de: "Die Replikation steht: {reason}", en: "Replication has stopped: {reason}" },
  "db.replicas": { de: "{count} Repliken verbunden, erwartet {expected}", en: "{count} replicas connected, {expected} expected" },
  "db.lag": { de: "Die Replik hängt {seconds} s zurück (Grenze {limit} s)", en: "The replica is {seconds} s behind (limit {limit} s)" },
  "db.lag-unknown": { de: "Der Rückstand der Replik ist nicht bekannt", en: "How far the replica is behind is not known" },
  "db.write-only-read": {
    de: "Der Schreibtest liest nicht zurück, was er geschrieben hat",
    en: "The write test does not read back what it wrote",
  },
  "db.is-readonly": { de: "Der Server steht auf nur lesen", en: "The server is set to read only" },
  "db.time-ran-out": { de: "Die Zeit reichte nicht für: {what}", en: "Time ran out before: {what}" },
  "table.missing": {
    de: "Die Tabelle {table} fehlt (vorher {expected} Zeilen)",
    en: "The table {table} is missing ({expected} rows before)",
  },
  "table.damaged": { de: "Die Tabelle {table} ist nicht lesbar: {reason}", en: "The table {table} cannot be read: {reason}" },
  "table.locked": {
    de: "Die Tabelle {table} ließ sich nicht zählen, sie ist gesperrt oder zu langsam",
    en: "The table {table} could not be counted, it is locked or too slow",
  },
  "table.below-floor": {
    de: "{table} hat {rows} Zeilen, mindestens {floor} müssen es sein",
    en: "{table} has {rows} rows, at least {floor} are required",
  },
  "table.dropped": {
    de: "{table} hat noch {rows} von {expected} Zeilen ({percent} % weniger, Grenze {limit} %)",
    en: "{table} has {rows} of {expected} rows left ({percent} % fewer, limit {limit} %)",
  },
  "table.recreated": {
    de: "{table} wurde neu angelegt oder umgebaut; {rows} Zeilen sind da",
    en: "{table} was created anew or rebuilt; {rows} rows are there",
  },
  "table.recreated-less": {
    de: "{table} wurde neu angelegt und hat {rows} Zeilen, vorher {expected}",
    en: "{table} was created anew and has {rows} rows, {expected} before",
  },
  "schema.gone": { de: "{count} Tabellen sind verschwunden: {tables}", en: "{count} tables have vanished: {tables}" },
  "schema.changed": {
    de: "Spalten von {count} Tabellen haben sich geändert: {tables}",
    en: "Columns of {count} tables have changed: {tables}",
  },
  "redis.ok": {
    de: "{target} antwortet als {role}, {percent} % des Speichers belegt",
    en: "{target} answers as {role}, {percent} % of its memory in use",
  },
  "redis.ok-unlimited": {
    de: "{target} antwortet als {role}, Speicher ohne Grenze",
    en: "{target} answers as {role}, memory without a limit",
  },
  "redis.memory": {
    de: "{percent} % des Redis-Speichers belegt (Grenze {limit} %)",
    en: "{percent} % of the Redis memory in use (limit {limit} %)",
  },
  "redis.policy": {
    de: "Redis hält Warteschlangen, darf aber Schlüssel verdrängen (maxmemory-policy {policy} statt noeviction)",
    en: "Redis holds queues but may evict keys (maxmemory-policy {policy} instead of noeviction)",
  },
  "redis.evicted": { de: "Redis hat {count} Schlüssel verdrängt", en: "Redis has evicted {count} keys" },
  "redis.evicted-queue": {
    de: "Redis hat {count} Schlüssel verdrängt; es können Aufträge darunter sein",
    en: "Redis has evicted {count} keys; jobs may be among them",
  },
  "redis.flushed": {
    de: "Datenbank {database} wurde geleert: {keys} Schlüssel, vorher {before}",
    en: "Database {database} was flushed: {keys} keys, {before} before",
  },
  "redis.loading": { de: "{target} lädt noch seine Daten", en: "{target} is still loading its data" },
  "redis.save-failed": {
    de: "Das letzte Sichern auf die Platte (RDB) ist fehlgeschlagen; Redis nimmt dann meist nichts mehr an",
    en: "The last save to disk (RDB) failed; Redis mostly takes no writes then",
  },
  "redis.aof-failed": {
    de: "Das Protokoll auf der Platte (AOF) lässt sich nicht schreiben; Redis nimmt nichts mehr an",
    en: "The log on disk (AOF) cannot be written; Redis takes no writes",
  },
  "redis.not-persistent": {
    de: "Erwartet ist {expected}, Redis sichert aber nicht so auf die Platte",
    en: "Expected {expected}, but Redis does not keep that on disk",
  },
  "redis.save-old": {
    de: "{changes} Änderungen sind seit {minutes} min nicht gesichert (Grenze {limit} min)",
    en: "{changes} changes have not been saved for {minutes} min (limit {limit} min)",
  },
  "redis.role": { de: "Erwartet ist {expected}, {target} ist {role}", en: "Expected {expected}, {target} is {role}" },
  "redis.link-down": { de: "Die Replik hat keine Verbindung zum Primärserver", en: "The replica has no connection to its primary" },
  "queue.ok": { de: "{queue}: {depth} wartend", en: "{queue}: {depth} waiting" },
  "queue.deep": { de: "{queue}: {depth} wartend (Grenze {limit})", en: "{queue}: {depth} waiting (limit {limit})" },
  "queue.old": {
    de: "{queue}: der älteste Auftrag wartet seit {seconds} s (Grenze {limit} s)",
    en: "{queue}: the oldest job has been waiting for {seconds} s (limit {limit} s)",
  },
  "queue.stuck": {
    de: "{queue}: seit {seconds} s hat niemand einen Auftrag genommen, {depth} warten",
    en: "{queue}: nobody has taken a job for {seconds} s, {depth} are waiting",
  },
  "queue.paused": { de: "{queue} ist angehalten, {depth} warten", en: "{queue} is paused, {depth} are waiting" },
  "queue.lost": {
    de: "{queue}: {count} Aufträge hält ein Arbeiter, der nicht mehr da ist",
    en: "{queue}: {count} jobs are held by a worker that is gone",
  },
  "queue.no-such": { de: "Es gibt keine Warteschlange {queue} unter {key}", en: "There is no queue {queue} under {key}" },
  "queue.no-such-next": {
    de: "Name und Präfix der Warteschlange in ampel.yaml prüfen",
    en: "Check name and prefix of the queue in ampel.yaml",
  },
  "queue.other-prefix": {
    de: "{queue} ist leer, aber {key} gibt es: das Präfix ist wohl ein anderes",
    en: "{queue} is empty, but {key} exists: the prefix seems to be another one",
  },
  "queue.not-a-list": { de: "{key} ist keine Warteschlange ({reason})", en: "{key} is no queue ({reason})" },
  "queue.bad-answer": { de: "Die Abfrage der Warteschlange gibt keine Zahl: {answer}", en: "The queue's query gives no number: {answer}" },
  "session.own": { de: "Das ist unsere eigene Sitzung", en: "This is our own session" },
  "session.replication": { de: "Diese Sitzung gehört zur Replikation", en: "This session belongs to replication" },
  "session.internal": { de: "Diese Sitzung gehört dem Server selbst", en: "This session belongs to the server itself" },
  "session.hidden": {
    de: "Von dieser Sitzung ist zu wenig sichtbar, um sie zu beenden",
    en: "Too little of this session is visible to end it",
  },
  "session.no-such": { de: "Es gibt keine Sitzung {id}", en: "There is no session {id}" },
  "cache.empty-prefix": { de: "Ohne Präfix würde die ganze Datenbank geleert", en: "Without a prefix the whole database would be emptied" },
  "cache.empty-prefix-next": {
    de: "In ampel.yaml das Präfix eintragen, mit dem nur die Schlüssel des Caches beginnen",
    en: "Enter in ampel.yaml the prefix that only the cache's keys begin with",
  },
  "cache.holds": {
    de: "Unter {prefix} in Datenbank {database} liegt anderes als Cache: {families}",
    en: "Under {prefix} in database {database} lies more than cache: {families}",
  },
  "cache.family": { de: "{count} × {family}, zum Beispiel {sample}", en: "{count} × {family}, for example {sample}" },
  "cache.not-disjoint": {
    de: "Schlüssel wie {stem} würden mit {prefix} beginnen; ein neuer Auftrag ginge verloren",
    en: "Keys such as {stem} would begin with {prefix}; a new job would be lost",
  },
  "cache.narrower-next": {
    de: "Ein engeres Präfix nehmen oder diese Schlüssel unter keep schonen, dann mit --dry-run wiederholen",
    en: "Take a narrower prefix or spare these keys under keep, then repeat with --dry-run",
  },
  "cache.queue": { de: "Warteschlange", en: "queue" },
  "cache.login": { de: "Anmeldung", en: "login" },
  "cache.lock": { de: "Sperre", en: "lock" },
  "cache.not-evicted": {
    de: "{count} Schlüssel sind noch da und hätten gehen müssen",
    en: "{count} keys are still there and should have gone",
  },
  "cache.queue-shrank": {
    de: "{queue} schrumpfte von {before} auf {after}, ohne dass ein Arbeiter etwas nahm",
    en: "{queue} shrank from {before} to {after} although no worker took anything",
  },
  "cache.folder-missing": {
    de: "Der Ordner {path} fehlt oder ist nicht lesbar ({reason})",
    en: "The folder {path} is missing or cannot be read ({reason})",
  },
  "cache.folder-root": { de: "{path} ist kein Ordner eines Caches", en: "{path} is no cache folder" },
  "cache.folder-other": {
    de: "{path} sieht nicht nach Cache aus: dort liegt {sample}",
    en: "{path} does not look like a cache: it holds {sample}",
  },
  "cache.folder-locks": {
    de: "{count} Dateien in {path} sind Sperren, die noch gelten",
    en: "{count} files in {path} are locks still in force",
  },
  "cache.folder-remains": { de: "{count} Dateien sind noch da: {sample}", en: "{count} files are still there: {sample}" },
  "cache.folder-next": {
    de: "In ampel.yaml den Ordner nennen, in dem nur Cache-Dateien liegen, bei Laravel storage/framework/cache/data",
    en: "Name in ampel.yaml the folder that holds only cache files, for Laravel storage/framework/cache/data",
  },
  "cache.locks-next": {
    de: "Warten, bis die Sperren abgelaufen sind, oder das Programm beenden, das sie hält",
    en: "Wait until the locks have expired, or end the program that holds them",
  },
} as const;
