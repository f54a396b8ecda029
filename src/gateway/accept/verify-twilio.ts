import { createHash, createHmac } from "node:crypto";
import { findFittingKey, isEqualSecret, type NamedKey, type SignedRequest, type Verification } from "./verification.ts";

/**
 * `x-twilio-signature`: base64 of HMAC-SHA1 over the address and the form's fields, sorted by name, without separators
 * (twilio 6.2.0, `lib/webhooks/webhooks.js`). Any other body is bound to the address by `bodySHA256=`. It carries no time.
 */
export function verifyTwilio({ url, headers, body }: SignedRequest, keys: readonly NamedKey[]): Verification {
  if (keys.length === 0) return { verdict: "unknown_provider" };
  const given = Buffer.from(headers["x-twilio-signature"] ?? "", "latin1");
  // 20 bytes in base64; anything else is not worth the work.
  if (given.length !== 28) return { verdict: "unverified" };
  const isForm = (headers["content-type"] ?? "").toLowerCase().startsWith("application/x-www-form-urlencoded");
  if (!isForm && body.length > 0 && !hasBodyHash(url, body)) return { verdict: "unverified" };
  const fields = isForm ? joinFields(body) : "";
  const texts = addressForms(url).map((address) => address + fields);
  const key = findFittingKey(keys, (value) => {
    const fitting = texts.filter((text) => isEqualSecret(given, Buffer.from(createHmac("sha1", value).update(text).digest("base64"))));
    return fitting.length > 0;
  });
  return key === undefined ? { verdict: "unverified" } : { verdict: "verified", keyId: key.id };
}

/** Names sorted by UTF-16 code unit as `Object.keys().sort()` does; the values of one name once each, sorted. */
function joinFields(body: Buffer): string {
  const fields = new Map<string, Set<string>>();
  for (const [name, value] of new URLSearchParams(body.toString("utf8"))) {
    fields.set(name, (fields.get(name) ?? new Set()).add(value));
  }
  return [...fields.keys()]
    .sort()
    .map((name) =>
      [...(fields.get(name) ?? [])]
        .sort()
        .map((value) => name + value)
        .join(""),
    )
    .join("");
}

/** Twilio signs with or without the standard port, and some of its senders escape the query: all are the same address. */
function addressForms(url: string): string[] {
  const plain = portForms(url);
  if (!URL.canParse(url)) return plain;
  const escaped = portForms(new URL(url).toString());
  return [...new Set([...plain, ...escaped, ...escaped.map(escapeQuery)])];
}

function portForms(url: string): string[] {
  const [, scheme = "", host = "", port = "", rest = ""] = /^(https?:\/\/)([^/?#]*?)(:\d+)?([/?#].*)?$/i.exec(url) ?? [];
  if (scheme === "") return [url];
  const standard = scheme.toLowerCase() === "https://" ? ":443" : ":80";
  return [scheme + host + rest, scheme + host + (port === "" ? standard : port) + rest];
}

function escapeQuery(url: string): string {
  const start = url.indexOf("?");
  if (start === -1) return url;
  const escaped = [...new URLSearchParams(url.slice(start + 1))].map((pair) => pair.map(encodeURIComponent).join("="));
  return `${url.slice(0, start)}?${escaped.join("&")}`;
}

function hasBodyHash(url: string, body: Buffer): boolean {
  const wanted = URL.canParse(url) ? (new URL(url).searchParams.get("bodySHA256") ?? "") : "";
  return isEqualSecret(Buffer.from(wanted.toLowerCase()), Buffer.from(createHash("sha256").update(body).digest("hex")));
}
