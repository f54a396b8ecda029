export const switchTexts = {
  "command.config-set": {
    de: "Einen Schalter für eine Weile setzen, mit Grund; er endet von selbst",
    en: "Set a switch for a while, with a reason; it ends by itself",
  },
  "command.config-get": { de: "Einen Schalter ansehen", en: "Look at a switch" },
  "command.config-list": { de: "Alle gesetzten Schalter", en: "All switches that are set" },
  "option.switch-for": { de: "Wie lange, höchstens 24h", en: "How long, 24h at most" },
  "option.reason": { de: "Warum", en: "Why" },
  "switch.automation-paused": {
    de: "Nichts läuft von selbst; Playbooks nur von Hand",
    en: "Nothing runs by itself; playbooks only by hand",
  },
  "switch.quiet": {
    de: "quiet.NAME: für diesen Teil läuft nichts von selbst (Wartung)",
    en: "quiet.NAME: nothing runs by itself for this part (maintenance)",
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
