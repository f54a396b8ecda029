export const switchTexts = {
  "command.config-set": {
    de: "Einen Schalter für eine Weile setzen, mit Grund; er endet von selbst",
    en: "Set a switch for a while, with a reason; it ends by itself",
  },
  "command.config-get": { de: "Einen Schalter ansehen", en: "Look at a switch" },
  "command.config-list": { de: "Alle gesetzten Schalter", en: "All switches that are set" },
  "option.switch-for": { de: "Wie lange, höchstens 24h", en: "How long, 24h at most" },
  "option.switch-expect": {
    de: "Endet mit 3, wenn ein anderer Wert gilt",
    en: "Ends with 3 when another value is in force",
  },
  "option.reason": { de: "Warum", en: "Why" },
  "switch.automation-paused": {
    de: "Nichts läuft von selbst; Playbooks nur von Hand",
    en: "Nothing runs by itself; playbooks only by hand",
  },
  "switch.quiet": {
    de: "quiet.NAME: für diesen Teil läuft nichts von selbst (Wartung)",
    en: "quiet.NAME: nothing runs by itself for this part (maintenance)",
  },
  "switch.retell-fallback": {
    de: "Anrufe laufen ohne den Sprachagenten: Ansage und Rückruf",
    en: "Calls go without the voice agent: announcement and callback",
  },
  "switch.retell-fallback-one": { de: "dasselbe für eine Firma", en: "the same for one company" },
  "switch.retell-queue": {
    de: "Anrufer bekommen einen Rückruf zugesagt, statt verbunden zu werden",
    en: "Callers are promised a callback instead of being connected",
  },
  "switch.retell-queue-one": { de: "dasselbe für eine Firma", en: "the same for one company" },
  "switch.calcom-cache": {
    de: "Freie Zeiten aus dem Gedächtnis mit ihrem Alter, Buchungen vorläufig",
    en: "Free times from memory with their age, bookings provisional",
  },
  "switch.calcom-cache-one": { de: "dasselbe für eine Firma", en: "the same for one company" },
  "switch.verify-signature": {
    de: "false: was sich nicht prüfen lässt, kommt in die Quarantäne statt abgewiesen zu werden; verarbeitet wird es nie ungeprüft",
    en: "false: what cannot be verified goes into quarantine instead of being refused; it is never processed unverified",
  },
  "switch.processing-paused": {
    de: "Webhooks werden angenommen und behalten, aber nicht verarbeitet",
    en: "Webhooks are accepted and kept, but not processed",
  },
  "switch.company-unknown": {
    de: "Eine Firma {company} gibt es nicht; ähnlich: {nearest}",
    en: "There is no company {company}; similar: {nearest}",
  },
  "switch.set-to": {
    de: "{key} ist {value} bis {until}, danach von selbst wieder {normal}",
    en: "{key} is {value} until {until}, then {normal} again by itself",
  },
  "switch.normal": { de: "{key} ist wieder {value}, wie immer", en: "{key} is {value} again, as always" },
  "switch.active": {
    de: "Schalter {key}={value}, noch {rest} ({owner}: {reason})",
    en: "Switch {key}={value}, {rest} left ({owner}: {reason})",
  },
  "switch.ending": {
    de: "Schalter {key}={value} endet in {rest} von selbst ({owner}: {reason})",
    en: "Switch {key}={value} ends by itself in {rest} ({owner}: {reason})",
  },
  "switch.pair-wrong": {
    de: "Erwartet wird SCHLÜSSEL=true oder SCHLÜSSEL=false, nicht {pair}",
    en: "Expected KEY=true or KEY=false, not {pair}",
  },
  "switch.unknown": {
    de: "Den Schalter {key} gibt es nicht; ähnlich: {nearest}; bekannt: {known}",
    en: "There is no switch {key}; similar: {nearest}; known: {known}",
  },
  "switch.duration-wrong": {
    de: "--for braucht eine Dauer bis 24h, zum Beispiel 30m",
    en: "--for takes a duration of up to 24h, for example 30m",
  },
  "switch.reason-missing": {
    de: "--reason fehlt: wer nachts übernimmt, muss wissen warum",
    en: "--reason is missing: whoever takes over at night must know why",
  },
  "switch.set": { de: "{key} ist an bis {until} und endet dann von selbst", en: "{key} is on until {until} and then ends by itself" },
  "switch.ended": { de: "{key} ist aus", en: "{key} is off" },
  "switch.none": { de: "Kein Schalter ist gesetzt", en: "No switch is set" },
  "switch.line": { de: "{key}={value} bis {until}, {owner}: {reason}", en: "{key}={value} until {until}, {owner}: {reason}" },
  "switch.holds-back": {
    de: "Schalter {key} hält zurück, bis {until} ({owner}: {reason})",
    en: "Switch {key} holds back until {until} ({owner}: {reason})",
  },
} as const;
