import { formatDuration } from "../kernel/duration.ts";
import { message, type Message } from "../kernel/message.ts";
import type { Cause, Zone } from "../probes/cause.ts";
import { decideAuthority, type AuthorityDecision, type AuthorityRules } from "./authority.ts";
import { expand, readInProcess, withoutParameters } from "./parameters.ts";
import { blocksOf, hostWords, type Block, type Playbook, type Risk, type Role, type Step } from "./playbook.ts";
import { leastSliceMs, sliceBudget } from "./slices.ts";

export type PlanRequest = {
  readonly subject: string;
  /** Host of the subject; `undefined` when the configuration does not say. */
  readonly subjectHost?: string;
  readonly cause: Cause;
  readonly zone: Zone;
  /** Values given by the operator, by parameter name. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Hosts of ampel.yaml. */
  readonly hosts: ReadonlySet<string>;
  /** What is left of the zone's minutes. */
  readonly budgetMs: number;
  readonly authority: AuthorityRules;
};

export type PlannedBlock = {
  readonly role: Role;
  readonly name: string;
  readonly line: number;
  readonly timeoutMs: number;
  /** The text as bash receives it; parameters come by environment. */
  readonly text: string;
  /** The commands of ours with their values filled in; absent when the block needs a shell. */
  readonly calls?: readonly (readonly string[])[];
};

export type PlannedStep = {
  readonly name: string;
  readonly heading: string;
  readonly host: string;
  readonly risk: Risk;
  readonly hash: string;
  readonly blocks: readonly PlannedBlock[];
  readonly env: Readonly<Record<string, string>>;
  readonly sliceMs: number;
  /** Milliseconds from the beginning of the run. */
  readonly deadlineMs: number;
  readonly authority: AuthorityDecision;
  readonly lock?: string;
  readonly expect?: string;
  /** Why there is no way back. */
  readonly reason?: string;
};

export type Plan = {
  readonly playbookId: string;
  readonly hash: string;
  readonly budgetMs: number;
  readonly steps: readonly PlannedStep[];
  /** Why this plan may not be carried out; empty when it may. */
  readonly refusals: readonly Message[];
};

const maxValueLength = 200;

/** What a run of the playbook would do, word for word. Pure: nothing is looked up, nothing is touched. */
export function planRun(playbook: Playbook, request: PlanRequest): Plan {
  const refusals = checkParameters(playbook, request);
  if (request.budgetMs <= 0) refusals.push(message("playbook.plan.budget-empty", { budget: formatDuration(0) }));
  const slices = sliceBudget(playbook.steps, request.budgetMs);
  let deadlineMs = 0;
  const steps = playbook.steps.map((step, index): PlannedStep => {
    const sliceMs = slices[index] ?? 0;
    deadlineMs += sliceMs;
    if (request.budgetMs > 0 && sliceMs < leastSliceMs) {
      refusals.push(
        message("playbook.plan.slice-short", { step: step.name, slice: formatDuration(sliceMs), limit: formatDuration(leastSliceMs) }),
      );
    }
    const env = bindStep(step, request, refusals);
    return {
      name: step.name,
      heading: step.heading,
      host: resolveHost(step, request, refusals),
      risk: step.risk,
      hash: step.hash,
      blocks: blocksOf(step).map((block) => planBlock(block, env)),
      env,
      sliceMs,
      deadlineMs,
      authority: decideAuthority(step, playbook.id, request.authority),
      ...(step.lock === undefined ? {} : { lock: step.lock }),
      ...(step.expect === undefined ? {} : { expect: step.expect }),
      ...(step.reason === undefined ? {} : { reason: step.reason }),
    };
  });
  return { playbookId: playbook.id, hash: playbook.hash, budgetMs: request.budgetMs, steps, refusals };
}

function planBlock(block: Block, env: Readonly<Record<string, string>>): PlannedBlock {
  const calls = readInProcess(block, env)?.map(({ words }) => words);
  const { role, name, line, timeoutMs } = block;
  return { role, name, line, timeoutMs, text: withoutParameters(block).trim(), ...(calls === undefined ? {} : { calls }) };
}

function resolveHost(step: Step, { hosts, subjectHost }: PlanRequest, refusals: Message[]): string {
  if (step.host === hostWords.local) return step.host;
  if (step.host === hostWords.subject) {
    if (subjectHost === undefined) refusals.push(message("playbook.plan.subject-host", { step: step.name }));
    return subjectHost ?? step.host;
  }
  if (!hosts.has(step.host)) refusals.push(message("playbook.plan.host-unknown", { step: step.name, host: step.host }));
  return step.host;
}

/** A value travels by environment, yet it becomes a word of a command: one that looks like an option is refused. */
export function isSafeValue(value: string): boolean {
  return !value.startsWith("-") && value.length <= maxValueLength && !/[\u0000-\u001f\u007f]/.test(value);
}

function checkParameters(playbook: Playbook, { parameters, subject }: PlanRequest): Message[] {
  const known = [...new Set(playbook.steps.flatMap((step) => step.parameters.map(({ name }) => name)))];
  const refusals: Message[] = [];
  for (const name of Object.keys(parameters)) {
    if (!known.includes(name)) refusals.push(message("playbook.plan.parameter-unknown", { name, known: known.join(", ") }));
  }
  for (const [name, value] of [["AMPEL_SUBJECT", subject] as const, ...Object.entries(parameters)]) {
    if (!isSafeValue(value)) refusals.push(message("playbook.plan.parameter-unsafe", { name, limit: maxValueLength }));
  }
  return refusals;
}

/** The environment of a step: what every step gets, and its parameters. */
function bindStep(step: Step, request: PlanRequest, refusals: Message[]): Record<string, string> {
  const env: Record<string, string> = {
    AMPEL_SUBJECT: request.subject,
    AMPEL_HOST: request.subjectHost ?? "",
    AMPEL_CAUSE: request.cause,
    AMPEL_ZONE: request.zone,
  };
  for (const { name, preset } of step.parameters) {
    const given = Object.hasOwn(request.parameters, name) ? request.parameters[name] : undefined;
    const value = given ?? expand(preset, env);
    if (value === undefined) refusals.push(message("playbook.plan.parameter-shell", { step: step.name, name }));
    else if (value === "") refusals.push(message("playbook.plan.parameter-missing", { step: step.name, name }));
    env[name] = value ?? "";
  }
  return env;
}
