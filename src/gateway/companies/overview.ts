import type { Pool } from "pg";
import { entities, type Kind } from "./import/entities.ts";
import type { FieldValue } from "./import/fields.ts";
import { readPresent } from "./import/present-rows.ts";
import { asCompany, asEveryCompany } from "./tenant.ts";

/** One company in a list. `callsToday`, `nextAppointments` and `waitingCallbacks` count the last and the next 24 hours. */
export type CompanyLine = {
  readonly companyId: string;
  readonly name: string;
  readonly isActive: boolean;
  readonly branches: number;
  readonly numbers: number;
  readonly services: number;
  readonly staff: number;
  readonly callsToday: number;
  readonly nextAppointments: number;
  readonly waitingCallbacks: number;
};

/** Every company, by its id. `now` in epoch ms. */
export async function listCompanies(pool: Pool, now: number): Promise<readonly CompanyLine[]> {
  return await asEveryCompany(pool, async (client) => {
    const { rows } = await client.query<CompanyLine>(
      `select company_id as "companyId", name, is_active as "isActive",
         (select count(*)::integer from gateway.branch where branch.company_id = company.company_id) as branches,
         (select count(*)::integer from gateway.phone_number number where number.company_id = company.company_id) as numbers,
         (select count(*)::integer from gateway.service where service.company_id = company.company_id) as services,
         (select count(*)::integer from gateway.staff where staff.company_id = company.company_id) as staff,
         (select count(*)::integer from gateway.call where call.company_id = company.company_id
            and started_at between $1::timestamptz - interval '24 hours' and $1) as "callsToday",
         (select count(*)::integer from gateway.appointment where appointment.company_id = company.company_id
            and state in ('confirmed', 'provisional') and starts_at between $1 and $1::timestamptz + interval '24 hours') as "nextAppointments",
         (select count(*)::integer from gateway.callback where callback.company_id = company.company_id and ended_at is null) as "waitingCallbacks"
       from gateway.company order by company_id`,
      [new Date(now)],
    );
    return rows;
  });
}

/** One entry as it was imported, its fields in the words of the import. Secrets are references. */
export type CompanyEntry = { readonly id: string; readonly fields: Readonly<Record<string, FieldValue>> };

/** `companies` has the one itself. Customers are people: they are counted, not listed. */
export type CompanyPicture = Readonly<Record<Exclude<Kind, "customer">, readonly CompanyEntry[]>> & { readonly customerCount: number };

/** Everything that belongs to a company, read inside its scope; `undefined` when there is none of that id. */
export async function readCompany(pool: Pool, companyId: string): Promise<CompanyPicture | undefined> {
  return await asCompany(pool, companyId, async (client) => {
    const present = await readPresent(client, new Set());
    if (present.company.size === 0) return undefined;
    const { rows } = await client.query<{ found: number }>("select count(*)::integer as found from gateway.customer");
    const entriesOf = (kind: Kind): readonly CompanyEntry[] =>
      [...present[kind].values()].map(({ id, values }) => ({ id, fields: Object.fromEntries(values) }));
    return {
      company: entriesOf("company"),
      branch: entriesOf("branch"),
      agent: entriesOf("agent"),
      number: entriesOf("number"),
      staff: entriesOf("staff"),
      service: entriesOf("service"),
      customerCount: rows[0]?.found ?? 0,
    };
  });
}

/** A value as a person reads it: hours as `mo-fr 09:00-18:00`, nothing as –. */
export function showField(kind: Kind, field: string, value: FieldValue): string {
  if (value === null) return "–";
  return entities[kind].fields[field]?.show(value) ?? JSON.stringify(value);
}
