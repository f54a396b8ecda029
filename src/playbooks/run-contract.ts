import type { DurableRun } from "../kernel/durable/run.ts";
import type { Host } from "../integrations/host.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Message } from "../kernel/message.ts";
import type { Playbook } from "./playbook.ts";
import type { Cause, Zone } from "../probes/cause.ts";
import type { Logbook, RunState, StepState } from "../logbook/entry.ts";

/** Everything a run begins with. It is stored whole: a playbook edited meanwhile does not change it. */
export type RunInput = {
  readonly playbookPath: string;
  readonly playbookText: string;
  readonly incidentId?: string;
  readonly subject: string;
  /** Host of the subject; a step's `host: subject` means this one. */
  readonly host: string;
  readonly cause: Cause;
  readonly zone: Zone;
  readonly parameters: Readonly<Record<string, string>>;
  readonly budgetMs: number;
  readonly authority: RunAuthority;
  readonly startedBy: string;
};

export type RunAuthority = {
  readonly level: "observe" | "propose" | "act";
  /** Dangerous steps that may run alone, as `playbook-id/step-name`, drilled within 8 days. */
  readonly drilledDanger: readonly string[];
  /** Whether somebody can be asked; if not, a step that needs an approval ends the run as `needs-human`. */
  readonly canAsk: boolean;
};

export type StepReport = {
  readonly name: string;
  readonly state: StepState;
  readonly durationMs: number;
  readonly message: Message;
  /** The last lines a person would read, masked. */
  readonly output: string;
};

export type RunOutcome = {
  readonly runId: string;
  readonly playbookId: string;
  readonly subject: string;
  readonly state: Exclude<RunState, "running">;
  readonly message: Message;
  readonly steps: readonly StepReport[];
  readonly durationMs: number;
};

/** Somebody is asked to let a step run: this is what they are shown. */
export type WantedApproval = {
  readonly runId: string;
  readonly persons: number;
  readonly step: { readonly name: string; readonly risk: string; readonly hash: string; readonly text: string };
};

/** A command of ours, called without a new process. Output is what it would have printed. */
export type InProcessCommand = (
  words: readonly string[],
  given: { readonly env: Readonly<Record<string, string>>; readonly signal: AbortSignal },
) => Promise<{
  readonly exitCode: number;
  readonly output: string;
  /** It refused before it changed anything. */ readonly isRefused?: boolean;
}>;

/** What a run may touch the world with. */
export type RunHands = {
  openHost(name: string): Host;
  readonly command: InProcessCommand;
  /** For blocks that bash runs on this machine: `ampel` on the path, with the same configuration and state. */
  readonly localEnv: Readonly<Record<string, string>>;
  /** Called, perhaps again after a crash, when a run waits for an approval. */
  onApprovalWanted(wanted: WantedApproval): void;
  readonly logbook: Logbook;
  readonly clock: Clock;
  /** Takes a named lock, or says who holds it. */
  takeLock(name: string, runId: string): Promise<string | undefined>;
  freeLock(name: string, runId: string): Promise<void>;
};

/** Sent to a run on the topic `approvalTopic(step)`; pinned to the text that was shown. */
export type Approval = { readonly by: string; readonly stepHash: string; readonly isGranted: boolean };

export function approvalTopic(stepName: string): string {
  return `approval:${stepName}`;
}

/** An approval that nobody gives in this time is not given. */
export const approvalExpiryMs = 10 * 60_000;

/** What the steps of one run share. */
export type RunScene = {
  readonly run: DurableRun;
  readonly playbook: Playbook;
  readonly input: RunInput;
  readonly hands: RunHands;
};
