import { Failure, type FailureCode } from "../kernel/failure.ts";
import { message } from "../kernel/message.ts";

/**
 * Why Cal.com did not do what was asked.
 * `taken`: somebody else has the time. `refused`: any other no to this request. `denied`: key not accepted.
 * `suspended`: the whole account is locked. `throttled`: too many requests. `unavailable`: it answered that it cannot (5xx).
 * `garbled`: an answer that is none (a page, half a body, a redirect). `unreachable`: nothing was sent.
 * `lost`: sent, no answer came back.
 */
export type CalcomFaultKind =
  | "taken"
  | "refused"
  | "not-found"
  | "denied"
  | "suspended"
  | "throttled"
  | "unavailable"
  | "garbled"
  | "unreachable"
  | "lost";

const answered: ReadonlySet<CalcomFaultKind> = new Set(["taken", "refused", "not-found", "denied", "suspended", "throttled"]);

/** A request to Cal.com that failed. `reason` is the vendor's own text, shortened; it may name a person and stays out of logs. */
export class CalcomFault extends Failure {
  readonly kind: CalcomFaultKind;
  /** 0 when no answer came. */
  readonly status: number;
  readonly reason: string;
  readonly retryAfterMs: number | undefined;
  /** Our own network failed: nothing is known about Cal.com. */
  readonly isOurs: boolean;

  constructor(
    kind: CalcomFaultKind,
    {
      status,
      reason,
      retryAfterMs,
      isOurs = false,
    }: { status: number; reason: string; retryAfterMs?: number | undefined; isOurs?: boolean },
    options?: ErrorOptions,
  ) {
    const code: FailureCode = answered.has(kind) ? "vendor-refused" : "vendor-unreachable";
    super(code, message(`calcom.${kind}`, { status }), message("calcom.next"), options);
    this.kind = kind;
    this.status = status;
    this.reason = reason.slice(0, 300);
    this.retryAfterMs = retryAfterMs;
    this.isOurs = isOurs;
  }

  /** Cal.com may have done it all the same: only a look tells. */
  get isOutcomeUnknown(): boolean {
    return this.kind === "unavailable" || this.kind === "garbled" || this.kind === "lost";
  }

  /** Cal.com as a whole cannot be used now, whatever is asked. */
  get isAway(): boolean {
    return (
      this.isOutcomeUnknown ||
      this.kind === "unreachable" ||
      this.kind === "throttled" ||
      this.kind === "suspended" ||
      this.kind === "denied"
    );
  }
}

/** What an answer with an error status means. Pure. */
export function decideFaultKind(status: number, reason: string): CalcomFaultKind {
  if (status === 429) return "throttled";
  if (status >= 500) return "unavailable";
  if (status < 400) return "garbled";
  if ((status === 401 || status === 402 || status === 403) && suspension.test(reason)) return "suspended";
  if (status === 401 || status === 403) return "denied";
  if ((status === 400 || status === 409) && busyHost.test(reason)) return "taken";
  return status === 404 ? "not-found" : "refused";
}

const suspension = /suspend|account (?:is |has been )?(?:locked|disabled|blocked|banned)/i;
const busyHost =
  /already (?:has|have) (?:a )?booking|already booked|not available|no[_ ]available[_ ]users|booking[_ ]conflict|hosts?[_ ](?:is )?(?:unavailable|busy)|(?:slot|time).*(?:taken|reserved|unavailable)|is busy/i;

/** The vendor's own words, from any of the shapes its errors come in: `message` or `error`, text, list or nested. */
export function readReason(json: unknown, depth = 0): string {
  if (typeof json === "string") return json;
  if (depth > 4 || typeof json !== "object" || json === null) return "";
  if (Array.isArray(json)) {
    return json
      .map((item) => readReason(item, depth + 1))
      .filter((text) => text !== "")
      .join("; ");
  }
  const { message: text, error, details } = json as Record<string, unknown>;
  const found = [text, error, details].map((item) => readReason(item, depth + 1)).filter((item) => item !== "");
  return [...new Set(found)].join("; ");
}
