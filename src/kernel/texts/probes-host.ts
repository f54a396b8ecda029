export const probeHostTexts = {
  "host.unreachable": { de: "{host} ist nicht erreichbar: {reason}", en: "{host} cannot be reached: {reason}" },
  "host.timed-out": { de: "{host} hat nicht rechtzeitig geantwortet ({reason})", en: "{host} did not answer in time ({reason})" },
  "host.look-failed": { de: "Auf {host} war nichts zu sehen: {reason}", en: "Nothing could be seen on {host}: {reason}" },
  "host.next-reach": { de: "Verbindung zu {host} prüfen (ssh, Schlüssel, Netz)", en: "Check the way to {host} (ssh, key, network)" },
  "host.next-look": { de: "Auf {host} anmelden und von Hand nachsehen", en: "Log in to {host} and look by hand" },

  "service.act-failed": { de: "{act} auf {host} ist fehlgeschlagen: {reason}", en: "{act} on {host} failed: {reason}" },
  "service.next-status": { de: "Zustand und letzte Logzeilen ansehen ({act})", en: "Look at its state and last log lines ({act})" },
  "service.manager-silent": { de: "{manager} auf {host} antwortet nicht: {reason}", en: "{manager} on {host} does not answer: {reason}" },
  "service.next-supervisor": { de: "Auf {host} nachsehen, ob supervisord läuft", en: "Check on {host} whether supervisord is running" },
} as const;
