import type { Message } from "../kernel/message.ts";
import type { Cause, Zone } from "../probes/cause.ts";

/**
 * What a block is for. `do` blocks are the steps, in the order of the document; guard, verify, undo and fallback
 * are tied to one of them by `for`. A `fallback` is taken when its step overran its slice or its verify failed;
 * the step's verify then decides again. A `note` is for the human only and never runs by itself.
 */
export const roles = ["do", "guard", "verify", "undo", "fallback", "note"] as const;
export type Role = (typeof roles)[number];

export const risks = ["read", "write", "danger"] as const;
export type Risk = (typeof risks)[number];

/** Steps found "started" on resume: `yes` runs again, `check` asks the verify block first, `no` is not run again. */
export const idempotences = ["yes", "no", "check"] as const;
export type Idempotence = (typeof idempotences)[number];

export const failureRules = ["stop", "continue", "undo"] as const;
export type FailureRule = (typeof failureRules)[number];

/** Where a step runs: `subject` = the host of the finding's subject, `local` = the responder, else a host of ampel.yaml. */
export const hostWords = { subject: "subject", local: "local" } as const;

/** `export NAME="default"` at the top of a block; `preset` is the default as written, without its quotes. */
export type Parameter = { readonly name: string; readonly preset: string; readonly line: number };

export type Block = {
  readonly name: string;
  readonly role: Role;
  readonly language: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Line of the fence; the body begins on the next one. */
  readonly line: number;
  readonly risk: Risk;
  readonly timeoutMs: number;
  readonly parameters: readonly Parameter[];
};

export type Step = {
  readonly name: string;
  readonly heading: string;
  /** The paragraph before the `do` block: what it does and what to expect. */
  readonly prose: string;
  readonly do: Block;
  readonly guard?: Block;
  readonly verify?: Block;
  readonly undo?: Block;
  readonly fallback?: Block;
  readonly risk: Risk;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly lock?: string;
  readonly idempotent: Idempotence;
  readonly host: string;
  readonly cwd?: string;
  /** Persons the document asks for; a dangerous step asks at least one in any case. */
  readonly approve: 0 | 1 | 2;
  readonly onFailure: FailureRule;
  readonly expect?: string;
  /** Why a dangerous step has no undo. */
  readonly reason?: string;
  /** Parameters of all blocks of the step, each name once. */
  readonly parameters: readonly Parameter[];
  /** sha256 of the normalised step; approvals and drills are pinned to it. */
  readonly hash: string;
};

/** `section:gateway` among the needs: the playbook is only for systems whose configuration has that section. */
export const sectionNeed = "section:";

/** A cause, or a cause of one subject alone: `vendor-down:retell`. */
export type Trigger = Cause | `${Cause}:${string}`;

export type Playbook = {
  readonly id: string;
  readonly version: string;
  readonly path: string;
  readonly title: string;
  readonly zone: Zone;
  readonly triggers: readonly Trigger[];
  readonly owner: string;
  /** Calendar day, `2027-03-01`. */
  readonly reviewBy: string;
  readonly rtoMs: number;
  /** What must be there, as `command:curl`, `file:/etc/hosts`, `unit:nginx`, `host:web`, `contact:on-call`, `url:https://…`. */
  readonly needs: readonly string[];
  /** Id of the playbook that puts back what this one changed. */
  readonly returnPlaybook?: string;
  readonly cwd?: string;
  readonly text: string;
  /** sha256 of all normalised steps: a save by another editor keeps it, a changed command does not. */
  readonly hash: string;
  readonly steps: readonly Step[];
  readonly notes: readonly Block[];
};

/** One thing that is wrong in a document, and what to write instead. */
export type Problem = {
  readonly rule: string;
  readonly path: string;
  readonly line: number;
  readonly message: Message;
  readonly safeWay: Message;
};

/** Languages that Runme, and a reader, take for runnable. */
export const shellLanguages: readonly string[] = ["bash", "sh", "shell", "sh-raw", "zsh"];
export const runnableLanguages: readonly string[] = [...shellLanguages, "bat", "go"];

export function blocksOf(step: Step): Block[] {
  return [step.guard, step.do, step.verify, step.undo, step.fallback].filter((block) => block !== undefined);
}
