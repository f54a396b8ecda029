export const gatewayChecksTexts = {
  "gateway-check.no-store": {
    de: "Ohne Datenbank lässt sich der Weg eines Webhooks nicht bis zum Ende verfolgen",
    en: "Without a database the way of a webhook cannot be followed to its end",
  },
  "gateway-check.webhook-well": {
    de: "Ein Probe-Webhook kam in {tookMs} ms durch",
    en: "A test webhook came through in {tookMs} ms",
  },
  "gateway-check.webhook-sick": {
    de: "Ein Probe-Webhook kam nicht durch: {outcome} nach {tookMs} ms",
    en: "A test webhook did not come through: {outcome} after {tookMs} ms",
  },
} as const;
