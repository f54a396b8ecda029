import { spokenTexts } from "./gateway-calls-spoken.ts";

/** Calls, for operators; what callers hear stands in its own file. */
export const gatewayCallsTexts = {
  ...spokenTexts,
  "calls.retell-fault": {
    de: "Retell hat {path} nicht erfüllt: {problem} (HTTP {status})",
    en: "Retell did not do {path}: {problem} (HTTP {status})",
  },
  "calls.retell-next-key": {
    de: "Den API-Schlüssel prüfen: gateway.retell.apiKey in ampel.yaml",
    en: "Check the API key: gateway.retell.apiKey in ampel.yaml",
  },
  "calls.retell-next-bill": { de: "Die Rechnung bei Retell prüfen", en: "Check the bill at Retell" },
  "calls.retell-next-wait": {
    de: "Retells Lage ansehen: ampel circuit-breaker:status retell",
    en: "Look at Retell's state: ampel circuit-breaker:status retell",
  },
  "calls.retell-next-request": {
    de: "Die Angaben prüfen: Retell kennt sie nicht oder nimmt sie nicht an",
    en: "Check what was given: Retell does not know or does not take it",
  },
  "calls.retell-next-look": {
    de: "Im Retell-Dashboard nachsehen, bevor Sie es wiederholen",
    en: "Look into Retell's dashboard before repeating it",
  },
  "calls.no-retell-key": { de: "Für Retell ist kein API-Schlüssel eingetragen", en: "There is no API key for Retell" },
  "calls.no-gateway": { de: "In ampel.yaml steht kein gateway", en: "There is no gateway in ampel.yaml" },
  "calls.no-gateway-next": { de: "Den Abschnitt gateway ergänzen", en: "Add the section gateway" },
  "calls.no-store": { de: "Ohne Datenbank gibt es nichts zu vergleichen", en: "Without a database there is nothing to compare with" },
  "calls.no-store-next": {
    de: "Erst die Datenbank zurückholen: ampel status",
    en: "Bring the database back first: ampel status",
  },
  // Commands.
  "command.calls-show-failed": {
    de: "Missglückte Anrufe nach Ursache: wessen Fehler, was als Nächstes",
    en: "Calls that went wrong, by cause: whose fault, what next",
  },
  "command.calls-backfill": {
    de: "Retells Anrufliste mit unserer vergleichen und Fehlendes holen",
    en: "Compare Retell's list of calls with ours and fetch what is missing",
  },
  "option.calls-last-hour": { de: "Die letzte Stunde (Vorgabe)", en: "The last hour (default)" },
  "option.calls-since": { de: "Seit wann: „2 hours ago“, 45m, 02:30", en: "Since when: “2 hours ago”, 45m, 02:30" },
  "option.calls-company": { de: "Nur diese Firma", en: "This company only" },
  "option.calls-limit": { de: "Anrufe je Ursache, Vorgabe 5", en: "Calls per cause, default 5" },
  "calls.show-failed-details": {
    de: "Liest nur. Gezeigt werden gescheiterte Anrufe, tote Enden (aufgelegt, bevor der Agent etwas tat), Fehler der Funktionen, unbekannte Nummern und hängende Anrufe.",
    en: "Reads only. Shown are failed calls, dead ends (hung up before the agent did anything), errors of functions, unknown numbers and stuck calls.",
  },
  "calls.backfill-details": {
    de: "Legt fehlende Ereignisse unter demselben Schlüssel in den Eingang wie die echten; nichts kommt doppelt. Mit --since bleibt der Merker stehen.",
    en: "Puts missing events into the inbox under the key of the live ones; nothing comes twice. With --since the cursor stays where it is.",
  },
  "calls.limit-wrong": { de: "--limit braucht eine Zahl von 0 bis 1000", en: "--limit takes a number from 0 to 1000" },
  "calls.since-wrong": { de: "--since braucht einen vergangenen Zeitpunkt", en: "--since takes a moment in the past" },
  "calls.since-twice": { de: "--last-hour und --since schließen sich aus", en: "--last-hour and --since exclude each other" },
  "calls.none-failed": { de: "Kein missglückter Anruf seit {since} ({all} Anrufe)", en: "No call went wrong since {since} ({all} calls)" },
  "calls.failed-head": {
    de: "{failed} Auffälligkeiten seit {since} bei {all} Anrufen",
    en: "{failed} oddities since {since} in {all} calls",
  },
  "calls.failed-head-cut": {
    de: "Mehr als {failed} Auffälligkeiten seit {since} bei {all} Anrufen; gezählt sind die neuesten",
    en: "More than {failed} oddities since {since} in {all} calls; the latest are counted",
  },
  "calls.failed-group": { de: "{count} × {kind}: {reason} ({blame})", en: "{count} × {kind}: {reason} ({blame})" },
  "calls.failed-more": { de: "… und {more} weitere", en: "… and {more} more" },
  "calls.kind-failed": { de: "gescheitert", en: "failed" },
  "calls.kind-dead-end": { de: "totes Ende", en: "dead end" },
  "calls.kind-tool-errors": { de: "Funktionsfehler", en: "function error" },
  "calls.kind-unknown-number": { de: "unbekannte Nummer", en: "unknown number" },
  "calls.kind-stuck": { de: "hängt", en: "stuck" },
  "calls.blame-retell": { de: "sieht nach Retell aus", en: "looks like Retell" },
  "calls.blame-carrier": { de: "sieht nach der Telefonleitung aus", en: "looks like the carrier" },
  "calls.blame-ours": { de: "sieht nach uns aus", en: "looks like us" },
  "calls.blame-bill": { de: "Rechnung offen", en: "bill unpaid" },
  "calls.blame-limit": { de: "alle Leitungen belegt", en: "all lines busy" },
  "calls.blame-customer": { de: "Gegenseite kam nicht", en: "other side did not come" },
  "calls.blame-agent": { de: "sieht nach dem Agenten aus", en: "looks like the agent" },
  "calls.blame-unknown": { de: "Ursache offen", en: "cause open" },
  "calls.next-retell": {
    de: "ampel circuit-breaker:status retell; bei Ausfall: Playbook yellow/retell-unreachable",
    en: "ampel circuit-breaker:status retell; in an outage: playbook yellow/retell-unreachable",
  },
  "calls.next-carrier": {
    de: "Status von Twilio und die SIP-Zugangsdaten der Nummer prüfen",
    en: "Check Twilio's status and the number's SIP credentials",
  },
  "calls.next-ours": {
    de: "ampel health:check; was wurde in den letzten 24 h geändert?",
    en: "ampel health:check; what changed in the last 24 h?",
  },
  "calls.next-bill": {
    de: "Die Rechnung bei Retell bezahlen; bis dahin ampel retell:enable-queue-mode",
    en: "Pay the bill at Retell; until then ampel retell:enable-queue-mode",
  },
  "calls.next-limit": {
    de: "Leitungen bei Retell erhöhen oder eine Ausweichnummer setzen",
    en: "Raise the concurrency at Retell or set a fallback number",
  },
  "calls.next-customer": { de: "Nichts zu tun, wenn es bei einzelnen bleibt", en: "Nothing to do as long as they are few" },
  "calls.next-agent": { de: "Die Konfiguration des Agenten ansehen", en: "Look at the agent's configuration" },
  "calls.next-unknown": { de: "Den Anruf im Retell-Dashboard ansehen", en: "Look at the call in Retell's dashboard" },
  "calls.next-dead-end": { de: "Die vorige Version des Agenten binden und testen", en: "Bind the agent's previous version and test it" },
  "calls.next-tool-errors": {
    de: "Die genannte Funktion im Agenten und unser Protokoll ansehen",
    en: "Look at that function in the agent and at our log",
  },
  "calls.next-unknown-number": {
    de: "Die Nummer einer Firma zuordnen: ampel company:import",
    en: "Give the number to a company: ampel company:import",
  },
  "calls.next-stuck": {
    de: "ampel calls:backfill; sonst schließt sie der Aufräumlauf nach 2 h",
    en: "ampel calls:backfill; else the clean-up closes them after 2 h",
  },
  "calls.backfill-line": {
    de: "{account}: {compared} Anrufe verglichen, {missing} Ereignisse fehlten, {stored} nachgetragen",
    en: "{account}: {compared} calls compared, {missing} events were missing, {stored} added",
  },
  "calls.backfill-would": {
    de: "{account}: {compared} Anrufe verglichen, {missing} Ereignisse fehlen",
    en: "{account}: {compared} calls compared, {missing} events are missing",
  },
  // Looks at our own data.
  "calls.retell-unasked": { de: "Retell ließ sich nicht fragen", en: "Retell could not be asked" },
  "calls.nothing-to-check": {
    de: "Nichts zu prüfen: keine aktive Nummer oder Leistung",
    en: "Nothing to check: no active number or service",
  },
  "calls.no-webhook-key": { de: "Kein Schlüssel für Retells Unterschrift eingetragen", en: "No key for Retell's signature is given" },
  "calls.gap-none": { de: "Alle {calls} Anrufe der letzten 30 min sind angekommen", en: "All {calls} calls of the last 30 min reached us" },
  "calls.gap-quiet": { de: "Retell hatte in den letzten 30 min keinen Anruf", en: "Retell had no call in the last 30 min" },
  "calls.gap": {
    de: "Von {calls} Anrufen der letzten 30 min fehlen uns {missing}",
    en: "Of {calls} calls in the last 30 min, {missing} never reached us",
  },
  "calls.function-well": { de: "Freie Zeiten kommen in {tookMs} ms ({outcome})", en: "Free times come in {tookMs} ms ({outcome})" },
  "calls.function-sick": { de: "Freie Zeiten: {outcome} nach {tookMs} ms", en: "Free times: {outcome} after {tookMs} ms" },
  "calls.drift-none": { de: "{all} Nummern sind bei Retell wie vereinbart", en: "{all} numbers are at Retell as agreed" },
  "calls.drift": { de: "{count} von {all} Nummern weichen ab, zuerst: {first}", en: "{count} of {all} numbers differ, first: {first}" },
  "calls.quality": {
    de: "{deadEnds} von {calls} Anrufen tote Enden, {toolErrors} von {toolCalls} Funktionen fehlerhaft",
    en: "{deadEnds} of {calls} calls dead ends, {toolErrors} of {toolCalls} functions failed",
  },
  "calls.quality-quiet": { de: "Kein Anruf in den letzten 24 h", en: "No call in the last 24 h" },
  "calls.open": { de: "{open} Anrufe offen, der älteste seit {minutes} min", en: "{open} calls open, the oldest for {minutes} min" },
} as const;
