import { setTimeout as wait } from "node:timers/promises";
import { DatabaseFault } from "../integrations/database-fault.ts";
import { withSql, type SqlConnection } from "../integrations/sql-session.ts";
import type { SqlSession } from "../integrations/sql-types.ts";
import { message, type Message } from "../kernel/message.ts";
import { readSessions, statementMs } from "./list.ts";
import type { DatabaseSession } from "./session.ts";

/** Which sessions would be ended, and why others of the named ones would not. */
export type EndPlan = {
  readonly sessions: readonly DatabaseSession[];
  readonly refusals: readonly { readonly id: number; readonly reason: Message }[];
};

/** `ended`: ended by us and seen to be gone. `gone`: it had gone before. `changed`: another session has the id now. `remains`: still there. */
export type EndOutcome = { readonly id: number; readonly user: string; readonly state: "ended" | "gone" | "changed" | "remains" };

const checkEveryMs = 100;
/** A session that rolls back a large transaction lives on until it is done; more than this is reported, not waited for. */
const goneWithinMs = 5000;

/**
 * Looks up the named sessions. Changes nothing.
 * @throws {DatabaseFault}
 */
export async function planEnd(database: SqlConnection, ids: readonly number[], signal: AbortSignal): Promise<EndPlan> {
  const { sessions } = await withSql(database, signal, statementMs, readSessions);
  const refusals: { id: number; reason: Message }[] = [];
  const planned: DatabaseSession[] = [];
  for (const id of new Set(ids)) {
    const session = sessions.find((candidate) => candidate.id === id);
    if (session === undefined) refusals.push({ id, reason: message("session.no-such", { id }) });
    else if (session.protectedBy !== undefined) refusals.push({ id, reason: session.protectedBy });
    else planned.push(session);
  }
  return { sessions: planned, refusals };
}

/**
 * Ends the sessions of a plan, each only if it is still the one that was planned, and proves that they are gone.
 * @throws {DatabaseFault}
 */
export async function endSessions(database: SqlConnection, plan: EndPlan, signal: AbortSignal): Promise<EndOutcome[]> {
  return await withSql(database, signal, statementMs, async (session) => {
    const told = new Map<number, EndOutcome["state"]>();
    for (const planned of plan.sessions) {
      const { sessions } = await readSessions(session);
      const now = sessions.find(({ id }) => id === planned.id);
      if (now === undefined) told.set(planned.id, "gone");
      else if (now.identity !== planned.identity || now.protectedBy !== undefined) told.set(planned.id, "changed");
      else told.set(planned.id, (await endOne(session, planned)) ? "ended" : "gone");
    }
    const ended = plan.sessions.filter(({ id }) => told.get(id) === "ended");
    const remaining = await waitUntilGone(session, ended, signal);
    return plan.sessions.map(({ id, user }) => ({ id, user, state: remaining.has(id) ? "remains" : (told.get(id) ?? "remains") }));
  });
}

/** False when it had gone in the meantime. */
async function endOne(session: SqlSession, { id, identity }: DatabaseSession): Promise<boolean> {
  if (session.engine === "postgres") {
    // Check and end in one statement: no other session can get the process id in between.
    const started = identity.slice(0, identity.indexOf("/"));
    const rows = await session.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1::int AND backend_start = $2::timestamptz AND backend_type = 'client backend' AND pid <> pg_backend_pid()",
      [id, started],
    );
    return rows.length > 0;
  }
  try {
    // A number, not a text: the statement takes no placeholder. Thread ids are not given twice while a server runs.
    await session.query(`KILL CONNECTION ${Math.trunc(id)}`);
    return true;
  } catch (error) {
    const { errno } = (error instanceof DatabaseFault ? error.cause : error) as { errno?: number };
    if (errno === noSuchThread) return false;
    throw error;
  }
}

const noSuchThread = 1094;

async function waitUntilGone(session: SqlSession, ended: readonly DatabaseSession[], signal: AbortSignal): Promise<ReadonlySet<number>> {
  const deadline = performance.now() + goneWithinMs;
  for (;;) {
    const { sessions } = await readSessions(session);
    const identities = new Set(sessions.map(({ identity }) => identity));
    const remaining = ended.filter(({ identity }) => identities.has(identity));
    if (remaining.length === 0 || performance.now() > deadline) return new Set(remaining.map(({ id }) => id));
    await wait(checkEveryMs, undefined, { signal });
  }
}
