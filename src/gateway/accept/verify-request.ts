import { isDeepStrictEqual } from "node:util";
import type { GatewaySettings } from "../../config/gateway-schema.ts";
import type { Secret } from "../../kernel/secret.ts";
import type { Provider } from "../delivery.ts";
import { readKeys } from "./keyring.ts";
import type { NamedKey, SignedRequest, Verification } from "./verification.ts";
import { verifyCalcom } from "./verify-calcom.ts";
import { verifyRetell } from "./verify-retell.ts";
import { verifyTwilio } from "./verify-twilio.ts";

type Settings = Pick<GatewaySettings, "retell" | "calcom" | "twilio">;

const verifiers: Readonly<Record<Provider, (request: SignedRequest, keys: readonly NamedKey[], now: number) => Verification>> = {
  retell: verifyRetell,
  calcom: verifyCalcom,
  twilio: verifyTwilio,
};

/**
 * Checks a request by its vendor's own rule, with every key the configuration names. Reads no database.
 * `now`: epoch ms of the receipt; the tolerance in time is never judged again later.
 */
export function verifyRequest(provider: Provider, request: SignedRequest, settings: Settings, now: number): Verification {
  const keys = keysOf(provider, settings);
  const kept = readKeys(keys, performance.now());
  const first = verifiers[provider](request, kept, now);
  if (first.keyId !== undefined) return first;
  // A key that was rotated in this second: looked at again before a genuine request is doubted.
  const fresh = readKeys(keys, performance.now(), "fresh");
  return isDeepStrictEqual(fresh, kept) ? first : verifiers[provider](request, fresh, now);
}

function keysOf(provider: Provider, { retell, calcom, twilio }: Settings): Readonly<Record<string, Secret>> {
  if (provider === "retell") return retell.keys;
  return provider === "calcom" ? calcom.secrets : twilio.tokens;
}

/** The address as the sender knows it: the configured public one, never what the Host header claims. */
export function publicAddress(publicUrl: string, pathAndQuery: string): string {
  return publicUrl.replace(/\/+$/, "") + pathAndQuery;
}
