import { createHmac } from "node:crypto";
import { findFittingKey, isEqualSecret, type NamedKey, type SignedRequest, type Verification } from "./verification.ts";

/** `x-cal-signature-256`: HMAC-SHA256 of the raw body, hex. It carries no time: a repetition is recognised by its dedup key alone. */
export function verifyCalcom({ headers, body }: SignedRequest, keys: readonly NamedKey[]): Verification {
  if (keys.length === 0) return { verdict: "unknown_provider" };
  const signature = headers["x-cal-signature-256"] ?? "";
  if (!/^[0-9a-f]{64}$/i.test(signature)) return { verdict: "unverified" };
  const given = Buffer.from(signature, "hex");
  const key = findFittingKey(keys, (value) => isEqualSecret(given, createHmac("sha256", value).update(body).digest()));
  return key === undefined ? { verdict: "unverified" } : { verdict: "verified", keyId: key.id };
}
