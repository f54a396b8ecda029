import { findIncomingNumber, findVoiceOwner, TwilioRefusal, twilioBaseUrl, type TwilioAccess } from "../../integrations/twilio-api.ts";
import type { TwilioNumber } from "../../integrations/twilio-shapes.ts";
import type { GatewaySettings } from "../../config/gateway-schema.ts";
import { seconds } from "../../kernel/clock.ts";
import { whatFailed } from "../../kernel/failure.ts";
import { message, type Message } from "../../kernel/message.ts";
import { publicAddress } from "../accept/verify-request.ts";
import type { KnownNumber } from "../companies/directory.ts";

/**
 * Whether calls to a number come to us. `elsewhere`: its VoiceUrl is another one; `owned`: a trunk or an application takes its
 * calls; `not-ours`: it is not at our carrier, so nothing we switch changes where its calls go.
 */
export type NumberReach =
  | { readonly kind: "reaches" | "reaches-without-fallback" | "not-ours" }
  | { readonly kind: "elsewhere"; readonly target: string }
  | { readonly kind: "owned"; readonly owner: string }
  | { readonly kind: "unknown"; readonly reason: Message };

const lookLimitMs = seconds(8);

/** Pure. What the carrier says about a number, against the address we are reached at. */
export function judgeReach(found: TwilioNumber | undefined, publicUrl: string): NumberReach {
  if (found === undefined) return { kind: "not-ours" };
  const owner = findVoiceOwner(found);
  if (owner !== undefined) return { kind: "owned", owner };
  const voiceUrl = withoutOverrides(found.voice_url);
  if (voiceUrl !== publicAddress(publicUrl, "/twilio/voice")) return { kind: "elsewhere", target: hostOf(voiceUrl) };
  return { kind: withoutOverrides(found.voice_fallback_url) === "" ? "reaches-without-fallback" : "reaches" };
}

/** Asks the carrier about each number; never throws for what it could not find out, that is `unknown`. */
export async function readReach(
  numbers: readonly KnownNumber[],
  settings: GatewaySettings,
  signal: AbortSignal,
): Promise<readonly { readonly number: KnownNumber; readonly reach: NumberReach }[]> {
  const [access, ...others] = twilioAccesses(settings);
  const look = async (number: KnownNumber): Promise<NumberReach> => {
    if (access === undefined) return { kind: "unknown", reason: message("twilio.not-configured") };
    try {
      return judgeReach(await findWithAnyKey([access, ...others], number.number, signal), settings.publicUrl);
    } catch (error) {
      signal.throwIfAborted();
      return { kind: "unknown", reason: whatFailed(error) };
    }
  };
  return await Promise.all(numbers.map(async (number) => ({ number, reach: await look(number) })));
}

/** During a rotation one of two keys may be refused already. */
async function findWithAnyKey(accesses: readonly TwilioAccess[], number: string, signal: AbortSignal): Promise<TwilioNumber | undefined> {
  const [access, ...others] = accesses;
  if (access === undefined) return undefined;
  try {
    return await findIncomingNumber(access, number, signal);
  } catch (error) {
    if (!(error instanceof TwilioRefusal) || error.httpStatus !== 401 || others.length === 0) throw error;
    return await findWithAnyKey(others, number, signal);
  }
}

/** Every way into our account at the carrier; none when it is not configured. */
export function twilioAccesses({ twilio }: GatewaySettings): TwilioAccess[] {
  const { accountSid, baseUrl = twilioBaseUrl, tokens } = twilio;
  if (accountSid === undefined) return [];
  return Object.values(tokens).map((token) => ({ baseUrl, accountSid, token, timeoutMs: lookLimitMs }));
}

/** `#ct=2000&rt=4000` tunes the carrier's patience and is no part of the address. */
function withoutOverrides(url: string | null): string {
  return (url ?? "").split("#")[0] ?? "";
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : "–";
}
