import type { HttpAnswer } from "../integrations/http-client.ts";

const shownHeaders = ["content-type", "server", "via", "location", "retry-after", "cf-ray"];
const bodyCharacters = 600;

/** Status, the telling headers and the beginning of the body, at most 2 KiB; secrets and personal data masked. */
export function printExchange(title: string, answer: HttpAnswer, secrets: readonly string[]): string {
  const headers = shownHeaders.flatMap((name) => {
    const value = answer.headers[name];
    return value === undefined ? [] : [`${name}: ${String(value).slice(0, 200)}`];
  });
  const text = [`${title} → ${answer.status} (${answer.remoteAddress})`, ...headers, "", answer.body.slice(0, bodyCharacters)].join("\n");
  return maskText(text, secrets).slice(0, 2048);
}

/** Replaces the given secrets, mail addresses, telephone numbers and token-like words. */
export function maskText(text: string, secrets: readonly string[] = []): string {
  let masked = text;
  for (const secret of secrets) if (secret !== "") masked = masked.replaceAll(secret, "[secret]");
  return masked
    .replace(/[\w.+-]+@[\w-]+\.[\w.-]+/g, "[mail]")
    .replace(/\+\d[\d ()/-]{6,}\d/g, "[phone]")
    .replace(/\b(?:cal_(?:live_)?|key_|sk_|Bearer )[\w-]{8,}/g, "[token]");
}
