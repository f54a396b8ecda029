export type Waiter = {
  readonly waitMs: number;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
  resolve(): void;
  reject(error: unknown): void;
};

/** `sent` counts all, `sentAt` knows the last minute's times. */
export type News = { sentAt: readonly number[]; sent: number; blockedUntil: number; throttled: number; refused: number };

/** A key in this process: the shared window as last seen, what happened here since, and who waits. */
export type Bucket = {
  readonly name: string;
  readonly limit: number;
  sentAt: readonly number[];
  blockedUntil: number;
  /** Not in the store yet. */
  news: News;
  onTheWay: News;
  telling: Promise<unknown>;
  /** Those who cannot wait long come first; within each, first come, first served. */
  readonly urgent: Waiter[];
  readonly patient: Waiter[];
  isPumping: boolean;
};

export function newBucket(name: string, limit: number): Bucket {
  return {
    name,
    limit,
    sentAt: [],
    blockedUntil: 0,
    news: noNews(),
    onTheWay: noNews(),
    telling: Promise.resolve(),
    urgent: [],
    patient: [],
    isPumping: false,
  };
}

export function noNews(): News {
  return { sentAt: [], sent: 0, blockedUntil: 0, throttled: 0, refused: 0 };
}
