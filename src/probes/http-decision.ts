import type { HttpAnswer } from "../integrations/http-client.ts";
import type { NetworkFault } from "../integrations/http-client-fault.ts";
import { message, type Message } from "../kernel/message.ts";
import { certificateDaysLeft, warnDaysFor } from "./certificate-decision.ts";
import { observeFault } from "./network-fault.ts";
import type { Observation } from "./probe.ts";
import { containsText } from "./text-pattern.ts";

export type StatusRange = { readonly from: number; readonly to: number };

export type HttpExpectation = {
  readonly expectStatus: readonly StatusRange[];
  readonly expectBody?: string | undefined;
  readonly redirects: number;
  readonly slowMs?: number | undefined;
  readonly downMs?: number | undefined;
  readonly certificateWarnDays?: number | undefined;
};

/** One request: what came back at the end of its redirects, or why nothing usable did. `latencyMs` is the whole of it. */
export type HttpSample =
  | { readonly answer: HttpAnswer; readonly latencyMs: number; readonly isRedirectWithheld: boolean }
  | { readonly fault: NetworkFault; readonly latencyMs: number }
  | { readonly isUnfinished: true; readonly latencyMs: number };

/**
 * One verdict from all samples (at least one). More than half bad: `down`; some bad: `degraded`; else speed, then the certificate decide.
 * `slowMs` and `downMs` are compared with the 95th percentile.
 */
export function decideHttp(samples: readonly HttpSample[], expected: HttpExpectation, target: string, now: number): Observation {
  const measures = measure(samples, now);
  const verdicts = samples.map((sample, index) => judgeSample(sample, expected, target, { done: index, total: samples.length }));
  const failed = verdicts.filter((verdict) => verdict.state !== "ok");
  const [worst] = failed.filter((verdict) => verdict.state === "down").concat(failed);
  if (worst !== undefined && failed.length * 2 > samples.length) return { ...worst, measures };
  if (worst !== undefined) {
    const what = message("http.some-failed", { failed: failed.length, total: samples.length, reason: worst.message });
    return { state: "degraded", ...(worst.cause === undefined ? {} : { cause: worst.cause }), message: what, measures };
  }
  return {
    ...(judgeSpeed(measures, expected, target) ?? judgeCertificate(samples, expected, target, now) ?? allGood(samples, target)),
    measures,
  };
}

function judgeSample(sample: HttpSample, expected: HttpExpectation, target: string, count: { done: number; total: number }): Observation {
  if ("fault" in sample) return observeFault(sample.fault, target, "http-error");
  if ("isUnfinished" in sample) {
    const waitedMs = Math.round(sample.latencyMs);
    return { state: "down", cause: "unreachable", message: message("http.unfinished", { target, ...count, waitedMs }) };
  }
  const { answer } = sample;
  const what = whatIsWrong(answer, sample.isRedirectWithheld, expected, target);
  return what === undefined ? { state: "ok", message: okMessage(sample, target) } : { state: "down", cause: "http-error", message: what };
}

function whatIsWrong(answer: HttpAnswer, isRedirectWithheld: boolean, expected: HttpExpectation, target: string): Message | undefined {
  const { status } = answer;
  if (!isExpectedStatus(status, expected.expectStatus)) {
    const location = withoutQuery(answer.headers.location ?? "");
    if (isRedirectWithheld) return message("http.redirect-withheld", { target, status, location });
    if (isRedirect(answer)) return message("http.redirected", { target, status, location, limit: expected.redirects });
    return message("http.status", { target, status, expected: expected.expectStatus.map(printRange).join(", ") });
  }
  if (expected.expectBody === undefined || containsText(answer.body, expected.expectBody)) return undefined;
  return message("http.body-missing", { target, status, expected: expected.expectBody, bytes: Buffer.byteLength(answer.body) });
}

function judgeSpeed(measures: Measures, { slowMs, downMs }: HttpExpectation, target: string): Observation | undefined {
  const latencyMs = measures["latencyP95Ms"] ?? 0;
  if (downMs !== undefined && latencyMs > downMs) {
    return { state: "down", cause: "slow-response", message: message("http.too-slow", { target, latencyMs, limitMs: downMs }) };
  }
  if (slowMs !== undefined && latencyMs > slowMs) {
    return { state: "degraded", cause: "slow-response", message: message("http.slow", { target, latencyMs, limitMs: slowMs }) };
  }
  return undefined;
}

function judgeCertificate(samples: readonly HttpSample[], expected: HttpExpectation, target: string, now: number): Observation | undefined {
  const certificate = lastAnswer(samples)?.answer.certificate;
  if (certificate === undefined) return undefined;
  const days = certificateDaysLeft(certificate, now);
  const limitDays = expected.certificateWarnDays ?? warnDaysFor(certificate);
  if (days >= limitDays) return undefined;
  return { state: "degraded", cause: "certificate-expiring", message: message("certificate.expiring", { target, days, limitDays }) };
}

function allGood(samples: readonly HttpSample[], target: string): Observation {
  const last = lastAnswer(samples);
  if (last === undefined) throw new RangeError("no sample"); // the caller always takes one
  return { state: "ok", message: okMessage(last, target) };
}

type Answered = Extract<HttpSample, { answer: HttpAnswer }>;

function lastAnswer(samples: readonly HttpSample[]): Answered | undefined {
  return samples.findLast((sample): sample is Answered => "answer" in sample);
}

function okMessage(sample: Answered, target: string): Message {
  return message("http.ok", { target, status: sample.answer.status, latencyMs: Math.round(sample.latencyMs) });
}

type Measures = Record<string, number>;

function measure(samples: readonly HttpSample[], now: number): Measures {
  const latencies = samples.map((sample) => sample.latencyMs);
  const measures: Measures = { samples: samples.length, latencyP50Ms: percentile(latencies, 50), latencyP95Ms: percentile(latencies, 95) };
  const last = lastAnswer(samples)?.answer;
  if (last === undefined) return measures;
  for (const phase of ["lookupMs", "connectMs", "tlsMs", "firstByteMs"] as const) measures[phase] = Math.round(last[phase]);
  measures["status"] = last.status;
  if (last.certificate !== undefined) measures["certificateDaysLeft"] = certificateDaysLeft(last.certificate, now);
  return measures;
}

/** The smallest value that at least `share` percent do not exceed (nearest rank), rounded. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return Math.round(sorted[Math.ceil((share / 100) * sorted.length) - 1] ?? 0);
}

export function isRedirect(answer: Pick<HttpAnswer, "status" | "headers">): boolean {
  return [301, 302, 303, 307, 308].includes(answer.status) && answer.headers.location !== undefined;
}

export function isExpectedStatus(status: number, ranges: readonly StatusRange[]): boolean {
  return ranges.some(({ from, to }) => status >= from && status <= to);
}

function printRange({ from, to }: StatusRange): string {
  return from === to ? String(from) : `${from}-${to}`;
}

/** An address for messages: queries and user parts carry tokens, so they stay out. */
export function withoutQuery(address: string): string {
  return address.replace(/[?#].*$/s, "").replace(/\/\/[^/]*@/, "//");
}
