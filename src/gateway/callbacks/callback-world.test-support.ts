import type { Hono } from "hono";
import type pg from "pg";
import { gatewaySection, type GatewaySettings } from "../../config/gateway-schema.ts";
import type { Clock } from "../../kernel/clock.ts";
import { signTwilio } from "../../sandbox/vendors/twilio/twilio-signature.ts";
import { BreakerOpen, type BreakerState } from "../breakers/breakers.ts";
import { toDirectory, type KnownCompany, type KnownNumber } from "../companies/directory.ts";
import { asCompany } from "../companies/tenant.ts";
import type { Delivery } from "../delivery.ts";
import type { InboxEvent } from "../event-handler.ts";
import type { Gateway, GatewayFinding } from "../gateway.ts";
import { createBacklog, type Backlog } from "./backlog.ts";
import { callbackEventHandler } from "./callback-event-handler.ts";
import { openCallbackDesk, type OpenCallbackDesk } from "./open-callback-desk.ts";
import { voiceRoutes } from "./voice-routes.ts";

export const praxisNumber = "+4930901820001";
export const callerNumber = "+4930901820099";
export const zone = "Europe/Berlin";
/** A Monday, in office hours. */
export const monday = at("2026-11-23T10:00");
const token = "test_token";
process.env["AMPEL_TEST_TWILIO_TOKEN"] = token;

export function at(text: string): number {
  return Temporal.PlainDateTime.from(text).toZonedDateTime(zone).epochMilliseconds;
}

export const praxis: KnownCompany = {
  companyId: "praxis",
  name: "Praxis Mitte",
  isActive: true,
  timeZone: zone,
  language: "de",
  branches: [
    {
      branchId: "mitte",
      name: "Mitte",
      isActive: true,
      openingHours: Object.fromEntries(["1", "2", "3", "4", "5"].map((day) => [day, [{ from: "08:00", to: "18:00" }]])),
      emergencyNumber: "+4930901820112",
    },
  ],
  services: [],
};
const number: KnownNumber = { number: praxisNumber, companyId: "praxis", branchId: "mitte", agentId: "agent_1", isActive: true };

export type MovedClock = Clock & { at: number };

export function movedClock(start = monday): MovedClock {
  const clock = { at: start, now: () => clock.at, monotonicMs: () => clock.at, sleep: () => Promise.resolve() };
  return clock;
}

export type World = {
  readonly gateway: Gateway;
  readonly clock: MovedClock;
  readonly desk: OpenCallbackDesk;
  readonly backlog: Backlog;
  readonly app: Hono;
  readonly kept: Delivery[];
  readonly findings: GatewayFinding[];
  readonly state: { retell: BreakerState; isQueueMode: boolean; keepFails: Error | undefined; counted: unknown[] };
  /** A request of the carrier, signed as it does unless told otherwise. */
  ask(step: string, fields?: Record<string, string>, more?: { signedWith?: string }): Promise<{ status: number; twiml: string }>;
};

/** A gateway of one company whose inbox is a list; times stand still until they are moved. */
export function openWorld(
  given: { pool?: pg.Pool; settings?: Record<string, unknown>; companies?: readonly KnownCompany[]; clock?: MovedClock } = {},
): World {
  const clock = given.clock ?? movedClock();
  const kept: Delivery[] = [];
  const findings: GatewayFinding[] = [];
  const state: World["state"] = { retell: "closed", isQueueMode: false, keepFails: undefined, counted: [] };
  const settings = gatewaySection.parse({
    publicUrl: "https://gw.example.test",
    twilio: { tokens: { main: "${env:AMPEL_TEST_TWILIO_TOKEN}" }, retellSip: "sip:sip.retellai.com;transport=tcp" },
    ...given.settings,
  }) as GatewaySettings;
  const gateway: Gateway = {
    clock,
    language: "de",
    timeZone: zone,
    settings,
    pool: given.pool,
    directory: toDirectory({ asOf: 1, companies: given.companies ?? [praxis], agents: [], numbers: [number] }),
    switches: { isOn: (key) => key === "retell.queue_mode" && state.isQueueMode },
    breakers: {
      state: () => state.retell,
      run: async (vendor, work, signal) => {
        if (state.retell === "open") throw new BreakerOpen(vendor, state.retell);
        try {
          const value = await work(signal);
          state.counted.push("ok");
          return value;
        } catch (error) {
          state.counted.push(error);
          throw error;
        }
      },
    },
    egress: { take: () => Promise.resolve(), block: () => {} },
    keep: async (delivery) => {
      if (state.keepFails !== undefined) throw state.keepFails;
      if (kept.some(({ dedupKey }) => dedupKey === delivery.dedupKey)) return "duplicate";
      kept.push(delivery);
      return "stored";
    },
    access: () => undefined,
    report: (finding) => void findings.push(finding),
  };
  const backlog = createBacklog();
  const desk = openCallbackDesk(gateway, backlog);
  const app = voiceRoutes(gateway, { desk });
  return {
    gateway,
    clock,
    desk,
    backlog,
    app,
    kept,
    findings,
    state,
    ask: async (step, fields = {}, { signedWith = token } = {}) => {
      const all = {
        CallSid: `CA${"0".repeat(32)}`,
        From: callerNumber,
        To: praxisNumber,
        CallStatus: "ringing",
        Direction: "inbound",
        ...fields,
      };
      const url = step.startsWith("https://") ? step : `https://gw.example.test/twilio/${step}`;
      const signature = signTwilio(url, all, signedWith);
      const { pathname, search } = new URL(url);
      const answer = await app.request(`http://127.0.0.1${pathname}${search}`, {
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded", "x-twilio-signature": signature },
        body: new URLSearchParams(all).toString(),
      });
      return { status: answer.status, twiml: await answer.text() };
    },
  };
}

/** The address an element of a document leads to, as the carrier would follow it. */
export function actionOf(twiml: string): string {
  return (/action="([^"]+)"/.exec(twiml)?.[1] ?? "").replaceAll("&amp;", "&");
}

/** Applies what was kept, as the inbox does: in order, one transaction per event, in the company's scope. */
export async function drain(pool: pg.Pool, world: Pick<World, "kept" | "gateway">): Promise<readonly string[]> {
  const handler = callbackEventHandler({ clock: world.gateway.clock, shortestMs: world.gateway.settings.callbacks.promise });
  const outcomes: string[] = [];
  for (const [index, delivery] of world.kept.entries()) {
    const event: InboxEvent = { ...delivery, id: String(index + 1), attempts: 0 };
    const companyId = handler.companyOf(event, world.gateway.directory);
    if (companyId === undefined) {
      outcomes.push("nobody's");
      continue;
    }
    const [outcome] = await asCompany(pool, companyId, (client) => handler.apply([event], client, companyId));
    outcomes.push(outcome?.kind ?? "none");
  }
  return outcomes;
}

/** The company and branch of the world as rows. */
export async function insertPraxis(pool: pg.Pool): Promise<void> {
  await asCompany(pool, "praxis", async (client) => {
    await client.query("insert into gateway.company (company_id, name) values ('praxis', 'Praxis Mitte')");
    await client.query("insert into gateway.branch (company_id, branch_id, name) values ('praxis', 'mitte', 'Mitte')");
  });
}
