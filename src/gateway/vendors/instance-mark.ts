import { createHmac, randomBytes } from "node:crypto";
import type { GatewaySettings } from "../../config/gateway-schema.ts";
import { exchange } from "../../integrations/http-client.ts";
import { NetworkFault } from "../../integrations/http-client-fault.ts";
import { Failure } from "../../kernel/failure.ts";
import { message, type Message } from "../../kernel/message.ts";
import type { Secret } from "../../kernel/secret.ts";
import { providers, type Provider } from "../delivery.ts";

/** `/health/live?challenge=…` answers with this header: for each sender's keys a mark that only their owner can make. */
export const instanceHeader = "x-ampel-instance";
const challengePattern = /^[0-9a-f]{32}$/;
const lookLimitMs = 5000;

/**
 * Proves that a gateway can verify what the vendors send, without showing a key: `retell=ab12…,cd34… calcom=… at=https://…`.
 * `undefined` for a challenge that is none; the keys are derived first, so that no signature of a vendor can be had by asking.
 */
export function markInstance(settings: GatewaySettings, challenge: string): string | undefined {
  if (!challengePattern.test(challenge)) return undefined;
  const marks = providers.map(
    (provider) =>
      `${provider}=${keysOf(settings, provider)
        .map((key) => markOf(key, challenge))
        .join(",")}`,
  );
  return [...marks, `at=${new URL(settings.publicUrl).origin}`].join(" ");
}

/**
 * Why webhooks of these senders must not be sent there, or `undefined`: it has to be a gateway that holds at least one key
 * of each in common with us, or it would refuse what it gets.
 */
export async function refuseForeignGateway(
  origin: string,
  settings: GatewaySettings,
  wanted: readonly Provider[],
  signal: AbortSignal,
): Promise<Message | undefined> {
  const challenge = randomBytes(16).toString("hex");
  try {
    const url = new URL(`/health/live?challenge=${challenge}`, origin);
    const answer = await exchange({ url, maxBodyBytes: 4096 }, AbortSignal.any([signal, AbortSignal.timeout(lookLimitMs)]));
    if (answer.status !== 200) return message("fallback.what-status", { status: answer.status });
    const header = answer.headers[instanceHeader];
    const text = typeof header === "string" ? header : "";
    const theirs = parseMarks(text);
    const ours = parseMarks(markInstance(settings, challenge) ?? "");
    const foreign = wanted.find((provider) => !(ours.get(provider) ?? []).some((mark) => theirs.get(provider)?.includes(mark)));
    if (theirs.size === 0) return message("fallback.what-foreign");
    if (foreign !== undefined) return message("fallback.what-key", { vendor: foreign });
    // Twilio signs the address it calls: a gateway that takes itself for another one refuses every call.
    const [, place = "–"] = / at=(\S+)/.exec(text) ?? [];
    return place === origin ? undefined : message("fallback.what-place", { place });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof NetworkFault) return message("fallback.what-silent", { reason: error.reason });
    if (error instanceof Failure) return error.what;
    return message("fallback.what-silent", { reason: error instanceof Error ? error.name : "?" });
  }
}

function keysOf({ retell, calcom, twilio }: GatewaySettings, provider: Provider): readonly Secret[] {
  const keys = { retell: retell.keys, calcom: calcom.secrets, twilio: twilio.tokens }[provider];
  return Object.values(keys);
}

function markOf(key: Secret, challenge: string): string {
  const derived = createHmac("sha256", key.reveal()).update("ampel instance").digest();
  return createHmac("sha256", derived).update(challenge).digest("hex").slice(0, 32);
}

function parseMarks(text: string): Map<Provider, readonly string[]> {
  const parts = text.split(" ").map((part) => part.split("="));
  return new Map(
    parts.flatMap(([name, marks = ""]): [Provider, string[]][] => {
      const provider = providers.find((each) => each === name);
      return provider === undefined ? [] : [[provider, marks.split(",").filter((mark) => mark !== "")]];
    }),
  );
}
