import { openHost } from "../src/integrations/host.ts";
import { systemClock, type Clock } from "../src/kernel/clock.ts";
import { say } from "../src/kernel/message.ts";
import { runProbe, type ProbeKind, type ProbeMemory, type ProbeResult } from "../src/probes/probe.ts";

export type LookOptions = {
  readonly deadlineMs?: number;
  readonly now?: () => number;
  readonly memory?: ProbeMemory;
  readonly signal?: AbortSignal;
};

/** What a memory of the real store does, without one. */
export function mapMemory(kept = new Map<string, unknown>()): ProbeMemory {
  return {
    get: <Value>(key: string) => kept.get(key) as Value | undefined,
    set: (key, value) => void kept.set(key, JSON.parse(JSON.stringify(value))),
  };
}

/** One look of a probe kind as the product does it: the written specification is parsed, the deadline holds. */
export async function lookOnce(
  kind: unknown,
  spec: Record<string, unknown>,
  options: LookOptions = {},
): Promise<ProbeResult & { readonly text: string }> {
  const probeKind = kind as ProbeKind;
  const clock: Clock = options.now === undefined ? systemClock : { ...systemClock, now: options.now };
  const probe = {
    id: "test",
    kind: probeKind.kind,
    spec: probeKind.schema.parse(spec),
    host: "local",
    subject: "test",
    dependsOn: [],
    everyMs: 30_000,
    deadlineMs: options.deadlineMs ?? 5000,
  };
  const given = { clock, host: openHost("local", { via: "local" }), memory: options.memory ?? mapMemory() };
  const result = await runProbe(probe, probeKind, options.signal === undefined ? given : { ...given, signal: options.signal });
  return { ...result, text: say(result.message, "en") };
}
