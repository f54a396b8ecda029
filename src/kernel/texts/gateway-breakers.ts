export const gatewayBreakersTexts = {
  "command.circuit-breaker-status": {
    de: "Schutzschalter der Anbieter: Zustand, seit wann, warum, und was hinausgeht",
    en: "Circuit breakers of the vendors: state, since when, why, and what goes out",
  },
  "command.circuit-breaker-reset": {
    de: "Einen Schutzschalter schließen, wenn ein Probeaufruf gelingt",
    en: "Close a circuit breaker if a trial call succeeds",
  },
  "command.circuit-breaker-isolate": {
    de: "Einen Anbieter für eine Weile von Hand abtrennen",
    en: "Cut a vendor off by hand for a while",
  },
  "command.circuit-breaker-release": {
    de: "Eine Abtrennung von Hand beenden; der nächste Aufruf ist eine Probe",
    en: "End an isolation by hand; the next call is a trial",
  },
  "command.webhook-set-fallback-url": {
    de: "Die Anbieter senden an den Ersatzserver, mit Rückweg",
    en: "The vendors send to the backup server, with the way back",
  },
  "option.breaker-force": {
    de: "Auch wenn die Probe scheitert: einzelne Aufrufe durchlassen, mit --reason; öffnet von selbst wieder",
    en: "Even if the trial fails: let single calls through, with --reason; opens again by itself",
  },
  "option.breaker-for": { de: "Wie lange, höchstens 24h", en: "How long, 24h at most" },
  "option.breaker-expect": {
    de: "Endet mit 3, wenn der Zustand ein anderer ist",
    en: "Ends with 3 if the state is another one",
  },
  "option.fallback-back": { de: "Zurück zu den Adressen von vorher", en: "Back to the addresses of before" },
  "option.fallback-vendor": { de: "Nur dieser Anbieter", en: "Only this vendor" },

  "breaker.closed": { de: "geschlossen", en: "closed" },
  "breaker.open": { de: "offen", en: "open" },
  "breaker.half-open": { de: "halb offen, eine Probe läuft", en: "half-open, a trial is running" },
  "breaker.isolated": { de: "abgetrennt", en: "isolated" },
  "breaker.line": { de: "{vendor} ist {state} seit {since}", en: "{vendor} is {state} since {since}" },
  "breaker.open-detail": {
    de: "Öffnung {count} in Folge, nächste Probe um {trial}",
    en: "opening {count} in a row, next trial at {trial}",
  },
  "breaker.forced-detail": { de: "durch {by} bis {until}: {reason}", en: "by {by} until {until}: {reason}" },
  "breaker.window-detail": {
    de: "{failed} gescheitert, {slow} langsam von {count} gezählten Aufrufen",
    en: "{failed} failed, {slow} slow of {count} counted calls",
  },
  "breaker.failure-detail": { de: "letzter Fehler {what} um {at}", en: "last failure {what} at {at}" },
  "breaker.slow-detail": { de: "zuletzt langsam: {latencyMs} ms um {at}", en: "last slow: {latencyMs} ms at {at}" },
  "breaker.egress-line": {
    de: "Ausgang {bucket}: {sent} in der letzten Minute; letzte Stunde {total}, davon 429: {throttled}, 401/403: {refused}",
    en: "Egress {bucket}: {sent} in the last minute; last hour {total}, of these 429: {throttled}, 401/403: {refused}",
  },
  "breaker.egress-blocked": { de: "{bucket} ist gesperrt bis {until}", en: "{bucket} is blocked until {until}" },
  "breaker.unknown-vendor": {
    de: "Einen Anbieter {vendor} gibt es nicht; bekannt: {known}",
    en: "There is no vendor {vendor}; known: {known}",
  },
  "breaker.unknown-state": {
    de: "Einen Zustand {state} gibt es nicht; bekannt: {known}",
    en: "There is no state {state}; known: {known}",
  },
  "breaker.no-store": {
    de: "Der Zustand der Schutzschalter steht im Speicher, und der antwortet nicht: {reason}",
    en: "The state of the circuit breakers is in the store, and it does not answer: {reason}",
  },
  "breaker.no-store-next": {
    de: "Erst den Speicher zurückholen; die Schutzschalter arbeiten bis dahin in jedem Prozess für sich weiter",
    en: "Bring the store back first; until then the circuit breakers go on in each process by themselves",
  },
  "breaker.no-key": { de: "Für {vendor} steht kein Schlüssel in ampel.yaml", en: "There is no key for {vendor} in ampel.yaml" },
  "breaker.no-key-next": {
    de: "Unter gateway: eintragen, sonst ist keine Probe möglich",
    en: "Add it under gateway:, or no trial is possible",
  },
  "breaker.no-gateway": { de: "ampel.yaml hat keinen Abschnitt gateway", en: "ampel.yaml has no section gateway" },
  "breaker.no-gateway-next": { de: "Den Abschnitt gateway: eintragen", en: "Add the section gateway:" },
  "breaker.canary-well": {
    de: "Probe bei {vendor}: {what} in {latencyMs} ms, in Ordnung",
    en: "Trial at {vendor}: {what} in {latencyMs} ms, well",
  },
  "breaker.canary-ill": {
    de: "Probe bei {vendor}: {what} nach {latencyMs} ms ({verdict})",
    en: "Trial at {vendor}: {what} after {latencyMs} ms ({verdict})",
  },
  "breaker.verdict-slow": { de: "zu langsam", en: "too slow" },
  "breaker.verdict-failed": { de: "gescheitert", en: "failed" },
  "breaker.verdict-ours": { de: "liegt an uns: Schlüssel, Grenze oder Netz", en: "on our side: key, limit or network" },
  "breaker.verdict-ok": { de: "in Ordnung", en: "well" },
  "breaker.would": { de: "Würde ändern: {vendor} von {from} zu {to}", en: "Would change: {vendor} from {from} to {to}" },
  "breaker.changed": { de: "{vendor}: von {from} zu {to}", en: "{vendor}: from {from} to {to}" },
  "breaker.unchanged": { de: "{vendor} bleibt {state}", en: "{vendor} stays {state}" },
  "breaker.forced-trial": {
    de: "{vendor} lässt bis {until} einzelne Aufrufe durch; der erste Fehler öffnet wieder",
    en: "{vendor} lets single calls through until {until}; the first failure opens it again",
  },
  "breaker.reset-force-next": {
    de: 'Ursache suchen; einzelne Aufrufe trotzdem durchlassen: --force --reason "…"',
    en: 'Look for the cause; let single calls through all the same: --force --reason "…"',
  },
  "breaker.reason-missing": {
    de: "--reason fehlt: wer nachts übernimmt, muss wissen warum",
    en: "--reason is missing: whoever takes over at night must know why",
  },
  "breaker.isolated-first": {
    de: "{vendor} ist von {by} abgetrennt bis {until}: {reason}",
    en: "{vendor} is isolated by {by} until {until}: {reason}",
  },
  "breaker.isolated-first-next": {
    de: 'Erst beenden: ampel circuit-breaker:release {vendor} --reason "…"',
    en: 'End that first: ampel circuit-breaker:release {vendor} --reason "…"',
  },

  "fallback.bad-url": {
    de: "{url} taugt nicht: gebraucht wird eine https-Adresse ohne Pfad, Anmeldung und Parameter",
    en: "{url} will not do: an https address without path, login and parameters is needed",
  },
  "fallback.url-missing": {
    de: "Eine Adresse fehlt, oder --back für den Rückweg",
    en: "An address is missing, or --back for the way back",
  },
  "fallback.not-ours": {
    de: "{url}/health/live antwortet nicht als unser Gateway: {what}",
    en: "{url}/health/live does not answer as our gateway: {what}",
  },
  "fallback.not-ours-next": {
    de: "Auf dem Ersatzserver `ampel gateway` mit derselben Konfiguration starten, dann noch einmal",
    en: "Start `ampel gateway` on the backup server with the same configuration, then again",
  },
  "fallback.what-status": { de: "Status {status}", en: "status {status}" },
  "fallback.what-foreign": { de: "jemand anderes antwortet", en: "somebody else answers" },
  "fallback.what-key": {
    de: "es hat keinen Schlüssel für {vendor} mit uns gemeinsam und würde alles von dort abweisen",
    en: "it has no key for {vendor} in common with us and would refuse everything from there",
  },
  "fallback.what-silent": { de: "keine Antwort ({reason})", en: "no answer ({reason})" },
  "fallback.what-place": {
    de: "seine publicUrl ist {place}, damit stimmt keine Signatur von Twilio",
    en: "its publicUrl is {place}, so that no signature of Twilio fits",
  },
  "fallback.plan": { de: "{vendor} {what} {id}: {from} → {to}", en: "{vendor} {what} {id}: {from} → {to}" },
  "fallback.nothing": {
    de: "Nichts zu ändern: alle Adressen stehen schon so",
    en: "Nothing to change: all addresses are like that already",
  },
  "fallback.foreign": {
    de: "{vendor} {what} {id} zeigt auf {url}, das ist nicht von uns; bleibt",
    en: "{vendor} {what} {id} points to {url}, which is not ours; it stays",
  },
  "fallback.done": { de: "{vendor} {what} {id} gelesen: {url}", en: "{vendor} {what} {id} read back: {url}" },
  "fallback.failed": { de: "{vendor} {what} {id} nicht geändert: {reason}", en: "{vendor} {what} {id} not changed: {reason}" },
  "fallback.unseen": { de: "{vendor} nicht gelesen: {reason}", en: "{vendor} was not read: {reason}" },
  "fallback.kept": {
    de: "Die alten Adressen liegen in {path}; zurück mit --back",
    en: "The old addresses are in {path}; back with --back",
  },
  "fallback.no-snapshot": {
    de: "Es gibt keine aufgehobenen Adressen, zu denen es zurückgehen könnte",
    en: "There are no kept addresses to go back to",
  },
  "fallback.no-snapshot-next": {
    de: "Die eigene Adresse ausdrücklich nennen: ampel webhook:set-fallback-url {url}",
    en: "Name our own address: ampel webhook:set-fallback-url {url}",
  },
  "fallback.pinned": {
    de: "der Agent {id} ist in der veröffentlichten Version {version} gebunden, die sich nicht ändern lässt",
    en: "the agent {id} is bound in its published version {version}, which cannot be changed",
  },
  "fallback.pinned-next": {
    de: "In Retell eine neue Version von {id} veröffentlichen und die Nummern daran binden",
    en: "Publish a new version of {id} at Retell and bind the numbers to it",
  },
  "fallback.number-gone": { de: "Die Nummer {id} ist nicht mehr beim Anbieter", en: "The number {id} is no longer at the vendor" },
  "fallback.no-numbers": {
    de: "welche Nummern es gibt, ist ohne Speicher und ohne Retell nicht bekannt",
    en: "which numbers there are is not known without the store and without Retell",
  },
  "fallback.read-back": { de: "danach steht dort {url}", en: "afterwards it says {url}" },
  "fallback.moved": {
    de: "{vendor} {what} {id} steht inzwischen auf {url}; bleibt, damit nichts Neueres verloren geht",
    en: "{vendor} {what} {id} is {url} by now; it stays, so that nothing newer is lost",
  },
  "fallback.gone": { de: "{vendor} {what} {id} gibt es dort nicht mehr", en: "{vendor} {what} {id} is not there any more" },
  "fallback.partly-next": {
    de: "Noch einmal aufrufen: Geändertes wird erkannt und bleibt; Gegenprobe mit einem Testanruf",
    en: "Call it again: what is changed is recognised and stays; prove it with a test call",
  },

  "check.egress-ok": {
    de: "{bucket}: {sent} von {limit} in der letzten Minute",
    en: "{bucket}: {sent} of {limit} in the last minute",
  },
  "check.egress-near": {
    de: "{bucket}: {sent} von {limit} in der letzten Minute, nahe an der Grenze",
    en: "{bucket}: {sent} of {limit} in the last minute, near the limit",
  },
  "check.egress-throttled": {
    de: "{bucket}: der Anbieter hat in 15 Minuten {count}-mal mit 429 geantwortet",
    en: "{bucket}: the vendor answered 429 {count} times in 15 minutes",
  },
  "check.egress-blocked": { de: "{bucket}: gesperrt, noch {rest}", en: "{bucket}: blocked, {rest} left" },
  "check.egress-refused": {
    de: "{vendor}: {count}-mal 401/403 in 15 Minuten, das Konto ist vielleicht gesperrt",
    en: "{vendor}: 401/403 {count} times in 15 minutes, the account may be suspended",
  },
  "check.egress-idle": { de: "Nichts gesendet", en: "Nothing sent" },
  "check.egress-blind": {
    de: "Der Speicher antwortet nicht: was andere Prozesse senden, ist nicht zu sehen",
    en: "The store does not answer: what other processes send cannot be seen",
  },
  "check.switches-none": { de: "Kein Schalter gesetzt, kein Schutzschalter von Hand", en: "No switch is set, no breaker is forced" },
  "check.breaker-forced": {
    de: "{vendor} {state} durch {by}, noch {rest}: {reason}",
    en: "{vendor} {state} by {by}, {rest} left: {reason}",
  },
  "check.switches-blind": {
    de: "Die Schalter wurden seit {age} nicht gelesen; die zuletzt bekannten gelten",
    en: "The switches were not read for {age}; the last known ones count",
  },
} as const;
