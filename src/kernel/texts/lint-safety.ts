export const lintSafetyTexts = {
  "lint.run-all": { de: "ein ändernder Block läuft bei „Alle ausführen“ mit", en: "a changing block runs with Run All" },
  "lint.run-all.way": { de: "excludeFromRunAll auf true setzen", en: "Set excludeFromRunAll to true" },
  "lint.note-in-run-all": { de: "Ein Merkblock läuft bei „Alle ausführen“ mit", en: "A note block runs with Run All" },
  "lint.note-in-run-all.way": { de: "excludeFromRunAll auf true setzen", en: "Set excludeFromRunAll to true" },
  "lint.verify-missing": {
    de: "er ändert etwas, aber nichts prüft das Ergebnis",
    en: "it changes something, but nothing checks the result",
  },
  "lint.verify-missing.way": {
    de: "Einen verify-Block anfügen, der das Ziel selbst misst",
    en: "Add a verify block that measures the aim itself",
  },
  "lint.undo-missing": {
    de: "er ist gefährlich und hat weder Rückweg noch Begründung",
    en: "it is dangerous and has neither an undo nor a reason",
  },
  "lint.undo-missing.way": {
    de: "Einen undo-Block anfügen, oder in reason sagen, warum es keinen geben kann",
    en: "Add an undo block, or say in reason why there can be none",
  },
  "lint.guard-missing": { de: "er ist gefährlich und prüft vorher nichts", en: "it is dangerous and checks nothing beforehand" },
  "lint.guard-missing.way": {
    de: "Einen guard-Block anfügen: richtiger Rechner, richtige Datenbank, Zustand gesichert",
    en: "Add a guard block: right host, right database, state saved",
  },
  "lint.approval-missing": {
    de: "er ist gefährlich und nennt nicht, wie viele Personen zustimmen",
    en: "it is dangerous and does not state how many persons approve",
  },
  "lint.approval-missing.way": { de: "approve auf 1 oder 2 setzen", en: "Set approve to 1 or 2" },
  "lint.look-changes": { de: "guard oder verify ändert etwas", en: "guard or verify changes something" },
  "lint.look-changes.way": { de: "Nur lesen; das Ändern gehört in den do-Block", en: "Read only; changing belongs into the do block" },
  "lint.timeout-missing": { de: "ein Block hat keine Zeitgrenze", en: "a block has no time limit" },
  "lint.timeout-missing.way": { de: "timeout angeben, zum Beispiel 10s", en: "State timeout, for example 10s" },
  "lint.resume-unstated": {
    de: "es steht nicht da, ob er nach einem Abbruch wiederholt werden darf",
    en: "it is not stated whether it may be repeated after a crash",
  },
  "lint.resume-unstated.way": { de: "idempotent mit yes, no oder check angeben", en: "State idempotent as yes, no or check" },
  "lint.retry-unsafe": { de: "er wird wiederholt, obwohl er nicht wiederholbar ist", en: "it is retried although it must not be repeated" },
  "lint.retry-unsafe.way": {
    de: "retries auf 0 setzen oder den Schritt wiederholbar machen",
    en: "Set retries to 0 or make the step repeatable",
  },
  "lint.host-unstated": { de: "es steht nicht da, auf welchem Rechner er läuft", en: "it is not stated on which host it runs" },
  "lint.host-unstated.way": {
    de: "host angeben: subject, local oder ein Rechner aus ampel.yaml",
    en: "State host: subject, local or a host of ampel.yaml",
  },
  "lint.risk-understated": {
    de: "Ein Block gilt als lesend und ändert doch etwas",
    en: "A block is declared as reading and yet changes something",
  },
  "lint.risk-understated.way": { de: "risk auf write oder danger setzen, mit verify", en: "Set risk to write or danger, with a verify" },
} as const;
