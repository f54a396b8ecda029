export const triageTexts = {
  "probe.silent": { de: "Keine Antwort innerhalb von {seconds} s", en: "No answer within {seconds} s" },
  "probe.interrupted": { de: "Die Prüfung wurde abgebrochen", en: "The check was interrupted" },
  "probe.broken": { de: "Die Prüfung selbst ist fehlgeschlagen: {reason}", en: "The check itself failed: {reason}" },
  "host.reached": { de: "Anmeldung auf {host} gelingt", en: "Login to {host} works" },
  "host.unreachable": { de: "{host} ist nicht erreichbar: {reason}", en: "{host} cannot be reached: {reason}" },
  "host.broken": {
    de: "{host} nimmt die Anmeldung an, führt aber nichts aus: {reason}",
    en: "{host} accepts the login but runs nothing: {reason}",
  },
  "host.no-ssh": { de: "ssh lässt sich hier nicht starten ({reason})", en: "ssh cannot be started here ({reason})" },
} as const;
