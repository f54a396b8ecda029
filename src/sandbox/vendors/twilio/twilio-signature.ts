import { createHmac } from "node:crypto";

/**
 * `X-Twilio-Signature`: HMAC-SHA1 over the URL as configured, query included and fragment not, then every parameter's
 * name and value in the order of the names (twilio `lib/webhooks/webhooks.js`).
 */
export function signTwilio(url: string, parameters: Readonly<Record<string, string>>, token: string): string {
  const unfragmented = url.replace(/#.*$/, "");
  const names = Object.keys(parameters).sort();
  const signed = names.reduce((text, name) => text + name + (parameters[name] ?? ""), unfragmented);
  return createHmac("sha1", token).update(signed, "utf8").digest("base64");
}
