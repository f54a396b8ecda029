import { CalcomFault } from "../../integrations/calcom-fault.ts";
import { hours, seconds } from "../../kernel/clock.ts";
import { orAborted } from "../../kernel/durable/settle.ts";
import { Failure } from "../../kernel/failure.ts";
import { message } from "../../kernel/message.ts";
import type { KnownService } from "../companies/directory.ts";
import type { Gateway } from "../gateway.ts";
import type { Appointment } from "./appointment.ts";
import type { Availability } from "./booking-desk.ts";
import { live, type CalcomDoor, type Patience } from "./calcom-door.ts";
import { answerFrom, byDay, daysOf, isFresh } from "./free-times.ts";
import { readCompanyTimes, readDays, writeDays, type CompanyTimes, type KnownDay, type OwnBlock } from "./slot-rows.ts";

export type Wish = { readonly serviceId: string; readonly fromAt: number; readonly untilAt: number };

/** Free times of all companies, from memory where they are fresh. */
export type TimeTable = {
  /** @throws {Failure} vendor-unreachable when Cal.com is away and nothing young enough is known; not-found without such a service */
  free(companyId: string, wish: Wish, signal: AbortSignal): Promise<Availability>;
  /** Past every cache; still minus what is ours and unsynced. @throws {CalcomFault} */
  ask(companyId: string, wish: Wish, signal: AbortSignal, patience?: Patience): Promise<Availability>;
  /** What was last said, however old, without asking anybody but the own database; a later appointment of ours than `beside` blocks nothing. */
  lastKnown(companyId: string, wish: Wish, beside: Pick<Appointment, "appointmentId" | "createdAt">): Promise<Availability | undefined>;
  /** Whether something of ours that Cal.com does not list yet stands in the way of a start. */
  heldByUs(companyId: string, serviceId: string): Promise<(startsAt: number, durationMs: number) => boolean>;
  /** A booking path of this process changed something: what memory knows of this company counts no more as fresh. */
  forget(companyId: string): void;
  /** Resolves when what was heard so far is in the store, or the store has refused it. */
  flush(): Promise<void>;
  /** Asks again where nothing younger than `olderThanMs` is known, so that there is something to answer with when Cal.com goes. */
  keepWarm(companyId: string, service: KnownService, signal: AbortSignal): Promise<void>;
};

const longestSpanDays = 62;
const warmDays = 14;
const warmAfterMs = hours(0.5);
/** How old our own picture of the other processes' bookings may be. */
const timesFreshMs = 1000;
const storeWaitMs = 300;
const noTimes: CompanyTimes = { blocks: [], invalidAt: new Map() };

export function openTimeTable(gateway: Gateway, door: CalcomDoor): TimeTable {
  const { clock, pool } = gateway;
  const memory = new Map<string, Map<string, KnownDay>>();
  const times = new Map<string, { readonly value: CompanyTimes; readonly readAt: number }>();
  const forgottenAt = new Map<string, number>();
  const running = new Map<string, Promise<unknown>>();

  const writings = new Set<Promise<void>>();

  /** Fifty callers with one question are one question. */
  const once = async <Value>(key: string, work: () => Promise<Value>): Promise<Value> => {
    const found = running.get(key) as Promise<Value> | undefined;
    if (found !== undefined) return await found;
    const promise = work().finally(() => running.delete(key));
    running.set(key, promise);
    return await promise;
  };

  const companyTimes = async (companyId: string): Promise<CompanyTimes> => {
    const known = times.get(companyId);
    if (pool === undefined || (known !== undefined && clock.now() - known.readAt < timesFreshMs)) return known?.value ?? noTimes;
    const reading = once(`times ${companyId}`, async () => {
      const readAt = clock.now();
      const value = await readCompanyTimes(pool, companyId, readAt);
      times.set(companyId, { value, readAt });
      return value;
    });
    return await withinStoreWait(reading, known?.value ?? noTimes);
  };

  const serviceOf = (companyId: string, serviceId: string): KnownService & { readonly calcomEventTypeId: number } => {
    const service = gateway.directory.company(companyId)?.services.find((each) => each.serviceId === serviceId);
    if (service?.calcomEventTypeId !== undefined && service.isActive) return { ...service, calcomEventTypeId: service.calcomEventTypeId };
    throw new Failure("not-found", message("bookings.no-service", { service: serviceId }), message("bookings.no-service-next"));
  };

  const keep = (key: string, days: ReadonlyMap<string, KnownDay>): Map<string, KnownDay> => {
    const known = memory.get(key) ?? new Map<string, KnownDay>();
    for (const [day, value] of days) if ((known.get(day)?.asOf ?? 0) <= value.asOf) known.set(day, value);
    const yesterday = daysOf(clock.now() - hours(24), clock.now() - hours(24))[0] ?? "";
    for (const day of known.keys()) if (day < yesterday) known.delete(day);
    memory.set(key, known);
    return known;
  };

  /** Days as memory has them, told what other processes changed since. */
  const recall = (
    companyId: string,
    serviceId: string,
    days: readonly string[],
    { invalidAt }: CompanyTimes,
  ): readonly (KnownDay | undefined)[] => {
    const known = memory.get(`${companyId} ${serviceId}`);
    const stamp = Math.max(invalidAt.get(serviceId) ?? 0, forgottenAt.get(companyId) ?? 0);
    return days.map((day) => {
      const found = known?.get(day);
      return found === undefined ? undefined : { ...found, invalidAt: Math.max(found.invalidAt, stamp) };
    });
  };

  const askVendor = async (companyId: string, serviceId: string, days: readonly string[], patience: Patience): Promise<void> => {
    const { calcomEventTypeId } = serviceOf(companyId, serviceId);
    const [firstDay = "", lastDay = firstDay] = [days[0], days.at(-1)];
    await once(`ask ${companyId} ${serviceId} ${firstDay} ${lastDay}`, async () => {
      const asOf = clock.now();
      // Not the caller's signal: others wait for the same answer, and a late one still fills the cache.
      const signal = AbortSignal.timeout(patience.timeoutMs + patience.waitMs);
      const slots = await door.of(companyId, patience).slots({ eventTypeId: calcomEventTypeId, firstDay, lastDay }, signal);
      const answer = byDay(slots, days, asOf);
      keep(`${companyId} ${serviceId}`, answer);
      keepInStore(companyId, serviceId, answer);
    });
  };

  /** Behind the answer: a caller does not wait for it. */
  const keepInStore = (companyId: string, serviceId: string, answer: ReadonlyMap<string, KnownDay>): void => {
    if (pool === undefined) return;
    const writing = writeDays(pool, companyId, serviceId, answer)
      .catch(() => gateway.report({ kind: "availability-not-kept", companyId, subject: serviceId }))
      .finally(() => writings.delete(writing));
    writings.add(writing);
  };

  const spanOf = (
    companyId: string,
    wish: Wish,
  ): { readonly days: readonly string[]; readonly exact: Wish & { readonly durationMs: number } } => {
    const { durationMinutes } = serviceOf(companyId, wish.serviceId);
    const fromAt = Math.max(wish.fromAt, clock.now());
    const days = daysOf(fromAt, wish.untilAt).slice(0, longestSpanDays);
    return { days, exact: { ...wish, durationMs: durationMinutes * 60_000 } };
  };

  const table: TimeTable = {
    free: async (companyId, wish, signal) => {
      signal.throwIfAborted();
      const { days, exact } = spanOf(companyId, wish);
      if (days.length === 0) return { slots: [], asOf: clock.now(), isStale: false };
      const own = await companyTimes(companyId);
      const now = clock.now();
      const fromMemory = allKnown(recall(companyId, wish.serviceId, days, own));
      if (fromMemory?.every((day) => isFresh(day, now))) return answerFrom(fromMemory, own.blocks, exact, { now, isStale: false });
      const look = async (): Promise<Availability> => {
        if (pool !== undefined) {
          const shared = readDays(pool, companyId, wish.serviceId, days);
          keep(`${companyId} ${wish.serviceId}`, await withinStoreWait(shared, new Map<string, KnownDay>()));
        }
        const known = allKnown(recall(companyId, wish.serviceId, days, own));
        if (known?.every((day) => isFresh(day, now))) return answerFrom(known, own.blocks, exact, { now, isStale: false });
        const reason = await tryAsking(companyId, wish.serviceId, days);
        const found = allKnown(recall(companyId, wish.serviceId, days, own));
        const { cacheMaxAge } = gateway.settings.calcom;
        if (found === undefined || found.some(({ asOf }) => clock.now() - asOf > cacheMaxAge)) throw refusal(reason);
        return answerFrom(found, own.blocks, exact, { now: clock.now(), isStale: reason !== undefined });
      };
      return await orAborted(look(), signal);
    },
    ask: async (companyId, wish, signal, patience = live) => {
      const { days, exact } = spanOf(companyId, wish);
      signal.throwIfAborted();
      await orAborted(askVendor(companyId, wish.serviceId, days, patience), signal);
      const own = await companyTimes(companyId);
      const found = allKnown(recall(companyId, wish.serviceId, days, own)) ?? [];
      return answerFrom(found, own.blocks, exact, { now: clock.now(), isStale: false });
    },
    lastKnown: async (companyId, wish, beside) => {
      const { days, exact } = spanOf(companyId, wish);
      if (pool === undefined || days.length === 0) return undefined;
      keep(`${companyId} ${wish.serviceId}`, await readDays(pool, companyId, wish.serviceId, days));
      const own = await readCompanyTimes(pool, companyId, clock.now());
      const found = allKnown(recall(companyId, wish.serviceId, days, own));
      const others = own.blocks.filter((block) => isBefore(block, beside));
      return found === undefined ? undefined : answerFrom(found, others, exact, { now: clock.now(), isStale: true });
    },
    heldByUs: async (companyId, serviceId) => {
      const blocks = (await companyTimes(companyId)).blocks.filter(({ serviceIds }) => serviceIds.has(serviceId));
      return (startsAt, durationMs) => blocks.some((block) => startsAt < block.endsAt && startsAt + durationMs > block.startsAt);
    },
    forget: (companyId) => {
      forgottenAt.set(companyId, clock.now());
      times.delete(companyId);
    },
    flush: async () => void (await Promise.all(writings)),
    keepWarm: async (companyId, { serviceId }, signal) => {
      const now = clock.now();
      const days = daysOf(now, now + hours(24 * warmDays));
      const known = pool === undefined ? new Map<string, KnownDay>() : await readDays(pool, companyId, serviceId, days);
      if (days.every((day) => now - (known.get(day)?.asOf ?? 0) < warmAfterMs)) return;
      signal.throwIfAborted();
      await askVendor(companyId, serviceId, days, { waitMs: seconds(30), timeoutMs: seconds(10) });
    },
  };

  /** Why Cal.com could not be asked; nothing when it was. */
  async function tryAsking(companyId: string, serviceId: string, days: readonly string[]): Promise<unknown> {
    if (gateway.switches.isOn("calcom.use_cache_fallback", companyId)) return "switch";
    const state = gateway.breakers.state("calcom");
    if (state === "open" || state === "isolated") return state;
    try {
      await askVendor(companyId, serviceId, days, live);
      return undefined;
    } catch (error) {
      if (error instanceof CalcomFault || (error instanceof Error && error.name === "TimeoutError")) return error;
      throw error;
    }
  }
  return table;
}

function allKnown(days: readonly (KnownDay | undefined)[]): readonly KnownDay[] | undefined {
  const known = days.filter((day) => day !== undefined);
  return known.length === days.length ? known : undefined;
}

/** Of two that want the same time while Cal.com is away, the one written down first has it, in every process. */
function isBefore(block: OwnBlock, { appointmentId, createdAt }: Pick<Appointment, "appointmentId" | "createdAt">): boolean {
  if (block.appointmentId === appointmentId) return false;
  return block.createdAt < createdAt || (block.createdAt === createdAt && block.appointmentId < appointmentId);
}

function refusal(reason: unknown): Failure {
  return new Failure("vendor-unreachable", message("bookings.no-availability"), message("calcom.next"), { cause: reason });
}

/** The database may hang instead of failing: a caller does not wait for it. */
async function withinStoreWait<Value>(work: Promise<Value>, otherwise: Value): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Value>((resolve) => {
    timer = setTimeout(resolve, storeWaitMs, otherwise);
  });
  try {
    return await Promise.race([work.catch(() => otherwise), late]);
  } finally {
    clearTimeout(timer);
  }
}
