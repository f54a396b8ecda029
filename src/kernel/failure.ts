import { say, verbatim, type Message } from "./message.ts";

/** Exit codes of every command; the contract scripts and cron jobs rely on. */
export const exitCodes = {
  allClear: 0,
  bug: 1,
  usage: 2,
  refused: 3,
  green: 10,
  yellow: 11,
  red: 12,
  blind: 13,
} as const;

/** Every expected failure, with the exit code it ends a command with. Codes are stable: scripts match on them. */
export const failureCodes = {
  "approval-missing": exitCodes.refused,
  "automation-limit": exitCodes.refused,
  "config-invalid": exitCodes.usage,
  "config-missing": exitCodes.usage,
  "database-unreachable": exitCodes.refused,
  "host-unreachable": exitCodes.refused,
  "not-found": exitCodes.usage,
  "playbook-invalid": exitCodes.usage,
  "refused-unsafe": exitCodes.refused,
  "run-busy": exitCodes.refused,
  "run-lost": exitCodes.refused,
  "sandbox-failed": exitCodes.refused,
  "secret-missing": exitCodes.usage,
  "service-failed": exitCodes.refused,
  "spool-failed": exitCodes.refused,
  "store-unreachable": exitCodes.refused,
  "store-version": exitCodes.refused,
  usage: exitCodes.usage,
  "vendor-refused": exitCodes.refused,
  "vendor-unreachable": exitCodes.refused,
} as const;

export type FailureCode = keyof typeof failureCodes;

const refusals: ReadonlySet<FailureCode> = new Set<FailureCode>([
  "approval-missing",
  "automation-limit",
  "config-invalid",
  "config-missing",
  "not-found",
  "refused-unsafe",
  "usage",
]);

/** True when a command that ended with this code has changed nothing. */
export function isRefusal(code: FailureCode): boolean {
  return refusals.has(code);
}

/**
 * The one type of expected failure. Anything else that is thrown is a bug and keeps its stack.
 * `what` and `nextStep` are shown in the operator's language; `Error.message` is the English text for logs.
 */
export class Failure extends Error {
  override name = "Failure";
  readonly code: FailureCode;
  readonly what: Message;
  readonly nextStep: Message;

  constructor(code: FailureCode, what: Message, nextStep: Message, options?: ErrorOptions) {
    super(say(what, "en"), options);
    this.code = code;
    this.what = what;
    this.nextStep = nextStep;
  }

  get exitCode(): number {
    return failureCodes[this.code];
  }
}

/** What went wrong, for a person; an error that is no `Failure` speaks for itself. */
export function whatFailed(error: unknown): Message {
  if (error instanceof Failure) return error.what;
  return verbatim(error instanceof Error ? error.message : String(error));
}
