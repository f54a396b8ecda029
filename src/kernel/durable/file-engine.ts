import { setMaxListeners } from "node:events";
import type { Clock } from "../clock.ts";
import { listJournalFiles, openJournalFile, readLongest, type JournalFile } from "./journal-file.ts";
import { readMessages, writeMessage } from "./message-file.ts";
import type { Delivery, DurableEngine, DurableRun } from "./run.ts";
import { orAborted, unsettled } from "./settle.ts";

export const runEnding = ".run.jsonl";

export type UnfinishedRun = { readonly id: string; readonly workflow: string; readonly input: unknown };

/** Lines of a run's journal, in the order of their writing. */
type RunLine =
  | { type: "start"; workflow: string; input: unknown }
  | { type: "intent"; position: number; name: string }
  | { type: "result"; position: number; name: string; value?: unknown; error?: WrittenError; consumed?: string }
  | { type: "end"; value?: unknown; error?: WrittenError };

type WrittenError = { readonly name: string; readonly message: string };

const cancelTopic = "ampel:cancel";
const lookEveryMs = 200;

/**
 * Durable runs on plain files, for when the store is gone as well (break-glass): every intent and every result is
 * synced before the next thing happens. Whoever starts a run again goes on where the last process was.
 * Only one responder at a time may use the folders; see `holdResponderLock`.
 */
export function startFileEngine(folders: readonly string[], clock: Clock): DurableEngine {
  const present = new Map<string, Promise<unknown>>();
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal); // one for each run
  return {
    start(workflow, id, input) {
      // The same id is the same run: two bodies would write over each other's journal.
      const running =
        present.get(id) ?? carryOut(folders, clock, stopping.signal, { id, name: workflow.name, input, body: workflow.body as Body });
      present.set(id, running);
      const forget = (): void => void present.delete(id);
      running.then(forget, forget);
      return running as never;
    },
    async send(runId, topic, value, key): Promise<Delivery> {
      const before = lookAt(folders, runId);
      if (before !== undefined) return before;
      writeMessage(folders, runId, { key, topic, value });
      return lookAt(folders, runId) ?? "delivered";
    },
    // By file as well: whoever cancels is seldom the process that runs.
    async cancel(runId) {
      writeMessage(folders, runId, { key: cancelTopic, topic: cancelTopic });
    },
    async stop() {
      stopping.abort(new DOMException("this process stops", "AbortError"));
      await Promise.allSettled(present.values());
    },
  };
}

/** Runs that began and did not end: their process was killed, or is still at work. */
export function listUnfinishedRuns(folders: readonly string[]): UnfinishedRun[] {
  return listJournalFiles(folders, runEnding).flatMap((name) => {
    const lines = readLongest<RunLine>(folders, name);
    const start = lines.find((line) => line.type === "start");
    if (start === undefined || lines.some((line) => line.type === "end")) return [];
    return [{ id: name.slice(0, -runEnding.length), workflow: start.workflow, input: start.input }];
  });
}

type Body = (run: DurableRun, input: unknown) => Promise<unknown>;
type Course = { readonly id: string; readonly name: string; readonly input: unknown; readonly body: Body };

async function carryOut(
  folders: readonly string[],
  clock: Clock,
  stopping: AbortSignal,
  { id, name, input, body }: Course,
): Promise<unknown> {
  const journal = openJournalFile<RunLine>(folders, id + runEnding);
  const cancelled = new AbortController();
  const cancellation = new DOMException(`run ${id} was cancelled`, "AbortError");
  const look = (): void => {
    if (readMessages(folders, id).some(({ topic }) => topic === cancelTopic)) cancelled.abort(cancellation);
  };
  const looking = setInterval(look, lookEveryMs);
  try {
    const end = journal.lines.find((line) => line.type === "end");
    if (end !== undefined) return outcome(end);
    const first = journal.lines.find((line) => line.type === "start");
    if (first === undefined) journal.append({ type: "start", workflow: name, input });
    look();
    const run = openRun({ id, journal, folders, clock, cancelled: cancelled.signal, stopping });
    // The input it began with, not the one of today: a playbook edited meanwhile changes nothing.
    const ending = await orAborted(settle(body(run, first === undefined ? input : first.input)), stopping);
    const written = cancelled.signal.aborted ? { error: write(cancellation) } : ending;
    journal.append({ type: "end", ...written });
    return outcome(written);
  } finally {
    clearInterval(looking);
    journal.close();
  }
}

async function settle(result: Promise<unknown>): Promise<{ value: unknown } | { error: WrittenError }> {
  try {
    return { value: await result };
  } catch (error) {
    return { error: write(error) };
  }
}

type Scene = {
  readonly id: string;
  readonly journal: JournalFile<RunLine>;
  readonly folders: readonly string[];
  readonly clock: Clock;
  readonly cancelled: AbortSignal;
  readonly stopping: AbortSignal;
};

function openRun(scene: Scene): DurableRun {
  const { id, journal, clock } = scene;
  const signal = AbortSignal.any([scene.cancelled, scene.stopping]);
  let lastPosition = -1;
  /** Result of a step that ran before, or its position and whether it was begun. */
  const enter = (name: string): { position: number; isRepeat: boolean; result?: RunLine & { type: "result" } } => {
    const position = (lastPosition += 1);
    const earlier = journal.lines.filter((line) => "position" in line && line.position === position);
    const foreign = earlier.find((line) => "name" in line && line.name !== name);
    if (foreign !== undefined) throw new Error(`run ${id}: step ${position} is "${name}" now and was another when it was written`);
    const result = earlier.find((line) => line.type === "result");
    if (result === undefined) signal.throwIfAborted();
    return { position, isRepeat: earlier.length > 0, ...(result === undefined ? {} : { result }) };
  };
  return {
    id,
    step: async (name, effect) => {
      const { position, isRepeat, result } = enter(name);
      if (result !== undefined) return outcome(result) as never;
      journal.append({ type: "intent", position, name });
      try {
        const value = await effect({ signal, key: `${id}:${position}`, isRepeat });
        // Cut off because this process stops: whatever it says is not the outcome of the step.
        if (scene.stopping.aborted) return await unsettled();
        journal.append({ type: "result", position, name, value });
        return value;
      } catch (error) {
        if (scene.stopping.aborted) return await unsettled();
        if (!signal.aborted) journal.append({ type: "result", position, name, error: write(error) });
        throw error;
      }
    },
    now: async () => {
      const { position, result } = enter("now");
      if (result !== undefined) return outcome(result) as number;
      const value = clock.now();
      journal.append({ type: "result", position, name: "now", value });
      return value;
    },
    waitFor: async (topic, until) => {
      const name = `wait:${topic}`;
      const { position, result } = enter(name);
      if (result !== undefined) return outcome(result) as never;
      const found = await awaitMessage(scene, topic, until, signal);
      journal.append({ type: "result", position, name, ...(found === undefined ? {} : { value: found.value, consumed: found.key }) });
      return found?.value as never;
    },
  };
}

/** The next message nobody has taken yet: an approval counts for one person, not for two. */
async function awaitMessage(
  { id, journal, folders, clock }: Scene,
  topic: string,
  until: number,
  signal: AbortSignal,
): Promise<{ key: string; value?: unknown } | undefined> {
  const startedMs = clock.monotonicMs();
  const spanMs = Math.max(0, until - clock.now());
  const consumed = new Set(journal.lines.flatMap((line) => (line.type === "result" && line.consumed !== undefined ? [line.consumed] : [])));
  for (;;) {
    const found = readMessages(folders, id).find((sent) => sent.topic === topic && !consumed.has(sent.key));
    if (found !== undefined) return found;
    const restMs = spanMs - (clock.monotonicMs() - startedMs);
    if (restMs <= 0) return undefined;
    await clock.sleep(Math.min(lookEveryMs, restMs), signal);
  }
}

function lookAt(folders: readonly string[], runId: string): Delivery | undefined {
  const lines = readLongest<RunLine>(folders, runId + runEnding);
  if (lines.length === 0) return "unknown-run";
  return lines.some((line) => line.type === "end") ? "too-late" : undefined;
}

function write(error: unknown): WrittenError {
  return error instanceof Error ? { name: error.name, message: error.message } : { name: "Error", message: String(error) };
}

function outcome(line: { value?: unknown; error?: WrittenError }): unknown {
  if (line.error === undefined) return line.value;
  throw Object.assign(new Error(line.error.message), { name: line.error.name });
}
