import type { ClientBase } from "pg";
import { entities, kinds, type Kind } from "./entities.ts";
import type { FieldValue } from "./fields.ts";
import type { ImportChange } from "./plan-import.ts";

type Writing = Exclude<ImportChange, { action: "left" }>;

/** One statement for so many new rows: twenty thousand customers are twenty statements. */
const rowsPerStatement = 1000;

/** Writes a plan, parents first, inside the open transaction. */
export async function applyImport(client: ClientBase, changes: readonly ImportChange[]): Promise<void> {
  for (const kind of kinds) {
    const writings = changes.filter((change): change is Writing => change.kind === kind && change.action !== "left");
    const added = writings.filter(({ action }) => action === "add");
    for (let start = 0; start < added.length; start += rowsPerStatement) {
      await insert(client, kind, added.slice(start, start + rowsPerStatement));
    }
    for (const change of writings) if (change.action === "change") await update(client, change);
    if (kind === "service") for (const change of writings) await setStaff(client, change);
  }
}

type Cell = readonly [column: string, value: FieldValue];

function cellsOf({ kind, fields }: Writing): Cell[] {
  return fields.flatMap(({ field, to }): Cell[] => {
    const column = entities[kind].fields[field]?.column;
    return column === undefined ? [] : [[column, to]];
  });
}

/** A new entry has every field, so that all of a kind have the same columns. */
async function insert(client: ClientBase, kind: Kind, added: readonly Writing[]): Promise<void> {
  const { table, idColumn } = entities[kind];
  const rows = added.map((change) => ({ company_id: change.companyId, [idColumn]: change.id, ...Object.fromEntries(cellsOf(change)) }));
  const columns = Object.keys(rows[0] ?? {}).join(", ");
  await client.query(
    `insert into gateway.${table} (${columns}) select ${columns} from jsonb_populate_recordset(null::gateway.${table}, $1)`,
    [JSON.stringify(rows)],
  );
}

async function update(client: ClientBase, change: Writing): Promise<void> {
  const { table, idColumn } = entities[change.kind];
  const cells = cellsOf(change);
  if (cells.length === 0) return;
  const changedAt = change.kind === "company" ? ", changed_at = now()" : "";
  await client.query(
    `update gateway.${table} set ${cells.map(([column], index) => `${column} = $${index + 3}`).join(", ")}${changedAt}
     where company_id = $1 and ${idColumn} = $2`,
    [change.companyId, change.id, ...cells.map(([, value]) => toParameter(value))],
  );
}

/** Objects are `jsonb` columns. */
function toParameter(value: FieldValue): unknown {
  return typeof value === "object" && value !== null ? JSON.stringify(value) : value;
}

/** Who may carry out a service: the list of the file is the whole list. */
async function setStaff(client: ClientBase, { companyId, id, fields }: Writing): Promise<void> {
  const staff = fields.find(({ field }) => field === "staff")?.to;
  if (staff === undefined) return;
  await client.query("delete from gateway.service_staff where company_id = $1 and service_id = $2 and not staff_id = any ($3)", [
    companyId,
    id,
    staff,
  ]);
  await client.query(
    `insert into gateway.service_staff (company_id, service_id, staff_id) select $1, $2, unnest($3::text[])
     on conflict do nothing`,
    [companyId, id, staff],
  );
}
