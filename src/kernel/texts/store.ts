export const storeTexts = {
  "store.no-postgres": {
    de: "Kein PostgreSQL ab Version {oldest} gefunden, weder auf der Maschine noch im npm-Paket",
    en: "No PostgreSQL {oldest} or newer was found, neither on the machine nor in the npm package",
  },
  "store.no-postgres-next": {
    de: "sudo apt-get install postgresql ausführen oder AMPEL_DATABASE_URL setzen",
    en: "Run sudo apt-get install postgresql, or set AMPEL_DATABASE_URL",
  },
  "store.wrong-version": {
    de: "Die Daten in {folder} gehören zu PostgreSQL {version}, dessen Programme fehlen",
    en: "The data in {folder} belongs to PostgreSQL {version}, whose programs are missing",
  },
  "store.wrong-version-next": {
    de: "sudo apt-get install postgresql-{version} ausführen oder AMPEL_STATE_DIR auf einen leeren Ordner setzen",
    en: "Run sudo apt-get install postgresql-{version}, or point AMPEL_STATE_DIR to an empty folder",
  },
  "store.not-started": {
    de: "Der eigene Speicher in {folder} startet nicht: {reason}",
    en: "Ampel's own store in {folder} does not start: {reason}",
  },
  "store.not-started-next": {
    de: "{log} lesen; ampel arbeitet bis dahin ohne Speicher weiter (Notbetrieb mit Journaldatei)",
    en: "Read {log}; until then ampel works without its store (break-glass, journal file)",
  },
  "store.not-answering": { de: "Der Speicher unter {url} antwortet nicht: {reason}", en: "The store at {url} does not answer: {reason}" },
  "store.not-answering-next": {
    de: "AMPEL_DATABASE_URL prüfen oder die Variable entfernen, dann startet ampel einen eigenen Speicher",
    en: "Check AMPEL_DATABASE_URL, or unset it and ampel starts a store of its own",
  },
  "store.newer": {
    de: "Der Speicher ist auf Stand {found}, dieses Programm kennt nur {known}",
    en: "The store is at version {found}, this program knows {known} only",
  },
  "store.newer-next": {
    de: "Die neuere Version von ampel benutzen; es gibt keinen Weg zurück",
    en: "Use the newer version of ampel; there is no way back",
  },
  "store.disk-full": {
    de: "Für den eigenen Speicher in {folder} sind noch {freeMib} MiB frei, nötig sind {neededMib} MiB",
    en: "{freeMib} MiB are left for Ampel's own store in {folder}, it needs {neededMib} MiB",
  },
  "store.disk-full-next": {
    de: "Platz schaffen (df -h {folder}); ampel arbeitet bis dahin ohne Speicher weiter (Notbetrieb mit Journaldatei)",
    en: "Make room (df -h {folder}); until then ampel works without its store (break-glass, journal file)",
  },
  "store.not-writable": {
    de: "Der Ordner {folder} für den eigenen Speicher lässt sich nicht anlegen oder beschreiben: {reason}",
    en: "The folder {folder} for Ampel's own store cannot be made or written: {reason}",
  },
  "store.not-writable-next": {
    de: "Rechte prüfen oder AMPEL_STATE_DIR auf einen beschreibbaren Ordner setzen",
    en: "Check its permissions, or point AMPEL_STATE_DIR to a folder that can be written",
  },
  "store.closed-folder": {
    de: "Der eigene Speicher in {folder} läuft unter dem Konto {account}, und das darf nicht durch {closed}",
    en: "Ampel's own store in {folder} runs under the account {account}, which may not pass through {closed}",
  },
  "store.closed-folder-next": {
    de: "chmod o+x {closed} ausführen oder AMPEL_STATE_DIR auf einen anderen Ordner setzen, etwa /var/lib/ampel",
    en: "Run chmod o+x {closed}, or point AMPEL_STATE_DIR elsewhere, such as /var/lib/ampel",
  },
  "store.no-url": {
    de: "AMPEL_DATABASE_URL ist keine Adresse der Form postgresql://nutzer:kennwort@rechner:port/datenbank",
    en: "AMPEL_DATABASE_URL is no address of the form postgresql://user:password@host:port/database",
  },
  "store.no-url-next": {
    de: "AMPEL_DATABASE_URL berichtigen oder die Variable entfernen, dann startet ampel einen eigenen Speicher",
    en: "Correct AMPEL_DATABASE_URL, or unset it and ampel starts a store of its own",
  },
} as const;
