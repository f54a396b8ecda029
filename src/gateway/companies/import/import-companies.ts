import type { Pool } from "pg";
import type { ConfigProblem } from "../../../config/problem.ts";
import { asEveryCompany } from "../tenant.ts";
import { applyImport } from "./apply-import.ts";
import { checkRows } from "./check-rows.ts";
import { planImport, type ImportPlan } from "./plan-import.ts";
import { readPresent } from "./present-rows.ts";
import type { RawFile } from "./raw-row.ts";

/** Without problems it was written (or would be, in a dry run); with problems nothing was. */
export type ImportResult = ImportPlan & { readonly isWritten: boolean };

/** Two imports at once would each plan on what the other is changing. */
const importLock = 7_201;

/**
 * Brings the database to what the files say, all of it or nothing, in one transaction; a second time it changes nothing.
 * What the files do not name stays. A dry run does it all and takes it back, so that it cannot promise what would fail.
 */
export async function importCompanies(pool: Pool, file: RawFile, { isDryRun }: { isDryRun: boolean }): Promise<ImportResult> {
  const { records, problems } = checkRows(file);
  const result = await asEveryCompany(pool, async (client) => {
    await client.query("select pg_advisory_xact_lock($1)", [importLock]);
    const present = await readPresent(client, new Set(records.map(({ kind }) => kind)));
    const plan = planImport(records, present);
    const all = { ...plan, problems: inFileOrder([...problems, ...plan.problems]) };
    if (all.problems.length > 0) return { ...all, isWritten: false };
    await applyImport(client, plan.changes);
    if (isDryRun) throw new TakenBack({ ...all, isWritten: false });
    return { ...all, isWritten: true };
  }).catch((error: unknown) => {
    if (error instanceof TakenBack) return error.result;
    throw error;
  });
  return result;
}

/** Ends a dry run's transaction without a commit. */
class TakenBack extends Error {
  readonly result: ImportResult;

  constructor(result: ImportResult) {
    super("dry run");
    this.result = result;
  }
}

function inFileOrder(problems: readonly ConfigProblem[]): ConfigProblem[] {
  return problems.toSorted((one, other) => one.file.localeCompare(other.file) || one.line - other.line || one.column - other.column);
}
