import { CalcomFault } from "../../integrations/calcom-fault.ts";
import { hours } from "../../kernel/clock.ts";
import { patient, type CalcomDoor } from "./calcom-door.ts";
import type { Gateway } from "../gateway.ts";
import { dayText } from "./free-times.ts";

/** What is wrong with a service at Cal.com. `not-looked`: unknown, because Cal.com could not be asked. */
export type ServiceProblem = {
  readonly companyId: string;
  readonly serviceId: string;
  readonly kind: "no-event-type" | "event-type-gone" | "duration-differs" | "no-slots" | "not-looked";
  readonly data: Readonly<Record<string, string | number>>;
};

const slotWindowMs = hours(24 * 7);

/** Every active service of every active company: its event type exists, lasts as long, and has a free time in the next seven days. */
export async function checkServices(
  { gateway, door }: { readonly gateway: Gateway; readonly door: CalcomDoor },
  signal: AbortSignal,
): Promise<{ readonly checked: number; readonly problems: readonly ServiceProblem[] }> {
  const problems: ServiceProblem[] = [];
  let checked = 0;
  for (const { companyId, services, isActive } of gateway.directory.companies()) {
    if (!isActive) continue;
    for (const { serviceId, durationMinutes, calcomEventTypeId, isActive: isServiceActive } of services) {
      if (!isServiceActive) continue;
      checked += 1;
      const problem = (kind: ServiceProblem["kind"], data: ServiceProblem["data"] = {}): void =>
        void problems.push({ companyId, serviceId, kind, data });
      if (calcomEventTypeId === undefined) {
        problem("no-event-type");
        continue;
      }
      const calcom = door.of(companyId, patient);
      const now = gateway.clock.now();
      try {
        const { durations } = await calcom.getEventType(calcomEventTypeId, signal);
        if (!durations.includes(durationMinutes)) problem("duration-differs", { ours: durationMinutes, theirs: durations.join("/") });
        const slots = await calcom.slots(
          { eventTypeId: calcomEventTypeId, firstDay: dayText(now), lastDay: dayText(now + slotWindowMs) },
          signal,
        );
        if (!slots.some((slot) => slot > now && slot <= now + slotWindowMs)) problem("no-slots");
      } catch (error) {
        if (!(error instanceof CalcomFault)) throw error;
        if (error.kind === "not-found") problem("event-type-gone", { eventTypeId: calcomEventTypeId });
        else problem("not-looked", { reason: error.kind });
      }
    }
  }
  return { checked, problems };
}
