import type pg from "pg";
import type { Clock } from "../kernel/clock.ts";
import { listJournalFiles, openJournalFile, readLongest } from "../kernel/durable/journal-file.ts";
import { untilDatabaseReturns } from "../kernel/durable/while-away.ts";
import { newId } from "../kernel/ids.ts";
import { inTransaction } from "../store/store.ts";
import { stamp, type Entry, type Logbook } from "./entry.ts";
import { project } from "./project.ts";

export const logbookEnding = ".entries.jsonl";

export function openStoreLogbook(pool: pg.Pool, clock: Clock): Logbook {
  return {
    write: async (happening, id) => {
      const entry = stamp(happening, clock.now(), id);
      // A store that comes back in a moment must not fail the run that wanted to write; the entry's id makes it one.
      await untilDatabaseReturns(() => inTransaction(pool, (client) => project(client, entry, "store")), { clock });
    },
  };
}

/** The logbook when the store is gone: one file per process, imported later. */
export function openFileLogbook(folders: readonly string[], clock: Clock): Logbook & { close(): void } {
  const file = openJournalFile<Entry>(folders, newId("log") + logbookEnding);
  return {
    write: async (happening, id) => file.append(stamp(happening, clock.now(), id)),
    close: () => file.close(),
  };
}

/** Every entry that waits in files, oldest first; what a process that took over wrote again counts once, as the first wrote it. */
export function readFileEntries(folders: readonly string[]): Entry[] {
  const names = listJournalFiles(folders, logbookEnding);
  const written = names.flatMap((name) => readLongest<Entry>(folders, name)).sort((left, right) => left.at - right.at);
  const known = new Set<string>();
  return written.filter(({ id }) => !known.has(id) && known.add(id));
}

/** Brings what was written without the store into it; safe to repeat. Returns how many entries were new. */
export async function importFileEntries(pool: pg.Pool, folders: readonly string[]): Promise<number> {
  let imported = 0;
  for (const entry of readFileEntries(folders)) {
    const isNew = await inTransaction(pool, (client) => project(client, entry, "journal"));
    if (isNew) imported += 1;
  }
  return imported;
}
