import { createHmac } from "node:crypto";
import { gatewaySection } from "../../config/gateway-schema.ts";
import { systemClock, type Clock } from "../../kernel/clock.ts";
import type { BookingDesk } from "../bookings/booking-desk.ts";
import type { PromisedCallback, CallbackWish } from "../callbacks/callback-desk.ts";
import { toDirectory, type DirectoryContent, type KnownCompany } from "../companies/directory.ts";
import type { Delivery } from "../delivery.ts";
import type { Gateway, GatewayFinding } from "../gateway.ts";
import type { Desks } from "./caller.ts";

/** The key of the tests; read from the environment as a real one would be. */
process.env["AMPEL_TEST_RETELL_KEY"] = "key_for_tests_only";

const daily = [{ from: "09:00", to: "18:00" }];

export function salon(companyId: string): KnownCompany {
  return {
    companyId,
    name: `Salon ${companyId}`,
    isActive: true,
    timeZone: "Europe/Berlin",
    language: "de",
    branches: [{ branchId: "mitte", name: "Mitte", isActive: true, openingHours: { 1: daily, 2: daily, 3: daily, 4: daily, 5: daily } }],
    services: [
      { serviceId: "schnitt", name: "Haarschnitt", durationMinutes: 30, calcomEventTypeId: 11, isActive: true },
      { serviceId: "farbe", name: "Farbe", durationMinutes: 90, calcomEventTypeId: 12, isActive: true },
    ],
  };
}

export const twoSalons: DirectoryContent = {
  asOf: 1,
  companies: [salon("eins"), salon("zwei")],
  agents: [
    { companyId: "eins", agentId: "agent_1" },
    { companyId: "zwei", agentId: "agent_2" },
  ],
  numbers: [
    { number: "+4930111111", companyId: "eins", branchId: "mitte", agentId: "agent_1", agentVersion: 4, isActive: true },
    { number: "+4930222222", companyId: "zwei", branchId: "mitte", agentId: "agent_2", isActive: true },
  ],
};

/** Wednesday 25 November 2026, 10:00 in Berlin. */
export const wednesday = Date.UTC(2026, 10, 25, 9);

export type TestGateway = Gateway & { readonly findings: GatewayFinding[]; readonly kept: Delivery[] };

export function testGateway(given: Partial<Gateway> & { now?: () => number; deadlineMs?: number } = {}): TestGateway {
  const findings: GatewayFinding[] = [];
  const kept: Delivery[] = [];
  const settings = gatewaySection.parse({
    publicUrl: "https://gw.example.test",
    retell: { keys: { main: "${env:AMPEL_TEST_RETELL_KEY}" } },
  });
  if (settings === undefined) throw new Error("no settings");
  const clock: Clock = { ...systemClock, now: given.now ?? (() => wednesday) };
  return {
    clock,
    language: "de",
    timeZone: "Europe/Berlin",
    settings: { ...settings, functionDeadline: given.deadlineMs ?? settings.functionDeadline },
    pool: undefined,
    directory: toDirectory(twoSalons),
    switches: { isOn: () => false },
    breakers: { state: () => "closed", run: async (_vendor, work, signal) => await work(signal) },
    egress: { take: async () => {}, block: () => {} },
    keep: async (delivery) => {
      if (kept.some(({ dedupKey }) => dedupKey === delivery.dedupKey)) return "duplicate";
      kept.push(delivery);
      return "stored";
    },
    access: () => undefined,
    report: (finding) => void findings.push(finding),
    findings,
    kept,
    ...given,
  };
}

export type TestDesks = Desks & {
  readonly promises: (CallbackWish & { companyId: string })[];
  readonly asked: { act: string; companyId: string; wish: unknown }[];
};

/** Desks that say yes to everything, unless told otherwise. */
export function testDesks(given: Partial<BookingDesk> = {}, promise?: () => Promise<PromisedCallback>): TestDesks {
  const promises: TestDesks["promises"] = [];
  const asked: TestDesks["asked"] = [];
  const note = (act: string, companyId: string, wish: unknown): void => void asked.push({ act, companyId, wish });
  const booking: BookingDesk = {
    availability: async () => ({
      slots: [berlin("2026-11-26T09:00"), berlin("2026-11-26T14:30"), berlin("2026-11-27T11:00")],
      asOf: wednesday,
      isStale: false,
    }),
    book: async (_company, { startsAt }) => ({ kind: "confirmed", appointmentId: "apt-1", startsAt }),
    reschedule: async (_company, { startsAt, appointmentId }) => ({ kind: "confirmed", appointmentId, startsAt }),
    cancel: async () => ({ kind: "cancelled" }),
    find: async () => [{ appointmentId: "apt-1", serviceId: "schnitt", startsAt: berlin("2026-11-26T14:30"), state: "confirmed" }],
    ...given,
  };
  const noted = Object.fromEntries(
    Object.entries(booking).map(([act, work]) => [
      act,
      (companyId: string, wish: never, signal: AbortSignal) => {
        note(act, companyId, wish);
        return (work as (...args: unknown[]) => unknown)(companyId, wish, signal);
      },
    ]),
  ) as BookingDesk;
  return {
    promises,
    asked,
    booking: noted,
    callbacks: {
      promise: async (companyId, wish) => {
        if (promise !== undefined) return await promise();
        promises.push({ ...wish, companyId });
        return { callbackId: "cb-1", promisedBy: wednesday + 30 * 60_000 };
      },
    },
  };
}

export function berlin(local: string): number {
  return Temporal.PlainDateTime.from(local).toZonedDateTime("Europe/Berlin").epochMilliseconds;
}

export function signedRequest(path: string, body: unknown, at = wednesday, key = "key_for_tests_only"): Request {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const digest = createHmac("sha256", key).update(text).update(String(at)).digest("hex");
  return new Request(`https://gw.example.test${path}`, {
    method: "POST",
    body: text,
    headers: { "content-type": "application/json", "x-retell-signature": `v=${at},d=${digest}` },
  });
}

/** A function call as Retell sends it. */
export function functionCall(name: string, args: Record<string, unknown> = {}, call: Record<string, unknown> = {}): unknown {
  return {
    name,
    args,
    call: {
      call_id: "call_0123456789abcdef",
      agent_id: "agent_1",
      agent_version: 4,
      from_number: "+4915112345678",
      to_number: "+4930111111",
      direction: "inbound",
      ...call,
    },
  };
}
