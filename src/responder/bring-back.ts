import type { App } from "../app.ts";
import type { Config } from "../config/schema.ts";
import { openServiceControl } from "../integrations/service-control.ts";
import { minutes } from "../kernel/clock.ts";
import { Failure } from "../kernel/failure.ts";
import { join, message, type Message } from "../kernel/message.ts";
import type { ServiceState } from "../integrations/service-control-contract.ts";
import { decideRestart, defaultRestartBudget, type RestartBudget } from "../services/decide-restart.ts";
import { diagnoseBeforeStart } from "../services/diagnose-before-start.ts";
import { planRestart, type RestartPlan } from "../services/plan-restart.ts";
import type { Ready } from "../integrations/readiness.ts";
import { startAndProve, type ProvenStart } from "../services/start-and-prove.ts";

/** A service and everything it stands on, with what the managers say of each now. */
export type ServiceSight = { readonly name: string; readonly states: ReadonlyMap<string, ServiceState>; readonly plan: RestartPlan };

/** The service a subject means: itself, or the one that runs the database of that name. @throws {Failure} not-found */
export function serviceOf(config: Config, subject: string): string {
  const name = subject in config.services ? subject : config.databases[subject]?.service;
  if (name !== undefined && name in config.services) return name;
  throw new Failure(
    "not-found",
    message("service.unknown", { subject, known: Object.keys(config.services).join(", ") }),
    message("service.unknown-next"),
  );
}

/** Asks the managers about a service and what it stands on, and plans what would be brought back in which order. */
export async function sightService(app: App, subject: string, signal: AbortSignal): Promise<ServiceSight> {
  const { config } = await app.loaded();
  const name = serviceOf(config, subject);
  const names = [...closure(config, name)];
  const states = new Map(await Promise.all(names.map(async (each) => [each, await controlOf(app, config, each).state(signal)] as const)));
  const down = names.filter((each) => states.get(each)?.isRunning !== true || states.get(each)?.isHung === true);
  const nodes = Object.entries(config.services).map(([each, { dependsOn, isDatabase }]) => ({ name: each, dependsOn, isDatabase }));
  return { name, states, plan: planRestart(nodes, down) };
}

export type BringBackOptions = {
  readonly verb: "start" | "restart";
  readonly isForced: boolean;
  readonly settleMs: number;
  readonly signal: AbortSignal;
};

export type Brought = { readonly service: string; readonly result: ProvenStart };

/**
 * Brings a service back, after what it stands on, each once: look first, refuse where a start would do harm or hide a cause,
 * start, wait until ready, write it down.
 * @throws {Failure} refused-unsafe, automation-limit, service-failed
 */
export async function bringBack(app: App, subject: string, options: BringBackOptions): Promise<Brought[]> {
  const { config } = await app.loaded();
  const sight = await sightService(app, subject, options.signal);
  const order = sight.plan.restarts.map(({ name }) => name);
  if (options.verb === "restart") {
    refuseDatabase(config, sight.name);
    if (!order.includes(sight.name)) order.push(sight.name);
  }
  const brought: Brought[] = [];
  for (const service of order) {
    const isWanted = service === sight.name && options.verb === "restart";
    const isHung = sight.states.get(service)?.isHung === true;
    brought.push({ service, result: await bringOne(app, config, service, isWanted || isHung ? "restart" : "start", options) });
  }
  return brought;
}

async function bringOne(
  app: App,
  config: Config,
  service: string,
  verb: "start" | "restart",
  options: BringBackOptions,
): Promise<ProvenStart> {
  const entry = config.services[service];
  if (entry === undefined) {
    throw new Failure("not-found", message("service.unknown", { subject: service, known: "" }), message("service.unknown-next"));
  }
  const { signal, isForced, settleMs } = options;
  const durable = await app.durable();
  if (!isForced) {
    if (!entry.restart.isAllowed) {
      throw new Failure("refused-unsafe", message("service.not-allowed", { service }), message("service.force-next", { service }));
    }
    await checkBudget(app, config, service);
  }
  const host = app.openHost(entry.host);
  const control = openServiceControl(host, entry.address);
  const diagnosis = await diagnoseBeforeStart(host, control, { signal });
  if (diagnosis.blockers.length > 0 && !isForced) {
    throw new Failure(
      "refused-unsafe",
      message("service.blocked", { service, reason: join(diagnosis.blockers) }),
      message("service.blocked-next"),
    );
  }
  const ready = readyOf(entry.ready);
  // The intent counts: a process killed in the middle of a restart loop must not start with a fresh budget.
  await durable.logbook.write({ kind: "service-started", service, isProven: false });
  const result = await startAndProve(host, control, ready, { signal, verb, settleMs, readyWithinMs: entry.ready?.timeoutMs ?? 20_000 });
  if (!result.isUp) throw new Failure("service-failed", result.what, message("service.failed-next", { service }));
  return result;
}

async function checkBudget(app: App, config: Config, service: string): Promise<void> {
  const { automation, services } = config;
  const perService = services[service]?.restart.limitIn15Minutes ?? automation.restartsPerServiceIn15Minutes;
  const budget: RestartBudget = {
    perService: { count: perService, windowMs: minutes(15) },
    overall: { count: automation.runsPerHour, windowMs: defaultRestartBudget.overall.windowMs },
  };
  const durable = await app.durable();
  const now = app.clock.now();
  const past = await durable.serviceStarts(now - budget.overall.windowMs);
  const decision = decideRestart(service, past, budget, now);
  if (decision.isAllowed) return;
  const what = message("service.budget", { service, count: decision.count, minutes: Math.round(decision.windowMs / 60_000) });
  await durable.logbook.write({ kind: "alarm", message: what });
  throw new Failure("automation-limit", what, message("service.force-next", { service }));
}

/** Lets a service take up new connections and configuration without dropping requests. @throws {Failure} service-failed */
export async function reloadService(app: App, subject: string, signal: AbortSignal): Promise<void> {
  const { config } = await app.loaded();
  const name = serviceOf(config, subject);
  if (config.services[name]?.canReload !== true) {
    throw new Failure(
      "refused-unsafe",
      message("service.no-reload", { service: name }),
      message("service.no-reload-next", { service: name }),
    );
  }
  await controlOf(app, config, name).reload({ signal, timeoutMs: 30_000 });
}

function refuseDatabase(config: Config, service: string): void {
  if (config.services[service]?.isDatabase !== true) return;
  throw new Failure(
    "refused-unsafe",
    message("service.database-restart", { service }),
    message("service.database-restart-next", { service }),
  );
}

function readyOf(ready: Config["services"][string]["ready"]): Ready {
  if (ready === undefined) return {};
  if (ready.by === "tcp") return { address: ready.address, port: ready.port };
  return ready.by === "http" ? { url: ready.url } : { command: ready.argv };
}

function controlOf(app: App, config: Config, service: string): ReturnType<typeof openServiceControl> {
  const entry = config.services[service];
  if (entry === undefined) {
    throw new Failure("not-found", message("service.unknown", { subject: service, known: "" }), message("service.unknown-next"));
  }
  return openServiceControl(app.openHost(entry.host), entry.address);
}

function closure(config: Config, name: string, seen = new Set<string>()): Set<string> {
  if (seen.has(name) || !(name in config.services)) return seen;
  seen.add(name);
  for (const needed of config.services[name]?.dependsOn ?? []) closure(config, needed, seen);
  return seen;
}

export function describeState(state: ServiceState): Message {
  if (state.isHung) return message("service.state-hung");
  if (state.isChanging) return message("service.state-changing");
  return state.isRunning
    ? message("service.state-running")
    : message("service.state-down", { result: state.lastExit ?? state.result ?? "?" });
}
