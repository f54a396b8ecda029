export const lintDataTexts = {
  "lint.redis-flushdb": {
    de: "FLUSHDB leert Datenbank 0: dort liegen Warteschlangen und Anmeldungen, nicht der Cache",
    en: "FLUSHDB empties database 0: queues and logins live there, not the cache",
  },
  "lint.redis-flushdb.way": {
    de: "Den benannten Cache leeren: ampel cache:clear NAME --confirm; er weigert sich bei Warteschlangen und prüft danach deren Länge",
    en: "Clear the named cache: ampel cache:clear NAME --confirm; it refuses where queues live and checks their depth afterwards",
  },
  "lint.redis-flushall": {
    de: "FLUSHALL löscht alle Datenbanken: Aufträge, Anmeldungen, Sperren, Doppel-Schutz",
    en: "FLUSHALL deletes all databases: jobs, logins, locks, duplicate protection",
  },
  "lint.redis-flushall.way": {
    de: "Nie. Den benannten Cache leeren: ampel cache:clear NAME --confirm",
    en: "Never. Clear the named cache: ampel cache:clear NAME --confirm",
  },
  "lint.redis-keys": { de: "KEYS hält Redis für die Dauer der Suche an", en: "KEYS stops Redis for as long as it searches" },
  "lint.redis-keys.way": {
    de: "SCAN und UNLINK in kleinen Stücken, wie ampel cache:clear NAME --confirm",
    en: "SCAN and UNLINK in small pieces, as ampel cache:clear NAME --confirm does",
  },
  "lint.cache-clear-all": {
    de: "Alle Caches auf einmal zu leeren lässt ein langsames System kalt starten und nimmt Sperren mit",
    en: "Clearing all caches at once makes a slow system start cold and takes locks with it",
  },
  "lint.cache-clear-all.way": {
    de: "Erst messen (ampel performance:emergency-check), dann nur den einen Cache: ampel cache:clear NAME --confirm",
    en: "Measure first (ampel performance:emergency-check), then only the one cache: ampel cache:clear NAME --confirm",
  },
  "lint.queue-clear": {
    de: "Das löscht wartende Aufträge: Anrufe und Buchungen gehen verloren",
    en: "This deletes waiting jobs: calls and bookings are lost",
  },
  "lint.queue-clear.way": {
    de: "Tiefe und ältesten Auftrag ansehen, Verbraucher anhalten, Aufträge gezählt in eine Quarantäne verschieben, später nachspielen",
    en: "Look at depth and oldest job, pause the consumers, move the jobs counted into a quarantine, replay later",
  },
  "lint.sql-destroys": { de: "Das löscht Tabellen oder Zeilen ohne Bedingung", en: "This deletes tables or rows without a condition" },
  "lint.sql-destroys.way": {
    de: "Vorher sichern, in einer Transaktion mit Bedingung und gezählten Zeilen, zwei Personen",
    en: "Save first, in a transaction with a condition and counted rows, two persons",
  },
  "lint.schema-rebuild": { de: "Das baut das Schema neu und löscht die Daten", en: "This rebuilds the schema and deletes the data" },
  "lint.schema-rebuild.way": {
    de: "Nie auf dem Produktivsystem; Rückweg ist eine geprüfte Sicherung in ein neues Schema",
    en: "Never on production; the way back is a verified backup into a new schema",
  },
  "lint.restore-into-live": {
    de: "Eine Sicherung wird in die lebende Datenbank geladen: alles seither ist verloren, und ein Abbruch hinterlässt die Hälfte",
    en: "A dump is loaded into the live database: everything since is lost, and a stop leaves half of it",
  },
  "lint.restore-into-live.way": {
    de: "Schreiber anhalten, Zustand sichern, geprüfte Sicherung in ein neues Schema laden, dort prüfen, mit zwei Personen umschalten",
    en: "Stop the writers, save the state, load a verified backup into a new schema, verify there, switch with two persons",
  },
  "lint.verify-after-damage": {
    de: "Geprüft wird erst, wenn der Schaden schon da sein kann",
    en: "The check comes when the damage may already be done",
  },
  "lint.verify-after-damage.way": {
    de: "Vor dem Umschalten prüfen und danach noch einmal",
    en: "Verify before the switch and once more after it",
  },
  "lint.database-switch": {
    de: "Die Datenbank wird umgeschaltet, ohne die alte zu sperren und den Rückstand zu messen",
    en: "The database is switched without fencing the old one and measuring the lag",
  },
  "lint.database-switch.way": {
    de: "Mehrheit der Proben, alte sperren, Rückstand in Zeilen und Minuten zeigen, umschalten, Probe-Schreiben, Rückweg",
    en: "Quorum of probes, fence the old one, show the lag in rows and minutes, switch, canary write, way back",
  },
} as const;
