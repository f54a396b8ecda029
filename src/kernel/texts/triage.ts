export const triageTexts = {
  "probe.silent": { de: "Keine Antwort innerhalb von {seconds} s", en: "No answer within {seconds} s" },
  "probe.interrupted": { de: "Die Prüfung wurde abgebrochen", en: "The check was interrupted" },
  "probe.broken": { de: "Die Prüfung selbst ist fehlgeschlagen: {reason}", en: "The check itself failed: {reason}" },
} as const;
