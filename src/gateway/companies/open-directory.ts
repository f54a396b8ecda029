import type { Pool, PoolClient } from "pg";
import { seconds, type Clock } from "../../kernel/clock.ts";
import { emptyContent, toDirectory, type Directory, type DirectoryContent } from "./directory.ts";
import { loadDirectoryFile, saveDirectoryFile } from "./directory-file.ts";
import { readDirectoryContent, readDirectoryVersion } from "./read-directory.ts";
import { ensureTenantRole, enterEveryCompany } from "./tenant.ts";

export type DirectoryKeeper = Directory & {
  /** Why the last look at the database or the file failed; `undefined` when all is well. */
  readonly problem: Error | undefined;
  /** Looks now. True when something had changed. @throws when the database did not answer */
  refresh(): Promise<boolean>;
  close(): Promise<void>;
};

export type DirectoryOptions = {
  /** Absent: what the file says is all there is. */
  readonly pool: Pool | undefined;
  /** Kept beside the spool. */
  readonly file: string;
  readonly clock: Clock;
  readonly everyMs?: number;
  /** How long a look may take; also how long the start waits for a database that hangs. */
  readonly limitMs?: number;
};

/**
 * A directory that keeps itself up to date: one row is read every two seconds, all of it only after a change.
 * Starts from its file while there is no database, and never fails for the lack of either: `asOf` and `problem` say what it knows.
 */
export async function openDirectory({
  pool,
  file,
  clock,
  everyMs = seconds(2),
  limitMs = seconds(3),
}: DirectoryOptions): Promise<DirectoryKeeper> {
  const stopping = new AbortController();
  let current = toDirectory(emptyContent);
  let version: string | undefined;
  let confirmedAt = 0;
  let problem: Error | undefined;
  let unsaved: DirectoryContent | undefined;
  let looking: Promise<boolean> | undefined;

  const look = async (): Promise<boolean> => {
    if (pool === undefined) return false;
    const seen = await readChange(pool, version, clock.now(), limitMs);
    confirmedAt = clock.now();
    if (seen !== undefined) {
      current = toDirectory(seen.content);
      version = seen.version;
      unsaved = seen.content;
    }
    if (unsaved !== undefined) {
      await saveDirectoryFile(file, unsaved);
      unsaved = undefined;
    }
    return seen !== undefined;
  };
  const refresh = async (): Promise<boolean> => {
    looking ??= look().finally(() => {
      looking = undefined;
    });
    try {
      const hasChanged = await looking;
      problem = undefined;
      return hasChanged;
    } catch (error) {
      problem = error as Error;
      throw error;
    }
  };

  try {
    const saved = await loadDirectoryFile(file);
    if (saved !== undefined) current = toDirectory(saved);
  } catch (error) {
    problem = error as Error;
  }
  if (pool !== undefined) await refresh().catch(() => {});
  if (pool !== undefined && (problem as { code?: string } | undefined)?.code === "42501") {
    await ensureTenantRole(pool)
      .then(refresh)
      .catch(() => {});
  }
  const rounds = pool === undefined ? Promise.resolve() : goRound();

  async function goRound(): Promise<void> {
    while (!stopping.signal.aborted) {
      await clock.sleep(everyMs, stopping.signal).catch(() => {});
      if (!stopping.signal.aborted) await refresh().catch(() => {});
    }
  }

  return {
    company: (companyId) => current.company(companyId),
    companies: () => current.companies(),
    number: (e164) => current.number(e164),
    numbers: () => current.numbers(),
    companyOfAgent: (agentId) => current.companyOfAgent(agentId),
    companyOfEventType: (eventTypeId) => current.companyOfEventType(eventTypeId),
    get asOf() {
      return Math.max(current.asOf, confirmedAt);
    },
    get problem() {
      return problem;
    },
    refresh,
    close: async () => {
      stopping.abort();
      await rounds;
    },
  };
}

type Change = { readonly version: string; readonly content: DirectoryContent };

/** What changed since `known`; `undefined` when nothing did. A connection that hangs is broken off and not given back. */
async function readChange(pool: Pool, known: string | undefined, asOf: number, limitMs: number): Promise<Change | undefined> {
  const limit = AbortSignal.timeout(limitMs);
  const { promise: tooLate, reject } = Promise.withResolvers<never>();
  const giveUp = (): void => reject(new Error(`the database did not answer within ${limitMs} ms`));
  limit.addEventListener("abort", giveUp, { once: true });
  const connecting = pool.connect();
  let client: PoolClient | undefined;
  let isBroken = true;
  try {
    client = await Promise.race([connecting, tooLate]);
    const change = await Promise.race([readInside(client, known, asOf), tooLate]);
    isBroken = false;
    return change;
  } finally {
    limit.removeEventListener("abort", giveUp);
    if (client !== undefined) client.release(isBroken);
    else void connecting.then((late) => late.release()).catch(() => {});
  }
}

async function readInside(client: PoolClient, known: string | undefined, asOf: number): Promise<Change | undefined> {
  if (known !== undefined && (await readDirectoryVersion(client)) === known) return undefined;
  // One snapshot: the version belongs to exactly this content.
  await client.query("begin isolation level repeatable read read only");
  const version = await readDirectoryVersion(client);
  await enterEveryCompany(client);
  const content = await readDirectoryContent(client, asOf);
  await client.query("commit");
  return { version, content };
}
