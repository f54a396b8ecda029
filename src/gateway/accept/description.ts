import { createHash } from "node:crypto";

/**
 * What is read from a body to keep it once and in order. `isKnownShape` false: kept all the same, shown to a human.
 * `dedupKey`: the provider's own, the same for the same event sent again. `occurredAt`: epoch ms.
 */
export type Description = {
  readonly eventType: string;
  readonly dedupKey: string;
  readonly orderingKey: string;
  readonly occurredAt?: number;
  readonly isKnownShape: boolean;
};

/** The request as the describers see it: path and query of the address, the raw body. */
export type DescribedRequest = {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
};

/** The type of an event whose shape nobody understands. */
export const unknownEvent = "unknown";

/** Of a body in no known shape: the same bytes are the same event, and nothing waits for it. */
export function describeUnknown({ body }: DescribedRequest, eventType = unknownEvent): Description {
  const hash = hashOf(body);
  return { eventType, dedupKey: `${eventType}:${hash}`, orderingKey: `${eventType}:${hash}`, isKnownShape: false };
}

export function hashOf(...parts: readonly (Buffer | string)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex").slice(0, 40);
}

/** Spread into a description: an absent time is absent, not `undefined`. */
export function occurred(at: number | undefined): { readonly occurredAt?: number } {
  return at === undefined ? {} : { occurredAt: at };
}
