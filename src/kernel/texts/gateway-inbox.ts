export const gatewayInboxTexts = {
  "command.gateway": {
    de: "Webhooks und Anrufe annehmen und sicher aufbewahren, auch ohne Datenbank",
    en: "Take webhooks and calls and keep them safely, without a database too",
  },
  "command.up": {
    de: "Alles auf einer Maschine: Überwachung und Gateway zusammen starten",
    en: "Everything on one machine: start watching and gateway together",
  },
  "gateway.spool-failed": {
    de: "Der Zwischenspeicher {folder} nimmt nichts an ({reason})",
    en: "The spool {folder} takes nothing ({reason})",
  },
  "gateway.spool-failed-next": {
    de: "Platz schaffen oder den Datenträger prüfen: {folder}",
    en: "Make room or check the disk: {folder}",
  },
  "gateway.no-section": {
    de: "In {file} fehlt der Abschnitt gateway",
    en: "{file} has no section gateway",
  },
  "gateway.no-section-next": {
    de: "gateway: mit publicUrl und den Schlüsseln eintragen, dann: ampel config:check",
    en: "Add gateway: with publicUrl and the keys, then: ampel config:check",
  },
  "gateway.started": { de: "Gateway nimmt an auf {address}:{port}", en: "The gateway is listening on {address}:{port}" },
  "gateway.would-listen": {
    de: "Das Gateway würde auf {address}:{port} annehmen; Zwischenspeicher: {spool}",
    en: "The gateway would listen on {address}:{port}; spool: {spool}",
  },
  "gateway.without-store": {
    de: "Noch keine Datenbank: alles geht in den Zwischenspeicher und wird später übernommen",
    en: "No database yet: everything goes to the spool and is brought over later",
  },
  "gateway.store-away": { de: "Die Datenbank ist nicht da: {reason}", en: "The database is not there: {reason}" },
  "gateway.spooling": {
    de: "Die Datenbank nimmt nichts an ({reason}); der Zwischenspeicher übernimmt",
    en: "The database takes nothing ({reason}); the spool takes over",
  },
  "gateway.storing": { de: "Die Datenbank nimmt wieder an", en: "The database takes deliveries again" },
  "gateway.job-failed": {
    de: "Die Arbeit {name} ist gescheitert und wird wiederholt: {reason}",
    en: "The job {name} failed and will be tried again: {reason}",
  },
  "gateway.settings-taken": { de: "Neue Einstellungen übernommen", en: "Took the new settings" },
  "gateway.section-gone": {
    de: "Die neue Konfiguration hat keinen Abschnitt gateway; die alten Einstellungen gelten weiter",
    en: "The new configuration has no section gateway; the old settings stay",
  },
  "gateway.listen-failed": {
    de: "Auf {address}:{port} kann nicht angenommen werden ({reason})",
    en: "Cannot listen on {address}:{port} ({reason})",
  },
  "gateway.listen-failed-next": {
    de: "gateway.listen in ampel.yaml ändern oder beenden, was dort läuft",
    en: "Change gateway.listen in ampel.yaml, or end what is running there",
  },
  "gateway.ended": { de: "Gateway beendet, nichts ist verloren", en: "The gateway has ended, nothing is lost" },
  "up.started": { de: "{name} gestartet", en: "{name} started" },
  "up.ended": {
    de: "{name} ist unerwartet beendet ({reason}); Neustart in {seconds} s",
    en: "{name} ended unexpectedly ({reason}); restart in {seconds} s",
  },
  "up.stopping": { de: "Beende alles", en: "Ending everything" },
  "up.all-ended": { de: "Alles beendet", en: "Everything has ended" },
  "up.would-start": { de: "Würde starten: {names}", en: "Would start: {names}" },
} as const;
