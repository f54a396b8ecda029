import { configCheckTexts } from "./config-check.ts";

/** Mistakes in ampel.yaml: what is wrong, and (`-instead`, `-hint`) what to write. */
export const configTexts = {
  ...configCheckTexts,
  "config.invalid-one": { de: "{file} hat 1 Fehler: {first}", en: "{file} has 1 mistake: {first}" },
  "config.invalid-many": { de: "{file} hat {count} Fehler, der erste: {first}", en: "{file} has {count} mistakes, the first: {first}" },
  "config.placed": { de: "Zeile {line}, Spalte {column}: {what}", en: "line {line}, column {column}: {what}" },
  "config.placed-field": { de: "Zeile {line}, Spalte {column}, {field}: {what}", en: "line {line}, column {column}, {field}: {what}" },
  "config.next": {
    de: "Alle Fehler mit Vorschlag zeigen: ampel config:check",
    en: "Show every mistake with what to write instead: ampel config:check",
  },
  "config.not-found": { de: "Keine Konfiguration gefunden; gesucht: {places}", en: "No configuration found; looked for: {places}" },
  "config.not-found-next": { de: "Anlegen mit: ampel init", en: "Create one with: ampel init" },
  "config.path-missing": { de: "{path} gibt es nicht ({source})", en: "{path} does not exist ({source})" },
  "config.path-missing-next": {
    de: "Pfad berichtigen oder weglassen; ohne Angabe gilt ./ampel.yaml, dann /etc/ampel/ampel.yaml",
    en: "Correct the path or leave it out; without it ./ampel.yaml counts, then /etc/ampel/ampel.yaml",
  },
  "config.directory": { de: "{path} ist ein Ordner", en: "{path} is a folder" },
  "config.directory-next": { de: "Die Datei angeben: {path}/ampel.yaml", en: "Name the file: {path}/ampel.yaml" },
  "config.unreadable": { de: "{path} ist nicht lesbar ({reason})", en: "{path} cannot be read ({reason})" },
  "config.unreadable-next": {
    de: "Leserecht für diesen Benutzer geben: ls -l {path}",
    en: "Give this user the right to read it: ls -l {path}",
  },

  "config.too-big": { de: "Die Datei ist {size} groß, erlaubt sind {limit}", en: "The file has {size}, the limit is {limit}" },
  "config.too-big-instead": { de: "Prüfen, ob das die richtige Datei ist", en: "Check whether this is the right file" },
  "config.not-text": { de: "Die Datei ist kein UTF-8-Text", en: "The file is not UTF-8 text" },
  "config.not-text-instead": {
    de: "Prüfen, ob das die richtige Datei ist, oder als UTF-8 speichern",
    en: "Check whether this is the right file, or save it as UTF-8",
  },
  "config.empty": { de: "Die Datei ist leer", en: "The file is empty" },
  "config.empty-instead": {
    de: "Mindestens: version: 1 und name: <Name des Systems>; oder ampel init",
    en: "At least: version: 1 and name: <name of the system>; or ampel init",
  },
  "config.yaml-alias": {
    de: "Der Verweis *{name} passt zu keinem Anker, oder die Verweise bauen sich zu groß auf",
    en: "The alias *{name} has no anchor, or the aliases grow too large",
  },
  "config.yaml-alias-instead": {
    de: "Den Anker &{name} davor setzen oder den Wert ausschreiben",
    en: "Put the anchor &{name} before it, or write the value out",
  },
  "config.yaml-duplicate": { de: "Dieser Schlüssel steht hier zum zweiten Mal", en: "This key stands here for the second time" },
  "config.yaml-duplicate-instead": { de: "Beide Einträge zusammenlegen oder einen umbenennen", en: "Merge the two entries or rename one" },
  "config.yaml-tab": { de: "Mit Tabulator eingerückt; YAML erlaubt das nicht", en: "Indented with a tab; YAML does not allow that" },
  "config.yaml-tab-instead": { de: "Mit zwei Leerzeichen einrücken", en: "Indent with two spaces" },
  "config.yaml-unclosed": {
    de: "Ein Anführungszeichen oder eine Klammer wird nicht geschlossen",
    en: "A quote or bracket is never closed",
  },
  "config.yaml-unclosed-instead": {
    de: "Das fehlende Zeichen vor dieser Stelle ergänzen",
    en: "Add the missing character before this place",
  },
  "config.yaml-indent": { de: "Die Einrückung passt nicht zur Zeile darüber", en: "The indentation does not fit the line above" },
  "config.yaml-indent-instead": {
    de: "Gleich weit einrücken wie die Nachbarn; eine offene Klammer schließen",
    en: "Indent like the neighbours; close an open bracket",
  },
  "config.yaml-nested": {
    de: "Ein zweiter Doppelpunkt in derselben Zeile, oder die nächste Zeile ist zu weit eingerückt",
    en: "A second colon in the same line, or the next line is indented too far",
  },
  "config.yaml-nested-instead": {
    de: "Den Wert in Anführungszeichen setzen oder auf eine eigene, eingerückte Zeile schreiben",
    en: "Put the value in quotes, or on an indented line of its own",
  },
  "config.yaml-no-colon": { de: "Hier fehlt ein Doppelpunkt", en: "A colon is missing here" },
  "config.yaml-no-colon-instead": {
    de: "Als „Schlüssel: Wert“ schreiben, mit Leerzeichen nach dem Doppelpunkt",
    en: "Write it as “key: value”, with a space after the colon",
  },
  "config.yaml-documents": { de: "Die Datei enthält mehrere Dokumente (---)", en: "The file holds several documents (---)" },
  "config.yaml-documents-instead": {
    de: "Die Zeile --- löschen und alles in einem Dokument halten",
    en: "Delete the line --- and keep everything in one document",
  },
  "config.yaml-quote": { de: "Ein Wert darf nicht mit diesem Zeichen beginnen", en: "A value must not begin with this character" },
  "config.yaml-quote-instead": { de: "Den Wert in Anführungszeichen setzen", en: "Put the value in quotes" },
  "config.yaml-tag": { de: "Dieses YAML-Etikett (!…) ist unbekannt", en: "This YAML tag (!…) is unknown" },
  "config.yaml-tag-instead": { de: "Das Etikett löschen", en: "Delete the tag" },
  "config.yaml-other": { de: "Kein gültiges YAML ({code})", en: "Not valid YAML ({code})" },
  "config.yaml-other-instead": {
    de: "Die Zeile mit einer aus examples/askproai/ampel.yaml vergleichen",
    en: "Compare the line with one of examples/askproai/ampel.yaml",
  },

  "config.unknown-key": { de: "{key} ist hier kein bekannter Schlüssel", en: "{key} is no known key here" },
  "config.nearest-key": { de: "{nearest} schreiben (möglich: {possible})", en: "Write {nearest} (possible: {possible})" },
  "config.possible-keys": { de: "Möglich sind: {possible}", en: "Possible are: {possible}" },
  "config.remove-key": { de: "{key} löschen", en: "Delete {key}" },
  "config.missing": { de: "{key} fehlt", en: "{key} is missing" },
  "config.missing-choice": { de: "{key} ergänzen, eines von: {options}", en: "Add {key}, one of: {options}" },
  "config.missing-duration": { de: "{key} ergänzen, zum Beispiel {key}: 5m", en: "Add {key}, for example {key}: 5m" },
  "config.missing-secret": {
    de: "{key} als Verweis ergänzen: {key}: {reference} oder {other}",
    en: "Add {key} as a reference: {key}: {reference} or {other}",
  },
  "config.missing-type": { de: "{key} ergänzen ({expected})", en: "Add {key} ({expected})" },
  "config.not-duration": { de: "{value} ist keine Dauer", en: "{value} is no duration" },
  "config.write-duration": {
    de: "Zahl mit Einheit ohne Leerzeichen schreiben: 500ms, 10s, 5m, 2h oder 1d",
    en: "Write a number and its unit without a space: 500ms, 10s, 5m, 2h or 1d",
  },
  "config.write-duration-unit": {
    de: "Mit Einheit schreiben: {value}s (Sekunden), {value}m (Minuten), {value}h (Stunden) oder {value}d (Tage)",
    en: "Write it with its unit: {value}s (seconds), {value}m (minutes), {value}h (hours) or {value}d (days)",
  },
  "config.wrong-type": { de: "{expected} erwartet, {found} gefunden", en: "{expected} expected, {found} found" },
  "config.type-text": { de: "Text", en: "text" },
  "config.type-number": { de: "Zahl", en: "number" },
  "config.type-int": { de: "ganze Zahl", en: "whole number" },
  "config.type-boolean": { de: "true oder false", en: "true or false" },
  "config.type-list": { de: "Liste", en: "list" },
  "config.type-mapping": { de: "Schlüssel mit Werten", en: "keys with values" },
  "config.found-nothing": { de: "nichts", en: "nothing" },
  "config.found-list": { de: "eine Liste", en: "a list" },
  "config.found-mapping": { de: "Schlüssel mit Werten", en: "keys with values" },
  "config.write-text": { de: 'In Anführungszeichen schreiben: {key}: "{text}"', en: 'Write it in quotes: {key}: "{text}"' },
  "config.write-boolean": { de: "{key}: true oder {key}: false schreiben", en: "Write {key}: true or {key}: false" },
  "config.write-number": {
    de: "Als ganze Zahl ohne Anführungszeichen schreiben: {key}: {text}",
    en: "Write it as a whole number without quotes: {key}: {text}",
  },
  "config.write-list": { de: "Als Liste schreiben: {key}: [{text}]", en: "Write it as a list: {key}: [{text}]" },
  "config.write-names": {
    de: "Statt „- …“ einen Namen mit Doppelpunkt schreiben und den Rest darunter einrücken",
    en: "Instead of “- …” write a name with a colon and indent the rest below it",
  },
  "config.write-mapping": {
    de: "Unter {key} eingerückt schreiben (möglich: {possible}) oder die Zeile löschen",
    en: "Write indented below {key} (possible: {possible}) or delete the line",
  },
  "config.write-entries": {
    de: "Unter {key} eingerückt Einträge der Form „Name: Wert“ schreiben oder die Zeile löschen",
    en: "Write entries “name: value” indented below {key}, or delete the line",
  },
  "config.write-type": { de: "{key} als {expected} schreiben", en: "Write {key} as {expected}" },
  "config.not-one-of": { de: "{value} ist nicht möglich", en: "{value} is not possible" },
  "config.nearest-value": { de: "{nearest} schreiben (möglich: {options})", en: "Write {nearest} (possible: {options})" },
  "config.possible-values": { de: "Eines schreiben von: {options}", en: "Write one of: {options}" },
  "config.no-shape": { de: "{value} passt hier nicht", en: "{value} does not fit here" },
  "config.one-of-shapes": { de: "Möglich sind: {expected}", en: "Possible are: {expected}" },
  "config.empty-value": { de: "{key} ist leer", en: "{key} is empty" },
  "config.fill-value": { de: "Einen Wert für {key} schreiben oder die Zeile löschen", en: "Write a value for {key} or delete the line" },
  "config.list-size": { de: "{key} hat {count} Einträge", en: "{key} has {count} entries" },
  "config.list-limit": { de: "Erlaubt: {limit}", en: "The limit is {limit}" },
  "config.out-of-range": { de: "{value} liegt außerhalb des Erlaubten", en: "{value} is out of range" },
  "config.at-least": { de: "Mindestens {limit}", en: "At least {limit}" },
  "config.at-most": { de: "Höchstens {limit}", en: "At most {limit}" },
  "config.bad-name": { de: "{name} ist als Name nicht möglich", en: "{name} is not possible as a name" },
  "config.name-rule": {
    de: "Kleinbuchstaben, Ziffern, Punkt, Binde- und Unterstrich, mit Buchstabe oder Ziffer am Anfang, höchstens 64 Zeichen",
    en: "Lower case letters, digits, dot, hyphen and underscore, a letter or digit first, at most 64 characters",
  },
  "config.bad-format": { de: "{value} hat nicht die nötige Form", en: "{value} does not have the right form" },
  "config.format-address": {
    de: "Als Benutzer@Rechner, Rechnername oder Alias der ssh-Konfiguration schreiben, ohne Leerzeichen und ohne - am Anfang",
    en: "Write user@host, a host name or an alias of the ssh configuration, without spaces and without a leading -",
  },
  "config.format-path": { de: "Einen vollen Pfad schreiben, beginnend mit / oder ~/", en: "Write a full path, beginning with / or ~/" },
  "config.format-phone": { de: 'International schreiben: "+4915112345678"', en: 'Write it internationally: "+4915112345678"' },
  "config.format-step": {
    de: "Als Playbook/Schritt schreiben, zum Beispiel red/disk-full/clear-old-dumps",
    en: "Write playbook/step, for example red/disk-full/clear-old-dumps",
  },
  "config.format-parameter": {
    de: "Wie eine Umgebungsvariable schreiben: APP_HOST",
    en: "Write it like an environment variable: APP_HOST",
  },
  "config.format-url": { de: "Eine Adresse mit https:// oder http:// schreiben", en: "Write an address with https:// or http://" },
  "config.format-pattern": { de: "Erlaubte Form: {pattern}", en: "Allowed form: {pattern}" },
  "config.format-bytes": { de: "Zahl mit Einheit schreiben: 500M, 2G oder 1T", en: "Write a number and its unit: 500M, 2G or 1T" },
  "config.format-disposable": {
    de: "Einen vollen Pfad mit Muster schreiben, zum Beispiel /var/log/app/*.gz; der erste Ordner ohne Muster, und nie unter /etc, /usr, /bin, /lib, /boot, /dev, /proc, /run oder /sys",
    en: "Write a full path with a pattern, for example /var/log/app/*.gz; the first folder in full, and never below /etc, /usr, /bin, /lib, /boot, /dev, /proc, /run or /sys",
  },
  "config.format-domain": {
    de: "Einen Namen ohne https:// und ohne Pfad schreiben: api.example.org",
    en: "Write a name without https:// and without a path: api.example.org",
  },
  "config.format-user": { de: "Einen Benutzernamen des Rechners schreiben: www-data", en: "Write a user name of the host: www-data" },
  "config.format-email": { de: "Als name@beispiel.de schreiben", en: "Write it as name@example.org" },
  "config.format-file-pattern": {
    de: "Einen Dateinamen ohne Ordner schreiben, * ist erlaubt: db-*.sql.gz",
    en: "Write a file name without a folder, * is allowed: db-*.sql.gz",
  },
  "config.format-fingerprint": {
    de: "SHA-256-Fingerabdruck schreiben: 64 Hexziffern, Doppelpunkte dazwischen sind erlaubt",
    en: "Write a SHA-256 fingerprint: 64 hex digits, colons between them are allowed",
  },
  "config.format-expression": {
    de: "Einen Text schreiben, der vorkommen muss, oder einen gültigen Ausdruck zwischen Schrägstrichen: /fertig|done/i",
    en: "Write a text that must occur, or a sound expression between slashes: /done|ready/i",
  },
  "config.format-port": { de: "Als Adresse:Port schreiben: 127.0.0.1:3306", en: "Write address:port: 127.0.0.1:3306" },
  "config.format-program": {
    de: "Den Namen aus supervisorctl status schreiben: laravel-worker (alle Prozesse der Gruppe) oder gruppe:programm",
    en: "Write the name of supervisorctl status: laravel-worker (every process of the group) or group:program",
  },
  "config.format-status": {
    de: "Eine Zahl oder einen Bereich schreiben: 200 oder 200-299",
    en: "Write a number or a range: 200 or 200-299",
  },
  "config.format-unit": {
    de: "Den Namen aus systemctl list-units schreiben: nginx oder nginx.service",
    en: "Write the name of systemctl list-units: nginx or nginx.service",
  },
  "config.rule-cache-one": {
    de: "Ein Cache liegt entweder in Redis oder in einem Ordner",
    en: "A cache lies either in Redis or in a folder",
  },
  "config.rule-cache-one-instead": {
    de: "redis, database und prefix schreiben, oder folder",
    en: "Write redis, database and prefix, or folder",
  },
  "config.rule-cache-redis": {
    de: "Für einen Cache in Redis fehlt database oder prefix",
    en: "A cache in Redis needs database and prefix",
  },
  "config.rule-cache-redis-instead": {
    de: "Beides ergänzen, zum Beispiel database: 1 und prefix: laravel_cache_; ohne Präfix würde auch Fremdes gelöscht",
    en: "Add both, for example database: 1 and prefix: laravel_cache_; without a prefix other keys would go too",
  },
  "config.rule-person": { de: "Diese Person ist auf keinem Weg erreichbar", en: "There is no way to reach this person" },
  "config.rule-person-instead": { de: "phone, email oder chat ergänzen", en: "Add phone, email or chat" },
  "config.rule-ready": {
    de: "Ein Nachweis braucht genau eines von tcp, http und command",
    en: "A proof needs exactly one of tcp, http and command",
  },
  "config.rule-ready-instead": {
    de: "Nur eines schreiben, zum Beispiel tcp: 127.0.0.1:3306",
    en: "Write only one, for example tcp: 127.0.0.1:3306",
  },
  "config.rule-release": {
    de: "Eine Quelle braucht genau eines von file, symlink, git, url und pidFile",
    en: "A source needs exactly one of file, symlink, git, url and pidFile",
  },
  "config.rule-release-instead": {
    de: "Nur eines schreiben, zum Beispiel symlink: /var/www/app/current",
    en: "Write only one, for example symlink: /var/www/app/current",
  },
  "config.rule-service": {
    de: "Ein Dienst braucht genau eines von unit, supervisor und process",
    en: "A service needs exactly one of unit, supervisor and process",
  },
  "config.rule-service-instead": {
    de: "unit: nginx schreiben (systemd), oder supervisor: <Programm>, oder process: mit pidFile und start",
    en: "Write unit: nginx (systemd), or supervisor: <program>, or process: with pidFile and start",
  },
  "config.rule-timezone": { de: "{zone} ist keine Zeitzone", en: "{zone} is no time zone" },
  "config.rule-timezone-instead": { de: "Einen IANA-Namen schreiben: Europe/Berlin", en: "Write an IANA name: Europe/Berlin" },
  "config.rule-timezone-nearest": { de: "{nearest} schreiben", en: "Write {nearest}" },
  "config.see-schema": { de: "Beispiele stehen in examples/askproai/ampel.yaml", en: "See examples/askproai/ampel.yaml for examples" },

  "config.secret-plain": { de: "Hier steht ein Geheimnis im Klartext", en: "A secret stands here in plain text" },
  "config.secret-address-instead": {
    de: "Benutzer und Passwort aus der Adresse nehmen und als Verweis in ein eigenes Feld schreiben; das Geheimnis gilt als bekannt geworden und ist zu erneuern",
    en: "Take user and password out of the address and write them as a reference in a field of their own; the secret counts as leaked and must be renewed",
  },
  "config.secret-plain-instead": {
    de: "Nur einen Verweis schreiben: {reference} oder {other}; das Geheimnis gilt als bekannt geworden und ist zu erneuern",
    en: "Write only a reference: {reference} or {other}; the secret counts as leaked and must be renewed",
  },
} as const;
