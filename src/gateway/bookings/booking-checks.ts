import { CalcomFault } from "../../integrations/calcom-fault.ts";
import { hours, minutes } from "../../kernel/clock.ts";
import { Failure } from "../../kernel/failure.ts";
import { message, say, type Message } from "../../kernel/message.ts";
import type { Cause } from "../../probes/cause.ts";
import { asEveryCompany } from "../companies/tenant.ts";
import type { GatewayCheck } from "../gateway.ts";
import { patient } from "./calcom-door.ts";
import { dayText } from "./free-times.ts";
import type { OpenBookingDesk } from "./open-booking-desk.ts";
import { findEmptyClaims } from "./reconcile.ts";
import { checkServices } from "./service-check.ts";
import type { Desk } from "./settle-push.ts";

const canaryEveryMs = minutes(10);
const servicesEveryMs = hours(1);

/** All of them as one round: what asks Cal.com is asked seldom and its last result repeated, with the time it was seen. */
export function bookingChecks(open: OpenBookingDesk): ((signal: AbortSignal) => Promise<readonly GatewayCheck[]>) | undefined {
  const { desk } = open;
  if (desk === undefined) return undefined;
  const canary = seldom(desk, canaryEveryMs, async (signal) => await checkCanary(open, desk.gateway, signal));
  const services = seldom(desk, servicesEveryMs, async (signal) => await checkServiceSetup(desk, signal));
  return async (signal) => [
    ...(await checkBookedClaims(desk)),
    ...(await checkConflictRate(desk)),
    ...(await canary(signal)),
    ...(await services(signal)),
  ];
}

function seldom<Value>(
  { gateway }: Desk,
  everyMs: number,
  work: (signal: AbortSignal) => Promise<Value>,
): (signal: AbortSignal) => Promise<Value> {
  let last: { readonly value: Value; readonly at: number } | undefined;
  return async (signal) => {
    const at = gateway.clock.now();
    if (last === undefined || at - last.at >= everyMs) last = { value: await work(signal), at };
    return last.value;
  };
}

type Finding = Pick<GatewayCheck, "state" | "evidence"> & { readonly summary: Message; readonly cause?: Cause };

/**
 * P5: what callers were told against what stands behind it: claims without an appointment, appointments that Cal.com does not
 * know for more than ten minutes, open conflicts. Reads our own data only.
 */
export async function checkBookedClaims(desk: Desk): Promise<readonly GatewayCheck[]> {
  return await look(desk, "P5", "bookings", async () => {
    const now = desk.gateway.clock.now();
    const claims = await findEmptyClaims(desk);
    const [counts] = await asEveryCompany(desk.pool, async (client) => {
      const { rows } = await client.query<{ stuck: number; conflicts: number; oldest: Date | null }>(
        `select
           (select count(*)::int from gateway.appointment where sync_state in ('pending', 'unknown') and created_at < $1) as stuck,
           (select min(created_at) from gateway.appointment where sync_state in ('pending', 'unknown')) as oldest,
           (select count(*)::int from gateway.booking_conflict where resolved_at is null) as conflicts`,
        [new Date(now - minutes(10))],
      );
      return rows;
    });
    const { stuck = 0, conflicts = 0, oldest = null } = counts ?? {};
    const evidence = {
      emptyClaims: claims.length,
      stuckMinutes10: stuck,
      openConflicts: conflicts,
      oldestWaitingMs: oldest === null ? 0 : now - oldest.getTime(),
    };
    const isBad = claims.length > 0 || stuck > 0 || conflicts > 0;
    return {
      state: isBad ? "degraded" : "ok",
      evidence,
      summary: message("bookings.check-claims", { claims: claims.length, stuck, conflicts }),
      ...(isBad ? { cause: "bookings-unsynced" as const } : {}),
    };
  });
}

/** Incident 21: how many wishes of the last 15 minutes met a host who was busy although the time had been offered. */
export async function checkConflictRate(desk: Desk): Promise<readonly GatewayCheck[]> {
  return await look(desk, "booking-conflict-rate", "bookings", async () => {
    const { rows } = await asEveryCompany(
      desk.pool,
      async (client) =>
        await client.query<{ booked: number; taken: number }>(
          `select count(*)::int as booked, count(*) filter (where result ->> 'kind' = 'taken')::int as taken
         from gateway.booking_operation where kind = 'book' and started_at > $1`,
          [new Date(desk.gateway.clock.now() - minutes(15))],
        ),
    );
    const { booked = 0, taken = 0 } = rows[0] ?? {};
    // Two may meet by chance; a pattern is at least three, and more than one in five.
    const isBad = taken >= 3 && taken / booked > 0.2;
    return {
      state: isBad ? "degraded" : "ok",
      evidence: { booked, taken },
      summary: message("bookings.check-taken", { taken, booked }),
      ...(isBad ? { cause: "bookings-unsynced" as const } : {}),
    };
  });
}

/**
 * Incident 20: raw Cal.com and our own answer for the same day must agree. One service per company, a slot picked from each side;
 * what our own unsynced appointments hold is no disagreement.
 */
export async function checkCanary(
  { desk, door, table }: OpenBookingDesk,
  gateway: Desk["gateway"],
  signal: AbortSignal,
): Promise<readonly GatewayCheck[]> {
  if (desk === undefined) return [];
  const checks: GatewayCheck[] = [];
  for (const { companyId, services, isActive } of gateway.directory.companies()) {
    const service = services.find((each) => each.isActive && each.calcomEventTypeId !== undefined);
    if (!isActive || service?.calcomEventTypeId === undefined) continue;
    const { serviceId, calcomEventTypeId } = service;
    checks.push(
      ...(await look(desk, "P20", companyId, async () => {
        const now = gateway.clock.now();
        const span = { serviceId, fromAt: now + minutes(30), untilAt: now + hours(24 * 3) };
        const wish = { eventTypeId: calcomEventTypeId, firstDay: dayText(span.fromAt), lastDay: dayText(span.untilAt) };
        const raw = (await door.of(companyId, patient).slots(wish, signal)).filter((slot) => slot >= span.fromAt && slot < span.untilAt);
        const { slots, isStale, asOf } = await table.free(companyId, span, signal);
        const held = await table.heldByUs(companyId, serviceId);
        const ours = new Set(slots);
        const theirs = new Set(raw);
        const hidden = raw.filter((slot) => !ours.has(slot) && !held(slot, service.durationMinutes * 60_000)).length;
        const invented = slots.filter((slot) => !theirs.has(slot)).length;
        // A cache of minutes may miss what was booked since; most of a day differing is a fault of ours.
        const isWrong = raw.length > 0 && hidden + invented > Math.max(2, raw.length / 4);
        const evidence = { raw: raw.length, ours: slots.length, hidden, invented, ageMs: now - asOf, isStale };
        return {
          state: isWrong ? "down" : "ok",
          evidence,
          summary: message("bookings.check-slots", { raw: raw.length, ours: slots.length }),
          ...(isWrong ? { cause: "bookings-unsynced" as const } : {}),
        };
      })),
    );
  }
  return checks;
}

/** Incident 21: every active service against Cal.com, one check each that is wrong, one for all that are right. */
export async function checkServiceSetup(desk: Desk, signal: AbortSignal): Promise<readonly GatewayCheck[]> {
  return await look(desk, "services", "calcom", async () => {
    const { checked, problems } = await checkServices(desk, signal);
    const real = problems.filter(({ kind }) => kind !== "not-looked");
    const unseen = problems.length - real.length;
    const evidence = {
      checked,
      wrong: real.length,
      notLooked: unseen,
      which: real.map(({ companyId, serviceId, kind }) => `${companyId}/${serviceId} ${kind}`).join(", "),
    };
    const state = real.length > 0 ? "degraded" : unseen > 0 ? "unknown" : "ok";
    return {
      state,
      evidence,
      summary: message("bookings.check-services", { well: checked - problems.length, checked }),
      ...(real.length > 0 ? { cause: "routing-drift" as const } : {}),
    };
  });
}

/** What could not be looked at is unknown. */
async function look(desk: Desk, id: string, subject: string, work: () => Promise<Finding>): Promise<readonly GatewayCheck[]> {
  const { clock, language } = desk.gateway;
  const seenAt = clock.now();
  try {
    const found = await work();
    return [{ id, subject, seenAt, ...found, summary: say(found.summary, language) }];
  } catch (error) {
    const reason =
      error instanceof CalcomFault
        ? error.kind
        : error instanceof Failure
          ? error.code
          : ((error as NodeJS.ErrnoException).code ?? (error as Error).name);
    return [
      { id, subject, seenAt, state: "unknown", summary: say(message("bookings.check-unseen", { reason }), language), evidence: { reason } },
    ];
  }
}
