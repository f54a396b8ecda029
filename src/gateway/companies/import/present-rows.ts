import type { ClientBase } from "pg";
import { entities, kinds, type Kind } from "./entities.ts";
import type { FieldValue } from "./fields.ts";

export type PresentRow = { readonly companyId: string; readonly id: string; readonly values: ReadonlyMap<string, FieldValue> };

/** What the database holds, by kind and by key; the transaction must see every company. */
export type Present = Readonly<Record<Kind, ReadonlyMap<string, PresentRow>>>;

/** A number is one company's; every other id is unique within its company only. */
export function keyOf(kind: Kind, companyId: string, id: string): string {
  return kind === "number" ? id : `${companyId}/${id}`;
}

/** Without customers where the file has none: there may be very many of them. */
export async function readPresent(client: ClientBase, wanted: ReadonlySet<Kind>): Promise<Present> {
  const read: Partial<Record<Kind, ReadonlyMap<string, PresentRow>>> = {};
  for (const kind of kinds) read[kind] = kind === "customer" && !wanted.has(kind) ? new Map() : await readKind(client, kind);
  return read as Present;
}

async function readKind(client: ClientBase, kind: Kind): Promise<ReadonlyMap<string, PresentRow>> {
  const { table, idColumn, fields } = entities[kind];
  const columns = Object.values(fields).flatMap(({ column }) => (column === undefined ? [] : [`entry.${column}`]));
  const staff =
    kind === "service"
      ? `, array(select staff_id from gateway.service_staff link
           where link.company_id = entry.company_id and link.service_id = entry.service_id) as staff`
      : "";
  const { rows } = await client.query<Record<string, unknown>>(
    `select entry.company_id as of_company, entry.${idColumn} as of_id, ${columns.join(", ")}${staff}
     from gateway.${table} entry order by entry.company_id, entry.${idColumn}`,
  );
  return new Map(
    rows.map((row) => {
      const companyId = String(row["of_company"]);
      const id = String(row["of_id"]);
      const values = new Map(Object.entries(fields).map(([name, { column = name, fromRow }]) => [name, fromRow(row[column])]));
      return [keyOf(kind, companyId, id), { companyId, id, values }];
    }),
  );
}
