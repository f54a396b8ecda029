import type { z } from "zod";
import { openHost, type Host } from "../src/integrations/host.ts";
import { systemClock, type Clock } from "../src/kernel/clock.ts";
import { runProbe, type ProbeKind, type ProbeMemory, type ProbeResult } from "../src/probes/probe.ts";

/** A memory as the daemon keeps it: what goes in comes out as JSON made it. */
export function createMemory(): ProbeMemory {
  const kept = new Map<string, string>();
  return {
    get: <Value>(key: string) => {
      const text = kept.get(key);
      return text === undefined ? undefined : (JSON.parse(text) as Value);
    },
    set: (key, value) => void kept.set(key, JSON.stringify(value)),
  };
}

/** A clock that stands at `startsAt` until it is moved. */
export function createMovedClock(startsAt = Date.now()): Clock & { advance(ms: number): void } {
  let now = startsAt;
  return { now: () => now, monotonicMs: () => performance.now(), sleep: async () => {}, advance: (ms) => void (now += ms) };
}

type Given = { readonly host?: Host; readonly memory?: ProbeMemory; readonly clock?: Clock; readonly deadlineMs?: number };

/** One look of a probe as the daemon runs it, from the fields a user writes. */
export async function lookOnce<Schema extends z.ZodObject>(
  kind: ProbeKind<Schema>,
  fields: z.input<Schema>,
  given: Given = {},
): Promise<ProbeResult> {
  const { host = openHost("here", { via: "local" }), memory = createMemory(), clock = systemClock, deadlineMs = 10_000 } = given;
  const spec = kind.schema.parse(fields) as Record<string, unknown>;
  const probe = { id: kind.kind, kind: kind.kind, spec, host: host.name, subject: "it", dependsOn: [], everyMs: 30_000, deadlineMs };
  return await runProbe(probe, kind, { clock, host, memory });
}
