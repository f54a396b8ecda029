import { NetworkFault } from "../../integrations/http-client-fault.ts";
import { Failure } from "../../kernel/failure.ts";
import type { CallVerdict } from "./breakers.ts";

/** How one call went: what it threw, or what it brought. */
export type CallEnd = { readonly error: unknown } | { readonly reply: unknown };

/**
 * What a call says about the vendor. Pure.
 * A 4xx is our own fault; 401, 403 and 429 concern one key and are handled where the keys are (the egress limiter).
 * What our own side broke (no route, no resolver, our database, a bug, a caller who hung up) is `ours`.
 */
export function judgeCall(end: CallEnd, latencyMs: number, slowMs: number): CallVerdict {
  const verdict = "error" in end ? judgeError(end.error, latencyMs, slowMs) : judgeReply(end.reply);
  return verdict === "ok" && latencyMs > slowMs ? "slow" : verdict;
}

/** A word for the record: the status or the code, never a body. */
export function nameFault(end: CallEnd): string {
  if ("reply" in end) return `HTTP ${statusOf(end.reply) ?? "?"}`;
  const { error } = end;
  if (error instanceof NetworkFault) return `${error.stage} ${error.reason}`;
  const status = statusOf(error);
  if (status !== undefined) return `HTTP ${status}`;
  if (error instanceof Failure) return error.code;
  return error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.name) : "unknown";
}

function judgeReply(reply: unknown): CallVerdict {
  const status = statusOf(reply);
  return status === undefined ? "ok" : judgeStatus(status);
}

function judgeStatus(status: number): CallVerdict {
  if (status >= 500 || status === 408) return "failed";
  // Interfaces do not redirect: somebody else answers in the vendor's place.
  if (status >= 300 && status < 400) return "failed";
  return status >= 400 ? "ours" : "ok";
}

// System codes that speak about the other side; every other one is about this machine.
const theirs = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "ENOTFOUND",
  "ENODATA",
  "EHOSTUNREACH",
  "EHOSTDOWN",
  "EPROTO",
]);

function judgeError(error: unknown, latencyMs: number, slowMs: number): CallVerdict {
  if (error instanceof NetworkFault) return error.isOurs ? "ours" : "failed";
  if (error instanceof Failure && error.code === "vendor-unreachable") return "failed";
  const status = statusOf(error);
  // A success that was thrown away: "ok" without having done it, or a page in place of an answer.
  if (status !== undefined) return status < 300 ? "failed" : judgeStatus(status);
  if (!(error instanceof Error)) return "ours";
  if (error.name === "TimeoutError") return "failed";
  // Given up by whoever waited: short of the limit it says nothing, beyond it the vendor was too slow for them.
  if (error.name === "AbortError") return latencyMs > slowMs ? "slow" : "ours";
  // Something answered, but not in the vendor's shape: a page of an error, half a body.
  if (error.name === "ZodError" || error.name === "$ZodError" || error instanceof SyntaxError) return "failed";
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code !== undefined && syscall !== undefined && theirs.has(code) && !isOurDatabase(error)) return "failed";
  const { cause } = error;
  return cause instanceof Error ? judgeError(cause, latencyMs, slowMs) : "ours";
}

/** node-postgres connects by the same system calls; its stack names it. */
function isOurDatabase(error: Error): boolean {
  return (error.stack ?? "").includes("node_modules/pg");
}

/** The HTTP status of a reply or of an error that carries one. */
export function statusOf(value: unknown): number | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { status, httpStatus } = value as { status?: unknown; httpStatus?: unknown };
  const found = typeof status === "number" ? status : httpStatus;
  return typeof found === "number" && found >= 100 && found <= 599 ? found : undefined;
}
