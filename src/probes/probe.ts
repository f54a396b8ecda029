import type { z } from "zod";
import type { Host } from "../integrations/host.ts";
import type { Clock } from "../kernel/clock.ts";
import { Failure } from "../kernel/failure.ts";
import { maskPersonalData } from "../kernel/mask.ts";
import { message, verbatim, type Message } from "../kernel/message.ts";
import type { Cause, Zone } from "./cause.ts";

export const probeStates = ["ok", "degraded", "down", "unknown"] as const;
export type ProbeState = (typeof probeStates)[number];

/** What one look at the world saw. */
export type Observation = {
  /** `unknown` = could not look (our own fault or blindness); never to be shown as ok. */
  readonly state: ProbeState;
  readonly message: Message;
  /** What is wrong; absent when `ok` or `unknown`. */
  readonly cause?: Cause;
  /** True when one look is proof (a unit that died, a table that is gone): no second opinion is awaited. */
  readonly isDefinite?: boolean;
  /** Figures by name with their unit in the name (`latencyP95Ms`, `freeBytes`, `depth`). */
  readonly measures?: Readonly<Record<string, number>>;
  /** What was seen, for the report: masked, at most 2 KiB. */
  readonly evidence?: string;
};

/** An observation with its when and whose. Times: epoch ms UTC. */
export type ProbeResult = Observation & { readonly probeId: string; readonly at: number; readonly durationMs: number };

/** What a probe remembers from look to look (row counts, log offsets). Values must survive JSON. */
export type ProbeMemory = {
  get<Value>(key: string): Value | undefined;
  set(key: string, value: unknown): void;
};

export type ProbeContext = {
  /** Aborted at the deadline; every call outside must pass it on. */
  readonly signal: AbortSignal;
  readonly deadlineMs: number;
  readonly clock: Clock;
  /** The host the probe names in its spec. */
  readonly host: Host;
  readonly memory: ProbeMemory;
};

/**
 * One kind of check: its part of the configuration and how it looks.
 * `look` returns what it saw; a `Failure` it throws means "could not look" (`unknown`).
 * Drivers are imported inside `look`: a diagnosis loads only what it needs.
 */
export type ProbeKind<Schema extends z.ZodObject = z.ZodObject> = {
  readonly kind: string;
  readonly schema: Schema;
  look(spec: z.infer<Schema>, context: ProbeContext): Promise<Observation>;
  /** What silence until the deadline means; the default is `down` with cause `unreachable`. */
  readonly silence?: Pick<Observation, "state" | "cause">;
};

/** Ties the specification a probe gets to its schema. */
export function defineProbe<Schema extends z.ZodObject>(kind: ProbeKind<Schema>): ProbeKind<Schema> {
  return kind;
}

/** A probe of the configuration, ready to run. */
export type Probe = {
  readonly id: string;
  readonly kind: string;
  readonly spec: Readonly<Record<string, unknown>>;
  readonly host: string;
  /** The service, database, vendor, queue or host it speaks about; playbooks act on this name. */
  readonly subject: string;
  /** Subjects this one stands on: when they are down, this finding is muted (inhibition). */
  readonly dependsOn: readonly string[];
  /** Overrides the zone of the cause. */
  readonly zone?: Zone;
  readonly everyMs: number;
  readonly deadlineMs: number;
  /** Overrides how many looks decide. */
  readonly damping?: { readonly failures?: number | undefined; readonly of?: number | undefined; readonly recoveries?: number | undefined };
};

/** Runs one look inside its deadline; always resolves. */
export async function runProbe(
  probe: Probe,
  kind: ProbeKind,
  given: Omit<ProbeContext, "signal" | "deadlineMs"> & { signal?: AbortSignal },
): Promise<ProbeResult> {
  const at = given.clock.now();
  const startedMs = given.clock.monotonicMs();
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(new DOMException("deadline", "TimeoutError")), probe.deadlineMs);
  const signal = given.signal === undefined ? deadline.signal : AbortSignal.any([deadline.signal, given.signal]);
  const finished = (seen: Observation): ProbeResult => {
    const durationMs = Math.round(given.clock.monotonicMs() - startedMs);
    return { ...seen, probeId: probe.id, at, durationMs };
  };
  const silent = (): Observation => {
    if (given.signal?.aborted) return { state: "unknown", message: message("probe.interrupted") };
    const meaning = kind.silence ?? { state: "down", cause: "unreachable" };
    return { ...meaning, message: message("probe.silent", { seconds: probe.deadlineMs / 1000 }) };
  };
  try {
    const look = kind.look(probe.spec, { ...given, signal, deadlineMs: probe.deadlineMs });
    // A driver that ignores its signal must not hold up the diagnosis.
    const silence = new Promise<Observation>((resolve) => signal.addEventListener("abort", () => resolve(silent()), { once: true }));
    return finished(await Promise.race([look, silence]));
  } catch (error) {
    if (signal.aborted) return finished(silent());
    if (error instanceof Failure) return finished({ state: "unknown", message: error.what });
    // A probe that breaks is blind, whatever the reason; the stack goes into the evidence.
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return finished({
      state: "unknown",
      message: message("probe.broken", { reason: verbatim(String(error)) }),
      evidence: maskPersonalData(stack).slice(0, 2048),
    });
  } finally {
    clearTimeout(timer);
  }
}
