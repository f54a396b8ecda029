import { z } from "zod";
import { DatabaseFault, nameTarget, type DatabaseTarget } from "../integrations/database-fault.ts";
import type { SqlSession } from "../integrations/sql-types.ts";
import { durationSchema } from "../kernel/duration.ts";
import { hours, minutes, seconds } from "../kernel/clock.ts";
import { newId } from "../kernel/ids.ts";
import { message, verbatim } from "../kernel/message.ts";
import type { Observation, ProbeContext } from "./probe.ts";
import {
  combineFindings,
  decideConnections,
  decideFault,
  decideReplication,
  decideTransaction,
  type DatabaseFinding,
  type ReplicationSight,
  type Transaction,
} from "./database-verdict.ts";
import {
  decideSchema,
  decideTable,
  recallSchema,
  recallTable,
  rememberSchema,
  rememberTable,
  tableRuleSchema,
  type SchemaFingerprint,
  type TableIdentity,
  type TableSight,
} from "./table-watch.ts";

/** What both engines are asked, beside their connection. */
export const databaseFields = {
  canary: z.boolean().default(false).describe("Write and read one row in a table of our own, ampel_canary"),
  replication: z
    .strictObject({
      role: z.enum(["primary", "replica"]).describe("What this server should be"),
      maxLag: durationSchema.default(seconds(30)).describe("How far a replica may be behind"),
      minReplicas: z.int().min(1).default(1).describe("Replicas a primary must feed"),
    })
    .optional()
    .describe("Watched only when given"),
  longestTransaction: durationSchema.optional().describe("Longest transaction that is normal; default 5m"),
  connections: z
    .strictObject({
      warnPercent: z.number().min(1).max(100).default(80).describe("A warning from here"),
      criticalPercent: z.number().min(1).max(100).default(90).describe("Bad from here"),
    })
    .prefault({})
    .describe("Used connections in percent of the maximum"),
  tables: z.record(z.string().min(1).max(130), tableRuleSchema).default({}).describe("Critical tables and what they must keep"),
  countLimit: z
    .int()
    .min(100)
    .max(10_000_000)
    .default(200_000)
    .describe("Rows of a table are counted up to here; a drop above it is not seen"),
  dropWindow: durationSchema.default(hours(24)).describe("How long a maximum is remembered"),
  schema: z.enum(["all", "off"]).default("all").describe("Watch the columns of all tables, or of none"),
  ignoreTables: z.array(z.string().min(1)).default([]).describe("Tables whose columns may change; a trailing * stands for any ending"),
};

const fieldsSchema = z.strictObject(databaseFields);
export type DatabaseRules = z.infer<typeof fieldsSchema>;

/** What an engine must be able to tell; every function is one or two cheap statements. */
export type DatabaseReader = {
  readConnections(session: SqlSession): Promise<{ used: number; max: number }>;
  /** `isPartial`: other users' transactions are not visible, so "none" proves nothing. */
  readLongestTransaction(session: SqlSession): Promise<{ longest?: Transaction; isPartial: boolean }>;
  readReplication(session: SqlSession): Promise<ReplicationSight>;
  isReadOnly(session: SqlSession): Promise<boolean>;
  /** Writes `token` and returns what is read back. */
  writeCanary(session: SqlSession, token: string): Promise<unknown>;
  readIdentities(session: SqlSession, tables: readonly string[]): Promise<ReadonlyMap<string, TableIdentity>>;
  countRows(session: SqlSession, table: string, limit: number): Promise<number>;
  readSchema(session: SqlSession): Promise<SchemaFingerprint>;
};

/** Statements get a third of the deadline each, so that one locked table does not look like a dead server. */
export function statementLimit(deadlineMs: number): number {
  return Math.max(200, Math.floor(deadlineMs * 0.3));
}

/** What an observation says of a fault; anything else passes through. */
export async function observeFaults(look: () => Promise<Observation>): Promise<Observation> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof DatabaseFault) return decideFault(error);
    throw error;
  }
}

/** The whole look at one database over an open session. */
export async function lookAtDatabase(
  session: SqlSession,
  reader: DatabaseReader,
  target: DatabaseTarget,
  rules: DatabaseRules,
  context: ProbeContext,
): Promise<Observation> {
  const startedMs = context.clock.monotonicMs();
  const findings: DatabaseFinding[] = [];
  const measures: Record<string, number> = {};
  const isLate = (): boolean => context.clock.monotonicMs() - startedMs > context.deadlineMs * 0.6;

  const { used, max } = await reader.readConnections(session);
  Object.assign(measures, { connections: used, maxConnections: max });
  findings.push(...decideConnections(used, max, rules.connections));

  const note = await lookAtTransactions(session, reader, target, rules, findings, measures);
  if (rules.replication !== undefined) {
    const seen = await partly(() => reader.readReplication(session), findings);
    if (seen?.lagMs !== undefined) measures["replicationLagMs"] = seen.lagMs;
    if (seen !== undefined) findings.push(...decideReplication(seen, rules.replication));
  }
  if (rules.canary) findings.push(...(await lookAtCanary(session, reader)));
  else if (rules.replication?.role === "primary" && (await reader.isReadOnly(session))) {
    findings.push({ state: "down", cause: "database-readonly", message: message("db.is-readonly") });
  }

  const isFirst = await lookAtTables(session, reader, rules, context, isLate, findings, measures);
  if (rules.schema === "all" && !isLate()) {
    const seen = await partly(() => reader.readSchema(session), findings);
    if (seen !== undefined) {
      // A critical table that is missing is said once, by the table's own rule.
      const known = recallSchema(context.memory);
      const missing = Object.keys(rules.tables).filter((table) => seen[table] === undefined);
      const decided = decideSchema(seen, known, [...rules.ignoreTables, ...missing]);
      rememberSchema(context.memory, { ...known, ...decided.baseline });
      findings.push(...decided.findings);
    }
  }
  const ok = message(isFirst ? "db.ok-first" : "db.ok", {
    target: nameTarget(target),
    used,
    max,
    tables: Object.keys(rules.tables).length,
  });
  return combineFindings(findings, ok, { measures, ...(note === undefined ? {} : { evidence: note }) });
}

async function lookAtTransactions(
  session: SqlSession,
  reader: DatabaseReader,
  target: DatabaseTarget,
  rules: DatabaseRules,
  findings: DatabaseFinding[],
  measures: Record<string, number>,
): Promise<string | undefined> {
  const seen = await partly(() => reader.readLongestTransaction(session), findings);
  if (seen === undefined) return undefined;
  const { longest, isPartial } = seen;
  if (!isPartial || longest !== undefined) measures["longestTransactionMs"] = longest?.ageMs ?? 0;
  findings.push(...decideTransaction(longest, rules.longestTransaction ?? minutes(5)));
  // When nobody asked for it by name, a missing right does not make the whole look blind; the evidence says it.
  if (isPartial && rules.longestTransaction !== undefined) {
    findings.push({ state: "unknown", message: message("db.transaction-hidden", { user: target.user ?? "-" }) });
  }
  const note = isPartial ? [`other users' transactions are not visible to ${target.user ?? "-"}`] : [];
  const longestNote = longest === undefined ? [] : [`${longest.who} ${Math.round(longest.ageMs / 1000)} s: ${longest.statement}`];
  return [...longestNote, ...note].join("\n") || undefined;
}

async function lookAtCanary(session: SqlSession, reader: DatabaseReader): Promise<DatabaseFinding[]> {
  const token = newId("canary");
  const findings: DatabaseFinding[] = [];
  const read = await partly(() => reader.writeCanary(session, token), findings);
  if (findings.length === 0 && read !== token) {
    findings.push({ state: "down", cause: "database-readonly", message: message("db.write-only-read") });
  }
  return findings;
}

/** Returns true when one of the tables was seen for the first time. */
async function lookAtTables(
  session: SqlSession,
  reader: DatabaseReader,
  rules: DatabaseRules,
  context: ProbeContext,
  isLate: () => boolean,
  findings: DatabaseFinding[],
  measures: Record<string, number>,
): Promise<boolean> {
  const tables = Object.entries(rules.tables);
  if (tables.length === 0) return false;
  const identities = await partly(() => reader.readIdentities(session, Object.keys(rules.tables)), findings);
  if (identities === undefined) return false;
  let isFirst = false;
  for (const [table, rule] of tables) {
    if (isLate()) {
      findings.push({ state: "unknown", message: message("db.time-ran-out", { what: table }) });
      continue;
    }
    const sight = await countTable(session, reader, table, identities.get(table), rules.countLimit);
    if (sight.state === "seen") measures[`rows.${table}`] = sight.rows;
    const baseline = recallTable(context.memory, table);
    isFirst ||= baseline === undefined;
    const decided = decideTable(table, sight, rule, baseline, context.clock.now(), rules.dropWindow);
    rememberTable(context.memory, table, decided.baseline);
    findings.push(...decided.findings);
  }
  return isFirst;
}

async function countTable(
  session: SqlSession,
  reader: DatabaseReader,
  table: string,
  identity: TableIdentity | undefined,
  limit: number,
): Promise<TableSight> {
  if (identity === undefined) return { state: "missing" };
  try {
    const rows = await reader.countRows(session, table, limit);
    return { state: "seen", rows, isCapped: rows >= limit, identity };
  } catch (error) {
    if (!(error instanceof DatabaseFault)) throw error;
    if (error.kind === "timeout") {
      return { state: "unreadable", finding: { state: "degraded", cause: "slow-response", message: message("table.locked", { table }) } };
    }
    if (error.kind === "privilege") return { state: "unreadable", finding: { state: "unknown", message: error.what } };
    if (error.kind === "table-missing") return { state: "missing" };
    if (error.kind === "damaged") {
      return { state: "damaged", reason: verbatim(error.cause instanceof Error ? error.cause.message.slice(0, 200) : "-") };
    }
    throw error;
  }
}

/** One part of a look: what it may not see or waits for too long becomes a finding, and the other parts go on. */
async function partly<Value>(part: () => Promise<Value>, findings: DatabaseFinding[]): Promise<Value | undefined> {
  try {
    return await part();
  } catch (error) {
    if (!(error instanceof DatabaseFault)) throw error;
    switch (error.kind) {
      case "privilege":
      case "other":
        findings.push({ state: "unknown", message: error.what });
        return undefined;
      case "timeout":
        findings.push({ state: "degraded", cause: "slow-response", message: error.what });
        return undefined;
      case "readonly":
        findings.push({ state: "down", cause: "database-readonly", message: error.what });
        return undefined;
      case "disk-full":
        findings.push({ state: "down", cause: "disk-full", message: error.what });
        return undefined;
      default:
        throw error; // the connection itself is gone
    }
  }
}
