import type { Message } from "../kernel/message.ts";

/** One connection of somebody to the database. */
export type DatabaseSession = {
  /** MariaDB's thread id, Postgres' process id. */
  readonly id: number;
  readonly user: string;
  /** Address or `local`. */
  readonly client: string;
  readonly database: string;
  /** In the engine's words: `Sleep`, `Query`, `idle in transaction`. */
  readonly state: string;
  /** Milliseconds in this state (MariaDB) or since the connection began (Postgres). */
  readonly ageMs: number;
  /** Milliseconds since its transaction began; absent without one. */
  readonly transactionMs?: number;
  /** Without the values in it. */
  readonly statement: string;
  /** Tells this session from a later one with the same id. */
  readonly identity: string;
  /** Why it must not be ended (replication, the server's own, ours). */
  readonly protectedBy?: Message;
};

export type SessionList = {
  /** Longest transaction first, then longest in its state. */
  readonly sessions: readonly DatabaseSession[];
  readonly used: number;
  readonly max: number;
  /** True when the user sees only part of the sessions. */
  readonly isPartial: boolean;
};

/** The longest transaction first; sessions without one after it, oldest first. */
export function sortSessions(sessions: readonly DatabaseSession[]): DatabaseSession[] {
  return sessions.toSorted(
    (left, right) => (right.transactionMs ?? -1) - (left.transactionMs ?? -1) || right.ageMs - left.ageMs || left.id - right.id,
  );
}
