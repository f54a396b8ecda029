import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gatewaySection } from "../../config/gateway-schema.ts";
import { hours, minutes, systemClock, type Clock } from "../../kernel/clock.ts";
import { Secret } from "../../kernel/secret.ts";
import { openStore, type Store } from "../../store/store.ts";
import { BreakerOpen } from "../breakers/breakers.ts";
import { toDirectory, type KnownCompany } from "../companies/directory.ts";
import { asCompany, asEveryCompany } from "../companies/tenant.ts";
import type { Gateway, GatewayFinding } from "../gateway.ts";
import { EgressFull } from "../vendors/egress.ts";
import { selectAppointments } from "./appointment-rows.ts";
import type { Appointment } from "./appointment.ts";
import { startCalcomStandIn, type CalcomStandIn } from "./calcom-stand-in.test-support.ts";
import { openConflicts, type Conflict } from "./conflict-rows.ts";
import { openBookingDesk, type OpenBookingDesk } from "./open-booking-desk.ts";

export const cutType = 7;
export const washType = 8;

/** A salon with a stand-in Cal.com and a real Postgres; the clock stands still until it is moved. */
export type DeskWorld = {
  readonly store: Store;
  readonly calcom: CalcomStandIn;
  readonly gateway: Gateway;
  readonly findings: GatewayFinding[];
  readonly taken: string[];
  readonly blocked: { bucket: string; untilAt: number }[];
  readonly switches: Set<string>;
  /** A time on the next working day after the clock's start, so many hours after 08:00 UTC. */
  at(hour: number): number;
  now(): number;
  advance(ms: number): void;
  breakerIs(state: "closed" | "open"): void;
  egressIsFull(isFull: boolean): void;
  /** Another process on the same database. */
  openDesk(): OpenBookingDesk;
  rows(): Promise<readonly Appointment[]>;
  conflicts(): Promise<readonly Conflict[]>;
  /** Between tests: no rows, no bookings, no faults. */
  reset(): Promise<void>;
  close(): Promise<void>;
};

const company: KnownCompany = {
  companyId: "salon",
  name: "Salon",
  isActive: true,
  timeZone: "Europe/Berlin",
  language: "de",
  branches: [{ branchId: "mitte", name: "Mitte", isActive: true, openingHours: {} }],
  services: [
    { serviceId: "cut", branchId: "mitte", name: "Schnitt", durationMinutes: 30, calcomEventTypeId: cutType, isActive: true },
    { serviceId: "wash", branchId: "mitte", name: "Waschen", durationMinutes: 30, calcomEventTypeId: washType, isActive: true },
  ],
};

/** A Monday noon in winter. */
const fixedStart = Date.parse("2026-11-23T12:00:00Z");

/** `from`: the real time, where a part takes its time from the database. */
export async function startDeskWorld(from = fixedStart): Promise<DeskWorld> {
  const start = from;
  const morning = nextWorkday(start);
  const ground = mkdtempSync(join(tmpdir(), "ampel-desk-"));
  chmodSync(ground, 0o755);
  const store = await openStore({ stateFolder: join(ground, "state") });
  let shift = 0;
  let startedAt = Date.now();
  // Moves on by itself, so that waiting ends; `advance` adds to it.
  const clock: Clock = { ...systemClock, now: () => start + shift + (Date.now() - startedAt) };
  const calcom = await startCalcomStandIn(clock);
  await asEveryCompany(store.pool, async (client) => {
    await client.query("insert into gateway.company (company_id, name) values ('salon', 'Salon')");
    await client.query("insert into gateway.branch (company_id, branch_id, name) values ('salon', 'mitte', 'Mitte')");
    for (const { serviceId, name, durationMinutes, calcomEventTypeId } of company.services) {
      await client.query(
        "insert into gateway.service (company_id, service_id, branch_id, name, duration_minutes, calcom_event_type_id) values ('salon', $1, 'mitte', $2, $3, $4)",
        [serviceId, name, durationMinutes, calcomEventTypeId],
      );
    }
  });
  process.env["AMPEL_TEST_CALCOM_KEY"] = "cal_test";
  const desks: OpenBookingDesk[] = [];
  const findings: GatewayFinding[] = [];
  const taken: string[] = [];
  const blocked: { bucket: string; untilAt: number }[] = [];
  const switches = new Set<string>();
  let breaker: "closed" | "open" = "closed";
  let isFull = false;
  const key = new Secret("${env:AMPEL_TEST_CALCOM_KEY}");
  const gateway: Gateway = {
    clock,
    language: "de",
    timeZone: "Europe/Berlin",
    settings: gatewaySection.parse({ publicUrl: "https://gw.example.org", functionDeadline: "5s" }) as Gateway["settings"],
    pool: store.pool,
    directory: toDirectory({ asOf: 1, companies: [company], agents: [], numbers: [] }),
    switches: { isOn: (name) => switches.has(name) },
    breakers: {
      state: () => breaker,
      run: async (vendor, work, signal) => {
        taken.push("breaker");
        if (breaker === "open") throw new BreakerOpen(vendor, breaker);
        return await work(signal);
      },
    },
    egress: {
      take: async (bucket) => {
        taken.push(bucket);
        if (isFull) throw new EgressFull(bucket);
      },
      block: (bucket, untilAt) => void blocked.push({ bucket, untilAt }),
    },
    keep: async () => "stored",
    access: () => ({ baseUrl: calcom.url, key }),
    report: (finding) => void findings.push(finding),
  };
  const at = (hour: number): number => morning + hours(hour);
  const offer = (): void => {
    for (const type of [cutType, washType]) {
      calcom.state.minutes.set(type, 30);
      calcom.state.offered.set(
        type,
        Array.from({ length: 16 }, (_, index) => at(0) + index * minutes(30)),
      );
    }
  };
  offer();
  return {
    store,
    calcom,
    gateway,
    findings,
    taken,
    blocked,
    switches,
    at,
    now: () => clock.now(),
    advance: (ms) => {
      shift += ms;
    },
    breakerIs: (state) => {
      breaker = state;
    },
    egressIsFull: (isIt) => {
      isFull = isIt;
    },
    openDesk: () => {
      const desk = openBookingDesk(gateway);
      desks.push(desk);
      return desk;
    },
    rows: async () =>
      await asCompany(store.pool, "salon", async (client) => await selectAppointments(client, "true order by created_at", [])),
    conflicts: async () => await asCompany(store.pool, "salon", openConflicts),
    reset: async () => {
      await Promise.all(desks.splice(0).map(async ({ table }) => await table.flush()));
      calcom.faults.clear();
      calcom.state.bookings.length = 0;
      calcom.state.reservations.clear();
      Object.assign(calcom.state, { needsEmail: false, needsHost: false });
      offer();
      switches.clear();
      breaker = "closed";
      isFull = false;
      shift = 0;
      startedAt = Date.now();
      for (const list of [findings, taken, blocked]) list.length = 0;
      await asEveryCompany(store.pool, async (client) => {
        for (const table of [
          "appointment_uid",
          "booking_operation",
          "booking_conflict",
          "availability",
          "appointment",
          "customer",
          "call",
        ]) {
          await client.query(`delete from gateway.${table}`);
        }
      });
      await store.pool.query("delete from gateway.cursor");
    },
    close: async () => {
      await calcom.close();
      await store.close();
      rmSync(ground, { recursive: true, force: true });
    },
  };
}

export const erika = { name: "Erika Muster", phone: "+4930123456" };

function nextWorkday(from: number): number {
  let morning = Math.floor(from / hours(24)) * hours(24) + hours(24 + 8);
  while ([0, 6].includes(new Date(morning).getUTCDay())) morning += hours(24);
  return morning;
}
