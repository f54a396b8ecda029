import { z } from "zod";
import { message, verbatim, type Message } from "../kernel/message.ts";
import type { DatabaseFinding } from "./database-verdict.ts";
import type { ProbeMemory } from "./probe.ts";

/** What a critical table must keep. Default drop of 30 %: the figure by which all three known wipes would have been seen. */
export const tableRuleSchema = z.strictObject({
  min: z.int().min(0).default(1).describe("Fewer rows than this is data loss"),
  maxDropPercent: z.number().gt(0).max(100).default(30).describe("A drop by more than this against the recent maximum is data loss"),
  allowRebuild: z
    .boolean()
    .default(false)
    .describe("The table may be rebuilt (OPTIMIZE, ALTER) without a word; its rows are watched all the same"),
});

export type TableRule = z.infer<typeof tableRuleSchema>;

/**
 * Which table it is, apart from its name. `tableId` changes when a table is dropped and created again;
 * `createdAt` is weaker (a touched file changes it) and counts only where one of the looks has no `tableId`.
 */
export type TableIdentity = { readonly tableId?: string; readonly createdAt?: string };

export type TableSight =
  | { readonly state: "missing" }
  | { readonly state: "damaged"; readonly reason: Message }
  | { readonly state: "unreadable"; readonly finding: DatabaseFinding }
  /** `isCapped`: there are at least `rows`; nobody counted on. */
  | { readonly state: "seen"; readonly rows: number; readonly isCapped: boolean; readonly identity: TableIdentity };

/** What is remembered of one table. `lost`: the rows it had before a loss; it stays until the rows are back or the loss is acknowledged. */
export type TableBaseline = {
  readonly peaks: readonly { readonly at: number; readonly rows: number }[];
  readonly identity: TableIdentity;
  readonly lost?: { readonly at: number; readonly rows: number };
};

const rememberedPeaks = 24;

/** Compares one table with its rule and its past. The baseline never follows a loss. */
export function decideTable(
  table: string,
  sight: TableSight,
  rule: TableRule,
  baseline: TableBaseline | undefined,
  now: number,
  windowMs: number,
): { findings: DatabaseFinding[]; baseline: TableBaseline | undefined } {
  const expected = baseline?.lost?.rows ?? Math.max(0, ...(baseline?.peaks ?? []).map(({ rows }) => rows));
  const loss = (what: Message): DatabaseFinding => ({ state: "down", cause: "data-loss", isDefinite: true, message: what });
  const lost = baseline === undefined ? undefined : { ...baseline, lost: baseline.lost ?? { at: now, rows: expected } };
  if (sight.state === "unreadable") return { findings: [sight.finding], baseline };
  if (sight.state === "damaged") return { findings: [loss(message("table.damaged", { table, reason: sight.reason }))], baseline };
  if (sight.state === "missing") return { findings: [loss(message("table.missing", { table, expected }))], baseline: lost };

  const { rows } = sight;
  const isRecreated = baseline !== undefined && !rule.allowRebuild && isOther(baseline.identity, sight.identity);
  const isDropped = (expected - rows) * 100 > expected * rule.maxDropPercent;
  if (isDropped) {
    return {
      findings: [
        loss(message("table.dropped", { table, rows, expected, percent: percentLess(rows, expected), limit: rule.maxDropPercent })),
      ],
      baseline: lost,
    };
  }
  if (rows < rule.min) {
    return {
      findings: [loss(message("table.below-floor", { table, rows, floor: rule.min }))],
      baseline: baseline && remember(baseline, sight, now, windowMs),
    };
  }
  if (isRecreated) {
    const last = baseline.peaks.at(-1)?.rows ?? expected;
    if (rows < last) return { findings: [loss(message("table.recreated-less", { table, rows, expected: last }))], baseline: lost };
    // All rows seem to be there, so nobody shouts "data loss"; but who re-creates a table in production is asked why.
    return {
      findings: [{ state: "degraded", cause: "schema-changed", isDefinite: true, message: message("table.recreated", { table, rows }) }],
      baseline,
    };
  }
  return { findings: [], baseline: remember(baseline, sight, now, windowMs) };
}

function percentLess(rows: number, expected: number): number {
  return expected === 0 ? 0 : Math.floor(((expected - rows) * 100) / expected);
}

function isOther(before: TableIdentity, after: TableIdentity): boolean {
  if (before.tableId !== undefined && after.tableId !== undefined) return before.tableId !== after.tableId;
  return before.createdAt !== undefined && after.createdAt !== undefined && before.createdAt !== after.createdAt;
}

/** Keeps one peak per part of the window, and always the last look: a wipe while nobody looked is still seen afterwards. */
function remember(
  baseline: TableBaseline | undefined,
  sight: { rows: number; identity: TableIdentity },
  now: number,
  windowMs: number,
): TableBaseline {
  const partMs = Math.max(1, windowMs / rememberedPeaks);
  const kept = (baseline?.peaks ?? []).filter(({ at }) => now - at <= windowMs);
  const last = kept.at(-1);
  const isSamePart = kept.length > 1 && last !== undefined && Math.floor(last.at / partMs) === Math.floor((kept.at(-2)?.at ?? 0) / partMs);
  // The last entry is always the last look; an older one of the same part is folded into the higher of both.
  const folded = isSamePart ? [...kept.slice(0, -2), higher(kept.at(-2), last)] : kept;
  const identity = { ...baseline?.identity, ...sight.identity };
  return { peaks: [...folded, { at: now, rows: sight.rows }], identity };
}

function higher<Peak extends { rows: number }>(older: Peak | undefined, newer: Peak): Peak {
  return older !== undefined && older.rows > newer.rows ? older : newer;
}

/** Hash of the columns by table name. */
export type SchemaFingerprint = Readonly<Record<string, string>>;

/** Compares all tables with the baseline. New tables join it in silence; a vanished or changed one stays a finding until it is acknowledged. */
export function decideSchema(
  seen: SchemaFingerprint,
  baseline: SchemaFingerprint | undefined,
  ignored: readonly string[],
): { findings: DatabaseFinding[]; baseline: SchemaFingerprint } {
  const isWatched = ([table]: readonly [string, string]): boolean =>
    table !== canaryTable && !ignored.some((pattern) => matches(pattern, table));
  const now = Object.fromEntries(Object.entries(seen).filter(isWatched));
  if (baseline === undefined) return { findings: [], baseline: now };
  const before = Object.fromEntries(Object.entries(baseline).filter(isWatched));
  const gone = Object.keys(before).filter((table) => now[table] === undefined);
  const changed = Object.keys(before).filter((table) => now[table] !== undefined && now[table] !== before[table]);
  const findings: DatabaseFinding[] = [];
  if (gone.length > 0) {
    findings.push({
      state: "degraded",
      cause: "schema-changed",
      isDefinite: true,
      message: message("schema.gone", { count: gone.length, tables: listNames(gone) }),
    });
  }
  if (changed.length > 0) {
    findings.push({
      state: "degraded",
      cause: "schema-changed",
      isDefinite: true,
      message: message("schema.changed", { count: changed.length, tables: listNames(changed) }),
    });
  }
  return { findings, baseline: { ...now, ...before } };
}

/** The table our own write canary lives in. */
export const canaryTable = "ampel_canary";

function matches(pattern: string, table: string): boolean {
  return pattern.endsWith("*") ? table.startsWith(pattern.slice(0, -1)) : table === pattern;
}

function listNames(tables: readonly string[]): Message {
  const shown = tables.slice(0, 6).join(", ");
  return verbatim(tables.length > 6 ? `${shown} …` : shown);
}

const tableKey = (table: string): string => `table:${table}`;
const schemaKey = "schema";

export function recallTable(memory: ProbeMemory, table: string): TableBaseline | undefined {
  return memory.get<TableBaseline | null>(tableKey(table)) ?? undefined;
}

export function rememberTable(memory: ProbeMemory, table: string, baseline: TableBaseline | undefined): void {
  memory.set(tableKey(table), baseline ?? null);
}

export function recallSchema(memory: ProbeMemory): SchemaFingerprint | undefined {
  return memory.get<SchemaFingerprint | null>(schemaKey) ?? undefined;
}

export function rememberSchema(memory: ProbeMemory, baseline: SchemaFingerprint): void {
  memory.set(schemaKey, baseline);
}

/** An expected migration: the next look takes the schema it finds as the new baseline. */
export function acknowledgeSchema(memory: ProbeMemory): void {
  memory.set(schemaKey, null);
}

/** A person accepts what a table is now (after a restore, after a wanted deletion): the next look begins anew. */
export function acknowledgeTable(memory: ProbeMemory, table: string): void {
  memory.set(tableKey(table), null);
}
