import { timingSafeEqual } from "node:crypto";
import type { Verdict } from "../delivery.ts";

/** A key by the name it has in ampel.yaml; several are valid at once during a rotation. */
export type NamedKey = { readonly id: string; readonly value: string };

/** What a signature is made of, exactly as it came in. `headers` have lower-case names. */
export type SignedRequest = {
  /** As the sender addressed it: the configured public address, path and query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
};

/** `keyId`: which of the keys fitted. `unknown_provider`: there is no key to check it with. */
export type Verification = { readonly verdict: Verdict; readonly keyId?: string };

/** The first key that fits. Every key is tried with the same work, whether or not an earlier one fitted. */
export function findFittingKey(keys: readonly NamedKey[], fits: (key: string) => boolean): NamedKey | undefined {
  return keys.filter(({ value }) => fits(value))[0];
}

/** Takes as long for a signature that is wrong in its first byte as for one that is wrong in its last. */
export function isEqualSecret(given: Buffer, expected: Buffer): boolean {
  return given.length === expected.length && timingSafeEqual(given, expected);
}
