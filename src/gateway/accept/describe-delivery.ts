import type { Delivery, Provider, Verdict } from "../delivery.ts";
import { describeCalcom } from "./describe-calcom.ts";
import { describeRetell } from "./describe-retell.ts";
import { describeTwilio } from "./describe-twilio.ts";
import { hashOf, type DescribedRequest, type Description } from "./description.ts";
import type { Verification } from "./verification.ts";

const describers: Readonly<Record<Provider, (request: DescribedRequest) => Description>> = {
  retell: describeRetell,
  calcom: describeCalcom,
  twilio: describeTwilio,
};

/** Reads the keys out of a body. Pure; never throws: what cannot be read is described by its bytes. */
export function describeRequest(provider: Provider, request: DescribedRequest): Description {
  const described = describers[provider](request);
  // A compressed body is never inflated, so nothing can be read from it.
  return (request.headers["content-encoding"] ?? "identity") === "identity" ? described : { ...described, isKnownShape: false };
}

/** The facts of one received request that a delivery is made of. */
export type ReceivedRequest = Pick<
  Delivery,
  "provider" | "method" | "url" | "headers" | "sourceAddress" | "body" | "receivedAt" | "source"
> & {
  /** Path and query, as they came in. */
  readonly path: string;
};

/**
 * A delivery ready to be kept. What is not verified gets a key of its own: somebody who guesses a call's id must not be able to
 * take the place of the genuine event. Whoever releases it from quarantine describes it again (`describeRequest`).
 */
export function composeDelivery(received: ReceivedRequest, { verdict, keyId }: Verification): Delivery & { isKnownShape: boolean } {
  const { path, ...request } = received;
  const { dedupKey, orderingKey, ...described } = describeRequest(received.provider, { ...request, path });
  const quarantined = quarantineKey(verdict, received.body);
  return {
    ...request,
    ...described,
    dedupKey: verdict === "verified" ? dedupKey : quarantined,
    orderingKey: verdict === "verified" ? orderingKey : quarantined,
    verdict,
    ...(keyId === undefined ? {} : { keyId }),
  };
}

/** The same bytes with the same fault are kept once. */
function quarantineKey(verdict: Verdict, body: Buffer): string {
  return `${verdict}:${hashOf(body)}`;
}
