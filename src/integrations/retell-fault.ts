import { Failure } from "../kernel/failure.ts";
import { message } from "../kernel/message.ts";
import type { VendorReply } from "./vendor-call.ts";

/**
 * Why Retell did not do what was asked, although it answered. `refused`: our request was wrong (other 4xx).
 * `not-json`: a page of something that stands in between. `wrong-shape`: 2xx, but not what its interface promises.
 * `not-done`: it said yes, and a look at the answer or afterwards shows that it has not done it.
 */
export type RetellProblem =
  | "unauthorized"
  | "unpaid"
  | "missing"
  | "throttled"
  | "refused"
  | "broken"
  | "redirected"
  | "not-json"
  | "wrong-shape"
  | "not-done";

// A clear no to this one request; everything else says that Retell cannot be relied on now.
const refusals: ReadonlySet<RetellProblem> = new Set(["unauthorized", "unpaid", "missing", "throttled", "refused"]);

const nextSteps = {
  unauthorized: "calls.retell-next-key",
  unpaid: "calls.retell-next-bill",
  missing: "calls.retell-next-request",
  refused: "calls.retell-next-request",
  "not-done": "calls.retell-next-look",
  throttled: "calls.retell-next-wait",
  broken: "calls.retell-next-wait",
  redirected: "calls.retell-next-wait",
  "not-json": "calls.retell-next-wait",
  "wrong-shape": "calls.retell-next-wait",
} as const;

export class RetellFault extends Failure {
  readonly problem: RetellProblem;
  // Not `status`: a 200 that is garbage must not look like a success to whoever judges by that name.
  readonly httpStatus: number;
  readonly retryAfterMs: number | undefined;

  constructor(problem: RetellProblem, path: string, reply: Partial<Pick<VendorReply, "status" | "retryAfterMs">> = {}) {
    const { status = 200, retryAfterMs } = reply;
    const code = refusals.has(problem) ? "vendor-refused" : "vendor-unreachable";
    super(code, message("calls.retell-fault", { problem, status, path }), message(nextSteps[problem]));
    this.problem = problem;
    this.httpStatus = status;
    this.retryAfterMs = retryAfterMs;
  }

  /** Retell may have done it all the same: only a look tells. */
  get isOutcomeUnknown(): boolean {
    return this.code === "vendor-unreachable";
  }
}

/** What is wrong with an answer, `undefined` when it is a 2xx with JSON. Pure. Statuses: retell-sdk 5.66.1. */
export function findRetellProblem({ status, json }: Pick<VendorReply, "status" | "json">): RetellProblem | undefined {
  if (status >= 300 && status < 400) return "redirected";
  if (status === 401 || status === 403) return "unauthorized";
  if (status === 402) return "unpaid";
  if (status === 404) return "missing";
  if (status === 429) return "throttled";
  if (status >= 400 && status < 500) return "refused";
  if (status < 200 || status >= 500) return "broken";
  return typeof json === "object" && json !== null ? undefined : "not-json";
}
