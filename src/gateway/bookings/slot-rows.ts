import type { Pool } from "pg";
import { asCompany } from "../companies/tenant.ts";
import type { Slot } from "./booking-desk.ts";

/** What Cal.com said about one UTC day of one service. `invalidAt`: something was booked or freed since; good only while Cal.com is away. */
export type KnownDay = { readonly slots: readonly Slot[]; readonly asOf: number; readonly invalidAt: number };

/** A time that is ours although Cal.com's list may not show it yet. */
export type OwnBlock = {
  readonly appointmentId: string;
  readonly createdAt: number;
  readonly serviceIds: ReadonlySet<string>;
  readonly startsAt: number;
  readonly endsAt: number;
  readonly isUnsynced: boolean;
  readonly changedAt: number;
};

/** What the other processes did to one company's times. */
export type CompanyTimes = { readonly blocks: readonly OwnBlock[]; readonly invalidAt: ReadonlyMap<string, number> };

export async function readDays(
  pool: Pool,
  companyId: string,
  serviceId: string,
  days: readonly string[],
): Promise<ReadonlyMap<string, KnownDay>> {
  return await asCompany(pool, companyId, async (client) => {
    const { rows } = await client.query<{ day: string; slots: number[]; as_of: Date; invalid_at: Date | null }>(
      `select to_char(day, 'YYYY-MM-DD') as day, slots, as_of, invalid_at from gateway.availability
       where company_id = $1 and service_id = $2 and day = any($3::date[])`,
      [companyId, serviceId, [...days]],
    );
    return new Map(
      rows.map((row) => [row.day, { slots: row.slots, asOf: row.as_of.getTime(), invalidAt: row.invalid_at?.getTime() ?? 0 }]),
    );
  });
}

/** An older answer never replaces a newer one. */
export async function writeDays(pool: Pool, companyId: string, serviceId: string, days: ReadonlyMap<string, KnownDay>): Promise<void> {
  const entries = [...days];
  await asCompany(pool, companyId, async (client) => {
    await client.query(
      `insert into gateway.availability as known (company_id, service_id, day, slots, as_of)
       select $1, $2, given.day::date, given.slots, given.as_of
       from jsonb_to_recordset($3::jsonb) as given (day text, slots jsonb, as_of timestamptz)
       on conflict (company_id, service_id, day) do update set slots = excluded.slots, as_of = excluded.as_of where known.as_of < excluded.as_of`,
      [companyId, serviceId, JSON.stringify(entries.map(([day, { slots, asOf }]) => ({ day, slots, as_of: new Date(asOf) })))],
    );
    // Days gone by are of no use to anybody.
    await client.query("delete from gateway.availability where company_id = $1 and service_id = $2 and day < $3::date - 1", [
      companyId,
      serviceId,
      new Date(entries[0]?.[1].asOf ?? 0),
    ]);
  });
}

/**
 * Our own appointments ahead, each with every service it stands in the way of: the same one, and those that share a person with it.
 */
export async function readCompanyTimes(pool: Pool, companyId: string, now: number): Promise<CompanyTimes> {
  return await asCompany(pool, companyId, async (client) => {
    const { rows } = await client.query<{
      appointment_id: string;
      created_at: Date;
      service_ids: string[];
      starts_at: Date;
      ends_at: Date;
      is_unsynced: boolean;
      changed_at: Date;
    }>(
      `select appointment_id, created_at, array(
           select a.service_id union
           select other.service_id from gateway.service_staff mine join gateway.service_staff other using (company_id, staff_id)
           where mine.company_id = a.company_id and mine.service_id = a.service_id) as service_ids,
         coalesce(wanted_starts_at, starts_at) as starts_at, coalesce(wanted_starts_at, starts_at) + (ends_at - starts_at) as ends_at,
         sync_state in ('pending', 'unknown') as is_unsynced, changed_at
       from gateway.appointment a
       where company_id = $1 and service_id is not null and state in ('provisional', 'confirmed') and not is_cancel_wanted
         and greatest(ends_at, wanted_starts_at) > $2 and (sync_state in ('pending', 'unknown') or changed_at > $2 - interval '1 day')
         and (hold_until is null or hold_until > $2)`,
      [companyId, new Date(now)],
    );
    const { rows: invalid } = await client.query<{ service_id: string; at: Date }>(
      "select service_id, max(invalid_at) as at from gateway.availability where company_id = $1 and invalid_at is not null group by service_id",
      [companyId],
    );
    return {
      blocks: rows.map((row) => ({
        appointmentId: row.appointment_id,
        createdAt: row.created_at.getTime(),
        serviceIds: new Set(row.service_ids),
        startsAt: row.starts_at.getTime(),
        endsAt: row.ends_at.getTime(),
        isUnsynced: row.is_unsynced,
        changedAt: row.changed_at.getTime(),
      })),
      invalidAt: new Map(invalid.map((row) => [row.service_id, row.at.getTime()])),
    };
  });
}

/** Statement for whoever changes an appointment, in the same transaction: no booking path may forget it. */
export const invalidateStatement = `
update gateway.availability set invalid_at = $3 where company_id = $1 and service_id in (
  select $2::text union
  select other.service_id from gateway.service_staff mine join gateway.service_staff other using (company_id, staff_id)
  where mine.company_id = $1 and mine.service_id = $2)`;
