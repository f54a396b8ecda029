/** Who sends us requests. */
export const providers = ["retell", "calcom", "twilio"] as const;
export type Provider = (typeof providers)[number];

/** What the check of the signature found, at the moment of receipt; never repeated by time later. */
export type Verdict = "verified" | "unverified" | "stale" | "unknown_provider";

/**
 * One request as it came in, byte for byte, with what was read from it to keep it once and in order.
 * Times: epoch ms UTC.
 */
export type Delivery = {
  readonly provider: Provider;
  readonly eventType: string;
  /** The provider's own key: the same event sent again has the same one. */
  readonly dedupKey: string;
  /** Events of one call or booking share it and are applied in order. */
  readonly orderingKey: string;
  readonly companyId?: string;
  readonly occurredAt?: number;
  readonly receivedAt: number;
  readonly verdict: Verdict;
  /** Which of several keys fitted, during a rotation. */
  readonly keyId?: string;
  readonly source: "live" | "spool" | "backfill" | "replay";
  readonly method: string;
  /** As the sender addressed it, from the configured public address and never from the Host header. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly sourceAddress?: string;
  readonly body: Buffer;
};

/** Where a delivery was kept. `duplicate` = it was there already. */
export type Kept = "stored" | "spooled" | "duplicate";
