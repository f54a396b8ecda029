import { CalcomFault, decideFaultKind, readReason } from "./calcom-fault.ts";
import { NetworkFault, reasonOf } from "./http-client-fault.ts";
import { parseJson, parseRetryAfter } from "./vendor-call.ts";

/** One request as Cal.com takes it. `version` is the value of `cal-api-version` for this endpoint. */
export type CalcomRequest = {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly version: string | undefined;
  readonly body?: unknown;
};

/** The JSON of a 2xx answer. @throws {CalcomFault} for everything else; the signal's reason when it was aborted before anything was sent */
export type CalcomSend = (request: CalcomRequest, signal: AbortSignal) => Promise<unknown>;

export type CalcomAccess = {
  readonly baseUrl: string;
  /** Asked at the moment of the call, so that a rotated key is picked up. */
  key(): string;
  readonly timeoutMs?: number;
};

const defaultTimeoutMs = 10_000;
/** A page of 100 bookings with all their answers is well under this. */
const longestBody = 4 * 1024 * 1024;
// Nothing left this machine: the request was surely not carried out.
const beforeSending = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "ENODATA",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENETDOWN",
  "EADDRNOTAVAIL",
  "EMFILE",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/** The plain way to Cal.com, without any limit or breaker: the gateway wraps it, see its door. */
export function sendToCalcom({ baseUrl, key, timeoutMs = defaultTimeoutMs }: CalcomAccess): CalcomSend {
  const root = baseUrl.replace(/\/+$/, "").replace(/\/v2$/, "");
  return async ({ method, path, version, body }, signal) => {
    signal.throwIfAborted();
    const headers: Record<string, string> = { authorization: `Bearer ${key()}`, accept: "application/json", "user-agent": "ampel" };
    if (version !== undefined) headers["cal-api-version"] = version;
    if (body !== undefined) headers["content-type"] = "application/json";
    const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    let answer: Response;
    let text: string;
    try {
      // A redirect would carry the key elsewhere.
      answer = await fetch(root + path, {
        method,
        headers,
        redirect: "manual",
        signal: limit,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      text = await readText(answer);
    } catch (error) {
      throw lostOrUnreachable(error);
    }
    return judge(answer, text);
  };
}

function judge(answer: Response, text: string): unknown {
  const { status } = answer;
  const json = parseJson(text);
  if (answer.ok && typeof json === "object" && json !== null) {
    // Seen with status 200 as well: the envelope decides.
    if ((json as { status?: unknown }).status !== "error") return json;
    throw new CalcomFault(decideFaultKind(400, readReason(json)), { status, reason: readReason(json) });
  }
  if (answer.ok) throw new CalcomFault("garbled", { status, reason: /<html|<!doctype/i.test(text) ? "HTML" : "no JSON" });
  const reason = json === undefined ? "" : readReason(json);
  throw new CalcomFault(decideFaultKind(status, reason), {
    status,
    reason,
    retryAfterMs: parseRetryAfter(answer.headers.get("retry-after") ?? undefined),
  });
}

function lostOrUnreachable(error: unknown): CalcomFault {
  const cause = error instanceof TypeError && error.cause !== undefined ? error.cause : error;
  // A DOMException has a number for a code.
  const code = cause instanceof DOMException ? cause.name : reasonOf(cause);
  const isTls = /CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO/.test(code);
  const isUnsent = beforeSending.has(code) || isTls;
  const isOurs =
    isUnsent && !isTls && new NetworkFault(/ENOTFOUND|ENODATA|EAI_AGAIN/.test(code) ? "lookup" : "connect", code, "calcom").isOurs;
  const reason = (cause as Error).name === "TimeoutError" ? "timeout" : code;
  return new CalcomFault(isUnsent ? "unreachable" : "lost", { status: 0, reason, isOurs }, { cause: error });
}

/** @throws when the body breaks off or is longer than anything Cal.com sends */
async function readText(answer: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of answer.body ?? []) {
    bytes += chunk.length;
    if (bytes > longestBody) throw new RangeError("TOO_LONG");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
