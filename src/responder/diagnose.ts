import type { Host } from "../integrations/host.ts";
import type { Clock } from "../kernel/clock.ts";
import { findProbeKind } from "../probes/catalogue.ts";
import type { MemoryFile } from "../probes/memory-file.ts";
import { runProbe, type Probe, type ProbeMemory, type ProbeResult } from "../probes/probe.ts";
import { acknowledgeSchema, acknowledgeTable } from "../probes/table-watch.ts";
import { emptyHistory, nextHistory, type ProbeHistory } from "../triage/damping.ts";

export type Eyes = {
  readonly clock: Clock;
  readonly memory: MemoryFile;
  openHost(name: string): Host;
};

/** One look; always resolves, also for a kind of probe this version does not know. */
export async function look(probe: Probe, eyes: Eyes, signal?: AbortSignal): Promise<ProbeResult> {
  const kind = findProbeKind(probe.kind);
  if (kind === undefined) throw new Error(`probe ${probe.id}: kind ${probe.kind} is not in the catalogue`);
  for (const request of eyes.memory.takeRequests(probe.id)) acknowledge(eyes.memory.of(probe.id), request);
  return await runProbe(probe, kind, {
    clock: eyes.clock,
    host: eyes.openHost(probe.host),
    memory: eyes.memory.of(probe.id),
    ...(signal === undefined ? {} : { signal }),
  });
}

/** A person accepts the schema, or one table, as it is now. */
function acknowledge(memory: ProbeMemory, request: string): void {
  if (request === "schema") acknowledgeSchema(memory);
  else acknowledgeTable(memory, request);
}

// Nobody waits for four looks five seconds apart while the telephone rings: three quick ones, two must agree.
const quickLooks = { failures: 2, window: 3, recoveries: 1 } as const;
const betweenMs = 400;

export type DiagnoseOptions = {
  readonly signal?: AbortSignal;
  onResult?(result: ProbeResult, done: number, all: number): void;
};

/**
 * Looks at everything at once and returns what is known of each probe. A bad look is confirmed by a second one,
 * unless it is proof in itself or was a silence as long as the deadline: takes the longest deadline + 1 s at most
 * when everything hangs.
 */
export async function diagnose(probes: readonly Probe[], eyes: Eyes, options: DiagnoseOptions = {}): Promise<Map<string, ProbeHistory>> {
  let done = 0;
  const histories = await Promise.all(
    probes.map(async (probe) => {
      const history = await confirm(probe, eyes, options.signal);
      done += 1;
      const last = history.recent.at(-1);
      if (last !== undefined) options.onResult?.(last, done, probes.length);
      return [probe.id, history] as const;
    }),
  );
  return new Map(histories);
}

async function confirm(probe: Probe, eyes: Eyes, signal?: AbortSignal): Promise<ProbeHistory> {
  let history: ProbeHistory = emptyHistory;
  for (let count = 0; count < quickLooks.window; count += 1) {
    if (count > 0) await eyes.clock.sleep(betweenMs, signal).catch(() => {});
    const result = await look(probe, eyes, signal);
    const isSilence = result.durationMs >= probe.deadlineMs;
    history = nextHistory(
      history,
      isSilence && result.state !== "unknown" ? { ...result, isDefinite: result.state !== "ok" } : result,
      quickLooks,
    );
    if (result.state === "ok" && history.recent.length === 1) break;
    if (result.state === "unknown" || history.raised !== undefined) break;
  }
  return history;
}
