import type { App } from "../app.ts";
import { watchConfig } from "../config/watch.ts";
import type { LoadedConfig } from "../config/load.ts";
import { watchUnits } from "../integrations/service-control-events.ts";
import { watchClock } from "../kernel/durable/clock-watch.ts";
import { Failure } from "../kernel/failure.ts";
import { message, verbatim, type Message } from "../kernel/message.ts";
import { holdResponderLock } from "../kernel/responder-lock.ts";
import type { Probe, ProbeResult } from "../probes/probe.ts";
import { preferSmallHeap, startSchedule, type Schedule } from "../probes/schedule.ts";
import { look } from "../responder/diagnose.ts";
import { ordersOf, refusing } from "../responder/main-job.ts";
import { respond } from "../responder/respond.ts";
import { writeStatus } from "../responder/status-file.ts";
import { decideBlindness, hasRoute, seesStill, survey } from "../responder/survey.ts";
import { findingKey } from "../triage/finding.ts";
import { emptyHistory, nextHistory, type DampingPolicy, type ProbeHistory } from "../triage/damping.ts";
import { decidePicture, type Picture } from "../triage/triage.ts";
import { openHeartbeatServer } from "./heartbeat-server.ts";

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
  const loaded = await app.loaded();
  preferSmallHeap();
  const watcher = openWatcher(app, loaded, await app.probes(loaded), options);
  app.onApprovalWanted = ({ runId, step }) => options.onEvent(message("daemon.approval-wanted", { run: runId, step: step.name }));
  // Opened early: in an emergency nobody waits for a database to start.
  void app.acting();
  const heartbeats = openHeartbeatServer(
    options.listen,
    { probes: () => watcher.probes(), memory: app.memory, now: () => app.clock.now(), onPing: (id) => watcher.checkNow(id) },
    options.onEvent,
  );
  const clockWatch = watchClock(app.clock, ({ jumpMs }) => watcher.clockJumped(jumpMs));
  const saving = setInterval(() => app.memory.save(), memorySaveMs);
  const ended = new Promise<void>((resolve) => options.signal.addEventListener("abort", () => resolve(), { once: true }));
  const reloading = watchConfig(
    loaded.file,
    (event) => {
      if ("failure" in event) options.onEvent(message("daemon.reload-failed", { reason: event.failure.what }));
      else void app.probes(event.loaded).then((probes) => watcher.replace(event.loaded, probes));
    },
    options.signal,
    { hash: loaded.hash },
  );
  options.onEvent(message("daemon.started", { count: watcher.probes().length }));
  await Promise.all([ended, reloading]);
  clearInterval(saving);
  clockWatch.stop();
  await heartbeats.close();
  await watcher.stop();
  app.memory.save();
  await lock.release();
  options.onEvent(message("daemon.ended"));
}

type Watcher = {
  probes(): readonly Probe[];
  replace(loaded: LoadedConfig, probes: readonly Probe[]): void;
  checkNow(probeId: string): void;
  clockJumped(jumpMs: number): void;
  stop(): Promise<void>;
};

const jumpIsToldForMs = 60_000;

function openWatcher(app: App, first: LoadedConfig, firstProbes: readonly Probe[], { signal, onEvent }: DaemonOptions): Watcher {
  let { config } = first;
  let probes = firstProbes;
  let histories = new Map<string, ProbeHistory>();
  let jump: { readonly seconds: number; readonly untilMs: number } | undefined;
  let shown = "";
  let responding: Promise<void> | undefined;
  let isRespondWanted = false;
  let units = new AbortController();
  const treated = new Set<string>();
  const eyes = { clock: app.clock, memory: app.memory, openHost: app.openHost };

  const policyOf = (probe: Probe): DampingPolicy => {
    const own = probe.damping;
    return {
      failures: own?.failures ?? config.damping.failures,
      window: own?.of ?? config.damping.of,
      recoveries: own?.recoveries ?? config.damping.recoveries,
    };
  };
  const picture = (): Picture => {
    const results = [...histories.values()].flatMap(({ recent }) => recent.slice(-1));
    const blindness = decideBlindness(probes, results, hasRoute());
    if (jump !== undefined && app.clock.monotonicMs() < jump.untilMs) blindness.push(message("blind.clock", { seconds: jump.seconds }));
    return decidePicture(probes, histories, app.clock.now(), blindness);
  };
  const publish = (seen: Picture): void => {
    writeStatus(app.stateFolder, {
      name: config.name,
      language: config.language,
      timeZone: config.timezone,
      picture: seen,
      freshForMs: 15_000,
    });
    const words = seen.findings.map(findingKey).sort().join(" ");
    if (words === shown) return;
    shown = words;
    const zone = seen.zone === undefined ? message("zone.clear") : message(`zone.${seen.zone}`);
    onEvent(message("daemon.picture", { zone, subjects: seen.findings.map(({ subject }) => subject).join(", ") }));
  };
  const onResult = (result: ProbeResult, probe: Probe): void => {
    histories.set(probe.id, nextHistory(histories.get(probe.id) ?? emptyHistory, result, policyOf(probe)));
    const seen = picture();
    publish(seen);
    const present = new Set(seen.findings.map(findingKey));
    for (const key of treated) if (!present.has(key)) treated.delete(key);
    const isNew = seen.findings.some((finding) => finding.mutedBy === undefined && !treated.has(findingKey(finding)));
    if (isNew && seen.blindness.length === 0) wantResponse();
  };
  const wantResponse = (): void => {
    isRespondWanted = true;
    responding ??= (async () => {
      while (isRespondWanted && !signal.aborted) {
        isRespondWanted = false;
        await respondNow().catch((error: unknown) =>
          onEvent(message("daemon.probe-broken", { probe: "respond", reason: verbatim(String(error)) })),
        );
      }
      responding = undefined;
    })();
  };
  /** The proof after a run replaces what damping still holds against a probe: it is as good as a recovery. */
  const lookAll = async (): Promise<Picture> => {
    const seen = await survey(app, probes, { signal });
    for (const [id, history] of seen.histories) if (history.raised === undefined) histories.set(id, history);
    publish(seen.picture);
    return seen.picture;
  };
  const respondNow = async (): Promise<void> => {
    const lock = await holdResponderLock(app.lockFolder);
    if (lock === undefined) return; // a person is at work on it; the next look asks again
    try {
      const seen = picture();
      for (const finding of seen.findings) treated.add(findingKey(finding));
      const { playbooks } = await app.playbooks();
      const { leftAlone } = await respond(seen, {
        durable: await app.acting(),
        playbooks,
        probes,
        refusalsOf: refusing(app, config, playbooks),
        orders: ordersOf(config, true, "daemon"),
        look: lookAll,
        isFresh: false,
        isStillThere: (finding) => seesStill(app, probes, finding, signal),
        now: () => app.clock.now(),
        onProgress: onEvent,
        settleMs: 0,
        sleep: async () => {},
        signal,
      });
      for (const { finding, reason } of leftAlone) onEvent(message("daemon.left-alone", { subject: finding.subject, reason }));
    } finally {
      await lock.release();
    }
  };
  const schedule: Schedule = startSchedule(probes, (probe, given) => look(probe, eyes, given), {
    clock: app.clock,
    onResult,
    onError: (error, probe) => onEvent(message("daemon.probe-broken", { probe: probe.id, reason: verbatim(String(error)) })),
    signal,
  });
  const watchServices = (): void => {
    units.abort();
    units = new AbortController();
    const byHost = Map.groupBy(Object.entries(config.services), ([, service]) => service.host);
    for (const [host, services] of byHost) {
      const addresses = services.map(([, service]) => service.address);
      const names = new Map(services.map(([name, service]) => [JSON.stringify(service.address), name]));
      const onUnit = ({ address }: { address: (typeof addresses)[number] }): void => {
        const name = names.get(JSON.stringify(address));
        for (const probe of probes) if (probe.subject === name) schedule.checkNow(probe.id);
      };
      void watchUnits(app.openHost(host), addresses, onUnit, AbortSignal.any([units.signal, signal]));
    }
  };
  watchServices();

  return {
    probes: () => probes,
    replace: (loaded, replaced) => {
      ({ config } = loaded);
      probes = replaced;
      const kept = new Set(probes.map(({ id }) => id));
      histories = new Map([...histories].filter(([id]) => kept.has(id)));
      schedule.replace(probes);
      watchServices();
      onEvent(message("daemon.reloaded", { count: probes.length }));
    },
    checkNow: (probeId) => void schedule.checkNow(probeId),
    clockJumped: (jumpMs) => {
      jump = { seconds: Math.round(jumpMs / 1000), untilMs: app.clock.monotonicMs() + jumpIsToldForMs };
      onEvent(message("blind.clock", { seconds: jump.seconds }));
    },
    stop: async () => {
      units.abort();
      await schedule.stop();
      await responding;
    },
  };
}
