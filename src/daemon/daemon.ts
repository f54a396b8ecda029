import type { App } from "../app.ts";
import type { LoadedConfig } from "../config/load.ts";
import { watchConfig } from "../config/watch.ts";
import { watchClock } from "../kernel/durable/clock-watch.ts";
import { Failure } from "../kernel/failure.ts";
import { message, verbatim, type Message } from "../kernel/message.ts";
import { holdResponderLock } from "../kernel/responder-lock.ts";
import type { Probe } from "../probes/probe.ts";
import { preferSmallHeap, startSchedule } from "../probes/schedule.ts";
import { look } from "../responder/diagnose.ts";
import { findingKey } from "../triage/finding.ts";
import type { Picture } from "../triage/triage.ts";
import { openHeartbeatServer } from "./heartbeat-server.ts";
import { openReaction } from "./reaction.ts";
import { openSight } from "./sight.ts";
import { watchServices } from "./unit-events.ts";

export type DaemonOptions = {
  readonly signal: AbortSignal;
  readonly listen: string;
  onEvent(what: Message): void;
};

const memorySaveMs = 5000;

/**
 * Looks at everything all the time and acts as far as the configuration allows. Events (a unit that died, a process
 * that ended, a file that changed) start a look at once; the schedule is the safety net. Resolves when `signal` aborts.
 */
export async function runDaemon(app: App, options: DaemonOptions): Promise<void> {
  const lock = await holdResponderLock(`${app.lockFolder}-daemon`);
  if (lock === undefined) throw new Failure("run-busy", message("daemon.busy"), message("daemon.busy-next"));
  preferSmallHeap();
  const loaded = await app.loaded();
  const watcher = openWatcher(app, loaded, await app.probes(loaded), options);
  app.onApprovalWanted = ({ runId, step }) => options.onEvent(message("daemon.approval-wanted", { run: runId, step: step.name }));
  // Opened early: in an emergency nobody waits for a database to start.
  app.acting().catch(() => {}); // the first response tries again and says why
  const heartbeats = openHeartbeatServer(
    options.listen,
    { probes: watcher.probes, memory: app.memory, now: () => app.clock.now(), onPing: watcher.checkNow },
    options.onEvent,
  );
  const clockWatch = watchClock(app.clock, ({ jumpMs }) => watcher.clockJumped(jumpMs));
  const saving = setInterval(() => app.memory.save(), memorySaveMs);
  options.onEvent(message("daemon.started", { count: watcher.probes().length }));
  await watchConfig(
    loaded.file,
    (event) => {
      if ("failure" in event) options.onEvent(message("daemon.reload-failed", { reason: event.failure.what }));
      else void app.probes(event.loaded).then((probes) => watcher.replace(event.loaded, probes));
    },
    options.signal,
    { hash: loaded.hash },
  );
  clearInterval(saving);
  clockWatch.stop();
  await heartbeats.close();
  await watcher.stop();
  app.memory.save();
  await lock.release();
  options.onEvent(message("daemon.ended"));
}

type Watcher = {
  readonly probes: () => readonly Probe[];
  readonly checkNow: (probeId: string) => void;
  replace(loaded: LoadedConfig, probes: readonly Probe[]): void;
  clockJumped(jumpMs: number): void;
  stop(): Promise<void>;
};

/** Schedule and events in, pictures out, and what is done about them. */
function openWatcher(app: App, first: LoadedConfig, firstProbes: readonly Probe[], { signal, onEvent }: DaemonOptions): Watcher {
  let { config } = first;
  let probes = firstProbes;
  let units = new AbortController();
  const sight = openSight(app, config, probes, tellChanges(onEvent));
  const reaction = openReaction(app, { sight, signal, config: () => config, probes: () => probes, onEvent });
  const eyes = { clock: app.clock, memory: app.memory, openHost: app.openHost };
  const schedule = startSchedule(probes, (probe, given) => look(probe, eyes, given), {
    clock: app.clock,
    onResult: (result, probe) => reaction.consider(sight.take(result, probe)),
    onError: (error, probe) => onEvent(message("daemon.probe-broken", { probe: probe.id, reason: verbatim(String(error)) })),
    signal,
  });
  const checkService = (service: string): void => {
    for (const probe of probes) if (probe.subject === service) schedule.checkNow(probe.id);
  };
  const watchUnits = (): void => {
    units.abort();
    units = new AbortController();
    watchServices(app, config, checkService, AbortSignal.any([units.signal, signal]));
  };
  watchUnits();
  return {
    probes: () => probes,
    checkNow: (probeId) => void schedule.checkNow(probeId),
    replace: (loaded, replaced) => {
      ({ config } = loaded);
      probes = replaced;
      sight.replace(config, probes);
      schedule.replace(probes);
      watchUnits();
      onEvent(message("daemon.reloaded", { count: probes.length }));
    },
    clockJumped: (jumpMs) => {
      sight.clockJumped(jumpMs);
      onEvent(message("blind.clock", { seconds: Math.round(jumpMs / 1000) }));
    },
    stop: async () => {
      units.abort();
      await schedule.stop();
      await reaction.settled();
    },
  };
}

/** Says each change of what is wrong once. */
function tellChanges(onEvent: (what: Message) => void): (picture: Picture) => void {
  let shown = "";
  return ({ zone, findings }) => {
    const words = findings.map(findingKey).sort().join(" ");
    if (words === shown) return;
    shown = words;
    const subjects = [...new Set(findings.map(({ subject }) => subject))].join(", ");
    onEvent(message("daemon.picture", { zone: zone === undefined ? message("zone.clear") : message(`zone.${zone}`), subjects }));
  };
}
