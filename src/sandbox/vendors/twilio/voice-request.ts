import { randomUUID } from "node:crypto";
import { request as startRequest } from "node:http";
import { signTwilio } from "./twilio-signature.ts";

/** How long a customer's server may take; overridden by the URL's fragment: `#ct=2000&rt=4000&rc=2&rp=ct,rt,5xx`. */
export type VoiceLimits = {
  readonly connectMs: number;
  readonly readMs: number;
  readonly totalMs: number;
  readonly retries: number;
  readonly retryOn: string;
};

/** Twilio's own: connect 5 s and one retry of it, the whole answer within 15 s (error 11205). */
export const defaultLimits: VoiceLimits = { connectMs: 5000, readMs: 15_000, totalMs: 15_000, retries: 1, retryOn: "ct" };

/** One question for TwiML, as it went; `errorCode` is Twilio's, absent when a document came. */
export type VoiceRequest = {
  readonly url: string;
  readonly method: "POST" | "GET";
  readonly parameters: Readonly<Record<string, string>>;
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly errorCode?: number;
  readonly tookMs: number;
  readonly attempts: number;
};

type Outcome = { status: number; contentType: string; body: string } | { failedAt: "ct" | "rt" };

/** Asks a customer's URL, signed, within Twilio's limits. Never throws: what went wrong is in the answer. */
export async function askVoiceUrl(
  address: string,
  method: "POST" | "GET",
  parameters: Readonly<Record<string, string>>,
  { token, limits = defaultLimits }: { readonly token: string; readonly limits?: VoiceLimits },
): Promise<VoiceRequest> {
  const startedMs = performance.now();
  const url = new URL(address.replace(/#.*$/, ""));
  const allowed = readOverrides(address, limits);
  if (method === "GET") for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  const signedUrl = method === "GET" ? url.href : address;
  const headers = {
    "x-twilio-signature": signTwilio(signedUrl, method === "GET" ? {} : parameters, token),
    "i-twilio-idempotency-token": randomUUID(),
    "user-agent": "TwilioProxy/1.1",
    accept: "*/*",
    ...(method === "POST" ? { "content-type": "application/x-www-form-urlencoded; charset=utf-8" } : {}),
  };
  const body = method === "POST" ? new URLSearchParams(parameters).toString() : "";
  let outcome: Outcome = { failedAt: "ct" };
  let attempts = 0;
  while (attempts <= allowed.retries) {
    const leftMs = allowed.totalMs - (performance.now() - startedMs);
    if (attempts > 0 && leftMs <= 0) break;
    attempts += 1;
    outcome = await exchangeOnce(url, method, headers, body, { ...allowed, totalMs: leftMs });
    if (!isRetried(outcome, allowed.retryOn)) break;
  }
  const common = { url: address, method, parameters, tookMs: performance.now() - startedMs, attempts };
  if ("failedAt" in outcome) return { ...common, status: 0, contentType: "", body: "", errorCode: 11205 };
  return { ...common, ...outcome, ...(outcome.status < 200 || outcome.status >= 300 ? { errorCode: 11200 } : {}) };
}

function readOverrides(address: string, limits: VoiceLimits): VoiceLimits {
  const fragment = new URLSearchParams(/#(.*)$/.exec(address)?.[1] ?? "");
  const whole = (name: string, otherwise: number, max: number): number => {
    const value = fragment.get(name);
    return value === null || !/^\d+$/.test(value) ? otherwise : Math.min(Number(value), max);
  };
  return {
    connectMs: whole("ct", limits.connectMs, 10_000),
    readMs: whole("rt", limits.readMs, 15_000),
    totalMs: whole("tt", limits.totalMs, 15_000),
    retries: whole("rc", limits.retries, 5),
    retryOn: fragment.get("rp") ?? limits.retryOn,
  };
}

/** 429 is never repeated. */
function isRetried(outcome: Outcome, retryOn: string): boolean {
  const policies = retryOn.split(",");
  if (policies.includes("all") && ("failedAt" in outcome || outcome.status >= 500)) return true;
  if ("failedAt" in outcome) return policies.includes(outcome.failedAt);
  if (outcome.status >= 500) return policies.includes("5xx");
  return outcome.status >= 400 && outcome.status !== 429 && policies.includes("4xx");
}

async function exchangeOnce(
  url: URL,
  method: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  limits: VoiceLimits,
): Promise<Outcome> {
  return await new Promise((resolve) => {
    let failedAt: "ct" | "rt" = "ct";
    const sending = startRequest(url, {
      method,
      headers: { ...headers, ...(body === "" ? {} : { "content-length": Buffer.byteLength(body) }) },
      agent: false,
    });
    const timers = [setTimeout(fail, limits.totalMs), setTimeout(() => failedAt === "ct" && fail(), limits.connectMs)];
    function settle(outcome: Outcome): void {
      for (const timer of timers) clearTimeout(timer);
      resolve(outcome);
    }
    function fail(): void {
      settle({ failedAt });
      sending.destroy();
    }
    sending.once("socket", (socket) =>
      socket.once("connect", () => {
        failedAt = "rt";
        timers.push(setTimeout(fail, limits.readMs));
      }),
    );
    sending.once("response", (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.once("error", fail);
      answer.once("aborted", fail);
      answer.once("end", () =>
        settle({
          status: answer.statusCode ?? 0,
          contentType: answer.headers["content-type"] ?? "",
          body: Buffer.concat(chunks).toString("utf8"),
        }),
      );
    });
    sending.once("error", fail);
    sending.end(body);
  });
}
