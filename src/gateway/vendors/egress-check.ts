import type pg from "pg";
import type { Clock } from "../../kernel/clock.ts";
import { message, say, type Language, type Message } from "../../kernel/message.ts";
import { restText } from "../../switches/active-switches.ts";
import type { GatewayCheck } from "../gateway.ts";
import { readMinutes, type EgressMinute } from "./egress-rows.ts";
import type { EgressKeeper, EgressView } from "./open-egress.ts";
import { vendors } from "./vendor.ts";

export type EgressLook = {
  readonly pool: pg.Pool | undefined;
  readonly egress: EgressKeeper;
  readonly clock: Clock;
  readonly language: Language;
};

const windowMinutes = 15;
const nearShare = 0.9;
/** Incident 19 of the domain: a suspended account answers 401 or 403 to everything. One refused key is somebody's typing error. */
const burst = 5;

/** P8: what leaves towards the vendors, against the limit, and what they say to it. */
export async function checkEgress({ pool, egress, clock, language }: EgressLook): Promise<GatewayCheck[]> {
  const seenAt = clock.now();
  const minutes = pool === undefined ? undefined : await readMinutes(pool, windowMinutes).catch(() => undefined);
  if (minutes === undefined) {
    return [{ id: "P8", subject: "egress", state: "unknown", summary: say(message("check.egress-blind"), language), evidence: {}, seenAt }];
  }
  const tell = (subject: string, verdict: Verdict, evidence: GatewayCheck["evidence"]): GatewayCheck => ({
    id: "P8",
    subject,
    state: verdict.state,
    ...(verdict.cause === undefined ? {} : { cause: verdict.cause }),
    summary: say(verdict.what, language),
    evidence,
    seenAt,
  });
  const checks = egress.list().map((view) => {
    const throttled = sumOf(minutes, "throttled", (bucket) => bucket === view.bucket);
    const { sentLastMinute, limitPerMinute, waiting, isShared } = view;
    return tell(view.bucket, judgeBucket(view, throttled, seenAt), { sentLastMinute, limitPerMinute, throttled, waiting, isShared });
  });
  for (const vendor of vendors) {
    const count = sumOf(minutes, "refused", (bucket) => bucket === vendor || bucket.startsWith(`${vendor}:`));
    if (count < burst) continue;
    const what = message("check.egress-refused", { vendor, count });
    checks.push(tell(vendor, { state: "down", cause: "vendor-auth", what }, { refused: count, minutes: windowMinutes }));
  }
  return checks.length > 0 ? checks : [tell("egress", { state: "ok", what: message("check.egress-idle") }, {})];
}

type Verdict = { readonly state: GatewayCheck["state"]; readonly cause?: "vendor-auth" | "vendor-throttled"; readonly what: Message };

function judgeBucket(
  { bucket, sentLastMinute: sent, limitPerMinute: limit, blockedUntil }: EgressView,
  throttled: number,
  now: number,
): Verdict {
  const cause = "vendor-throttled";
  if (blockedUntil > now) {
    return { state: "degraded", cause, what: message("check.egress-blocked", { bucket, rest: restText(blockedUntil - now) }) };
  }
  if (throttled > 0) return { state: "degraded", cause, what: message("check.egress-throttled", { bucket, count: throttled }) };
  if (sent >= limit * nearShare) return { state: "degraded", cause, what: message("check.egress-near", { bucket, sent, limit }) };
  return { state: "ok", what: message("check.egress-ok", { bucket, sent, limit }) };
}

function sumOf(minutes: readonly EgressMinute[], what: "throttled" | "refused", isMeant: (bucket: string) => boolean): number {
  return minutes.filter(({ bucket }) => isMeant(bucket)).reduce((all, minute) => all + minute[what], 0);
}
