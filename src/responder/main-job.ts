import type { App } from "../app.ts";
import type { Change } from "../changes/change.ts";
import type { Clock } from "../kernel/clock.ts";
import { Failure } from "../kernel/failure.ts";
import { holdResponderLock } from "../kernel/responder-lock.ts";
import { message, type Message } from "../kernel/message.ts";
import type { Config } from "../config/schema.ts";
import { findPlaybooks, playbooksFor } from "../playbooks/catalogue.ts";
import { planRun, type Plan } from "../playbooks/plan.ts";
import type { Playbook } from "../playbooks/playbook.ts";
import { listRefusals } from "../playbooks/refusals.ts";
import type { RunInput, RunOutcome } from "../playbooks/run-contract.ts";
import { decideExitCode, type Picture } from "../triage/triage.ts";
import type { Finding } from "../triage/finding.ts";
import type { Durable } from "./durable.ts";
import { recentChanges } from "./changes.ts";
import { inputFor, respond, type OpenIncident, type Orders } from "./respond.ts";
import { writeStatus } from "./status-file.ts";
import { seesStill, survey } from "./survey.ts";

export type PlannedRun = Plan & { readonly subject: string };

/** What the one command found, did and left, whatever surface shows it. */
export type Report = {
  readonly first: Picture;
  readonly last: Picture;
  readonly runs: readonly RunOutcome[];
  /** What would run, when nothing may be changed. */
  readonly plans: readonly PlannedRun[];
  readonly leftAlone: readonly { readonly finding: Finding; readonly reason: Message }[];
  readonly changes: readonly Change[];
  readonly incident: OpenIncident | undefined;
  readonly breakGlass: Message | undefined;
  readonly durationMs: number;
  readonly budgetMs: number;
  readonly exitCode: number;
  readonly nextStep: Message | undefined;
};

export type JobOptions = {
  /** False: look and plan only. */
  readonly mayFix: boolean;
  readonly canAsk: boolean;
  /** False in a rehearsal: what changed on the machine is not about the sandbox. */
  readonly showsChanges?: boolean;
  readonly signal: AbortSignal;
  onProgress(what: Message): void;
  onLook(done: number, count: number): void;
};

/** Longer than the five seconds after which a service with a broken configuration typically gives up. */
const settleMs = 7000;

/** The main job: look, sort, fix by playbook, look again. Never needs the guarded system, the daemon or the network. */
export async function respondOnce(app: App, options: JobOptions): Promise<Report> {
  const startedMs = app.clock.monotonicMs();
  const { config } = await app.loaded();
  const probes = await app.probes();
  options.onProgress(message("responder.looking", { count: probes.length }));
  const lookAll = async (): Promise<Picture> => {
    const { picture } = await survey(app, probes, { signal: options.signal, onResult: (_, done, count) => options.onLook(done, count) });
    publish(picture);
    return picture;
  };
  const publish = (picture: Picture, incident?: OpenIncident): void => {
    const clock =
      incident === undefined || picture.zone === undefined ? {} : { incident: { ...incident, budgetMs: config.zones[picture.zone] } };
    writeStatus(app.stateFolder, {
      name: config.name,
      language: config.language,
      timeZone: config.timezone,
      picture,
      freshForMs: 60_000,
      ...clock,
    });
  };
  // Nothing waits for the store: it opens while the probes look, and its absence is only a reason for break-glass.
  if (options.mayFix) app.durable().catch(() => {});
  const [first, changes] = await Promise.all([lookAll(), options.showsChanges === false ? [] : recentChanges(app, options.signal)]);
  const finish = (given: Partial<Report>): Report => {
    const last = given.last ?? first;
    return {
      first,
      last,
      runs: [],
      plans: [],
      leftAlone: [],
      changes,
      incident: undefined,
      breakGlass: undefined,
      nextStep: undefined,
      ...given,
      durationMs: Math.round(app.clock.monotonicMs() - startedMs),
      budgetMs: first.zone === undefined ? 0 : config.zones[first.zone],
      exitCode: decideExitCode(last),
    };
  };
  const orders = ordersOf(config, options.canAsk);
  if (!options.mayFix) {
    return finish({
      plans: await planAll(app, first, orders),
      ...(first.zone === undefined ? {} : { nextStep: message("next.emergency") }),
    });
  }
  if (first.blindness.length > 0) return finish({});

  const lock = await holdResponderLock(app.lockFolder);
  if (lock === undefined) return finish({ nextStep: message("responder.busy") });
  try {
    const durable = await app.acting();
    if (durable.importedCount > 0) options.onProgress(message("responder.imported", { count: durable.importedCount }));
    const breakGlass =
      durable.mode === "store"
        ? undefined
        : message("responder.break-glass", { reason: durable.reason ?? "", folder: durable.folder ?? "" });
    if (breakGlass !== undefined) options.onProgress(breakGlass);
    const playbooks = await fittingPlaybooks(app, config);
    const answering = respond(first, {
      durable,
      playbooks,
      probes,
      orders,
      refusalsOf: refusing(app, config, playbooks),
      look: lookAll,
      isFresh: true,
      isStillThere: (finding) => seesStill(app, probes, finding, options.signal),
      now: () => app.clock.now(),
      onProgress: options.onProgress,
      settleMs,
      sleep: (ms) => app.clock.sleep(ms, options.signal).catch(() => {}),
      signal: options.signal,
    });
    const watch = new AbortController();
    const response = await Promise.race([answering, whenStoreIsLost(durable, app.clock, watch.signal)]).finally(() => watch.abort());
    publish(response.picture, response.incident);
    const wanted = response.runs.findLast(({ state }) => state === "needs-human")?.message ?? response.leftAlone[0]?.reason;
    return finish({ ...response, last: response.picture, breakGlass, ...(wanted === undefined ? {} : { nextStep: wanted }) });
  } finally {
    await lock.release();
  }
}

export function ordersOf(
  config: Config,
  canAsk: boolean,
  startedBy = process.env["SUDO_USER"] ?? process.env["USER"] ?? "unknown",
): Orders {
  return {
    // No drill has been recorded yet, so no dangerous step is released: see `listDrilledDanger`.
    authority: { level: config.authority.level, drilledDanger: [], canAsk },
    automation: config.automation,
    budgetMs: config.zones,
    parameters: config.playbooks.parameters,
    startedBy,
  };
}

/** A moment's absence is waited for; a store that stays away would keep a run, and whoever waits for it, for ever. */
const storeAwayLimitMs = 25_000;

/** Never resolves. @throws {Failure} store-unreachable when the store is gone for good: the next call works without it */
async function whenStoreIsLost(durable: Durable, clock: Clock, signal: AbortSignal): Promise<never> {
  while (durable.awayMs() < storeAwayLimitMs) {
    await clock.sleep(1000, signal).catch(() => {});
    if (signal.aborted) return await new Promise<never>(() => {});
  }
  throw new Failure(
    "store-unreachable",
    message("responder.store-lost", { seconds: storeAwayLimitMs / 1000 }),
    message("responder.store-lost-next"),
  );
}

/** The playbooks that are meant for a system like this one. */
export async function fittingPlaybooks(app: App, config: Config): Promise<Playbook[]> {
  const sections = Object.entries(config).flatMap(([name, section]) => (section === undefined ? [] : [name]));
  return playbooksFor((await app.playbooks()).playbooks, new Set(sections));
}

/** Checks a playbook as a whole before any of it runs. */
export function refusing(app: App, config: Config, playbooks: readonly Playbook[]): (playbook: Playbook, input: RunInput) => Message[] {
  const lint = { commands: app.commands, now: app.clock.now(), playbookIds: new Set(playbooks.map(({ id }) => id)) };
  const hosts = new Set(Object.keys(config.hosts));
  return (playbook, input) => listRefusals(playbook, { ...input, subjectHost: input.host, hosts }, lint);
}

async function planAll(app: App, picture: Picture, orders: Orders): Promise<PlannedRun[]> {
  const { config } = await app.loaded();
  const playbooks = await fittingPlaybooks(app, config);
  const hosts = new Set(Object.keys(config.hosts));
  return picture.findings.flatMap((finding) => {
    if (finding.mutedBy !== undefined) return [];
    const [playbook] = findPlaybooks(playbooks, finding);
    if (playbook === undefined) return [];
    const { host, ...input } = inputFor(playbook, finding, undefined, orders);
    return [{ ...planRun(playbook, { ...input, subjectHost: host, hosts }), subject: finding.subject }];
  });
}
