import { createHmac } from "node:crypto";

/** HMAC-SHA256 over the raw body followed by the milliseconds (`lib/webhook_auth.js` of retell-sdk 5.66.1). */
export function retellDigest(body: Buffer | string, signedAt: number, key: string): Buffer {
  return createHmac("sha256", key).update(body).update(String(signedAt)).digest();
}

/** The header with which Retell would send this body: our own checks ring at our own door. */
export function signAsRetell(body: string, signedAt: number, key: string): { readonly "x-retell-signature": string } {
  return { "x-retell-signature": `v=${signedAt},d=${retellDigest(body, signedAt, key).toString("hex")}` };
}
