import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parsePhoneNumberFromString } from "libphonenumber-js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { asCompany, asEveryCompany } from "../gateway/companies/tenant.ts";
import { openStore, type Store } from "../store/store.ts";
import { makeDay } from "./seed-traffic.ts";
import { seedCompanies } from "./seed.ts";

// A Monday afternoon.
const now = Date.UTC(2026, 10, 23, 14, 30);
let ground: string;
let store: Store;
beforeAll(async () => {
  ground = mkdtempSync(join(tmpdir(), "ampel-seed-"));
  chmodSync(ground, 0o755);
  store = await openStore({ stateFolder: join(ground, "state") });
}, 60_000);
afterAll(async () => {
  await store.close();
  rmSync(ground, { recursive: true, force: true });
});

const rowsOf = async (text: string): Promise<Record<string, unknown>[]> =>
  await asEveryCompany(store.pool, async (client) => (await client.query<Record<string, unknown>>(text)).rows);

test("8 companies with 15 branches, 25 people, 17 services, more than 8 numbers and a week of calls", async () => {
  const dry = await seedCompanies(store.pool, { now, days: 7, isDryRun: true });
  expect(await rowsOf("select from gateway.company")).toHaveLength(0);
  const report = await seedCompanies(store.pool, { now, days: 7 });
  expect(dry).toEqual(report);
  const [counts] = await rowsOf(`select (select count(*)::integer from gateway.company) as companies,
    (select count(*)::integer from gateway.branch) as branches, (select count(*)::integer from gateway.staff) as staff,
    (select count(*)::integer from gateway.service) as services, (select count(*)::integer from gateway.phone_number) as numbers`);
  expect(counts).toEqual({ companies: 8, branches: 15, staff: 25, services: 17, numbers: 15 });
  expect(report.companies).toBe(8);
  expect(report.call).toBeGreaterThan(300);
  expect(report.appointment).toBeGreaterThan(60);
  expect(report.callback).toBeGreaterThan(10);
});

test("a second time nothing is added, an hour later only that hour", async () => {
  expect(await seedCompanies(store.pool, { now, days: 7 })).toEqual({ companies: 0, call: 0, tool_call: 0, appointment: 0, callback: 0 });
  const later = await seedCompanies(store.pool, { now: now + 3_600_000, days: 7 });
  expect(later.call).toBeGreaterThan(0);
  expect(later.call).toBeLessThan(20);
});

test("most calls begin between 11 and 12, some fail, some are dead ends, none is in the future", async () => {
  const hours = await rowsOf(
    `select extract(hour from started_at at time zone 'Europe/Berlin')::integer as hour, count(*)::integer as calls from gateway.call group by 1 order by 2 desc`,
  );
  expect(hours[0]?.["hour"]).toBe(11);
  const [kinds] =
    await rowsOf(`select count(*) filter (where state = 'failed')::integer as failed, count(*) filter (where is_dead_end)::integer as dead,
    count(*) filter (where ended_at > '2026-11-23T15:30:00Z')::integer as future, count(*) filter (where state = 'ongoing')::integer as open from gateway.call`);
  expect(kinds).toMatchObject({ future: 0, open: 0 });
  expect(kinds?.["failed"]).toBeGreaterThan(5);
  expect(kinds?.["dead"]).toBeGreaterThan(5);
});

test("nobody is booked twice at the same time, and every appointment lies within the branch's hours", async () => {
  expect(
    await rowsOf(`select one.appointment_id from gateway.appointment one join gateway.appointment other
      on one.company_id = other.company_id and one.staff_id = other.staff_id and one.appointment_id < other.appointment_id
      and one.starts_at < other.ends_at and other.starts_at < one.ends_at`),
  ).toEqual([]);
  expect(
    await rowsOf(`select appointment_id from gateway.appointment join gateway.branch using (company_id, branch_id)
      where not exists (select from jsonb_array_elements(opening_hours -> extract(isodow from starts_at at time zone 'Europe/Berlin')::text) span
        where (starts_at at time zone 'Europe/Berlin')::time >= (span ->> 'from')::time and (ends_at at time zone 'Europe/Berlin')::time <= (span ->> 'to')::time)`),
  ).toEqual([]);
});

test("a day is the same whenever it is made, and another day is another", () => {
  const day = Temporal.PlainDate.from("2026-11-18");
  expect(makeDay(day, now)).toEqual(makeDay(day, now));
  expect(makeDay(day, now).call).not.toEqual(makeDay(day.add({ days: 1 }), now).call);
  // The nights the clocks change.
  for (const text of ["2026-03-29", "2026-10-25"]) expect(makeDay(Temporal.PlainDate.from(text), now).call.length).toBeGreaterThan(0);
});

test("every number is one that exists as a form and that nobody has", async () => {
  const numbers = await rowsOf("select number from gateway.phone_number union select phone from gateway.customer");
  const free = /^\+49(3023125|4066969|6990009|2214710|8999998|17604069)\d{3}$/;
  expect(
    numbers.filter(({ number }) => !free.test(String(number)) || parsePhoneNumberFromString(String(number))?.isValid() !== true),
  ).toEqual([]);
});

test("a store with a company of somebody else is refused", async () => {
  await asCompany(store.pool, "echte-firma", (client) =>
    client.query("insert into gateway.company (company_id, name) values ('echte-firma', 'Echt')"),
  );
  await expect(seedCompanies(store.pool, { now, days: 1 })).rejects.toMatchObject({ code: "refused-unsafe" });
});
