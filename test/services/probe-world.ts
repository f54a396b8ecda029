import { openHost } from "../../src/integrations/host.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import type { Language } from "../../src/kernel/message.ts";
import { say } from "../../src/kernel/message.ts";
import { runProbe, type ProbeKind, type ProbeMemory, type ProbeResult } from "../../src/probes/probe.ts";

/** A probe's memory that proves each value survives JSON. */
export function newMemory(): ProbeMemory {
  const kept = new Map<string, string>();
  return {
    get: <Value>(key: string) => (kept.has(key) ? (JSON.parse(kept.get(key) ?? "null") as Value) : undefined),
    set: (key, value) => void kept.set(key, JSON.stringify(value)),
  };
}

/** Looks once, as the daemon would; `clockMs` moves the clock. The spec goes through the probe's schema. */
export async function lookOnce(
  kind: ProbeKind,
  spec: Readonly<Record<string, unknown>>,
  options: { memory?: ProbeMemory; deadlineMs?: number; clockMs?: number; signal?: AbortSignal } = {},
): Promise<ProbeResult> {
  const probe = {
    id: "under-test",
    kind: kind.kind,
    spec: kind.schema.parse(spec),
    host: "local",
    subject: "under-test",
    dependsOn: [],
    everyMs: 5000,
    deadlineMs: options.deadlineMs ?? 5000,
  };
  const shift = options.clockMs ?? 0;
  const clock = { ...systemClock, now: () => systemClock.now() + shift };
  return await runProbe(probe, kind, {
    clock,
    host: openHost("local", { via: "local" }),
    memory: options.memory ?? newMemory(),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
}

/** The sentence an operator reads. */
export function read(result: ProbeResult, language: Language = "en"): string {
  return say(result.message, language);
}
