import { message } from "../kernel/message.ts";
import { combineFindings, type DatabaseFinding } from "./database-verdict.ts";
import type { Observation } from "./probe.ts";

/** What one look saw of a queue. */
export type QueueSight = {
  /** Jobs that could be taken now. */
  readonly depth: number;
  /** How long the oldest of them has been waiting, where the queue knows it. */
  readonly oldestAgeMs?: number;
  /** Names the job that is next; another one next time means that somebody took one. */
  readonly nextJob?: string;
  /** For a queue without names: when its oldest job came, on the queue's own clock. */
  readonly nextSince?: number;
  /** Jobs for later, and jobs in hand. */
  readonly delayed?: number;
  readonly active?: number;
  /** Jobs in hand of a worker that is gone. */
  readonly lost?: number;
  readonly isPaused?: boolean;
};

/** `takenAt`: when the queue was last seen to be empty or to have lost its next job. `lostAt`: since when jobs are held by nobody. */
export type QueueMemory = {
  readonly at: number;
  readonly depth: number;
  readonly nextJob?: string;
  readonly nextSince?: number;
  readonly takenAt: number;
  readonly lostAt?: number;
};

export type QueueRules = { readonly maxDepth: number; readonly maxAge: number; readonly stuckAfter: number };

/** Compares a queue with its limits and with the look before. Times: epoch ms UTC. */
export function decideQueue(
  queue: string,
  seen: QueueSight,
  rules: QueueRules,
  before: QueueMemory | undefined,
  now: number,
): { observation: Observation; remembered: QueueMemory } {
  const takenAt = isTaken(seen, before) ? now : Math.min(before?.takenAt ?? now, now);
  const lost = seen.lost ?? 0;
  const lostAt = lost === 0 ? undefined : Math.min(before?.lostAt ?? now, now);
  const waitedMs = now - takenAt;
  // Without the time of a job: it has waited at least as long as we have seen it wait.
  const oldestAgeMs = seen.oldestAgeMs ?? (seen.depth > 0 ? waitedMs : 0);
  const findings: DatabaseFinding[] = [];
  if (seen.depth > 0 && waitedMs >= rules.stuckAfter) {
    const what =
      seen.isPaused === true
        ? message("queue.paused", { queue, depth: seen.depth })
        : message("queue.stuck", { queue, depth: seen.depth, seconds: Math.round(waitedMs / 1000) });
    findings.push({ state: "down", cause: "queue-stuck", message: what });
  }
  if (lostAt !== undefined && now - lostAt >= rules.stuckAfter) {
    findings.push({ state: "down", cause: "queue-stuck", message: message("queue.lost", { queue, count: lost }) });
  }
  if (seen.depth > rules.maxDepth) {
    findings.push({
      state: "degraded",
      cause: "queue-backlog",
      message: message("queue.deep", { queue, depth: seen.depth, limit: rules.maxDepth }),
    });
  }
  if (seen.depth > 0 && oldestAgeMs > rules.maxAge) {
    findings.push({
      state: "degraded",
      cause: "queue-backlog",
      message: message("queue.old", { queue, seconds: Math.round(oldestAgeMs / 1000), limit: rules.maxAge / 1000 }),
    });
  }
  const measures = {
    depth: seen.depth,
    oldestAgeMs: Math.round(oldestAgeMs),
    ...growth(seen, before, now),
    ...definite({ delayed: seen.delayed, active: seen.active, lost: seen.lost }),
  };
  const remembered = {
    at: now,
    depth: seen.depth,
    takenAt,
    ...(seen.nextJob === undefined ? {} : { nextJob: seen.nextJob }),
    ...(seen.nextSince === undefined ? {} : { nextSince: seen.nextSince }),
    ...(lostAt === undefined ? {} : { lostAt }),
  };
  return { observation: combineFindings(findings, message("queue.ok", { queue, depth: seen.depth }), { measures }), remembered };
}

/** An age in whole seconds moves the beginning of the same job by up to this. */
const roundingMs = 2500;

/** True when nothing waits, or when the job that was next is no longer next; without names, when the queue got shorter. */
function isTaken(seen: QueueSight, before: QueueMemory | undefined): boolean {
  if (seen.depth === 0 || before === undefined || before.depth === 0) return true;
  if (seen.nextJob !== undefined && before.nextJob !== undefined) return seen.nextJob !== before.nextJob;
  if (seen.nextSince !== undefined && before.nextSince !== undefined) return Math.abs(seen.nextSince - before.nextSince) > roundingMs;
  return seen.depth < before.depth;
}

function growth(seen: QueueSight, before: QueueMemory | undefined, now: number): { growthPerMinute?: number } {
  if (before === undefined || now <= before.at) return {};
  return { growthPerMinute: Math.round(((seen.depth - before.depth) * 600_000) / (now - before.at)) / 10 };
}

function definite(figures: Readonly<Record<string, number | undefined>>): Record<string, number> {
  return Object.fromEntries(Object.entries(figures).filter((entry): entry is [string, number] => entry[1] !== undefined));
}
