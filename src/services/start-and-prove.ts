import type { Host } from "../integrations/host.ts";
import { waitUntilReady, type Ready } from "../integrations/readiness.ts";
import type { ServiceControl, ServiceState } from "../integrations/service-control-contract.ts";
import { systemClock, type Clock } from "../kernel/clock.ts";
import { Failure } from "../kernel/failure.ts";
import { maskPersonalData } from "../kernel/mask.ts";
import { message, type Message } from "../kernel/message.ts";

export type ProveOptions = {
  readonly signal: AbortSignal;
  readonly verb?: "start" | "restart";
  /** For the act and for becoming ready together. Default 30 s. */
  readonly readyWithinMs?: number;
  /** How long it must stay up with the same process before it counts. Default 7 s: what dies after 5 s is not up. */
  readonly settleMs?: number;
  readonly stopGraceMs?: number;
  /** Called when it is ready and before it has settled; milliseconds since the call. */
  readonly onReady?: (readyMs: number) => void;
  readonly clock?: Clock;
};

export type ProvenStart = {
  readonly isUp: boolean;
  /** Where it ended: `up`, or the stage that failed. */
  readonly stage: "start" | "ready" | "settle" | "up";
  readonly what: Message;
  /** Milliseconds since the call, of the stages that were reached. */
  readonly startedMs?: number;
  readonly readyMs?: number;
  readonly provenMs?: number;
  readonly evidence: string;
};

const settlePaceMs = 250;

/**
 * Starts a service once, waits until it is ready, and watches that it stays up with the same process. Expected failures are
 * results with their stage; only a host that cannot be asked or an abort is thrown.
 */
export async function startAndProve(host: Host, control: ServiceControl, ready: Ready, options: ProveOptions): Promise<ProvenStart> {
  const { signal, verb = "start", readyWithinMs = 30_000, settleMs = 7_000, clock = systemClock } = options;
  const beganMs = clock.monotonicMs();
  const passed = (): number => Math.round(clock.monotonicMs() - beganMs);
  const service = control.name;
  let evidence = "";
  try {
    const graceful = options.stopGraceMs === undefined ? {} : { stopGraceMs: options.stopGraceMs };
    evidence = (await control[verb]({ signal, timeoutMs: readyWithinMs, ...graceful })).evidence;
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== "service-failed") throw error;
    const state = await control.state(signal);
    return { isUp: false, stage: "start", what: error.what, evidence: describe(state, evidence) };
  }
  const startedMs = passed();
  const isReady = await waitForReady(host, control, ready, Math.max(500, readyWithinMs - startedMs), signal);
  if (!isReady) {
    const state = await control.state(signal);
    return {
      isUp: false,
      stage: "ready",
      what: message("service.not-ready", { service, seconds: Math.round(passed() / 1000) }),
      startedMs,
      evidence: describe(state, evidence),
    };
  }
  const readyMs = passed();
  options.onReady?.(readyMs);
  const first = await control.state(signal);
  const ends = clock.monotonicMs() + settleMs;
  let state = first;
  for (;;) {
    const fault = findUnsettled(first, state);
    if (fault) {
      return {
        isUp: false,
        stage: "settle",
        what: message("service.did-not-stay", {
          service,
          seconds: Math.round((passed() - readyMs) / 100) / 10,
          result: state.lastExit ?? state.result ?? "?",
        }),
        startedMs,
        readyMs,
        evidence: describe(state, evidence),
      };
    }
    const leftMs = ends - clock.monotonicMs();
    if (leftMs <= 0) break;
    await clock.sleep(Math.min(settlePaceMs, leftMs), signal);
    state = await control.state(signal);
  }
  // It may have stayed and yet stopped to answer.
  if (!(await waitForReady(host, control, ready, 3_000, signal))) {
    return {
      isUp: false,
      stage: "settle",
      what: message("service.not-ready", { service, seconds: Math.round(passed() / 1000) }),
      startedMs,
      readyMs,
      evidence: describe(state, evidence),
    };
  }
  const provenMs = passed();
  return {
    isUp: true,
    stage: "up",
    what: message("service.proven", { service, seconds: Math.round(readyMs / 100) / 10, settled: Math.round(settleMs / 1000) }),
    startedMs,
    readyMs,
    provenMs,
    evidence: describe(state, evidence),
  };
}

/** True when a service that was ready is not up any more, or is up with another process than before. */
export function findUnsettled(first: ServiceState, now: ServiceState): boolean {
  if (!now.isRunning && now.isAtRest !== true) return true;
  if (now.isHung || first.mainPid !== now.mainPid) return true;
  return (now.restarts ?? 0) > (first.restarts ?? 0);
}

async function waitForReady(host: Host, control: ServiceControl, ready: Ready, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
  const isUp = async (): Promise<boolean> => {
    const state = await control.state(signal);
    return (state.isRunning || state.isAtRest === true) && !state.isHung;
  };
  const isReady = ready.port === undefined && (ready.url ?? "") === "" && (ready.command ?? []).length === 0;
  // Another program may hold the port: ready counts only while the service itself is up.
  return (isReady || (await waitUntilReady(host, ready, timeoutMs, signal))) && (await isUp());
}

function describe(state: ServiceState, act: string): string {
  return maskPersonalData([act, state.raw, ...state.lastLines].filter((part) => part !== "").join("\n")).slice(0, 4_096);
}
