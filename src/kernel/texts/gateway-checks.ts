export const gatewayChecksTexts = {
  "gateway-check.inbox-blind": {
    de: "Ohne Datenbank ist nicht bekannt, was im Eingang liegt",
    en: "Without a database it is not known what lies in the inbox",
  },
  "gateway-check.inbox-well": {
    de: "Eingang läuft: {due} fällig, keins davon hängt",
    en: "The inbox flows: {due} due, none of them stuck",
  },
  "gateway-check.inbox-stuck": {
    de: "Eingang hängt: ältestes fälliges Ereignis wartet seit {waits}, {due} fällig",
    en: "The inbox is stuck: the oldest due event has waited {waits}, {due} due",
  },
  "gateway-check.inbox-dead": {
    de: "Endgültig gescheitert: {count}, ältestes seit {age}",
    en: "Given up: {count}, the oldest {age} ago",
  },
  "gateway-check.inbox-stuck-and-dead": {
    de: "Eingang hängt: ältestes fälliges Ereignis wartet seit {waits}, {due} fällig; endgültig gescheitert: {count}, ältestes seit {age}",
    en: "The inbox is stuck: the oldest due event has waited {waits}, {due} due; given up: {count}, the oldest {age} ago",
  },
  "gateway-check.strangers-full": {
    de: "Von diesem Absender wird im Moment nichts Ungeprüftes mehr aufbewahrt",
    en: "Nothing unverified of this sender is kept any more at the moment",
  },
  "gateway-check.strangers-full-next": {
    de: "Schlüssel des Anbieters in ampel.yaml prüfen: was verifiziert ist, wird nie begrenzt",
    en: "Check the vendor's key in ampel.yaml: what is verified is never limited",
  },
  "gateway-check.no-store": {
    de: "Ohne Datenbank lässt sich der Weg eines Webhooks nicht bis zum Ende verfolgen",
    en: "Without a database the way of a webhook cannot be followed to its end",
  },
  "gateway-check.webhook-ok": {
    de: "Ein Probe-Webhook kam in {tookMs} ms durch",
    en: "A test webhook came through in {tookMs} ms",
  },
  "gateway-check.webhook-degraded": {
    de: "Ein Probe-Webhook kam erst nach {tookMs} ms durch",
    en: "A test webhook came through only after {tookMs} ms",
  },
  "gateway-check.webhook-down": {
    de: "Ein Probe-Webhook kam nicht durch: {outcome} nach {tookMs} ms",
    en: "A test webhook did not come through: {outcome} after {tookMs} ms",
  },
} as const;
