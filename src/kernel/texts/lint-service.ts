export const lintServiceTexts = {
  "lint.blind-start": {
    de: "Ein toter Dienst wird blind gestartet: eine volle Platte oder eine Absturzschleife bleibt verborgen",
    en: "A dead service is started blindly: a full disk or a crash loop stays hidden",
  },
  "lint.blind-start.way": {
    de: "Erst Platte, Protokoll und letztes Ende ansehen (ampel service:plan NAME), einmal starten (ampel service:start NAME), auf Bereitschaft warten",
    en: "First look at disk, journal and last exit (ampel service:plan NAME), start once (ampel service:start NAME), wait until it is ready",
  },
  "lint.restart-many": {
    de: "Mehrere Dienste werden in einer Zeile neu gestartet, auch gesunde",
    en: "Several services are restarted in one line, healthy ones too",
  },
  "lint.restart-many.way": {
    de: "Nur das Kranke, in der Reihenfolge der Abhängigkeiten: ampel service:plan NAME, dann ampel service:restart NAME",
    en: "Only what is sick, in the order of dependencies: ampel service:plan NAME, then ampel service:restart NAME",
  },
  "lint.database-restart": {
    de: "Eine Datenbank wird nebenbei neu gestartet: laufende Schreibvorgänge und ungesicherte Schlüssel gehen verloren",
    en: "A database is restarted in passing: writes in flight and unsaved keys are lost",
  },
  "lint.database-restart.way": {
    de: "Zuletzt, als eigener Schritt mit risk danger, vorher gesichert und mit Zustimmung",
    en: "Last, as a step of its own with risk danger, saved before and approved",
  },
  "lint.background-worker": {
    de: "Ein Arbeiter wird aus der Anmeldung heraus in den Hintergrund gestellt: er stirbt mit ihr oder läuft doppelt",
    en: "A worker is put into the background of a login: it dies with it or runs twice",
  },
  "lint.background-worker.way": {
    de: "Nur unter systemd oder supervisor; beenden, auf die neue Prozessnummer warten, genau einen Hauptprozess prüfen",
    en: "Only under systemd or supervisor; terminate, wait for the new process id, check that exactly one master runs",
  },
  "lint.kill-by-pattern": {
    de: "Prozesse werden nach Namensmuster beendet: es trifft auch andere",
    en: "Processes are ended by a name pattern: others are hit too",
  },
  "lint.kill-by-pattern.way": {
    de: "Den Dienst über seine Unit beenden, oder genau eine geprüfte Prozessnummer",
    en: "End the service by its unit, or exactly one process id that was checked",
  },
  "lint.success-unproven": { de: "Eine Erfolgsmeldung steht ohne Beweis da", en: "A message of success stands there without proof" },
  "lint.success-unproven.way": {
    de: "Die Ausgabe entfernen; ein verify-Block stellt fest, ob es gelungen ist",
    en: "Remove the output; a verify block finds out whether it worked",
  },
  "lint.errexit-midway": {
    de: "Mit set -e endet das Skript beim ersten Start, der misslingt; der Rest wird nie angesehen",
    en: "With set -e the script ends at the first start that fails; the rest is never looked at",
  },
  "lint.errexit-midway.way": { de: "Je Vorhaben ein Schritt mit eigenem Ergebnis", en: "One step with its own result for each intent" },
  "lint.failure-swallowed": {
    de: "Ein Fehler wird verschluckt: der Block endet als gelungen",
    en: "A failure is swallowed: the block ends as a success",
  },
  "lint.failure-swallowed.way": {
    de: "Den Fehler stehen lassen; on-failure sagt, wie es weitergeht",
    en: "Let it fail; on-failure says how to go on",
  },
  "lint.closes-login": {
    de: "exit schließt die Anmeldung dessen, der den Block einfügt",
    en: "exit closes the login of whoever pastes the block",
  },
  "lint.closes-login.way": {
    de: "In runde Klammern setzen, oder den Befehl selbst scheitern lassen",
    en: "Put it into round brackets, or let the command itself fail",
  },
  "lint.auto-fix-first": { de: "Es wird gehandelt, bevor hingesehen wird", en: "It acts before it looks" },
  "lint.auto-fix-first.way": {
    de: "Erst nur lesen: ampel health:check; dann Plan zeigen und einzelne Schritte mit Grenze ausführen",
    en: "Read only at first: ampel health:check; then show the plan and run single steps within limits",
  },
  "lint.host-restart": { de: "Der Rechner wird neu gestartet", en: "The host is restarted" },
  "lint.host-restart.way": {
    de: "Nur als eigener Schritt mit risk danger, guard und Zustimmung; vorher den kranken Dienst allein behandeln",
    en: "Only as a step of its own with risk danger, guard and approval; treat the sick service alone first",
  },
  "lint.blind-reconnect": {
    de: "Verbindungen werden zurückgesetzt, ohne zu sehen, wer sie hält",
    en: "Connections are reset without seeing who holds them",
  },
  "lint.blind-reconnect.way": {
    de: "Erst ampel db:sessions, dann ampel db:reconnect: beendet nur benannte Sitzungen nach Bestätigung",
    en: "First ampel db:sessions, then ampel db:reconnect: ends named sessions only, after confirmation",
  },
  "lint.git-reset-hard": {
    de: "Nicht eingespielte Änderungen und Notkorrekturen gehen ohne Rückfrage verloren",
    en: "Local changes and hot fixes are lost without a question",
  },
  "lint.git-reset-hard.way": {
    de: "Vorbereitetes Release durch Umsetzen des Verweises aktivieren; Änderungen vorher sichern; Schema prüfen; neu laden; prüfen",
    en: "Activate a prepared release by swapping the link; save changes first; check the schema; reload; verify",
  },
  "lint.install-on-live": {
    de: "Pakete werden im Notfall auf dem laufenden Rechner installiert",
    en: "Packages are installed on the live host in an emergency",
  },
  "lint.install-on-live.way": {
    de: "Fertig gebaute Artefakte mit Prüfsumme vorhalten und ohne Netz zurückgehen",
    en: "Keep built artefacts with checksums and go back without a network",
  },
  "lint.restart-order": {
    de: "Die Reihenfolge stimmt nicht: Neustart statt Neuladen, oder freigegeben, bevor geprüft wurde",
    en: "The order is wrong: restart instead of reload, or released before it was checked",
  },
  "lint.restart-order.way": {
    de: "Wartung an, neu laden, auf neue Arbeiter warten, auf dem Rechner selbst prüfen, dann freigeben und beobachten",
    en: "Maintenance on, reload, wait for new workers, check on the host itself, then release and watch",
  },
  "lint.delete-for-good": { de: "Dateien werden endgültig gelöscht", en: "Files are deleted for good" },
  "lint.delete-for-good.way": {
    de: "Nur benannte Reste, verschoben und zurückholbar: ampel disk:free NAME --confirm, zurück mit ampel disk:restore",
    en: "Only what is named as disposable, moved so that it can come back: ampel disk:free NAME --confirm, back with ampel disk:restore",
  },
  "lint.file-emptied": {
    de: "Eine Datei wird geleert: die Spur zur Ursache ist weg",
    en: "A file is emptied: the trace to the cause is gone",
  },
  "lint.file-emptied.way": {
    de: "Protokolle drehen und verschieben: ampel disk:free NAME --confirm",
    en: "Rotate and move logs: ampel disk:free NAME --confirm",
  },
  "lint.disk-overwritten": { de: "Ein Datenträger wird überschrieben", en: "A disk is overwritten" },
  "lint.disk-overwritten.way": { de: "Gehört in kein Playbook", en: "Belongs into no playbook" },
  "lint.open-to-all": { de: "Dateien werden für alle beschreibbar", en: "Files become writable for everybody" },
  "lint.open-to-all.way": {
    de: "Eigentümer und Gruppe richtigstellen, höchstens 0750 und 0640",
    en: "Correct owner and group, at most 0750 and 0640",
  },
  "lint.check-skipped": { de: "Eine Sicherheitsprüfung wird abgeschaltet", en: "A safety check is switched off" },
  "lint.check-skipped.way": {
    de: "Die Ursache beheben: Zertifikat, Schlüssel oder Regel richtigstellen",
    en: "Mend the cause: correct the certificate, key or rule",
  },
  "lint.piped-into-shell": { de: "Ein Text aus dem Netz wird ungelesen ausgeführt", en: "A text from the network is executed unread" },
  "lint.piped-into-shell.way": {
    de: "Vorher laden, Prüfsumme vergleichen, als Datei auf den Rechner legen",
    en: "Load it before, compare the checksum, put it on the host as a file",
  },
} as const;
