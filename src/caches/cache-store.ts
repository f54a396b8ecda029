import type { RedisConnection } from "../integrations/redis.ts";
import type { Message } from "../kernel/message.ts";

/** A cache that may be emptied. `keep`: beginnings of keys under the prefix that are spared. */
export type CacheStore =
  | {
      readonly kind: "redis";
      readonly connection: Omit<RedisConnection, "database">;
      readonly database: number;
      readonly prefix: string;
      readonly keep?: readonly string[];
    }
  | { readonly kind: "folder"; readonly path: string };

export type RedisStore = Extract<CacheStore, { kind: "redis" }>;

/** What would go. `refusals` not empty: nothing may go, and each names the reason and the safe way. */
export type ClearPlan = {
  readonly store: CacheStore;
  /** Keys, or files of a folder. */
  readonly count: number;
  /** Keys under the prefix that stay: breaker states and marks against processing twice. */
  readonly spared: number;
  /** Up to five names, their variable parts masked. */
  readonly samples: readonly string[];
  readonly refusals: readonly { readonly what: Message; readonly nextStep: Message }[];
};

export type QueueDepth = { readonly queue: string; readonly before: number; readonly after: number };

/** What went, and the proof. */
export type ClearReport = {
  readonly removed: number;
  /** Keys that were written again meanwhile: the application goes on working. */
  readonly refilled: number;
  /** Keys under the prefix that were left: breaker states and marks against processing twice. */
  readonly spared: number;
  /** Every queue of the server, before and after. */
  readonly queues: readonly QueueDepth[];
  /** Queues that got shorter because workers took jobs, with the number of jobs. */
  readonly takenByWorkers: number;
  /** Empty: all is proved. */
  readonly problems: readonly Message[];
  readonly durationMs: number;
};

/** Variable parts of a name (ids, hashes, numbers, addresses) become `…`: names carry personal data as well. */
export function maskName(name: string): string {
  const masked = name.replace(/[^\s:|/]+@[^\s:|/]+/g, "…").replace(/[0-9a-f]{8,}|[A-Za-z0-9]{24,}|\+?\d{2,}/gi, "…");
  return masked.length > 80 ? `${masked.slice(0, 80)}…` : masked;
}
