import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { gatewaySection } from "../../config/gateway-schema.ts";
import { hours, systemClock } from "../../kernel/clock.ts";
import { Secret } from "../../kernel/secret.ts";
import { startCalcom, type CalcomStandIn } from "../../sandbox/vendors/calcom.ts";
import { openStore, type Store } from "../../store/store.ts";
import { openTimeTable } from "../bookings/availability.ts";
import { openCalcomDoor } from "../bookings/calcom-door.ts";
import { createBacklog } from "../callbacks/backlog.ts";
import { accountOf } from "../calls/retell-door.ts";
import type { Gateway } from "../gateway.ts";
import { toDirectory, type KnownCompany } from "./directory.ts";
import { sampleRows } from "./tenant-rows.test-support.ts";

/** Two companies that are alike in everything but their name and what their event types offer. */
const company = (companyId: string, calcomEventTypeId: number): KnownCompany => ({
  companyId,
  name: "Praxis",
  isActive: true,
  timeZone: "Europe/Berlin",
  language: "de",
  branches: [],
  services: [{ serviceId: "schnitt", name: "Schnitt", durationMinutes: 30, calcomEventTypeId, isActive: true }],
});
const nord = company("nord", 1);
const sued = company("sued", 2);
const own = { ...company("own", 3), calcomKey: "${env:OWN_CALCOM}", retellKey: "${env:OWN_RETELL}" };

let ground: string;
let store: Store;
let calcom: CalcomStandIn;
let gateway: Gateway;
const taken: string[] = [];
beforeAll(async () => {
  ground = mkdtempSync(join(tmpdir(), "ampel-keys-"));
  chmodSync(ground, 0o755);
  store = await openStore({ stateFolder: join(ground, "state") });
  process.env["COMMON_CALCOM"] = "cal_live_key";
  process.env["OWN_CALCOM"] = "cal_live_key";
  // The second one's day begins two hours later.
  calcom = await startCalcom({
    key: "cal_live_key",
    eventTypes: [
      { id: 1, lengthInMinutes: 30 },
      { id: 2, lengthInMinutes: 120 },
      { id: 3, lengthInMinutes: 60 },
    ],
  });
  const settings = gatewaySection.parse({ publicUrl: "https://gw.example.org" });
  if (settings === undefined) throw new Error("no settings");
  const keyOf = (companyId?: string): string => (companyId === "own" ? "${env:OWN_CALCOM}" : "${env:COMMON_CALCOM}");
  gateway = {
    clock: systemClock,
    language: "de",
    timeZone: "Europe/Berlin",
    settings,
    pool: undefined,
    directory: toDirectory({ asOf: 1, companies: [nord, sued, own], agents: [], numbers: [] }),
    switches: { isOn: () => false },
    breakers: { state: () => "closed", run: (_, work, signal) => work(signal) },
    egress: {
      take: async (bucket) => void taken.push(bucket),
      block: () => {},
    },
    keep: () => Promise.reject(new Error("not here")),
    access: (_, companyId) => ({ baseUrl: calcom.url, key: new Secret(keyOf(companyId)) }),
    report: () => {},
  };
}, 60_000);
afterAll(async () => {
  await calcom.close();
  await store.close();
  rmSync(ground, { recursive: true, force: true });
});

test("what memory keeps of one company's free times is never another's, though the service has the same name", async () => {
  const table = openTimeTable(gateway, openCalcomDoor(gateway));
  const wish = { serviceId: "schnitt", fromAt: systemClock.now(), untilAt: systemClock.now() + hours(24 * 7) };
  const ask = (companyId: string): Promise<{ slots: readonly number[] }> => table.free(companyId, wish, AbortSignal.timeout(5000));
  const [first, second] = [await ask("nord"), await ask("sued")];
  expect(second.slots.length).toBeGreaterThan(0);
  expect(first.slots.length).toBeGreaterThan(second.slots.length);
  const asked = calcom.exchanges.length;
  expect([(await ask("nord")).slots, (await ask("sued")).slots]).toEqual([first.slots, second.slots]);
  expect(calcom.exchanges).toHaveLength(asked);
});

test("a limit belongs to a key: a company with a key of its own has its own, the others share one", async () => {
  const door = openCalcomDoor(gateway);
  expect(["nord", "sued", "own"].map((companyId) => door.bucketOf(companyId))).toEqual(["calcom:main", "calcom:main", "calcom:own"]);
  expect(["nord", "own"].map((companyId) => accountOf(gateway, companyId).name)).toEqual(["main", "own"]);
  taken.length = 0;
  await door.of("own", { waitMs: 1000, timeoutMs: 5000 }).getEventType(3, AbortSignal.timeout(5000));
  expect(taken).toEqual(["calcom:own"]);
});

test("one caller who waits for two companies waits twice", () => {
  const backlog = createBacklog();
  const waiting = { companyId: "nord", phone: "+4917604069001" } as Parameters<typeof backlog.add>[0];
  backlog.add(waiting);
  expect(backlog.find("nord", waiting.phone)).toBe(waiting);
  expect(backlog.find("sued", waiting.phone)).toBeUndefined();
  backlog.remove("sued", waiting.phone);
  expect(backlog.find("nord", waiting.phone)).toBe(waiting);
});

test("in the tables a key is a company's own, unless it is a vendor's or our own random one", async () => {
  const { rows } = await store.pool.query<{ key: string }>(
    `select relation.relname || ' ' || array_to_string(array(
         select coalesce(attname, '?') from unnest(indkey) place left join pg_attribute on attrelid = indrelid and attnum = place), ',') as key
     from pg_index join pg_class relation on relation.oid = indrelid
     where indisunique and relation.relnamespace = 'gateway'::regnamespace and relation.relname = any ($1)
       and not exists (select from pg_attribute where attrelid = indrelid and attname = 'company_id' and attnum = any (indkey))
     order by 1`,
    [Object.keys(sampleRows("nord"))],
  );
  expect(rows.map(({ key }) => key)).toEqual([
    "appointment calcom_uid",
    "appointment_uid calcom_uid",
    "booking_conflict conflict_id",
    "call call_id",
    "callback callback_id",
    "callback_attempt callback_id,number",
    "phone_number number",
    "snapshot snapshot_id",
    "tool_call id",
  ]);
});
