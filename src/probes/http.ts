import { z } from "zod";
import { exchange, type HttpAnswer } from "../integrations/http-client.ts";
import { NetworkFault } from "../integrations/http-client-fault.ts";
import { Failure } from "../kernel/failure.ts";
import { message } from "../kernel/message.ts";
import { Secret, secretSchema } from "../kernel/secret.ts";
import { fingerprintSchema } from "./certificate.ts";
import { decideHttp, isExpectedStatus, isRedirect, withoutQuery, type HttpSample, type StatusRange } from "./http-decision.ts";
import { printExchange } from "./http-evidence.ts";
import { lookupTimeoutMs, verdictDueMs } from "./network-fault.ts";
import { defineProbe } from "./probe.ts";
import { textPatternSchema } from "./text-pattern.ts";

/** An address without a user part: a password has no place in ampel.yaml. */
export const webAddressSchema = z
  .url({ protocol: /^https?$/, error: "url" })
  .refine((text) => !/\/\/[^/?#]*@/.test(text), { error: "secret" });

const status = z.int().min(100).max(599);
const range = z
  .string()
  .regex(/^[1-5]\d\d-[1-5]\d\d$/, { error: "status" })
  .transform((text): StatusRange => ({ from: Number(text.slice(0, 3)), to: Number(text.slice(4)) }));
const statuses = z.union([status.transform((code): StatusRange => ({ from: code, to: code })), range]);

const secretNames = /^(authorization|proxy-authorization|cookie|x-api-key)$/i;
const plainValue = z.string().refine((text) => !text.includes("${"), { error: "secret" });

const schema = z
  .strictObject({
    url: webAddressSchema.describe("Address to ask"),
    method: z.enum(["GET", "HEAD", "OPTIONS", "POST"]).default("GET").describe("Method of the request"),
    expectStatus: z
      .union([statuses, z.array(statuses).min(1)])
      .transform((given) => [given].flat())
      .default([{ from: 200, to: 299 }])
      .describe("Status, range (200-299) or a list of them; default 200-299"),
    expectBody: textPatternSchema.optional().describe("Text that must be in the answer, or an expression /…/i"),
    headers: z
      .record(z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/), z.union([secretSchema, plainValue]))
      .refine((headers) => Object.entries(headers).every(([name, value]) => !secretNames.test(name) || value instanceof Secret), {
        error: "secret",
      })
      .default({})
      .describe("Headers to send; a secret one only as a reference"),
    bearer: secretSchema.optional().describe("Reference to a token, sent as Authorization: Bearer"),
    redirects: z
      .int()
      .min(0)
      .max(10)
      .default(0)
      .describe("Redirects to follow; one more is not ok, for it proves nothing about the page behind"),
    resolve: z.union([z.ipv4(), z.ipv6()]).optional().describe("Ask this address instead of what public DNS says"),
    ca: z.string().min(1).optional().describe("File with an authority of your own (PEM)"),
    fingerprint: fingerprintSchema.optional().describe("SHA-256 of the very certificate that is expected"),
    certificateWarnDays: z
      .number()
      .min(0)
      .optional()
      .describe("Fewer days left of the certificate are a warning; default as for the kind certificate"),
    samples: z.int().min(1).max(50).default(1).describe("Requests per look; speed is judged by their 95th percentile"),
    slowMs: z.int().min(1).optional().describe("Slower than this is a warning; without it speed is not judged"),
    downMs: z.int().min(1).optional().describe("Slower than this is as bad as no answer"),
    maxBodyBytes: z.int().min(1).max(1_048_576).default(65_536).describe("No more than this is read of an answer"),
  })
  .describe("A web address: status, text, speed, redirects, certificate");

type Spec = z.infer<typeof schema>;

/**
 * Does an address answer as it should? Measures `latencyP50Ms`, `latencyP95Ms`, `samples`, `status`, the phases
 * `lookupMs`, `connectMs`, `tlsMs`, `firstByteMs` of the last answer, and `certificateDaysLeft`.
 */
export const httpProbe = defineProbe({
  kind: "http",
  schema,
  async look(spec, { signal, clock, deadlineMs }) {
    const startedMs = clock.monotonicMs();
    const { headers, secrets } = revealHeaders(spec);
    const request: Request = { spec, headers, hasSecrets: secrets.length > 0, lookupTimeoutMs: lookupTimeoutMs(deadlineMs) };
    const samples: HttpSample[] = [await takeSample(request, signal)];
    while (samples.length < spec.samples) {
      const leftMs = verdictDueMs(deadlineMs) - (clock.monotonicMs() - startedMs);
      const sample = await takeLaterSample(request, leftMs, signal);
      samples.push(sample);
      if ("isUnfinished" in sample) break;
    }
    const seen = decideHttp(samples, spec, withoutQuery(spec.url), clock.now());
    const last = samples.findLast((sample) => "answer" in sample);
    if (seen.state === "ok" || last === undefined || !("answer" in last)) return seen;
    return { ...seen, evidence: printExchange(`${spec.method} ${withoutQuery(spec.url)}`, last.answer, secrets) };
  },
});

type Headers = Readonly<Record<string, string>>;
type Request = { readonly spec: Spec; readonly headers: Headers; readonly hasSecrets: boolean; readonly lookupTimeoutMs: number };

async function takeLaterSample(request: Request, leftMs: number, signal: AbortSignal): Promise<HttpSample> {
  const startedMs = performance.now();
  const limit = AbortSignal.timeout(Math.max(1, Math.round(leftMs)));
  try {
    return await takeSample(request, AbortSignal.any([signal, limit]));
  } catch (error) {
    if (limit.aborted && !signal.aborted) return { isUnfinished: true, latencyMs: performance.now() - startedMs };
    throw error;
  }
}

async function takeSample(request: Request, signal: AbortSignal): Promise<HttpSample> {
  const startedMs = performance.now();
  try {
    const { answer, isRedirectWithheld } = await follow(request, signal);
    return { answer, isRedirectWithheld, latencyMs: performance.now() - startedMs };
  } catch (error) {
    if (error instanceof NetworkFault) return { fault: error, latencyMs: performance.now() - startedMs };
    throw error;
  }
}

async function follow(request: Request, signal: AbortSignal): Promise<{ answer: HttpAnswer; isRedirectWithheld: boolean }> {
  const { spec, headers, hasSecrets } = request;
  const home = new URL(spec.url);
  let url = home;
  let method: string = spec.method;
  for (let followed = 0; ; followed += 1) {
    const connectAddress = url.host === home.host ? spec.resolve : undefined;
    const trust = { caFile: spec.ca, fingerprint256: spec.fingerprint };
    const answer = await exchange(
      { url, method, headers, connectAddress, lookupTimeoutMs: request.lookupTimeoutMs, trust, maxBodyBytes: spec.maxBodyBytes },
      signal,
    );
    if (followed === spec.redirects || !isRedirect(answer) || isExpectedStatus(answer.status, spec.expectStatus)) {
      return { answer, isRedirectWithheld: false };
    }
    const next = URL.parse(answer.headers.location ?? "", url);
    if (next === null || !/^https?:$/.test(next.protocol)) return { answer, isRedirectWithheld: false };
    if (hasSecrets && next.origin !== home.origin) return { answer, isRedirectWithheld: true };
    // As browsers do: after these a POST becomes a GET (RFC 9110, 15.4).
    if ([301, 302, 303].includes(answer.status) && method === "POST") method = "GET";
    url = next;
  }
}

function revealHeaders(spec: Spec): { headers: Headers; secrets: string[] } {
  const secrets: string[] = [];
  const reveal = (secret: Secret): string => {
    const value = secret.reveal();
    secrets.push(value);
    return value;
  };
  const entries = Object.entries(spec.headers).map(([name, value]): [string, string] => [
    name,
    value instanceof Secret ? reveal(value) : value,
  ]);
  if (spec.bearer !== undefined) entries.push(["authorization", `Bearer ${reveal(spec.bearer)}`]);
  for (const [name, value] of entries) {
    // Node would refuse it too, but as a bug; here it is a mistake in a file.
    if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) {
      throw new Failure("config-invalid", message("http.header-invalid", { name }), message("http.header-next"));
    }
  }
  return { headers: Object.fromEntries(entries), secrets };
}
