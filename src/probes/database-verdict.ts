import type { DatabaseFault } from "../integrations/database-fault.ts";
import { join, message, verbatim, type Message } from "../kernel/message.ts";
import { causes, zones, type Cause } from "./cause.ts";
import { probeStates, type Observation } from "./probe.ts";

/** One thing that is not as it should be. `unknown` = this part could not be looked at. */
export type DatabaseFinding = {
  readonly state: "degraded" | "down" | "unknown";
  readonly cause?: Cause;
  readonly isDefinite?: boolean;
  readonly message: Message;
};

export type Transaction = { readonly ageMs: number; readonly who: string; readonly statement: string };

export type ReplicationSight = {
  readonly role: "primary" | "replica";
  /** Replica: both halves work. Primary: always true. */
  readonly isRunning: boolean;
  readonly lagMs?: number;
  /** Replicas that stream from here. */
  readonly replicaCount: number;
  readonly error?: string;
};

export type ReplicationRule = { readonly role: "primary" | "replica"; readonly maxLag: number; readonly minReplicas: number };

/** One observation from many findings: the worst leads, all are said. `unknown` parts are never hidden behind an ok. */
export function combineFindings(
  findings: readonly DatabaseFinding[],
  okMessage: Message,
  extra: Pick<Observation, "measures" | "evidence">,
): Observation {
  const [worst, ...rest] = findings.toSorted((left, right) => severity(right) - severity(left));
  if (worst === undefined) return { state: "ok", message: okMessage, ...extra };
  const { state, cause, isDefinite } = worst;
  return {
    state,
    message: join([worst, ...rest].map((finding) => finding.message)),
    ...(cause === undefined ? {} : { cause }),
    ...(isDefinite === undefined ? {} : { isDefinite }),
    ...extra,
  };
}

function severity({ state, cause, isDefinite }: DatabaseFinding): number {
  const stateRank = { unknown: 0, degraded: 1, down: 2 }[state];
  const zoneRank = cause === undefined ? 0 : zones.indexOf(causes[cause]);
  return stateRank * probeStates.length * 2 + zoneRank * 2 + (isDefinite === true ? 1 : 0);
}

/**
 * What a fault of the connection itself means.
 * @throws {DatabaseFault} the same one, when it says that we could not look (our password, our rights, our name resolution)
 */
export function decideFault(fault: DatabaseFault): Observation {
  const what = fault.what;
  switch (fault.kind) {
    case "refused":
    case "protocol":
    case "starting":
      return { state: "down", cause: "database-down", message: what };
    case "unreachable":
      return { state: "down", cause: "unreachable", message: what };
    case "database-missing":
    case "table-missing":
    case "damaged":
      return { state: "down", cause: "data-loss", isDefinite: true, message: what };
    case "too-many-connections":
      return { state: "down", cause: "connections-exhausted", message: what };
    case "readonly":
      return { state: "down", cause: "database-readonly", message: what };
    case "disk-full":
      return { state: "down", cause: "disk-full", message: what };
    case "timeout":
      return { state: "degraded", cause: "slow-response", message: what };
    case "credentials":
    case "privilege":
    case "unresolved":
    case "other":
      throw fault;
  }
}

export function decideConnections(used: number, max: number, rule: { warnPercent: number; criticalPercent: number }): DatabaseFinding[] {
  const percent = max === 0 ? 0 : (used / max) * 100;
  const values = { used, max, percent: Math.floor(percent) };
  if (percent >= rule.criticalPercent) {
    return [
      { state: "degraded", cause: "connections-exhausted", message: message("db.connections", { ...values, limit: rule.criticalPercent }) },
    ];
  }
  // A warning is no red matter yet, so it does not carry the red cause.
  if (percent >= rule.warnPercent) {
    return [{ state: "degraded", cause: "load-high", message: message("db.connections", { ...values, limit: rule.warnPercent }) }];
  }
  return [];
}

export function decideTransaction(longest: Transaction | undefined, limitMs: number): DatabaseFinding[] {
  if (longest === undefined || longest.ageMs < limitMs) return [];
  const values = { seconds: Math.round(longest.ageMs / 1000), limit: limitMs / 1000, who: longest.who, statement: longest.statement };
  return [{ state: "degraded", cause: "long-transaction", message: message("db.transaction", values) }];
}

/** Broken replication is worse than slow replication: it does not get better by waiting. */
export function decideReplication(seen: ReplicationSight, rule: ReplicationRule): DatabaseFinding[] {
  const broken = (what: Message): DatabaseFinding[] => [{ state: "down", cause: "replication-lag", message: what }];
  if (rule.role === "primary" && seen.role === "replica") {
    return [{ state: "down", cause: "database-readonly", message: message("db.role-replica") }];
  }
  if (rule.role === "replica" && seen.role === "primary") return broken(message("db.role-primary"));
  if (seen.role === "replica" && !seen.isRunning) return broken(message("db.replication-stopped", { reason: verbatim(seen.error ?? "-") }));
  if (seen.role === "primary" && seen.replicaCount < rule.minReplicas) {
    return broken(message("db.replicas", { count: seen.replicaCount, expected: rule.minReplicas }));
  }
  if (seen.lagMs === undefined) return seen.role === "replica" ? [{ state: "unknown", message: message("db.lag-unknown") }] : [];
  if (seen.lagMs <= rule.maxLag) return [];
  return [
    {
      state: "degraded",
      cause: "replication-lag",
      message: message("db.lag", { seconds: Math.round(seen.lagMs / 1000), limit: rule.maxLag / 1000 }),
    },
  ];
}
