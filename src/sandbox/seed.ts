import type { ClientBase, Pool } from "pg";
import { importCompanies } from "../gateway/companies/import/import-companies.ts";
import { readYaml } from "../gateway/companies/import/read-yaml.ts";
import { asEveryCompany } from "../gateway/companies/tenant.ts";
import { Failure } from "../kernel/failure.ts";
import { message } from "../kernel/message.ts";
import { seedCompanyList, seedYaml } from "./seed-companies.ts";
import { makeDay, type SeedRows } from "./seed-traffic.ts";

/** `now` in epoch ms. `days` before today, and today as far as it has gone. */
export type SeedOptions = { readonly now: number; readonly days: number; readonly webhookUrl?: string; readonly isDryRun?: boolean };

/** How many rows were added. */
export type SeedReport = { readonly companies: number } & Readonly<Record<keyof SeedRows, number>>;

const timeZone = "Europe/Berlin";

/**
 * Fills a store with 8 companies and days of calls, appointments and callbacks; the same day always gets the same ones, and
 * what is there already stays. Numbers are of ranges kept free for films: nobody can be rung up.
 * @throws {Failure} refused-unsafe when the store has other companies: it may be the real one
 */
export async function seedCompanies(
  pool: Pool,
  { now, days, webhookUrl = "https://gw.example.org/webhooks/retell", isDryRun = false }: SeedOptions,
): Promise<SeedReport> {
  await refuseStrangers(pool);
  const imported = await importCompanies(pool, readYaml("sandbox.yaml", seedYaml(webhookUrl)), { isDryRun });
  const [problem] = imported.problems;
  if (problem !== undefined) throw new Failure("refused-unsafe", problem.what, problem.instead);
  const companies = imported.changes.filter(({ action, kind }) => action === "add" && kind === "company").length;
  const today = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(timeZone).toPlainDate();
  const counts = { call: 0, tool_call: 0, appointment: 0, callback: 0 };
  for (let back = days; back >= 0; back -= 1) {
    const rows = makeDay(today.subtract({ days: back }), now);
    const added = isDryRun ? countRows(rows) : await asEveryCompany(pool, (client) => insertDay(client, rows));
    for (const table of Object.keys(counts) as (keyof SeedRows)[]) counts[table] += added[table];
  }
  return { companies, ...counts };
}

async function refuseStrangers(pool: Pool): Promise<void> {
  const known = seedCompanyList.map(({ id }) => id);
  const strangers = await asEveryCompany(pool, async (client) => {
    const { rows } = await client.query<{ company_id: string }>(
      "select company_id from gateway.company where not company_id = any ($1) limit 3",
      [known],
    );
    return rows.map(({ company_id }) => company_id);
  });
  if (strangers.length === 0) return;
  throw new Failure(
    "refused-unsafe",
    message("companies.seed-refused", { companies: strangers.join(", ") }),
    message("companies.seed-refused-next"),
  );
}

/** A day is there or not: its functions have no key of their own, so they only come with calls that are new. */
async function insertDay(client: ClientBase, rows: SeedRows): Promise<Record<keyof SeedRows, number>> {
  const calls = await insertNew(client, "call", rows.call, "call_id");
  const isNew = ({ call_id }: Readonly<Record<string, unknown>>): boolean => calls.has(String(call_id));
  return {
    call: calls.size,
    tool_call:
      (await insertNew(client, "tool_call", rows.tool_call.filter(isNew), "call_id", "")).size === 0
        ? 0
        : rows.tool_call.filter(isNew).length,
    appointment: (await insertNew(client, "appointment", rows.appointment.filter(isNew), "appointment_id")).size,
    callback: (await insertNew(client, "callback", rows.callback.filter(isNew), "callback_id")).size,
  };
}

/** Inserts what is not there and returns the ids of what was. Columns that no row names keep their default. */
async function insertNew(
  client: ClientBase,
  table: keyof SeedRows,
  rows: readonly Readonly<Record<string, unknown>>[],
  idColumn: string,
  onConflict = "on conflict do nothing",
): Promise<ReadonlySet<string>> {
  const [first] = rows;
  if (first === undefined) return new Set();
  const columns = Object.keys(first).join(", ");
  const { rows: added } = await client.query<{ id: string }>(
    `insert into gateway.${table} (${columns}) select ${columns} from jsonb_populate_recordset(null::gateway.${table}, $1)
     ${onConflict} returning ${idColumn} as id`,
    [JSON.stringify(rows)],
  );
  return new Set(added.map(({ id }) => id));
}

function countRows(rows: SeedRows): Record<keyof SeedRows, number> {
  return { call: rows.call.length, tool_call: rows.tool_call.length, appointment: rows.appointment.length, callback: rows.callback.length };
}
