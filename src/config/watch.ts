import { createHash } from "node:crypto";
import { watch } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { Failure } from "../kernel/failure.ts";
import { systemClock, type Clock } from "../kernel/clock.ts";
import { readConfigFile, type LoadedConfig } from "./load.ts";

export type ConfigChangeEvent = { readonly loaded: LoadedConfig } | { readonly failure: Failure };

export type WatchOptions = {
  readonly clock?: Clock;
  /** Hash of the configuration that is in use; the same text again is no change. */
  readonly hash?: string;
  /** Between two looks where the file system sends no events (a symlink further up was switched, a network folder). */
  readonly pollMs?: number;
};

const defaultPollMs = 2_000;
const settleMs = 100;
/** An editor may empty the file before it writes it; only a mistake that stays is one. */
const patienceMs = 500;

/**
 * Calls `onChange` with every new valid configuration, or with what is wrong with the new file.
 * Whoever listens keeps the old one then: an invalid file never replaces a good one.
 * Resolves when the signal aborts.
 */
export async function watchConfig(
  path: string,
  onChange: (event: ConfigChangeEvent) => void,
  signal: AbortSignal,
  options: WatchOptions = {},
): Promise<void> {
  const { clock = systemClock, pollMs = defaultPollMs } = options;
  const bell = new Bell();
  const stopEvents = ringOnEvents(path, bell, signal);
  let last: string | undefined = options.hash;
  let stamp = await stampOf(path);
  if (last === undefined) last = identify(await read(path));
  while (!signal.aborted) {
    const isRung = await bell.wait(pollMs, clock, signal);
    if (signal.aborted) break;
    const seen = await stampOf(path);
    if (!isRung && seen === stamp) continue;
    stamp = seen;
    await pause(clock, settleMs, signal);
    let event = await read(path);
    if ("failure" in event && identify(event) !== last) {
      await pause(clock, patienceMs, signal);
      event = await read(path);
    }
    if (signal.aborted) break;
    const identity = identify(event);
    if (identity === last) continue;
    last = identity;
    onChange(event);
  }
  stopEvents();
}

async function read(path: string): Promise<ConfigChangeEvent> {
  try {
    return { loaded: await readConfigFile(path) };
  } catch (error) {
    if (error instanceof Failure) return { failure: error };
    throw error;
  }
}

/** The hash of the text when it is valid; otherwise the mistakes, so that one and the same broken file is reported once. */
function identify(event: ConfigChangeEvent): string {
  return "loaded" in event
    ? event.loaded.hash
    : createHash("sha256").update(`${event.failure.code} ${event.failure.message}`).digest("hex");
}

async function stampOf(path: string): Promise<string> {
  try {
    const { ino, size, mtimeMs, ctimeMs } = await stat(path);
    return `${ino} ${size} ${mtimeMs} ${ctimeMs}`;
  } catch {
    return "gone";
  }
}

async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  await clock.sleep(ms, signal).catch(() => {});
}

/** The folder is watched, not the file: editors and deployments put a new file in its place. */
function ringOnEvents(path: string, bell: Bell, signal: AbortSignal): () => void {
  try {
    const watcher = watch(dirname(path), { persistent: false, signal }, (_, name) => {
      if (name === null || name === basename(path)) bell.ring();
    });
    watcher.on("error", () => watcher.close()); // polling goes on
    return () => watcher.close();
  } catch {
    return () => {};
  }
}

/** Wakes one waiter; a ring while nobody waits is kept. */
class Bell {
  #isRung = false;
  #wake: (() => void) | undefined;

  ring(): void {
    this.#isRung = true;
    this.#wake?.();
  }

  async wait(ms: number, clock: Clock, signal: AbortSignal): Promise<boolean> {
    if (!this.#isRung) {
      const stop = new AbortController();
      const rung = new Promise<void>((resolve) => (this.#wake = resolve));
      await Promise.race([rung, clock.sleep(ms, AbortSignal.any([signal, stop.signal])).catch(() => {})]);
      stop.abort();
      this.#wake = undefined;
    }
    const wasRung = this.#isRung;
    this.#isRung = false;
    return wasRung;
  }
}
