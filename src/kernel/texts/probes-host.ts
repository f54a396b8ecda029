export const probeHostTexts = {
  "host.not-reached": { de: "{host} ist nicht erreichbar: {reason}", en: "{host} cannot be reached: {reason}" },
  "host.timed-out": { de: "{host} hat nicht rechtzeitig geantwortet ({reason})", en: "{host} did not answer in time ({reason})" },
  "host.look-failed": { de: "Auf {host} war nichts zu sehen: {reason}", en: "Nothing could be seen on {host}: {reason}" },
  "host.next-reach": { de: "Verbindung zu {host} prüfen (ssh, Schlüssel, Netz)", en: "Check the way to {host} (ssh, key, network)" },
  "host.next-look": { de: "Auf {host} anmelden und von Hand nachsehen", en: "Log in to {host} and look by hand" },

  "service.act-failed": { de: "{act} auf {host} ist fehlgeschlagen: {reason}", en: "{act} on {host} failed: {reason}" },
  "service.next-status": { de: "Zustand und letzte Logzeilen ansehen ({act})", en: "Look at its state and last log lines ({act})" },
  "service.manager-silent": { de: "{manager} auf {host} antwortet nicht: {reason}", en: "{manager} on {host} does not answer: {reason}" },
  "service.next-supervisor": { de: "Auf {host} nachsehen, ob supervisord läuft", en: "Check on {host} whether supervisord is running" },

  "service.running": { de: "{service} läuft", en: "{service} is running" },
  "service.at-rest": { de: "{service} ist fertig gelaufen und ruht", en: "{service} has run to its end and is at rest" },
  "service.down": { de: "{service} läuft nicht (zuletzt: {result})", en: "{service} is not running (last: {result})" },
  "service.changing": {
    de: "{service} startet oder wartet auf den nächsten Startversuch (zuletzt: {result})",
    en: "{service} is starting or waits for its next start (last: {result})",
  },
  "service.hung": {
    de: "{service} ist angehalten: Prozess {pid} ist da, arbeitet aber nicht",
    en: "{service} is stopped by a signal: process {pid} is there and does not work",
  },
  "service.flapping": {
    de: "{service} ist in {minutes} min {restarts}-mal neu gestartet (zuletzt: {result})",
    en: "{service} has restarted {restarts} times in {minutes} min (last: {result})",
  },
  "service.masked": { de: "{service} ist maskiert und kann nicht starten", en: "{service} is masked and cannot start" },
  "service.not-found": { de: "{service} gibt es auf diesem Host nicht", en: "{service} does not exist on this host" },
  "service.not-loadable": { de: "{service} kann nicht geladen werden ({reason})", en: "{service} cannot be loaded ({reason})" },

  "disk.fine": { de: "{path}: {percent} % belegt, {free} frei", en: "{path}: {percent} % used, {free} free" },
  "disk.space": {
    de: "{path}: {percent} % belegt (Grenze {limit} %), {free} frei",
    en: "{path}: {percent} % used (limit {limit} %), {free} free",
  },
  "disk.inodes": {
    de: "{path}: {percent} % der Inodes belegt (Grenze {limit} %)",
    en: "{path}: {percent} % of the inodes used (limit {limit} %)",
  },
  "disk.free": { de: "{path}: nur noch {free} frei (Grenze {limit})", en: "{path}: only {free} left (limit {limit})" },
  "disk.budget": {
    de: "{path} enthält {used}, das sind {percent} % des Budgets von {budget} (Grenze {limit} %)",
    en: "{path} holds {used}, {percent} % of its budget of {budget} (limit {limit} %)",
  },
  "disk.full-soon": {
    de: "{path} ist in etwa {minutes} min voll, wenn es so weitergeht (jetzt {percent} %)",
    en: "{path} will be full in about {minutes} min at this rate (now {percent} %)",
  },
  "disk.read-only": { de: "{path} ist nur noch lesbar eingehängt", en: "{path} is mounted read-only" },
  "disk.missing": {
    de: "{path} gibt es nicht; vielleicht ist der Datenträger nicht eingehängt",
    en: "{path} does not exist; perhaps its disk is not mounted",
  },
  "disk.unreadable": { de: "Der Füllstand von {path} war nicht lesbar", en: "The filling level of {path} could not be read" },
  "disk.not-counted": {
    de: "Der Inhalt von {path} ließ sich in der Zeit nicht zählen",
    en: "What {path} holds could not be counted in time",
  },

  "memory.fine": { de: "{percent} % Arbeitsspeicher verfügbar ({free})", en: "{percent} % of memory available ({free})" },
  "memory.low": {
    de: "Nur {percent} % Arbeitsspeicher verfügbar ({free}, Grenze {limit} %)",
    en: "Only {percent} % of memory available ({free}, limit {limit} %)",
  },
  "memory.oom": {
    de: "Der Kernel hat seit der letzten Prüfung {count} Prozesse aus Speichermangel beendet ({free} verfügbar)",
    en: "The kernel has killed {count} processes for want of memory since the last look ({free} available)",
  },
  "memory.thrash": {
    de: "Der Host lagert dauernd aus: {pages} Seiten/s (Grenze {limit})",
    en: "The host is swapping all the time: {pages} pages/s (limit {limit})",
  },
  "memory.unreadable": { de: "Der Arbeitsspeicher von {host} war nicht lesbar", en: "The memory of {host} could not be read" },

  "load.fine": { de: "Last {perCore} je Kern ({cores} Kerne)", en: "Load {perCore} per core ({cores} cores)" },
  "load.high": {
    de: "Last {perCore} je Kern ({cores} Kerne, Grenze {limit}); {blocked} Prozesse warten auf den Datenträger",
    en: "Load {perCore} per core ({cores} cores, limit {limit}); {blocked} processes wait for the disk",
  },
  "load.unreadable": { de: "Die Last von {host} war nicht lesbar", en: "The load of {host} could not be read" },

  "clock.fine": {
    de: "Die Uhr weicht um {offset} ab (Unsicherheit {uncertainty})",
    en: "The clock is off by {offset} (uncertainty {uncertainty})",
  },
  "clock.synchronized": { de: "Die Uhr wird vom Zeitdienst gestellt", en: "The clock is kept by the time service" },
  "clock.off": {
    de: "Die Uhr weicht um {offset} ab (Unsicherheit {uncertainty}, Grenze {limit})",
    en: "The clock is off by {offset} (uncertainty {uncertainty}, limit {limit})",
  },
  "clock.jumped": {
    de: "Die Uhr ist seit der letzten Prüfung um {jump} gesprungen (Grenze {limit})",
    en: "The clock has jumped by {jump} since the last look (limit {limit})",
  },
  "clock.not-synchronized": { de: "Kein Zeitdienst stellt die Uhr dieses Hosts", en: "No time service keeps the clock of this host" },
  "clock.no-reference": {
    de: "Für die Uhr von {host} gibt es keinen Vergleich",
    en: "There is nothing to compare the clock of {host} with",
  },
  "clock.next-reference": { de: "Auf {host} chrony oder systemd-timesyncd einrichten", en: "Set up chrony or systemd-timesyncd on {host}" },
  "clock.unreadable": { de: "Die Uhr von {host} war nicht lesbar", en: "The clock of {host} could not be read" },

  "log.fine": { de: "{file}: {errors} Fehler in {minutes} min", en: "{file}: {errors} errors in {minutes} min" },
  "log.errors": {
    de: "{file}: {perMinute} Fehler/min (Grenze {limit}), am häufigsten {count}-mal: {top}",
    en: "{file}: {perMinute} errors/min (limit {limit}), most often {count} times: {top}",
  },
  "log.missing": { de: "Die Logdatei {file} gibt es nicht", en: "The log file {file} does not exist" },
  "log.denied": { de: "Die Logdatei {file} ist für dieses Konto nicht lesbar", en: "This account may not read the log file {file}" },
  "log.next-denied": { de: "Leserecht auf {file} geben (Gruppe adm auf {host})", en: "Grant read access to {file} (group adm on {host})" },

  "backup.fine": {
    de: "Letzte Sicherung {name}: {hours} h alt, {size}, vollständig",
    en: "Newest backup {name}: {hours} h old, {size}, complete",
  },
  "backup.old": {
    de: "Die letzte Sicherung {name} ist {hours} h alt (Grenze {limit})",
    en: "The newest backup {name} is {hours} h old (limit {limit})",
  },
  "backup.none": { de: "Keine Sicherung {pattern} in {folder}", en: "No backup {pattern} in {folder}" },
  "backup.no-folder": { de: "Den Sicherungsordner {folder} gibt es nicht", en: "The backup folder {folder} does not exist" },
  "backup.denied": {
    de: "Der Sicherungsordner {folder} ist für dieses Konto nicht lesbar",
    en: "This account may not read the backup folder {folder}",
  },
  "backup.no-manifest": {
    de: "In {folder} fehlt die Prüfsummenliste {manifest}",
    en: "The checksum list {manifest} is missing in {folder}",
  },
  "backup.only-growing": {
    de: "In {folder} ist nur {name}, und daran wird noch geschrieben",
    en: "{folder} holds only {name}, and that is still being written",
  },
  "backup.empty": { de: "Die letzte Sicherung {name} ist leer", en: "The newest backup {name} is empty" },
  "backup.sum-wrong": {
    de: "Die letzte Sicherung {name} passt nicht zu ihrer Prüfsumme in {manifest}",
    en: "The newest backup {name} does not match its checksum in {manifest}",
  },
  "backup.broken": {
    de: "Die letzte Sicherung {name} lässt sich nicht auspacken: {reason}",
    en: "The newest backup {name} cannot be unpacked: {reason}",
  },
  "backup.incomplete": { de: "Der letzten Sicherung {name} fehlt das Ende", en: "The newest backup {name} has no end" },
  "backup.small": {
    de: "Die letzte Sicherung {name} ist mit {size} nur {percent} % so groß wie sonst ({median}, Grenze {limit} %)",
    en: "The newest backup {name} is {size}, {percent} % of the usual {median} (limit {limit} %)",
  },
  "backup.dangling": { de: "In {folder} führt der Verweis {name} ins Leere", en: "In {folder} the link {name} leads to nothing" },
  "backup.end-unseen": {
    de: "Das Ende der Sicherung {name} war in der Zeit nicht zu prüfen",
    en: "The end of the backup {name} could not be checked in time",
  },

  "cron.fine": {
    de: "Alle Ziele von {entries} Cron-Zeilen und {timers} Timern sind da",
    en: "All targets of {entries} cron lines and {timers} timers exist",
  },
  "cron.absent": { de: "{file} Zeile {line}: {name} gibt es nicht", en: "{file} line {line}: {name} does not exist" },
  "cron.not-executable": { de: "{file} Zeile {line}: {name} ist nicht ausführbar", en: "{file} line {line}: {name} is not executable" },
  "cron.no-user": {
    de: "{file} Zeile {line}: das Konto {name} gibt es nicht",
    en: "{file} line {line}: the account {name} does not exist",
  },
  "cron.bad-line": { de: "{file} Zeile {line} ist keine gültige Cron-Zeile", en: "{file} line {line} is no valid cron line" },
  "cron.no-newline": {
    de: "{file} endet ohne Zeilenumbruch; cron verwirft die Datei",
    en: "{file} does not end with a line break; cron rejects the file",
  },
  "cron.name-ignored": {
    de: "{file} wird von cron übergangen, weil der Name andere Zeichen als A-Z, a-z, 0-9, _ und - enthält",
    en: "cron ignores {file} because its name has characters other than A-Z, a-z, 0-9, _ and -",
  },
  "cron.insecure": {
    de: "{file} wird von cron übergangen (Besitzer {owner}, Rechte {mode})",
    en: "cron ignores {file} (owner {owner}, mode {mode})",
  },
  "cron.table-gone": { de: "Die Cron-Datei {file} gibt es nicht", en: "The crontab {file} does not exist" },
  "cron.timer-target": {
    de: "{unit}: {name} gibt es nicht oder ist nicht ausführbar",
    en: "{unit}: {name} does not exist or is not executable",
  },
  "cron.timer-unit-absent": { de: "{timer} startet {unit}, und die gibt es nicht", en: "{timer} starts {unit}, which does not exist" },
  "cron.timer-failed": { de: "{unit} ist beim letzten Lauf fehlgeschlagen ({result})", en: "{unit} failed in its last run ({result})" },
  "cron.broken-many": { de: "{first}; und {more} weitere", en: "{first}; and {more} more" },
  "cron.denied": { de: "Nicht lesbar für dieses Konto: {paths}", en: "This account may not read: {paths}" },

  "release.fine": { de: "Es läuft, was ausgerollt ist: {running}", en: "What was deployed is running: {running}" },
  "release.drift": { de: "Es läuft {running}, ausgerollt ist {deployed}", en: "{running} is running, {deployed} was deployed" },
  "release.foreign": {
    de: "{path} gehört {user} statt {owner} ({count} solche Dateien)",
    en: "{path} belongs to {user}, not to {owner} ({count} such files)",
  },
  "release.unreadable": {
    de: "Die Release-Kennung in {place} war nicht lesbar: {reason}",
    en: "The release id in {place} could not be read: {reason}",
  },
  "release.owners-unseen": {
    de: "Die Besitzer unter {folder} waren nicht zu prüfen ({reason})",
    en: "The owners below {folder} could not be checked ({reason})",
  },

  "service.configuration-broken": {
    de: "Die Konfiguration von {service} ist fehlerhaft: {reason}",
    en: "The configuration of {service} is broken: {reason}",
  },
  "service.disk-full": {
    de: "Auf {path} sind nur {free} frei (nötig {limit}); erst Platz schaffen, dann starten",
    en: "Only {free} are free on {path} ({limit} needed); make room first, then start",
  },
  "service.inodes-full": {
    de: "Auf {path} sind nur {free} Inodes frei (nötig {limit}); erst aufräumen, dann starten",
    en: "Only {free} inodes are free on {path} ({limit} needed); clean up first, then start",
  },
  "service.last-exit": { de: "{service} endete zuletzt mit {exit} ({result})", en: "{service} last ended with {exit} ({result})" },
  "service.not-ready": { de: "{service} war nach {seconds} s nicht bereit", en: "{service} was not ready after {seconds} s" },
  "service.did-not-stay": {
    de: "{service} lief an und war nach {seconds} s wieder weg (zuletzt: {result})",
    en: "{service} came up and was gone again after {seconds} s (last: {result})",
  },
  "service.proven": {
    de: "{service} war nach {seconds} s bereit und blieb {settled} s lang oben",
    en: "{service} was ready after {seconds} s and stayed up for {settled} s",
  },

  "change.booted": { de: "{host} ist neu gestartet worden", en: "{host} was rebooted" },
  "change.release-link": { de: "Release gewechselt: {path} zeigt auf {target}", en: "Release switched: {path} points to {target}" },
  "change.release-git": {
    de: "Release gewechselt: {path} steht auf {commit} ({did})",
    en: "Release switched: {path} is at {commit} ({did})",
  },
  "change.file": { de: "Geändert: {path}", en: "Changed: {path}" },
  "change.files": { de: "{count} Dateien geändert: {names}", en: "{count} files changed: {names}" },
  "change.file-content": { de: "Anderer Inhalt bei altem Datum: {path}", en: "Other content under an old date: {path}" },
  "change.file-gone": { de: "Gelöscht: {path}", en: "Removed: {path}" },
  "change.packages": { de: "{count} Pakete geändert: {names}", en: "{count} packages changed: {names}" },
  "change.unit": { de: "{unit} ist gestartet worden", en: "{unit} was started" },
  "change.unit-restarts": {
    de: "{unit} ist gestartet worden ({restarts}-mal von selbst)",
    en: "{unit} was started ({restarts} times by itself)",
  },
  "change.certificate": { de: "Neues Zertifikat: {path}", en: "New certificate: {path}" },
  "change.blind": { de: "Nicht nachgesehen auf {host}: {reason}", en: "Could not look on {host}: {reason}" },
} as const;
