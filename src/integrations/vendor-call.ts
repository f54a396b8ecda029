import { exchange } from "./http-client.ts";

/** How to reach a vendor's interface with our key. */
export type VendorAccess = {
  readonly baseUrl: string;
  /** Revealed at the moment of the call; leaves this machine only in the `Authorization` header. */
  readonly key: string;
  readonly lookupTimeoutMs?: number | undefined;
};

/** What a call brought back, unjudged. `json` is absent when the body was no JSON or too long. */
export type VendorReply = {
  readonly url: string;
  readonly status: number;
  readonly json: unknown;
  readonly body: string;
  readonly contentType: string;
  readonly location: string;
  readonly retryAfterMs: number | undefined;
  readonly latencyMs: number;
};

/**
 * One authenticated GET; no redirect is followed, so the key goes nowhere else.
 * @throws {NetworkFault} when no answer came back
 */
export async function callVendor(access: VendorAccess, path: string, signal: AbortSignal): Promise<VendorReply> {
  const url = new URL(access.baseUrl.replace(/\/+$/, "") + path);
  const answer = await exchange(
    { url, lookupTimeoutMs: access.lookupTimeoutMs, headers: { authorization: `Bearer ${access.key}`, accept: "application/json" } },
    signal,
  );
  return {
    url: url.origin + url.pathname,
    status: answer.status,
    json: parseJson(answer.body),
    body: answer.body,
    contentType: answer.headers["content-type"] ?? "",
    location: answer.headers.location ?? "",
    retryAfterMs: parseRetryAfter(answer.headers["retry-after"]),
    latencyMs: answer.totalMs,
  };
}

/** Text to JSON, `undefined` where it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Seconds as number; the form with a date is rare for 429 and left to the caller's default (RFC 9110, 10.2.3). */
export function parseRetryAfter(value: string | undefined): number | undefined {
  return value !== undefined && /^\d{1,6}$/.test(value) ? Number(value) * 1000 : undefined;
}
