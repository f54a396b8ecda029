import type pg from "pg";
import type { Clock } from "../../kernel/clock.ts";
import type { Entry } from "../../logbook/entry.ts";
import { readFileEntries } from "../../logbook/logbook.ts";
import { keepSwitches, readKeptSwitches } from "../../switches/switch-file.ts";
import { normalValue, readSwitches, replaySwitches, type Switch } from "../../switches/switch.ts";
import type { SwitchView } from "../gateway.ts";

/**
 * `isOn(key)`: an operator has set it, it is not as it normally is. So `isOn("webhook.verify_signature")` means that
 * signatures are NOT relied on; `value` says it the other way round.
 */
export type SwitchKeeper = SwitchView & {
  /** The value in force: the normal one while nobody has set another. */
  value(key: string, subject?: string): boolean;
  list(): readonly Switch[];
  /** When the store was last read, epoch ms; 0 = never. */
  asOf(): number;
  close(): Promise<void>;
};

export type SwitchViewOptions = {
  readonly pool: pg.Pool | undefined;
  readonly stateFolder: string;
  /** Where the command line writes when it cannot reach the store. */
  readonly journalFolders: readonly string[];
  readonly clock: Clock;
  readonly pollMs?: number;
};

/**
 * The switches from memory, at most `pollMs` old. With the store away the last known ones count, each until its own end,
 * and what is set on the command line meanwhile counts as well, for it lies in the journal files.
 */
export async function openSwitchView({ pool, stateFolder, journalFolders, clock, pollMs = 500 }: SwitchViewOptions): Promise<SwitchKeeper> {
  const closing = new AbortController();
  let asOf = 0;
  let stored: readonly Switch[] = [];
  let set = new Map<string, Switch>();
  let shown = "";

  const show = (switches: readonly Switch[]): void => {
    set = new Map(switches.map((each) => [each.key, each]));
  };
  const look = async (): Promise<void> => {
    const now = clock.now();
    const entries = readFileEntries(journalFolders).filter(isAboutSwitches);
    if (pool !== undefined) {
      try {
        stored = await readSwitches(pool, now);
        const imported = entries.length === 0 ? new Set<string>() : await listImported(pool, entries);
        show(
          replaySwitches(
            stored,
            entries.filter(({ id }) => !imported.has(id)),
            clock.now(),
          ),
        );
        asOf = now;
        keepIfNew();
        return;
      } catch {
        // The store is away: what is known goes on counting.
      }
    }
    show(
      replaySwitches(
        stored,
        entries.filter(({ at }) => at > asOf),
        clock.now(),
      ),
    );
  };
  const keepIfNew = (): void => {
    const text = JSON.stringify(stored);
    if (text === shown && asOf > 0) return;
    shown = text;
    keepSwitches(stateFolder, { asOf, switches: stored });
  };
  const keepLooking = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      await clock.sleep(pollMs, closing.signal).catch(() => {});
      if (!closing.signal.aborted) await look();
    }
  };

  ({ asOf, switches: stored } = readKeptSwitches(stateFolder, clock.now()));
  await look();
  const looking = keepLooking();

  const inForce = (key: string): boolean => {
    const found = set.get(key);
    return found !== undefined && found.expiresAt > clock.now() && found.value !== normalValue(key);
  };
  const isOn = (key: string, subject?: string): boolean => inForce(key) || (subject !== undefined && inForce(`${key}.${subject}`));
  return {
    isOn,
    value: (key, subject) => isOn(key, subject) !== (normalValue(key) === "true"),
    list: () => [...set.values()].filter(({ expiresAt }) => expiresAt > clock.now()),
    asOf: () => asOf,
    close: async () => {
      closing.abort();
      await looking;
    },
  };
}

function isAboutSwitches({ kind }: Entry): boolean {
  return kind === "switch-set" || kind === "switch-ended";
}

/** Files stay after they were brought into the store: what stands there already is older than what was set since. */
async function listImported(pool: pg.Pool, entries: readonly Entry[]): Promise<Set<string>> {
  const { rows } = await pool.query<{ id: string }>("select id from ampel.entry where id = any($1)", [entries.map(({ id }) => id)]);
  return new Set(rows.map(({ id }) => id));
}
