import { basename } from "node:path";
import { hours } from "../kernel/clock.ts";
import { newId } from "../kernel/ids.ts";
import { join, message, verbatim, type Message } from "../kernel/message.ts";
import type { Zone } from "../probes/cause.ts";
import type { Probe } from "../probes/probe.ts";
import { findPlaybooks } from "../playbooks/catalogue.ts";
import type { Playbook } from "../playbooks/playbook.ts";
import type { RunInput, RunOutcome } from "../playbooks/run-contract.ts";
import { findingKey, type Finding } from "../triage/finding.ts";
import type { Picture } from "../triage/triage.ts";
import { listSwitches, type Switch } from "../switches/switch.ts";
import { decideAutomation, type AutomationLimits } from "./automation.ts";
import type { Durable } from "./durable.ts";

/** What the responder may do, from the configuration. */
export type Orders = {
  readonly authority: RunInput["authority"];
  readonly automation: AutomationLimits;
  readonly budgetMs: Readonly<Record<Zone, number>>;
  readonly parameters: Readonly<Record<string, string>>;
  readonly startedBy: string;
};

export type Response = {
  readonly picture: Picture;
  readonly runs: readonly RunOutcome[];
  /** Findings nothing was done about, with the reason. */
  readonly leftAlone: readonly { readonly finding: Finding; readonly reason: Message }[];
  readonly incident: OpenIncident | undefined;
};

export type Scene = {
  readonly durable: Durable;
  readonly playbooks: readonly Playbook[];
  readonly probes: readonly Probe[];
  readonly orders: Orders;
  /** Why a playbook must not be carried out (`listRefusals`); empty when it may. */
  refusalsOf(playbook: Playbook, input: RunInput): readonly Message[];
  /** A fresh look at everything. */
  look(): Promise<Picture>;
  /** False when the first picture comes from damped looks of the past: each finding is then looked at before it is treated. */
  readonly isFresh: boolean;
  /** A fresh look at this finding's own probes. */
  isStillThere(finding: Finding): Promise<boolean>;
  now(): number;
  onProgress(what: Message): void;
  /** How long what was started must stay up before it is called fixed; 0 where the schedule goes on watching. */
  readonly settleMs: number;
  sleep(ms: number): Promise<void>;
  readonly signal: AbortSignal;
};

// Several causes at once are common: after each fix everything is looked at again. More rounds would be a loop.
const maxRounds = 3;

/**
 * Fixes what it may, worst zone first, and looks again after every run: nothing is called fixed that was not seen to be.
 */
export async function respond(first: Picture, scene: Scene): Promise<Response> {
  const runs: RunOutcome[] = await resumeInterrupted(scene);
  let picture = runs.length > 0 ? await scene.look() : first;
  const incident = await openIncident(picture, scene);
  const leftAlone = new Map<string, { finding: Finding; reason: Message }>();
  const tried = new Set<string>();

  for (let round = 0; round < maxRounds && !scene.signal.aborted; round += 1) {
    const open = picture.findings.filter((finding) => finding.mutedBy === undefined && !tried.has(findingKey(finding)));
    if (open.length === 0) break;
    leftAlone.clear();
    let hasActed = false;
    for (const finding of byUrgency(open)) {
      tried.add(findingKey(finding));
      // What was cured meanwhile (a service that another one's playbook started) needs no run of its own.
      if ((hasActed || !scene.isFresh) && !(await scene.isStillThere(finding))) continue;
      const result = await treat(finding, incident, scene, runs);
      if ("reason" in result) leftAlone.set(findingKey(finding), { finding, reason: result.reason });
      else {
        runs.push(result.outcome);
        hasActed = true;
      }
    }
    if (!hasActed) break;
    picture = await lookAfterSettling(runs, scene);
  }
  await closeIncident(incident, first, picture, scene);
  return { picture, runs, leftAlone: explainRest(picture, leftAlone, runs), incident };
}

type LeftAlone = Response["leftAlone"][number];

/** Why each finding that is still there was not treated, or did not stay cured. */
function explainRest(picture: Picture, leftAlone: ReadonlyMap<string, LeftAlone>, runs: readonly RunOutcome[]): LeftAlone[] {
  return picture.findings.flatMap((finding) => {
    const known = leftAlone.get(findingKey(finding));
    if (known !== undefined) return [{ finding, reason: known.reason }];
    const run = finding.mutedBy === undefined ? runs.findLast(({ subject }) => subject === finding.subject) : undefined;
    if (run === undefined) return [];
    return [{ finding, reason: run.state === "succeeded" ? message("responder.came-back", { subject: finding.subject }) : run.message }];
  });
}

/** A service that starts and dies after five seconds is not up. */
async function lookAfterSettling(runs: readonly RunOutcome[], scene: Scene): Promise<Picture> {
  if (scene.settleMs > 0 && runs.some(({ state }) => state === "succeeded")) {
    scene.onProgress(message("responder.settling", { seconds: scene.settleMs / 1000 }));
    await scene.sleep(scene.settleMs);
  }
  scene.onProgress(message("responder.proving"));
  return await scene.look();
}

function byUrgency(findings: readonly Finding[]): Finding[] {
  const rank = { red: 0, yellow: 1, green: 2 } as const;
  return [...findings].sort((left, right) => rank[left.zone] - rank[right.zone] || left.since - right.since);
}

async function resumeInterrupted(scene: Scene): Promise<RunOutcome[]> {
  const outcomes: RunOutcome[] = [];
  for (const { id, input } of await scene.durable.unfinished()) {
    scene.onProgress(message("responder.resumed", { run: id }));
    outcomes.push(await carryOut(id, input, scene));
  }
  return outcomes;
}

/** A run that was cancelled, or broke on a bug of ours, is an outcome as well: it must not be taken up for ever, and the others wait. */
async function carryOut(id: string, input: RunInput, { durable, signal }: Scene): Promise<RunOutcome> {
  try {
    return await durable.run(id, input);
  } catch (error) {
    const isCancelled = error instanceof Error && /was cancelled/.test(error.message);
    if (signal.aborted || (error instanceof Error && error.name === "AbortError" && !isCancelled)) throw error;
    const state = isCancelled ? "cancelled" : "needs-human";
    const reason = verbatim(String(error));
    await durable.logbook.write({ kind: "run-ended", runId: id, state, message: reason }, `${id}:ended`);
    return {
      runId: id,
      playbookId: basename(input.playbookPath, ".md"),
      subject: input.subject,
      state,
      message: reason,
      steps: [],
      durationMs: 0,
    };
  }
}

type Treatment = { readonly outcome: RunOutcome } | { readonly reason: Message };

async function treat(
  finding: Finding,
  incident: OpenIncident | undefined,
  scene: Scene,
  earlier: readonly RunOutcome[],
): Promise<Treatment> {
  const [playbook] = findPlaybooks(scene.playbooks, finding);
  if (playbook === undefined) return { reason: message("responder.no-playbook", { subject: finding.subject, cause: finding.cause }) };
  // Nobody agreed to the same playbook a moment ago: asking again for another symptom helps nobody. Any other end is about its own subject.
  const waiting = earlier.find(
    ({ playbookId, state, message: { key } }) => playbookId === playbook.id && state === "needs-human" && key.startsWith("run.approval-"),
  );
  if (waiting !== undefined) return { reason: waiting.message };
  const { orders, durable } = scene;
  if (orders.authority.level === "observe") return { reason: message("automation.authority", { level: "observe" }) };
  const held = heldBack(finding, await listSwitches(durable, scene.now()));
  if (held !== undefined) return { reason: held };
  const limit = decideAutomation(playbook.id, await durable.pastRuns(scene.now() - hours(1)), orders.automation, scene.now());
  if (limit !== undefined) {
    // The end of automation is loud: a silent one is an outage that nobody works on.
    await durable.logbook.write({ kind: "alarm", message: limit });
    return { reason: limit };
  }
  const input = inputFor(playbook, finding, incident, orders);
  const refusals = scene.refusalsOf(playbook, input);
  if (refusals.length > 0) return { reason: join(refusals) };
  scene.onProgress(message("responder.running", { playbook: playbook.id, subject: finding.subject }));
  return { outcome: await carryOut(newId("run"), input, scene) };
}

/** Why a switch of an operator keeps this finding from being treated. */
function heldBack({ subject }: Finding, switches: readonly Switch[]): Message | undefined {
  const found = switches.find(({ key, value }) => value === "true" && (key === "automation.paused" || key === `quiet.${subject}`));
  if (found === undefined) return undefined;
  const { key, owner, reason, expiresAt } = found;
  return message("switch.holds-back", { key, owner, reason, until: new Date(expiresAt).toISOString() });
}

/** What a run of this playbook for this finding begins with. */
export function inputFor(
  playbook: Playbook,
  finding: Pick<Finding, "subject" | "host" | "cause" | "zone">,
  incident: { readonly id: string } | undefined,
  orders: Orders,
): RunInput {
  return {
    playbookPath: playbook.path,
    playbookText: playbook.text,
    ...(incident === undefined ? {} : { incidentId: incident.id }),
    subject: finding.subject,
    host: finding.host,
    cause: finding.cause,
    zone: finding.zone,
    parameters: declared(playbook, orders.parameters),
    budgetMs: orders.budgetMs[finding.zone],
    authority: orders.authority,
    startedBy: orders.startedBy,
  };
}

/** The configuration's values are for all playbooks: each gets those that it names. */
function declared({ steps }: Playbook, parameters: Readonly<Record<string, string>>): Record<string, string> {
  const names = new Set(steps.flatMap((step) => step.parameters.map(({ name }) => name)));
  return Object.fromEntries(Object.entries(parameters).filter(([name]) => names.has(name)));
}

export type OpenIncident = { readonly id: string; readonly openedAt: number };

/** One incident at a time: a second cause joins the first, it does not page a second time. */
async function openIncident(picture: Picture, { durable, now }: Scene): Promise<OpenIncident | undefined> {
  if (picture.zone === undefined) return undefined;
  const known = await findOpenIncident(durable);
  const { id, openedAt } = known ?? { id: newId("inc"), openedAt: now() };
  const kind = known === undefined ? "incident-opened" : "incident-zone";
  await durable.logbook.write({ kind, incidentId: id, zone: picture.zone });
  for (const finding of picture.findings) await durable.logbook.write({ kind: "finding-seen", incidentId: id, finding });
  return { id, openedAt };
}

async function findOpenIncident({ store }: Durable): Promise<OpenIncident | undefined> {
  const found = await store?.pool.query<{ id: string; opened_at: Date }>(
    "select id, opened_at from ampel.incident where state <> 'resolved'",
  );
  const row = found?.rows[0];
  return row === undefined ? undefined : { id: row.id, openedAt: row.opened_at.getTime() };
}

/** Also closes one that an earlier responder left open, when nothing is wrong any more. */
async function closeIncident(incident: OpenIncident | undefined, first: Picture, picture: Picture, { durable }: Scene): Promise<void> {
  const id = (incident ?? (await findOpenIncident(durable)))?.id;
  if (id === undefined || picture.blindness.length > 0) return;
  // What was sick and cannot be seen now is not proven well; a blind spot elsewhere has nothing to do with it.
  const sick = new Set(first.findings.map(({ subject }) => subject));
  if (picture.zone === undefined && !picture.blindSpots.some(({ subject }) => sick.has(subject))) {
    await durable.logbook.write({ kind: "incident-resolved", incidentId: id });
  } else if (picture.zone !== undefined) {
    await durable.logbook.write({ kind: "incident-zone", incidentId: id, zone: picture.zone });
  }
}
