import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../clock.ts";
import { openJournalFile, listJournalFiles, readLongest, type JournalFile } from "./journal-file.ts";
import type { Delivery, DurableEngine, DurableRun, Workflow } from "./run.ts";

export const runEnding = ".run.jsonl";

export type UnfinishedRun = { readonly id: string; readonly workflow: string; readonly input: unknown };

/** Lines of a run's journal, in the order of their writing. */
type RunLine =
  | { type: "start"; workflow: string; input: unknown }
  | { type: "intent"; position: number; name: string }
  | { type: "result"; position: number; name: string; value?: unknown; error?: string }
  | { type: "end"; value?: unknown; error?: string };

/**
 * Durable runs on plain files, for when the store is gone as well (break-glass): every intent and every result is
 * synced before the next thing happens. Whoever starts a run again goes on where the last process was.
 * Only one responder at a time may use the folders; see `holdResponderLock`.
 */
export function startFileEngine(folders: readonly string[], clock: Clock): DurableEngine {
  const cancelled = new Map<string, AbortController>();
  return {
    async start(workflow, id, input) {
      const journal = openJournalFile<RunLine>(folders, id + runEnding);
      const { lines } = journal;
      const controller = new AbortController();
      cancelled.set(id, controller);
      try {
        const end = lines.find((line) => line.type === "end");
        if (end !== undefined) return outcome(end) as never;
        const first = lines.find((line) => line.type === "start");
        if (first === undefined) journal.append({ type: "start", workflow: workflow.name, input });
        // The input it began with, not the one of today: a playbook edited meanwhile changes nothing.
        const given = first === undefined ? input : (first.input as typeof input);
        const value = await workflow.body(openRun(id, journal, folders, clock, controller.signal), given);
        journal.append({ type: "end", value });
        return value;
      } finally {
        cancelled.delete(id);
        journal.close();
      }
    },
    async send(runId, topic, value, key): Promise<Delivery> {
      const lines = readLongest<RunLine>(folders, runId + runEnding);
      if (lines.length === 0) return "unknown-run";
      if (lines.some((line) => line.type === "end")) return "too-late";
      appendFileSync(join(folders[0] ?? "", `${runId}.messages`), `${JSON.stringify({ topic, value, key })}\n`, { flush: true });
      return "delivered";
    },
    async cancel(runId) {
      cancelled.get(runId)?.abort(new DOMException("cancelled", "AbortError"));
    },
    async stop() {},
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

function openRun(id: string, journal: JournalFile<RunLine>, folders: readonly string[], clock: Clock, signal: AbortSignal): DurableRun {
  const known = journal.lines;
  let position = -1;
  const step: DurableRun["step"] = async (name, effect) => {
    position += 1;
    const here = position;
    const earlier = known.filter((line) => "position" in line && line.position === here);
    const result = earlier.find((line) => line.type === "result");
    const foreign = earlier.find((line) => "name" in line && line.name !== name);
    if (foreign !== undefined) throw new Error(`run ${id}: step ${here} is "${name}" now and was another when it was written`);
    if (result !== undefined) return outcome(result) as never;
    signal.throwIfAborted();
    journal.append({ type: "intent", position: here, name });
    try {
      const value = await effect({ signal, key: `${id}:${here}`, isRepeat: earlier.length > 0 });
      journal.append({ type: "result", position: here, name, value });
      return value;
    } catch (error) {
      if (!signal.aborted) journal.append({ type: "result", position: here, name, error: String(error) });
      throw error;
    }
  };
  return {
    id,
    step,
    now: () => step("now", async () => clock.now()),
    waitFor: (topic, until) =>
      step(`wait:${topic}`, async () => {
        const startedMs = clock.monotonicMs();
        const spanMs = Math.max(0, until - clock.now());
        for (;;) {
          const found = readMessages(folders, id).find((sent) => sent.topic === topic);
          if (found !== undefined) return found.value as never;
          if (clock.monotonicMs() - startedMs >= spanMs) return undefined;
          await clock.sleep(Math.min(200, spanMs), signal);
        }
      }),
  };
}

function readMessages(folders: readonly string[], id: string): { topic: string; value: unknown }[] {
  try {
    const text = readFileSync(join(folders[0] ?? "", `${id}.messages`), "utf8");
    return text.split("\n").filter((line) => line.endsWith("}")).map((line) => JSON.parse(line) as { topic: string; value: unknown });
  } catch {
    return [];
  }
}

function outcome(line: { value?: unknown; error?: string }): unknown {
  if (line.error !== undefined) throw new Error(line.error);
  return line.value;
}
