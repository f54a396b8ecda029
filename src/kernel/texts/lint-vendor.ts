export const lintVendorTexts = {
  "lint.raw-log": {
    de: "Protokollzeilen kommen unmaskiert auf den Schirm: Namen, Nummern, Gesprächsinhalte",
    en: "Log lines come unmasked onto the screen: names, numbers, what was said",
  },
  "lint.raw-log.way": {
    de: "Nach Fingerabdruck zählen, mit Zeitfenster und maskiert: ampel performance:emergency-check",
    en: "Count by fingerprint, with a time window and masked: ampel performance:emergency-check",
  },
  "lint.blind-check": {
    de: "curl ohne --fail oder ohne --max-time: ein Fehler 503 gilt als gut, ein Hänger hängt ewig",
    en: "curl without --fail or without --max-time: an error 503 passes as good, a hang hangs for ever",
  },
  "lint.blind-check.way": {
    de: "curl --fail --silent --show-error --max-time 5 …, oder die Probe: ampel health:check --probe NAME",
    en: "curl --fail --silent --show-error --max-time 5 …, or the probe: ampel health:check --probe NAME",
  },
  "lint.verdict-by-echo": {
    de: "Ein echo ersetzt das Urteil: der Block endet in jedem Fall als gelungen",
    en: "An echo replaces the verdict: the block ends as a success in any case",
  },
  "lint.verdict-by-echo.way": {
    de: "Mehrere Schichten prüfen, zwei von drei entscheiden: ampel health:check",
    en: "Check several layers, two of three decide: ampel health:check",
  },
  "lint.temporary-without-expiry": {
    de: "Eine Einstellung wird ohne Ende oder ohne Grund geändert; niemand stellt sie zurück",
    en: "A setting is changed without an end or without a reason; nobody sets it back",
  },
  "lint.temporary-without-expiry.way": {
    de: "ampel config:set NAME=WERT --for 30m --reason …: endet von selbst",
    en: "ampel config:set NAME=VALUE --for 30m --reason …: ends by itself",
  },
  "lint.mode-without-way-back": {
    de: "Eine Betriebsart wird ohne Ende eingeschaltet, und mit ihr ein Versprechen an Anrufer",
    en: "A mode is switched on without an end, and with it a promise to callers",
  },
  "lint.mode-without-way-back.way": {
    de: "Erst prüfen, ob der Ersatzweg antwortet; als Schalter mit Ende: ampel config:set … --for 30m --reason …",
    en: "First test that the other path answers; as a switch with an end: ampel config:set … --for 30m --reason …",
  },
  "lint.notice-to-all": {
    de: "Eine Nachricht geht an alle Kunden, ohne Vorschau und ohne zweite Person",
    en: "A notice goes to all customers, without preview and without a second person",
  },
  "lint.notice-to-all.way": {
    de: "Nur Betroffene des Vorfalls, mit Vorschau und Anzahl, zweite Person, ein Versand je Zustand",
    en: "Only those the incident affects, with preview and count, second person, one send per state",
  },
  "lint.breaker-forced": {
    de: "Der Schutzschalter wird mit Gewalt geschlossen: der kranke Anbieter bekommt die volle Last",
    en: "The circuit breaker is closed by force: the sick vendor gets the full load",
  },
  "lint.breaker-forced.way": {
    de: "Halb öffnen, ein Probeaufruf, dann 10, 50, 100 Prozent; Gewalt nur mit --reason",
    en: "Half open, one canary, then 10, 50, 100 per cent; force only with --reason",
  },
  "lint.sync-unchecked": {
    de: "Ein Abgleich schreibt, ohne dass jemand den Unterschied gesehen hat: doppelte Termine",
    en: "A sync writes before anybody saw the difference: double bookings",
  },
  "lint.sync-unchecked.way": {
    de: "Erst --dry-run mit Liste der Unterschiede, dann gedrosselt, mit Schlüssel gegen Doppel",
    en: "First --dry-run with the list of differences, then throttled, with a key against duplicates",
  },
  "lint.stale-data": {
    de: "Veraltete Verfügbarkeit wird ohne Altersgrenze verkauft",
    en: "Stale availability is sold without an age limit",
  },
  "lint.stale-data.way": {
    de: "Alter der Daten zeigen, ab N Minuten verweigern, nur vorläufig buchen, mit --for beenden",
    en: "Show the age of the data, refuse beyond N minutes, book as tentative only, end it with --for",
  },
  "lint.signature-off": {
    de: "Die Prüfung der Unterschrift wird abgeschaltet: jeder kann Anrufe und Buchungen fälschen",
    en: "The signature check is switched off: anybody can forge calls and bookings",
  },
  "lint.signature-off.way": {
    de: "Nie. Ursache suchen (Uhr, Schlüssel, Proxy), alten und neuen Schlüssel befristet annehmen, Abgelehntes in Quarantäne",
    en: "Never. Find the cause (clock, key, proxy), accept old and new key for a limited time, put refused ones into quarantine",
  },
  "lint.replay-unchecked": {
    de: "Ereignisse werden ohne Vorschau erneut eingespielt: doppelte SMS und Buchungen",
    en: "Events are replayed without a preview: double messages and bookings",
  },
  "lint.replay-unchecked.way": {
    de: "Erst --dry-run mit Liste; gegen Doppel geschützt, in Reihenfolge, gedrosselt, mit Abbruch nach N Fehlern",
    en: "First --dry-run with the list; protected against duplicates, in order, throttled, stopped after N errors",
  },
  "lint.replay-by-clock": { de: "Das Fenster hängt an der Uhr und wandert", en: "The window hangs on the clock and moves" },
  "lint.replay-by-clock.way": { de: "Fenster über gespeicherte Kennungen und Zeiten in UTC", en: "Window by stored ids and times in UTC" },
  "lint.second-receiver": {
    de: "Ein zweiter Empfänger wird eingetragen, ungeprüft und ohne Rückweg: beide können verarbeiten",
    en: "A second receiver is set, untested and without a way back: both may process",
  },
  "lint.second-receiver.way": {
    de: "Beim Anbieter umstellen und zurücklesen, gemeinsamer Doppel-Schutz, Testereignis vorher und nachher",
    en: "Switch at the vendor and read back, shared duplicate protection, test event before and after",
  },
  "lint.statuspage-path": {
    de: "Die Adresse der Statusseite ist falsch: die Kennung der Seite fehlt",
    en: "The address of the status page is wrong: the page id is missing",
  },
  "lint.statuspage-path.way": {
    de: "/v1/pages/SEITE/incidents, Inhaltstyp JSON, Token aus einer Datei, Kennung des Vorfalls behalten",
    en: "/v1/pages/PAGE/incidents, content type JSON, token from a file, keep the incident id",
  },
  "lint.dns-by-hand": {
    de: "Ein DNS-Wechsel ohne Sperre des alten Rechners: alte Einträge gelten bis zum Ende ihrer TTL, beide schreiben",
    en: "A DNS change without fencing the old host: old records live until their TTL ends, both write",
  },
  "lint.dns-by-hand.way": {
    de: "TTL lange vorher senken, alten Rechner sperren, über die API ändern und an jedem Nameserver zurücklesen, Rückweg bereit",
    en: "Lower the TTL long before, fence the old host, change by API and read back at each name server, way back ready",
  },
  "lint.host-key-unpinned": { de: "Der Schlüssel des Rechners wird nicht geprüft", en: "The key of the host is not checked" },
  "lint.host-key-unpinned.way": { de: "Schlüssel vorher in known_hosts hinterlegen", en: "Put the key into known_hosts beforehand" },
  "lint.login-by-hand": { de: "Eine Anmeldung von Hand, danach unprotokollierte Befehle", en: "A login by hand, then unlogged commands" },
  "lint.login-by-hand.way": {
    de: "host am Schritt angeben; der Rechner ist in ampel.yaml, sein Schlüssel hinterlegt, der Weg wöchentlich geübt",
    en: "State host at the step; the host is in ampel.yaml, its key is pinned, the way is drilled weekly",
  },
  "lint.health-through-dns": {
    de: "Die letzte Prüfung geht über öffentliches DNS und kann den anderen Rechner treffen",
    en: "The last check goes through public DNS and may reach the other host",
  },
  "lint.health-through-dns.way": {
    de: "--resolve auf diesen Rechner; mehrmals hintereinander: ampel probe:wait NAME --for 20s",
    en: "--resolve to this host; several times in a row: ampel probe:wait NAME --for 20s",
  },
  "lint.relative-recipients": {
    de: "Empfänger nach Uhrzeit: der Vorfall dauerte nicht genau eine Stunde",
    en: "Recipients by the clock: the incident did not last exactly one hour",
  },
  "lint.relative-recipients.way": {
    de: "Empfänger aus dem Zeitfenster des Vorfalls; erst wenn 15 Minuten alles grün war; mit Vorschau",
    en: "Recipients from the window of the incident; only after 15 minutes of green; with preview",
  },
  "lint.local-date-name": {
    de: "Der Name trägt nur das Datum: der zweite Vorfall des Tages überschreibt den ersten",
    en: "The name carries only the date: the second incident of the day overwrites the first",
  },
  "lint.local-date-name.way": { de: "Kennung des Vorfalls und Zeit in UTC im Namen", en: "Incident id and time in UTC in the name" },
} as const;
