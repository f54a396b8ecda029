import { minutes } from "../../kernel/clock.ts";
import { retellDigest } from "./retell-signature.ts";
import { findFittingKey, isEqualSecret, type NamedKey, type SignedRequest, type Verification } from "./verification.ts";

/** Both directions, inclusive (`lib/webhook_auth.js` of retell-sdk 5.66.1). */
const toleranceMs = minutes(5);

/**
 * `x-retell-signature: v=<ms>,d=<hex>`, d = HMAC-SHA256 over the raw body followed by the milliseconds.
 * `stale`: the signature is genuine and its time is not now; only the moment of receipt can tell, so it is judged once.
 */
export function verifyRetell({ headers, body }: SignedRequest, keys: readonly NamedKey[], now: number): Verification {
  if (keys.length === 0) return { verdict: "unknown_provider" };
  const [, time = "", digest = ""] = /^v=(\d{1,16}),d=([0-9a-f]{64})$/i.exec(headers["x-retell-signature"] ?? "") ?? [];
  const signedAt = Number(time);
  if (digest === "" || !Number.isSafeInteger(signedAt)) return { verdict: "unverified" };
  const given = Buffer.from(digest, "hex");
  const key = findFittingKey(keys, (value) => isEqualSecret(given, retellDigest(body, signedAt, value)));
  if (key === undefined) return { verdict: "unverified" };
  return { verdict: Math.abs(now - signedAt) <= toleranceMs ? "verified" : "stale", keyId: key.id };
}
