/** What stands in ampel.yaml does not fit together, or does not fit the machine. */
export const configCheckTexts = {
  "config.unknown-reference": { de: "{name} gibt es unter {section} nicht", en: "{name} does not exist under {section}" },
  "config.nearest-reference": { de: "{nearest} schreiben (vorhanden: {names})", en: "Write {nearest} (there are: {names})" },
  "config.possible-references": {
    de: "Eines schreiben von: {names}; oder {name} unter {section} anlegen",
    en: "Write one of: {names}; or add {name} under {section}",
  },
  "config.no-references": { de: "{name} unter {section} anlegen", en: "Add {name} under {section}" },
  "config.too-many": {
    de: "{count} Einträge in einem Abschnitt, erlaubt sind {limit}",
    en: "{count} entries in one section, the limit is {limit}",
  },
  "config.too-many-instead": { de: "Prüfen, ob das die richtige Datei ist", en: "Check whether this is the right file" },
  "config.name-shared": { de: "{name} gibt es schon unter {section}", en: "{name} already exists under {section}" },
  "config.name-shared-instead": {
    de: "Einen eigenen Namen wählen, zum Beispiel {example}: Abhängigkeiten und Playbooks nennen nur den Namen",
    en: "Choose a name of its own, for example {example}: dependencies and playbooks use the bare name",
  },
  "config.circle": { de: "Die Abhängigkeiten gehen im Kreis: {circle}", en: "The dependencies go round in a circle: {circle}" },
  "config.circle-instead": {
    de: "{name} hier aus dependsOn streichen: nur nennen, worauf etwas steht",
    en: "Remove {name} from this dependsOn: name only what something stands on",
  },
  "config.local-ssh": { de: "local ist der Rechner, auf dem Ampel läuft", en: "local is the machine Ampel runs on" },
  "config.local-ssh-instead": {
    de: "ssh löschen, oder dem entfernten Rechner einen anderen Namen geben",
    en: "Delete ssh, or give the remote machine another name",
  },
  "config.host-both": { de: "address und ssh schließen einander aus", en: "address and ssh exclude each other" },
  "config.host-both-instead": {
    de: "Nur eines schreiben: address: local oder ssh: <Ziel>",
    en: "Write only one: address: local or ssh: <target>",
  },
  "config.host-none": { de: "Es fehlt, wie dieser Rechner erreicht wird", en: "It is not said how this machine is reached" },
  "config.host-none-instead": { de: "ssh: benutzer@{name} ergänzen, oder address: local", en: "Add ssh: user@{name}, or address: local" },
  "config.damping": {
    de: "{failures} schlechte von {of} Blicken kann es nicht geben; der Befund käme nie",
    en: "{failures} bad looks out of {of} cannot happen; the finding would never come",
  },
  "config.damping-instead": { de: "Höchstens {of} schreiben oder of erhöhen", en: "Write at most {of}, or raise of" },
  "config.queue-engine": {
    de: "format {format} passt nicht zu einer Datenbank {engine}",
    en: "format {format} does not fit a database {engine}",
  },
  "config.queue-engine-instead": {
    de: "laravel oder bullmq für Redis schreiben, sql für MariaDB und Postgres",
    en: "Write laravel or bullmq for Redis, sql for MariaDB and Postgres",
  },
  "config.rule-queue": { de: "format und connection passen nicht zusammen", en: "format and connection do not fit together" },
  "config.queue-count": { de: "countQuery gehört zu format: sql, und nur dazu", en: "countQuery belongs to format: sql, and only to it" },
  "config.queue-count-instead": {
    de: "Für sql ergänzen, zum Beispiel countQuery: SELECT COUNT(*) FROM jobs; sonst löschen",
    en: "Add it for sql, for example countQuery: SELECT COUNT(*) FROM jobs; otherwise delete it",
  },
  "config.probe-taken": {
    de: "Eine Prüfung {id} entsteht schon aus einem anderen Abschnitt",
    en: "Another section already makes a check {id}",
  },
  "config.probe-taken-instead": {
    de: "Umbenennen, oder die Werte dort eintragen, wo sie entsteht",
    en: "Rename it, or put the values where it is made",
  },

  "config.secret-empty": { de: "Das Geheimnis {reference} ist leer", en: "The secret {reference} is empty" },
  "config.secret-fill": { de: "Den Wert an der Stelle von {reference} eintragen", en: "Put the value where {reference} points" },
  "config.secret-open": { de: "Jeder Benutzer dieses Rechners kann {path} lesen", en: "Every user of this machine can read {path}" },
  "config.file-open": {
    de: "Jeder Benutzer dieses Rechners kann {path} ändern und damit bestimmen, was Ampel ausführt",
    en: "Every user of this machine can change {path}, and with it what Ampel runs",
  },
  "config.chmod": { de: "chmod {mode} {path}", en: "chmod {mode} {path}" },
  "config.file-missing": { de: "{path} gibt es nicht oder ist nicht lesbar", en: "{path} does not exist or cannot be read" },
  "config.file-missing-next": { de: "Anlegen oder den Pfad berichtigen", en: "Create it or correct the path" },
  "config.ssh-unusable": {
    de: "ssh versteht das Ziel {target} nicht ({reason})",
    en: "ssh does not understand the target {target} ({reason})",
  },
  "config.ssh-unreachable": { de: "{target} ist über ssh nicht erreichbar ({reason})", en: "{target} cannot be reached by ssh ({reason})" },
  "config.ssh-next": { de: "Von Hand prüfen: ssh {target} true", en: "Try by hand: ssh {target} true" },
  "config.watches-nothing": { de: "Diese Konfiguration überwacht nichts", en: "This configuration watches nothing" },
  "config.watches-nothing-next": {
    de: "services, databases oder probes ergänzen; ampel init schlägt vor, was auf diesem Rechner läuft",
    en: "Add services, databases or probes; ampel init proposes what runs on this machine",
  },
  "config.nobody": { de: "Unter people steht niemand, den Ampel rufen könnte", en: "Nobody stands under people whom Ampel could call" },
  "config.nobody-next": {
    de: "Mindestens eine Person mit phone, email oder chat eintragen",
    en: "Add at least one person with phone, email or chat",
  },
  "config.no-backup": { de: "Es gibt Datenbanken, aber keine überwachte Sicherung", en: "There are databases, but no backup is watched" },
  "config.no-backup-next": { de: "Unter backups den Ordner der Sicherungen eintragen", en: "Add the folder of the backups under backups" },
  "config.asked-here": {
    de: "{name} liegt auf {host}, die Adresse führt aber auf den Rechner, auf dem Ampel läuft",
    en: "{name} lies on {host}, but the address leads to the machine Ampel runs on",
  },
  "config.asked-here-next": {
    de: "Die Adresse von {host} eintragen, unter der die Datenbank von hier erreichbar ist (VPN oder weitergeleiteter Port)",
    en: "Write the address of {host} at which the database can be reached from here (VPN or forwarded port)",
  },
  "config.cache-with-queue": {
    de: "Cache {cache} und Warteschlange {queue} liegen beide in Redis-Datenbank {database}",
    en: "Cache {cache} and queue {queue} both lie in Redis database {database}",
  },
  "config.cache-with-queue-next": {
    de: "Prüfen, in welcher Datenbank der Cache wirklich liegt; cache:clear verweigert eine Datenbank mit Warteschlangen",
    en: "Check in which database the cache really lies; cache:clear refuses a database that holds queues",
  },
} as const;
