import { z } from "zod";
import { exchange } from "../integrations/http-client.ts";
import { parseJson } from "../integrations/vendor-call.ts";
import { durationSchema } from "../kernel/duration.ts";
import { maskPersonalData } from "../kernel/mask.ts";
import { message, verbatim } from "../kernel/message.ts";
import { causeNames } from "./cause.ts";
import { webAddressSchema } from "./http.ts";
import { defineProbe, probeStates, type Observation } from "./probe.ts";

const schema = z
  .strictObject({
    url: webAddressSchema.describe("Where the gateway tells how it is: its /health"),
    check: z
      .string()
      .regex(/^[A-Za-z][A-Za-z0-9-]*$/)
      .optional()
      .describe("One of its own checks (P1, P2, …); absent: whether it answers and can keep what arrives"),
    maxAge: durationSchema.default(300_000).describe("A check that ran longer ago is unknown; default 5m"),
  })
  .describe("Ampel's gateway: whether it keeps what arrives, and what its own checks found");

/** The part of the gateway's `/health` that is read here. */
const healthSchema = z.object({
  state: z.enum(probeStates),
  reasons: z.array(z.object({ what: z.string(), state: z.enum(["degraded", "down"]) })),
  checks: z.array(
    z.object({
      id: z.string(),
      subject: z.string(),
      state: z.enum(probeStates),
      cause: z.string().optional(),
      summary: z.string(),
      evidence: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
      seenAt: z.iso.datetime().transform((text) => Date.parse(text)),
    }),
  ),
});

type Health = z.infer<typeof healthSchema>;
type Seen = Health["checks"][number];

const maxBodyBytes = 1024 * 1024;

/** What the gateway says of itself, or of one of its checks: the worst of those with that id counts. */
export const gatewayProbe = defineProbe({
  kind: "gateway",
  schema,
  async look({ url, check, maxAge }, { signal, clock }) {
    const answer = await exchange({ url: new URL(url), headers: { accept: "application/json" }, maxBodyBytes }, signal);
    const read = healthSchema.safeParse(parseJson(answer.body));
    if (!read.success) {
      return { state: "down", cause: "http-error", message: message("gateway-probe.no-health", { url, status: answer.status }) };
    }
    if (check !== undefined) return decideCheck(read.data.checks, check, clock.now() - maxAge);
    return decideAlive(read.data.reasons);
  },
});

/** What the gateway can do itself; a vendor's breaker and its other checks have probes of their own. */
function decideAlive(reasons: Health["reasons"]): Observation {
  const own = reasons.filter(({ what }) => !/^(check|breaker)-/.test(what));
  const text = verbatim(own.map(({ what }) => what).join(", "));
  if (own.some(({ state }) => state === "down")) {
    return { state: "down", cause: "http-error", message: message("gateway-probe.refusing", { reasons: text }) };
  }
  if (own.length === 0) return { state: "ok", message: message("gateway-probe.alive") };
  return { state: "degraded", cause: "job-failed", message: message("gateway-probe.limping", { reasons: text }) };
}

/** The worst of the looks with this id. One that is too old, or was never taken, is unknown: never ok. */
export function decideCheck(checks: readonly Seen[], id: string, oldestAt: number): Observation {
  const all = checks.filter((one) => one.id === id);
  const worst = all.toSorted((left, right) => rank(right, oldestAt) - rank(left, oldestAt))[0];
  if (worst === undefined) return { state: "unknown", message: message("gateway-probe.not-yet", { check: id }) };
  if (worst.seenAt < oldestAt) return { state: "unknown", message: message("gateway-probe.stale", { check: id }) };
  const { state, subject, summary, evidence } = worst;
  const cause = causeNames.find((name) => name === worst.cause);
  return {
    state,
    message: message("gateway-probe.seen", { subject: verbatim(subject), summary: verbatim(summary) }),
    evidence: maskPersonalData(
      JSON.stringify(all.filter((one) => one.state !== "ok").map((one) => ({ subject: one.subject, ...one.evidence }))),
    ).slice(0, 2048),
    ...(state === "ok" || state === "unknown" ? {} : { cause: cause ?? "http-error" }),
    measures: Object.fromEntries(Object.entries(evidence).filter((entry): entry is [string, number] => typeof entry[1] === "number")),
  };
}

/** Down before degraded before unknown before ok: what is known to be bad counts more than what could not be seen. */
function rank(one: Seen, oldestAt: number): number {
  const order: readonly string[] = ["ok", "unknown", "degraded", "down"];
  return order.indexOf(one.seenAt < oldestAt ? "unknown" : one.state);
}
