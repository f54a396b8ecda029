import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../kernel/clock.ts";
import { listUnfinishedRuns, startFileEngine } from "../kernel/durable/file-engine.ts";
import { startPostgresEngine, type PostgresEngine } from "../kernel/durable/postgres-engine.ts";
import { untilDatabaseReturns } from "../kernel/durable/while-away.ts";
import { listStrandedRuns } from "../kernel/durable/stranded-runs.ts";
import { openMailbox, type Mailbox } from "../kernel/durable/postgres-mailbox.ts";
import type { Workflow } from "../kernel/durable/run.ts";
import { whatFailed } from "../kernel/failure.ts";
import { type Message } from "../kernel/message.ts";
import { importFileEntries, openFileLogbook, openStoreLogbook, readFileEntries } from "../logbook/logbook.ts";
import type { Entry, Happening, Logbook } from "../logbook/entry.ts";
import { playbookWorkflow } from "../playbooks/run.ts";
import { undoWorkflow, type UndoInput } from "../playbooks/undo-run.ts";
import type { RunHands, RunInput, RunOutcome } from "../playbooks/run-contract.ts";
import { writableFolders } from "../store/state-folder.ts";
import { openStore, type Store } from "../store/store.ts";
import type { PastRestart } from "../services/decide-restart.ts";
import type { PastRun } from "./automation.ts";
import { freeStoreLock, takeStoreLock } from "./run-lock.ts";

/** What keeps a response alive: the store, or plain files when the store is gone. Both carry out the same playbooks. */
export type Durable = {
  readonly mode: "store" | "break-glass";
  /** Why there is no store, in break-glass. */
  readonly reason?: Message;
  /** The store, when there is one. */
  readonly store?: Store;
  /** Where the journal stands, in break-glass. */
  readonly folder?: string;
  readonly logbook: Logbook;
  /** Entries of an earlier break-glass that were brought into the store now. */
  readonly importedCount: number;
  run(id: string, input: RunInput): Promise<RunOutcome>;
  /** Runs that a dead process left behind; calling `run` with their id goes on where it was. */
  unfinished(): Promise<readonly { id: string; input: RunInput }[]>;
  pastRuns(since: number): Promise<readonly PastRun[]>;
  serviceStarts(since: number): Promise<readonly PastRestart[]>;
  /** Takes the named steps of an ended run back, newest first. */
  undo(id: string, input: UndoInput): Promise<RunOutcome>;
  /** What was written without the store and waits for it. */
  entries(): readonly Entry[];
  /** Speaks to a run wherever it is carried out. */
  readonly mailbox: Mailbox;
  /** Milliseconds since the store last answered while runs are carried out; 0 on files. */
  awayMs(): number;
  /** Begins to carry out runs, also those a dead process left; a command that only reads never does. */
  launch(): Promise<void>;
  close(): Promise<void>;
};

export type DurableOptions = {
  readonly stateFolder: string;
  readonly journalFolders: readonly string[];
  readonly databaseUrl: string | undefined;
  readonly clock: Clock;
  onHappening?(happening: Happening): void;
  readonly hands: Omit<RunHands, "logbook" | "takeLock" | "freeLock">;
};

/** A first start makes the data folder as well: five seconds alone on a slow disk. */
const storeLimitMs = { first: 30_000, later: 12_000 } as const;

/** Opens the store; when it is dead, unwritable or its disk is full, goes on with files instead of giving up. */
export async function openDurable(options: DurableOptions): Promise<Durable> {
  let store: Store | undefined;
  try {
    const { stateFolder, databaseUrl } = options;
    store = await openStore({
      stateFolder,
      databaseUrl,
      signal: AbortSignal.timeout(existsSync(join(stateFolder, "store")) ? storeLimitMs.later : storeLimitMs.first),
    });
    return await openOnStore(store, options);
  } catch (error) {
    await store?.close().catch(() => {});
    const reason = whatFailed(error);
    return openOnFiles(reason, options);
  }
}

async function openOnStore(store: Store, { clock, hands, journalFolders, onHappening }: DurableOptions): Promise<Durable> {
  const logbook = observed(openStoreLogbook(store.pool, clock), onHappening);
  const all: RunHands = {
    ...hands,
    logbook,
    takeLock: (name, runId) => untilDatabaseReturns(() => takeStoreLock(store.pool, name, runId), { clock }),
    freeLock: (name, runId) => untilDatabaseReturns(() => freeStoreLock(store.pool, name, runId), { clock }),
  };
  const workflow = playbookWorkflow(all);
  const undo = undoWorkflow(all);
  let engine: Promise<PostgresEngine> | undefined;
  let awayMs = (): number => 0;
  const start = (): Promise<PostgresEngine> =>
    (engine ??= startPostgresEngine({
      url: store.url,
      pool: store.pool,
      clock,
      workflows: [workflow, undo] as readonly Workflow<never, unknown>[],
      onLost: () => process.exit(75),
    }));
  const importedCount = await importFileEntries(store.pool, journalFolders);
  // What was begun in break-glass is finished from its own journal: begun anew in the store, its effects would come twice.
  const files = startFileEngine(journalFolders, clock);
  const begunOnFiles = new Set(listUnfinishedRuns(journalFolders).map(({ id }) => id));
  return {
    mode: "store",
    store,
    logbook,
    importedCount,
    mailbox: openMailbox(store.url, store.pool),
    awayMs: () => awayMs(),
    launch: async () => {
      ({ awayMs } = await start());
    },
    run: async (id, input) => (begunOnFiles.has(id) ? files : await start()).start(workflow, id, input),
    undo: async (id, input) => (await start()).start(undo, id, input),
    entries: () => [],
    unfinished: async () => {
      const { rows } = await store.pool.query<{ id: string; input: RunInput }>(
        "select id, input from ampel.run where state = 'running' order by started_at",
      );
      // Begun by another version: nobody here can go on with it, and waiting for it would never end. `run:list` names it.
      const stranded = new Set((await listStrandedRuns(store.pool)).map(({ id }) => id));
      return rows.filter(({ id }) => !stranded.has(id));
    },
    pastRuns: async (since) => {
      const { rows } = await store.pool.query<{ playbook_id: string; started_at: Date }>(
        "select playbook_id, started_at from ampel.run where started_at > to_timestamp($1::float8 / 1000)",
        [since],
      );
      return rows.map((row) => ({ playbookId: row.playbook_id, startedAt: row.started_at.getTime() }));
    },
    serviceStarts: async (since) => {
      const { rows } = await store.pool.query<{ service: string; at: Date }>(
        "select service, at from ampel.service_start where at > to_timestamp($1::float8 / 1000)",
        [since],
      );
      return rows.map(({ service, at }) => ({ service, at: at.getTime() }));
    },
    close: async () => {
      await files.stop();
      await (await engine)?.stop();
      await store.close();
    },
  };
}

/** Tells a listener what was written, after it is on disk. */
function observed(logbook: Logbook, onHappening: (happening: Happening) => void = () => {}): Logbook {
  return {
    write: async (happening, id) => {
      await logbook.write(happening, id);
      onHappening(happening);
    },
  };
}

/** Without the store, whatever the reason. */
export function openOnFiles(reason: Message, { clock, hands, journalFolders, onHappening }: DurableOptions): Durable {
  // Written where it can be, read wherever an earlier process could: a folder that is full by now may hold half a run.
  const folders = [...new Set([...writableFolders(journalFolders), ...journalFolders])];
  const file = openFileLogbook(folders, clock);
  const logbook = observed(file, onHappening);
  const engine = startFileEngine(folders, clock);
  const holders = new Map<string, string>();
  const all: RunHands = {
    ...hands,
    logbook,
    // One responder at a time works in break-glass, so a lock is only about this process.
    takeLock: async (name, runId) => {
      const holder = holders.get(name);
      if (holder !== undefined && holder !== runId) return holder;
      holders.set(name, runId);
      return undefined;
    },
    freeLock: async (name) => void holders.delete(name),
  };
  const workflow = playbookWorkflow(all);
  const undo = undoWorkflow(all);
  return {
    mode: "break-glass",
    reason,
    folder: folders[0] ?? join("/dev", "null"),
    logbook,
    importedCount: 0,
    mailbox: engine,
    awayMs: () => 0,
    launch: async () => {},
    run: (id, input) => engine.start(workflow, id, input),
    undo: (id, input) => engine.start(undo, id, input),
    entries: () => readFileEntries(folders),
    unfinished: async () =>
      listUnfinishedRuns(folders)
        .filter((run) => run.workflow === workflow.name)
        .map(({ id, input }) => ({ id, input: input as RunInput })),
    pastRuns: async (since) =>
      readFileEntries(folders).flatMap((entry) =>
        entry.kind === "run-started" && entry.at > since ? [{ playbookId: entry.playbookId, startedAt: entry.at }] : [],
      ),
    serviceStarts: async (since) =>
      readFileEntries(folders).flatMap((entry) =>
        entry.kind === "service-started" && entry.at > since ? [{ service: entry.service, at: entry.at }] : [],
      ),
    close: async () => {
      await engine.stop();
      file.close();
    },
  };
}
