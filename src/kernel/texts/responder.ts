export const responderTexts = {
  "run.done": { de: "ausgeführt", en: "done" },
  "run.verified": { de: "ausgeführt und geprüft", en: "done and verified" },
  "run.done-before": {
    de: "war vor dem Abbruch schon wirksam geworden, nicht wiederholt",
    en: "had already taken effect before the interruption, not repeated",
  },
  "run.not-verified": { de: "ausgeführt, aber die Prüfung danach sagt nein", en: "done, but the check afterwards says no" },
  "run.guard-refused": {
    de: "nicht nötig oder nicht erlaubt: die Vorprüfung sagt nein",
    en: "not needed or not allowed: the guard says no",
  },
  "run.locked": { de: "Die Sperre {lock} hält gerade {holder}", en: "The lock {lock} is held by {holder}" },
  "run.fallback": {
    de: "Schritt {step} hat nicht geholfen ({reason}); der geschriebene Ausweg läuft",
    en: "Step {step} did not help ({reason}); the written fallback runs",
  },
  "run.repeat-unclear": {
    de: "Schritt {step} war beim Abbruch begonnen, und seine Wirkung ist nicht erkennbar: ein Mensch muss nachsehen",
    en: "Step {step} had begun when the process died and its effect cannot be told: a person has to look",
  },
  "run.overrun": { de: "{block} hat seine Zeit überschritten und wurde beendet", en: "{block} overran its time and was killed" },
  "run.exit": { de: "endete mit {code}: {reason}", en: "ended with {code}: {reason}" },
  "run.no-undo": { de: "kein Rückweg geschrieben, bleibt wie es ist", en: "no undo is written, left as it is" },
  "run.undone": { de: "zurückgenommen", en: "undone" },
  "run.undo-failed": { de: "der Rückweg ist gescheitert", en: "the undo failed" },
  "run.undo-unclear": {
    de: "Der Rückweg von {step} war beim Abbruch begonnen, und seine Wirkung ist nicht erkennbar: ein Mensch muss nachsehen",
    en: "The undo of {step} had begun when the process died and its effect cannot be told: a person has to look",
  },
  "run.undo-partly": { de: "{reason}; nicht alles ist zurückgenommen", en: "{reason}; not everything is undone" },
  "run.approval-missing": {
    de: "Schritt {step} braucht die Zustimmung eines Menschen. Im Terminal: ampel playbook:run {playbook} --subject {subject}",
    en: "Step {step} needs a person's approval. In a terminal: ampel playbook:run {playbook} --subject {subject}",
  },
  "run.approval-expired": { de: "Für Schritt {step} hat niemand rechtzeitig zugestimmt", en: "Nobody approved step {step} in time" },
  "run.approval-refused": { de: "{by} hat abgelehnt", en: "{by} refused" },
  "run.step-failed": { de: "Schritt {step} ist gescheitert: {reason}", en: "Step {step} failed: {reason}" },
  "run.succeeded": { de: "Alle Schritte sind ausgeführt und geprüft", en: "All steps are done and verified" },
  "run.partly-failed": { de: "Ausgeführt, aber nicht jeder Schritt ist gelungen", en: "Carried out, but not every step succeeded" },
  "run.over-budget": {
    de: "Playbook {playbook} braucht länger als die {minutes} Minuten seiner Zone",
    en: "Playbook {playbook} takes longer than the {minutes} minutes of its zone",
  },
  "zone.green": { de: "GRÜN", en: "GREEN" },
  "zone.yellow": { de: "GELB", en: "YELLOW" },
  "zone.red": { de: "ROT", en: "RED" },
  "zone.clear": { de: "ALLES KLAR", en: "ALL CLEAR" },
  "zone.partly-blind": { de: "{count} PRÜFUNGEN OHNE SICHT, der Rest ist klar", en: "{count} CHECKS CANNOT SEE, the rest is clear" },
  "zone.blind": { de: "BLIND", en: "BLIND" },
  "blind.network": {
    de: "Kein Ziel außerhalb ist erreichbar und die Maschine hat keinen Weg ins Netz",
    en: "No outside target answers and the machine has no route to the network",
  },
  "blind.clock": { de: "Die Uhr ist um {seconds} s gesprungen", en: "The clock jumped by {seconds} s" },
  "blind.memory": {
    de: "Kein Ordner nimmt Daten an: das Gedächtnis der Prüfungen und das Journal fehlen",
    en: "No folder takes data: the memory of the checks and the journal are missing",
  },
  "automation.playbook-limit": {
    de: "{playbook} lief in der letzten Stunde schon {count} Mal (Grenze {limit}): ein Mensch muss die Ursache suchen",
    en: "{playbook} ran {count} times in the last hour already (limit {limit}): a person has to find the cause",
  },
  "automation.hour-limit": {
    de: "In der letzten Stunde liefen schon {count} Playbooks (Grenze {limit}): ein Mensch muss übernehmen",
    en: "{count} playbooks ran in the last hour already (limit {limit}): a person has to take over",
  },
  "automation.authority": {
    de: "Die Konfiguration erlaubt hier nur {level}; der Plan wartet auf einen Menschen",
    en: "The configuration allows only {level} here; the plan waits for a person",
  },
  "responder.busy": {
    de: "Ein anderer Einsatz läuft gerade auf dieser Maschine; dieser schaut nur zu",
    en: "Another responder is at work on this machine; this one only watches",
  },
  "responder.break-glass": {
    de: "NOTBETRIEB ohne eigenen Speicher ({reason}); Journal in {folder}",
    en: "BREAK-GLASS without the store ({reason}); journal in {folder}",
  },
  "responder.imported": { de: "{count} Einträge aus dem Notbetrieb übernommen", en: "Imported {count} entries of the break-glass journal" },
  "responder.resumed": { de: "Unterbrochener Lauf {run} wird fortgesetzt", en: "Going on with the interrupted run {run}" },
  "responder.looking": { de: "Ich sehe nach: {count} Prüfungen …", en: "Looking: {count} checks …" },
  "responder.no-playbook": {
    de: "Dafür gibt es kein Playbook: {subject} ({cause})",
    en: "There is no playbook for it: {subject} ({cause})",
  },
  "responder.running": { de: "Playbook {playbook} für {subject} …", en: "Playbook {playbook} for {subject} …" },
  "responder.proving": { de: "Ich prüfe nach …", en: "Verifying …" },
  "service.unknown": { de: "Den Dienst {subject} gibt es nicht; bekannt: {known}", en: "There is no service {subject}; known: {known}" },
  "service.unknown-next": { de: "Unter services: in ampel.yaml nachsehen", en: "Look under services: in ampel.yaml" },
  "service.not-allowed": {
    de: "{service} darf laut Konfiguration nicht von selbst gestartet werden",
    en: "{service} may not be started by itself, by configuration",
  },
  "service.force-next": {
    de: "Ursache suchen; von Hand: ampel service:start {service} --force",
    en: "Find the cause; by hand: ampel service:start {service} --force",
  },
  "service.blocked": { de: "{service} wird nicht gestartet: {reason}", en: "{service} is not started: {reason}" },
  "service.blocked-next": { de: "Erst das Genannte beheben", en: "Fix what is named first" },
  "service.failed-next": {
    de: "ampel service:plan {service} zeigt, wie er endete; nicht noch einmal starten",
    en: "ampel service:plan {service} shows how it ended; do not start it again",
  },
  "service.budget": {
    de: "{service} wurde in {minutes} Minuten schon {count} Mal gestartet: noch ein Start verdeckt die Ursache",
    en: "{service} was started {count} times within {minutes} minutes already: another start would hide the cause",
  },
  "service.database-restart": {
    de: "{service} ist eine Datenbank und läuft: sie wird nicht neu gestartet",
    en: "{service} is a database and running: it is not restarted",
  },
  "service.database-restart-next": {
    de: "ampel db:sessions {service} zeigt, was sie aufhält",
    en: "ampel db:sessions {service} shows what holds it up",
  },
  "service.state-running": { de: "läuft", en: "running" },
  "service.state-hung": { de: "hängt: da, aber angehalten", en: "hung: there, but stopped" },
  "service.state-changing": { de: "im Übergang", en: "changing" },
  "service.state-down": { de: "steht, letztes Ende: {result}", en: "down, last end: {result}" },
  "service.all-up": { de: "Alles läuft, nichts zu starten", en: "Everything is running, nothing to start" },
  "service.nothing-to-start": { de: "{subject} und worauf es steht läuft schon", en: "{subject} and what it stands on is running already" },
  "service.order": { de: "Reihenfolge: {order}", en: "Order: {order}" },
  "option.settle": {
    de: "So lange muss er oben bleiben, zum Beispiel 7s (Standard 0s)",
    en: "How long it must stay up, for example 7s (default 0s)",
  },
  "option.force-start": {
    de: "Trotz Grenze oder Bedenken starten (nur ein Mensch)",
    en: "Start in spite of a limit or a concern (people only)",
  },
  "responder.came-back": {
    de: "{subject} wurde behandelt und ist wieder krank: ein Mensch muss die Ursache suchen",
    en: "{subject} was treated and is sick again: a person has to find the cause",
  },
  "responder.step": { de: "{playbook}: {step}", en: "{playbook}: {step}" },
  "responder.store-lost": {
    de: "Der eigene Speicher ist mitten im Lauf seit {seconds} s fort",
    en: "The store has been gone for {seconds} s in the middle of a run",
  },
  "responder.store-lost-next": {
    de: "Noch einmal aufrufen: dann geht es ohne Speicher weiter (Notbetrieb)",
    en: "Call it again: it then works without the store (break-glass)",
  },
  "responder.settling": {
    de: "Ich beobachte noch {seconds} s, ob es oben bleibt …",
    en: "Watching {seconds} s more whether it stays up …",
  },
  "service.no-reload": {
    de: "{service} kann laut Konfiguration nicht ohne Abbruch neu laden",
    en: "{service} cannot reload without dropping requests, by configuration",
  },
  "service.no-reload-next": {
    de: "Unter services: {service}: reload: true eintragen, wenn er es kann",
    en: "Write reload: true under services: {service}: if it can",
  },
} as const;
