import { z } from "zod";
import { namesOneManager, openServiceControl, serviceAddressFields, toServiceAddress } from "../integrations/service-control.ts";
import type { ServiceState } from "../integrations/service-control-contract.ts";
import { durationSchema } from "../kernel/duration.ts";
import { maskPersonalData } from "../kernel/mask.ts";
import { message } from "../kernel/message.ts";
import { defineProbe, type Observation } from "./probe.ts";

const schema = z
  .strictObject({
    ...serviceAddressFields,
    flapRestarts: z.int().min(2).default(3).describe("This many restarts within flapWindow are flapping"),
    flapWindow: durationSchema.default(600_000).describe("Time in which restarts are counted"),
  })
  .refine(namesOneManager, { error: "service-address" })
  .describe("A systemd unit, a supervisor program or a plain process: runs, hangs, flaps, how it ended");

/**
 * Does the manager of a service (systemd, supervisor, pid file) say that it runs? What is dead, failed or stopped by a
 * signal is definite. Restarts are counted from look to look: a service that always comes back is not well.
 */
export const serviceProbe = defineProbe({
  kind: "service",
  schema,
  // A host that does not answer says nothing about what was asked.
  silence: { state: "unknown" },
  async look(spec, { host, signal, deadlineMs, clock, memory }) {
    const control = openServiceControl(host, toServiceAddress(spec));
    const state = await control.state(signal, deadlineMs);
    const before = memory.get<RestartMemory>("restarts");
    const now = afterLook(before, state, clock.now(), spec.flapWindow);
    memory.set("restarts", now);
    return judgeService(control.name, state, now.times.length, { restarts: spec.flapRestarts, windowMs: spec.flapWindow });
  },
});

/** `times`: when restarts were noticed inside the window, epoch ms UTC. */
export type RestartMemory = {
  readonly pid?: number;
  readonly counted?: number;
  readonly wasRunning: boolean;
  readonly times: readonly number[];
};

const freshMs = 30_000;

/** Adds the restarts between two looks: the manager's own count where it has one, else a new main process. */
export function afterLook(before: RestartMemory | undefined, state: ServiceState, now: number, windowMs: number): RestartMemory {
  const kept = (before?.times ?? []).filter((at) => at > now - windowMs && at <= now);
  const next = {
    ...(state.mainPid === undefined ? (before?.pid === undefined ? {} : { pid: before.pid }) : { pid: state.mainPid }),
    ...(state.restarts === undefined ? {} : { counted: state.restarts }),
    wasRunning: state.isRunning,
  };
  // The first look has nothing to compare with: the manager's count tells of a loop when its last turn is this fresh.
  const isFresh = state.since !== undefined && now - state.since < freshMs;
  if (before === undefined) return { ...next, times: Array.from({ length: isFresh ? Math.min(20, state.restarts ?? 0) : 0 }, () => now) };
  // The count starts anew when somebody starts the unit by hand; then the change of pid still tells of one.
  const counted = Math.max(0, (state.restarts ?? 0) - (before.counted ?? 0));
  const isReplaced = state.mainPid !== undefined && before.pid !== undefined && state.mainPid !== before.pid;
  const restarts = Math.min(20, Math.max(counted, isReplaced ? 1 : 0));
  return { ...next, times: [...kept, ...Array.from({ length: restarts }, () => now)].slice(-100) };
}

type FlapLimit = { readonly restarts: number; readonly windowMs: number };

/** What one state of a service means. */
export function judgeService(service: string, state: ServiceState, restarts: number, limit: FlapLimit): Observation {
  const evidence = maskPersonalData([state.raw, ...state.lastLines].join("\n")).slice(0, 2_048);
  const result = state.lastExit ?? state.result ?? "?";
  const measures = { restartsInWindow: restarts };
  const minutes = Math.round(limit.windowMs / 60_000);
  if (state.loadState === "not-found") {
    return { state: "down", cause: "service-down", isDefinite: true, message: message("service.not-found", { service }), evidence };
  }
  if (state.isMasked && !state.isRunning) {
    return { state: "down", cause: "service-down", isDefinite: true, message: message("service.masked", { service }), evidence };
  }
  if (!state.isRunning && !state.isChanging && state.loadState !== "loaded" && !state.isMasked) {
    return {
      state: "down",
      cause: "service-down",
      isDefinite: true,
      message: message("service.not-loadable", { service, reason: state.loadState }),
      evidence,
    };
  }
  if (state.isHung) {
    return {
      state: "down",
      cause: "service-down",
      isDefinite: true,
      message: message("service.hung", { service, pid: state.mainPid ?? 0 }),
      measures,
      evidence,
    };
  }
  const isFlapping = restarts >= limit.restarts;
  if (isFlapping) {
    const seen = { service, restarts, minutes, result };
    return {
      state: state.isRunning ? "degraded" : "down",
      cause: "service-flapping",
      message: message("service.flapping", seen),
      measures,
      evidence,
    };
  }
  if (state.isRunning) return { state: "ok", message: message("service.running", { service }), measures };
  if (state.isAtRest === true) return { state: "ok", message: message("service.at-rest", { service }), measures };
  // Between two automatic restarts, or starting: one look is no proof, the next ones are.
  if (state.isChanging) {
    return { state: "down", cause: "service-down", message: message("service.changing", { service, result }), measures, evidence };
  }
  return {
    state: "down",
    cause: "service-down",
    isDefinite: true,
    message: message("service.down", { service, result }),
    measures,
    evidence,
  };
}
