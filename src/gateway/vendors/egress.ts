/** The one door towards a vendor: every call takes a token first, shared by all processes, so that no key is ever suspended for its rate. */
export type Egress = {
  /**
   * Waits for a token of this key (`calcom:main`), at most `waitMs`.
   * @throws {EgressFull} when none comes in time
   */
  take(bucket: string, options: { readonly waitMs: number; readonly signal: AbortSignal }): Promise<void>;
  /** The vendor answered 429: nobody sends on this key before then. */
  block(bucket: string, untilAt: number): void;
};

export class EgressFull extends Error {
  readonly bucket: string;

  constructor(bucket: string) {
    super(`the rate limit of ${bucket} is used up`);
    this.name = "EgressFull";
    this.bucket = bucket;
  }
}
