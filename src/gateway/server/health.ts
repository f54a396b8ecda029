import type { Place } from "../accept/decide-place.ts";
import type { BreakerState } from "../breakers/breakers.ts";
import type { GatewayCheck } from "../gateway.ts";
import type { JobState } from "./jobs.ts";

/** What the health page is made of, all of it from memory. Times: epoch ms, 0 = never. */
export type HealthFacts = {
  readonly now: number;
  readonly startedAt: number;
  readonly place: Place;
  readonly hasDatabase: boolean;
  readonly isLeader: boolean;
  readonly writtenAt: number;
  /** When neither database nor spool took a delivery for the last time. */
  readonly refusedAt: number;
  readonly directoryAsOf: number;
  readonly spool: { readonly bytes: number; readonly oldestAt: number | undefined; readonly maxBytes: number };
  readonly backlog: { readonly seenAt: number; readonly counts: Readonly<Record<string, number>> };
  readonly jobs: readonly JobState[];
  readonly breakers: readonly { readonly vendor: string; readonly state: BreakerState }[];
  readonly switches: readonly { readonly key: string; readonly expiresAt: number }[];
  readonly checks: readonly GatewayCheck[];
  readonly findings: Readonly<Record<string, number>>;
};

export type HealthState = "ok" | "degraded" | "down";
export type HealthReason = { readonly what: string; readonly state: "degraded" | "down" };

/** A refusal this long ago says nothing about now. */
const refusalMs = 30_000;
/** A write of the canary comes every second. */
const writeStaleMs = 10_000;
/** A job may miss two rounds before it counts. */
const missedRounds = 3;

/** What is wrong, the worst first. Empty = all was looked at and is well. */
export function judgeHealth(facts: HealthFacts): readonly HealthReason[] {
  const { now, spool, hasDatabase } = facts;
  const reasons: HealthReason[] = [];
  const add = (isTrue: boolean, what: string, state: HealthReason["state"]): void => {
    if (isTrue) reasons.push({ what, state });
  };
  const isSettled = now - facts.startedAt > writeStaleMs;
  add(facts.refusedAt > 0 && now - facts.refusedAt < refusalMs, "deliveries-refused", "down");
  add(hasDatabase && facts.place.at === "spool", "database-not-taking", "degraded");
  add(hasDatabase && isSettled && now - facts.writtenAt > writeStaleMs, "database-write-stale", "degraded");
  add(!hasDatabase, "no-database", "degraded");
  add(spool.bytes > spool.maxBytes * 0.8, "spool-nearly-full", "degraded");
  for (const job of facts.jobs) add(isLate(job, facts), `job-late ${job.name}`, "degraded");
  for (const { vendor, state } of facts.breakers) add(state !== "closed", `breaker-${state} ${vendor}`, "degraded");
  for (const { id, subject, state } of facts.checks) add(state !== "ok", `check-${state} ${id} ${subject}`, "degraded");
  return reasons.sort((left, right) => Number(right.state === "down") - Number(left.state === "down"));
}

/** A job of the leader that another process runs is seen over there. */
function isLate({ runsOn, everyMs, lastSuccess }: JobState, { now, startedAt, isLeader, hasDatabase }: HealthFacts): boolean {
  if (runsOn === "leader" && (!isLeader || !hasDatabase)) return false;
  return now - Math.max(lastSuccess, startedAt) > Math.max(everyMs * missedRounds, 30_000);
}

/** The page and its status: 503 only when a delivery would be refused, so that a balancer never takes a gateway away that still keeps everything. */
export function describeHealth(facts: HealthFacts): { readonly status: 200 | 503; readonly page: Record<string, unknown> } {
  const reasons = judgeHealth(facts);
  const state: HealthState = reasons[0]?.state ?? "ok";
  const { now } = facts;
  const page = {
    state,
    reasons,
    at: time(now),
    pid: process.pid,
    upSeconds: seconds(now - facts.startedAt),
    database: {
      configured: facts.hasDatabase,
      taking: facts.place.at === "store",
      lastWriteAt: time(facts.writtenAt),
      lastWriteAgeSeconds: facts.writtenAt === 0 ? null : seconds(now - facts.writtenAt),
    },
    spool: { bytes: facts.spool.bytes, oldestAt: time(facts.spool.oldestAt ?? 0) },
    inbox: { seenAt: time(facts.backlog.seenAt), ...facts.backlog.counts },
    directoryAsOf: time(facts.directoryAsOf),
    isLeader: facts.isLeader,
    jobs: facts.jobs.map(({ lastStart, lastSuccess, ...job }) => ({
      ...job,
      lastStartAt: time(lastStart),
      lastSuccessAt: time(lastSuccess),
    })),
    breakers: Object.fromEntries(facts.breakers.map(({ vendor, state: breaker }) => [vendor, breaker])),
    switches: facts.switches.map(({ key, expiresAt }) => ({ key, expiresAt: time(expiresAt) })),
    checks: facts.checks.map(({ seenAt, ...check }) => ({ ...check, seenAt: time(seenAt) })),
    findings: facts.findings,
  };
  return { status: state === "down" ? 503 : 200, page };
}

function time(at: number): string | null {
  return at === 0 ? null : new Date(at).toISOString();
}

function seconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}
