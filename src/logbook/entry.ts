import { newId } from "../kernel/ids.ts";
import type { Message } from "../kernel/message.ts";
import type { Zone } from "../probes/cause.ts";
import type { Finding } from "../triage/finding.ts";

export const stepStates = ["waiting", "running", "done", "skipped", "failed", "refused", "needs-human", "undone", "undo-failed"] as const;
export type StepState = (typeof stepStates)[number];

export const runStates = ["running", "succeeded", "failed", "undone", "needs-human", "cancelled"] as const;
export type RunState = (typeof runStates)[number];

/** What happened. Written to the store in one transaction with what follows from it, or to a file when the store is gone. */
export type Happening =
  | { readonly kind: "incident-opened"; readonly incidentId: string; readonly zone: Zone }
  | { readonly kind: "incident-zone"; readonly incidentId: string; readonly zone: Zone }
  | { readonly kind: "incident-acknowledged"; readonly incidentId: string; readonly by: string }
  | { readonly kind: "incident-resolved"; readonly incidentId: string }
  | { readonly kind: "finding-seen"; readonly incidentId: string; readonly finding: Finding }
  | { readonly kind: "finding-cleared"; readonly incidentId: string; readonly cause: string; readonly subject: string }
  | {
      readonly kind: "run-started";
      readonly runId: string;
      readonly playbookId: string;
      readonly playbookHash: string;
      readonly playbookText: string;
      readonly incidentId: string | undefined;
      readonly subject: string;
      readonly input: unknown;
      readonly steps: readonly string[];
    }
  | { readonly kind: "step-started"; readonly runId: string; readonly name: string }
  | {
      readonly kind: "step-ended";
      readonly runId: string;
      readonly name: string;
      readonly state: StepState;
      readonly durationMs: number;
      readonly message: Message;
      readonly output: string;
    }
  | { readonly kind: "run-ended"; readonly runId: string; readonly state: RunState; readonly message: Message }
  | { readonly kind: "service-started"; readonly service: string; readonly isProven: boolean }
  | {
      readonly kind: "switch-set";
      readonly key: string;
      readonly value: string;
      readonly reason: string;
      readonly owner: string;
      readonly expiresAt: number;
    }
  | { readonly kind: "switch-ended"; readonly key: string; readonly by: string }
  /** Something a person must hear about: a limit reached, a budget overrun, blindness. */
  | { readonly kind: "alarm"; readonly message: Message };

/** `id` makes an entry one, however often it is written or imported. */
export type Entry = { readonly id: string; readonly at: number } & Happening;

export type Logbook = {
  /** Resolves when the entry is on disk. */
  write(happening: Happening, id?: string): Promise<void>;
};

export function stamp(happening: Happening, at: number, id = newId("ent")): Entry {
  return { id, at, ...happening };
}
