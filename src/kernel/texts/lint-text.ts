export const lintTextTexts = {
  "lint.password-in-argv": {
    de: "Ein Passwort steht in der Befehlszeile und damit in Prozessliste, Verlauf und Protokoll",
    en: "A password stands on the command line, so in process list, history and log",
  },
  "lint.password-in-argv.way": {
    de: "Optionsdatei mit Rechten 0600 oder Anmeldung über den Socket; das gedruckte Passwort gilt als bekannt: wechseln",
    en: "Option file with mode 0600 or login by socket; the printed password counts as known: change it",
  },
  "lint.token-in-argv": { de: "Ein Token steht in der Befehlszeile", en: "A token stands on the command line" },
  "lint.token-in-argv.way": {
    de: "Kopfzeile aus einer Datei mit Rechten 0600: curl --config DATEI",
    en: "Header from a file with mode 0600: curl --config FILE",
  },
  "lint.secret-in-text": { de: "Ein Geheimnis steht im Text", en: "A secret stands in the text" },
  "lint.secret-in-text.way": {
    de: "Entfernen, wechseln, aus dem Verlauf löschen; in ampel.yaml nur als Verweis",
    en: "Remove it, change it, purge it from history; in ampel.yaml as a reference only",
  },
  "lint.secret-shown": {
    de: "Eine Datei mit Geheimnissen wird auf den Schirm gebracht",
    en: "A file with secrets is brought onto the screen",
  },
  "lint.secret-shown.way": { de: "Nur prüfen, ob sie da ist und wem sie gehört", en: "Only check that it is there and whose it is" },
  "lint.account-number": { de: "Eine Kunden- oder Vertragsnummer steht im Text", en: "A customer or contract number stands in the text" },
  "lint.account-number.way": {
    de: "Auf die verschlüsselte Kontaktkarte; im Playbook nur der Name des Kontakts",
    en: "On the encrypted contact card; in the playbook only the name of the contact",
  },
  "lint.address-in-card": {
    de: "Eine IP-Adresse steht im Text; sie veraltet und verrät den Rechner, wenn die Karte verloren geht",
    en: "An IP address stands in the text; it grows stale and gives away the host when the card is lost",
  },
  "lint.address-in-card.way": {
    de: "Name des Rechners aus ampel.yaml; auf der Karte ein QR-Code mit Stand und Gültigkeit",
    en: "Name of the host from ampel.yaml; on the card a QR code with version and validity",
  },
  "lint.command-unknown": { de: "Einen eigenen Befehl dieses Namens gibt es nicht", en: "There is no command of ours with this name" },
  "lint.command-unknown.way": { de: "Den Namen berichtigen; alle zeigt ampel --help", en: "Correct the name; ampel --help lists them all" },
  "lint.command-unknown.seen": {
    de: "Den Befehl ampel {name} gibt es nicht; am nächsten liegt {nearest}",
    en: "There is no command ampel {name}; the nearest is {nearest}",
  },
  "lint.command-unproven": {
    de: "Befehle der Anwendung, die nicht zum Rahmenwerk gehören: ob es sie gibt, ist nicht bewiesen",
    en: "Commands of the application that do not belong to the framework: nobody has proved that they exist",
  },
  "lint.command-unproven.way": {
    de: "Auf dem Zielrechner nachweisen, oder den Befehl von ampel verwenden",
    en: "Prove them on the target host, or use the command of ampel",
  },
  "lint.placeholder": { de: "Ein Platzhalter ließe sich wörtlich ausführen", en: "A placeholder could be run literally" },
  "lint.placeholder.way": {
    de: "Parameter am Anfang des Blocks: export NAME mit leerer Vorgabe; ohne Wert wird nichts ausgeführt",
    en: "Parameter at the top of the block: export NAME with an empty default; without a value nothing runs",
  },
  "lint.relative-command": {
    de: "Befehle hängen vom Verzeichnis, vom Benutzer und vom Rechner ab",
    en: "Commands depend on directory, user and host",
  },
  "lint.relative-command.way": {
    de: "host und cwd am Block angeben, Skripte mit vollem Pfad",
    en: "State host and cwd at the block, scripts with their full path",
  },
  "lint.return-unknown": { de: "Das Rückweg-Playbook gibt es nicht", en: "The return playbook does not exist" },
  "lint.return-unknown.way": {
    de: "Die Datei unter playbooks/return/ anlegen oder die Zeile entfernen",
    en: "Create the file under playbooks/return/ or remove the line",
  },
  "lint.return-unknown.seen": { de: "Das Rückweg-Playbook {id} gibt es nicht", en: "The return playbook {id} does not exist" },
  "lint.promise-fixed-time": {
    de: "Kunden wird eine feste Zeit versprochen, die niemand kennt",
    en: "Customers are promised a fixed time that nobody knows",
  },
  "lint.promise-fixed-time.way": {
    de: "Tatsachen und den Zeitpunkt der nächsten Nachricht nennen",
    en: "State facts and the time of the next update",
  },
  "lint.callback-promise": {
    de: "Ein Rückruf wird zu einer festen Zeit versprochen, ohne dass jemand die Menge kennt",
    en: "A call back is promised for a fixed time without knowing the load",
  },
  "lint.callback-promise.way": {
    de: "Zeitfenster aus der freien Kapazität berechnen und jedes Versprechen nachhalten",
    en: "Compute the window from free capacity and track every promise",
  },
  "lint.unmeasured-time": { de: "Eine Zeit wird genannt, die niemand gemessen hat", en: "A time is stated that nobody measured" },
  "lint.unmeasured-time.way": {
    de: "Gemessene Zeiten aus Übungen; das Ziel steht als rto im Kopf",
    en: "Measured times from drills; the goal stands as rto in the front matter",
  },
  "lint.contact-placeholder": { de: "Eine Rufnummer ist ein Platzhalter", en: "A phone number is a placeholder" },
  "lint.contact-placeholder.way": {
    de: "Kontakt aus dem Verzeichnis nennen: zwei unabhängige Wege, Quittung, Vertretung, wöchentlicher Probealarm",
    en: "Name a contact of the register: two independent channels, acknowledgement, deputy, weekly test page",
  },
  "lint.silent-cron": {
    de: "Ein Zeitplan ohne Wächter: bleibt er aus, merkt es niemand",
    en: "A schedule without a watchdog: nobody notices when it stays away",
  },
  "lint.silent-cron.way": {
    de: "Herzschlag melden und den fehlenden Lauf als Störung werten; Sperre gegen Überlappung; nie auf dem Produktivsystem üben",
    en: "Report a heartbeat and treat a missing run as a fault; lock against overlap; never drill on production",
  },
} as const;
