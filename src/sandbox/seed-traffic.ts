import { seconds } from "../kernel/clock.ts";
import {
  agentOf,
  customerName,
  customersPerCompany,
  eventTypeOf,
  mobileOf,
  numberOf,
  seedCompanyList,
  slug,
  type SeedCompany,
} from "./seed-companies.ts";

/** Rows of one day, by table, as `jsonb_populate_recordset` takes them. */
export type SeedRows = Readonly<Record<"call" | "tool_call" | "appointment" | "callback", readonly Readonly<Record<string, unknown>>[]>>;

const timeZone = "Europe/Berlin";
/** How often a call begins in an hour of the day: the peak is between 11 and 12 (source: domain notes, section 8). */
const hourWeights: readonly (readonly [hour: number, weight: number])[] = [
  [8, 4],
  [9, 7],
  [10, 10],
  [11, 17],
  [12, 9],
  [13, 6],
  [14, 7],
  [15, 7],
  [16, 6],
  [17, 5],
  [18, 2],
];
const faults = ["error_llm_websocket_open", "error_retell", "telephony_provider_unavailable", "error_no_audio_received"] as const;

type Ending = "booked" | "asked" | "no-slot" | "callback" | "dead-end" | "failed";
const endings: readonly (readonly [Ending, number])[] = [
  ["booked", 42],
  ["asked", 33],
  ["no-slot", 10],
  ["callback", 6],
  ["dead-end", 4],
  ["failed", 5],
];

/**
 * The calls of one local day and what became of them, as far as they had ended at `now`. The same day always has the same
 * calls, whenever it is asked for. Pure.
 */
export function makeDay(day: Temporal.PlainDate, now: number): SeedRows {
  const chance = openChance(`ampel ${day.toString()}`);
  const taken = new Set<string>();
  const share = day.dayOfWeek === 7 ? 0.1 : day.dayOfWeek === 6 ? 0.4 : 1;
  const count = Math.round((60 + chance() * 35) * share);
  const days = Array.from({ length: count }, (_, index) => makeCall(day, index, chance, taken));
  const ended = days.filter(({ endedAt }) => endedAt <= now);
  return {
    call: ended.map(({ call }) => call),
    tool_call: ended.flatMap(({ toolCalls }) => toolCalls),
    appointment: ended.flatMap(({ appointment }) => appointment),
    callback: ended.flatMap(({ callback }) => callback(now)),
  };
}

type MadeCall = {
  readonly endedAt: number;
  readonly call: Readonly<Record<string, unknown>>;
  readonly toolCalls: readonly Readonly<Record<string, unknown>>[];
  readonly appointment: readonly Readonly<Record<string, unknown>>[];
  callback(now: number): readonly Readonly<Record<string, unknown>>[];
};

function makeCall(day: Temporal.PlainDate, index: number, chance: () => number, taken: Set<string>): MadeCall {
  const companyIndex = pickIndex(
    seedCompanyList.map(({ weight }) => weight),
    chance(),
  );
  const company = seedCompanyList[companyIndex] as SeedCompany;
  const branchIndex = Math.floor(chance() * company.branches.length);
  const customer = Math.floor(chance() * customersPerCompany);
  const hour = pick(hourWeights, chance());
  const startedAt = day.toZonedDateTime({ timeZone, plainTime: { hour } }).epochMilliseconds + Math.floor(chance() * 3600) * 1000;
  const wanted = pick(endings, chance());
  const callId = `call_seed${day.toString().replaceAll("-", "")}${String(index).padStart(3, "0")}`;
  const isHidden = wanted !== "booked" && wanted !== "callback" && chance() < 0.15;
  const appointment =
    wanted === "booked"
      ? makeAppointment({ company, companyIndex, branchIndex, customer, callId, day, startedAt }, chance, taken)
      : undefined;
  const ending: Ending = wanted === "booked" && appointment === undefined ? "no-slot" : wanted;
  const tools = toolsOf(ending, chance);
  const durationMs = Math.round(
    seconds(ending === "failed" ? 3 + chance() * 15 : ending === "dead-end" ? 20 + chance() * 40 : 45 + chance() * 90),
  );
  const endedAt = startedAt + durationMs;
  const ids = { company_id: company.id, branch_id: company.branches[branchIndex], customer_id: isHidden ? null : `k${customer + 1}` };
  const fault = faults[Math.floor(chance() * faults.length)];
  const toolErrors = tools.filter(({ outcome }) => outcome === "unavailable").length;
  return {
    endedAt,
    call: {
      ...ids,
      call_id: callId,
      agent_id: agentOf(company),
      agent_version: 1,
      from_number: isHidden ? "anonymous" : mobileOf(companyIndex, customer),
      to_number: numberOf(company, branchIndex),
      direction: "inbound",
      state: ending === "failed" ? "failed" : "ended",
      started_at: toIso(startedAt),
      ended_at: toIso(endedAt),
      duration_ms: durationMs,
      disconnection_reason: ending === "failed" ? fault : ending === "dead-end" || chance() < 0.6 ? "user_hangup" : "agent_hangup",
      failure: ending === "failed" ? fault : null,
      is_dead_end: ending === "dead-end",
      outcome: ending === "booked" || ending === "callback" || ending === "failed" || ending === "dead-end" ? ending : null,
      llm_requests: ending === "failed" ? 0 : ending === "dead-end" ? 1 : 4 + Math.floor(chance() * 8),
      tool_calls: tools.length,
      tool_errors: toolErrors,
    },
    toolCalls: tools.map(({ name, outcome }, step) => ({
      company_id: company.id,
      call_id: callId,
      name,
      at: toIso(startedAt + Math.round((durationMs * (step + 1)) / (tools.length + 1))),
      duration_ms: Math.round(180 + chance() * 900),
      outcome,
      agent_version: 1,
    })),
    appointment: appointment === undefined ? [] : [{ ...ids, ...appointment }],
    callback: (now) =>
      ending === "callback" ? [makeCallback({ ids, callId, index, endedAt, customer, phone: mobileOf(companyIndex, customer) }, now)] : [],
  };
}

function toolsOf(ending: Ending, chance: () => number): { name: string; outcome: string }[] {
  const look = { name: "check_availability", outcome: chance() < 0.03 ? "unavailable" : "ok" };
  switch (ending) {
    case "booked":
      return [look, { name: "book_appointment", outcome: "confirmed" }];
    case "no-slot":
      return [{ name: "check_availability", outcome: "none" }];
    case "callback":
      return [look, { name: "request_callback", outcome: "callback" }];
    case "asked":
      return [{ name: "get_opening_hours", outcome: "ok" }];
    case "dead-end":
    case "failed":
      return [];
  }
}

type Wish = {
  readonly company: SeedCompany;
  readonly companyIndex: number;
  readonly branchIndex: number;
  readonly customer: number;
  readonly callId: string;
  readonly day: Temporal.PlainDate;
  readonly startedAt: number;
};

/**
 * A free hour of somebody of that branch within five days. Each lead time has hours of its own, so that two days never
 * book the same one although neither knows of the other; `undefined` when all are taken.
 */
function makeAppointment(wish: Wish, chance: () => number, taken: Set<string>): Record<string, unknown> | undefined {
  const { company, companyIndex, branchIndex, customer, callId, day, startedAt } = wish;
  const people = company.staff.filter((_, place) => place % company.branches.length === branchIndex);
  const service = Math.floor(chance() * company.services.length);
  const [name, minutes] = company.services[service] ?? ["", 30];
  for (let tries = 0; tries < 12; tries += 1) {
    const lead = 1 + Math.floor(chance() * 5);
    const date = day.add({ days: lead });
    const person = people[Math.floor(chance() * people.length)] ?? "";
    const hour = 9 + (lead % 5) + (chance() < 0.5 ? 0 : 5);
    const key = `${company.id} ${person} ${date.toString()} ${hour}`;
    // Every company of the sandbox is open then: Tuesday to Thursday 9 to 17 h, at noon some are not.
    if (date.dayOfWeek < 2 || date.dayOfWeek > 4 || hour === 12 || hour > 16 || taken.has(key)) continue;
    taken.add(key);
    const startsAt = date.toZonedDateTime({ timeZone, plainTime: { hour } }).epochMilliseconds;
    const isCancelled = chance() < 0.05;
    return {
      appointment_id: `apt-${callId.slice("call_".length)}`,
      staff_id: slug(person),
      service_id: slug(name),
      call_id: callId,
      starts_at: toIso(startsAt),
      ends_at: toIso(startsAt + minutes * 60_000),
      state: isCancelled ? "cancelled" : "confirmed",
      calcom_uid: `uid-${callId}`,
      calcom_event_type_id: eventTypeOf(companyIndex, service),
      operation_id: `${callId}:book`,
      sync_state: "synced",
      source: "retell",
      attendee: { name: customerName(customer), phone: mobileOf(companyIndex, customer) },
      created_at: toIso(startedAt),
      changed_at: toIso(startedAt),
    };
  }
  return undefined;
}

type CallbackFacts = {
  readonly ids: Readonly<Record<string, unknown>>;
  readonly callId: string;
  readonly index: number;
  readonly endedAt: number;
  readonly customer: number;
  readonly phone: string;
};

/** Promised within half an hour; kept, but for one in eight that nobody could reach and those still waiting at `now`. */
function makeCallback({ ids, callId, index, endedAt, customer, phone }: CallbackFacts, now: number): Record<string, unknown> {
  const promisedBy = endedAt + 30 * 60_000;
  const isWaiting = promisedBy > now;
  const isMissed = index % 8 === 0;
  const doneAt = endedAt + 12 * 60_000;
  return {
    ...ids,
    callback_id: `cb-${callId.slice("call_".length)}`,
    call_id: callId,
    phone,
    name: customerName(customer),
    wish: "Bitte um Rückruf",
    reason: "asked",
    state: isWaiting ? "waiting" : isMissed ? "gave-up" : "reached",
    promised_at: toIso(endedAt),
    promised_by: toIso(promisedBy),
    kept_at: isWaiting || isMissed ? null : toIso(doneAt),
    not_before: toIso(endedAt),
    attempts: isWaiting ? 0 : isMissed ? 3 : 1,
    created_at: toIso(endedAt),
    ended_at: isWaiting ? null : toIso(isMissed ? promisedBy : doneAt),
  };
}

function toIso(at: number): string {
  return new Date(at).toISOString();
}

function pick<Value>(weighted: readonly (readonly [Value, number])[], at: number): Value {
  return (
    weighted[
      pickIndex(
        weighted.map(([, weight]) => weight),
        at,
      )
    ] as readonly [Value, number]
  )[0];
}

function pickIndex(weights: readonly number[], at: number): number {
  let rest = at * weights.reduce((sum, weight) => sum + weight, 0);
  return Math.max(
    0,
    weights.findIndex((weight) => (rest -= weight) < 0),
  );
}

/** Numbers in [0, 1) that only the text decides: mulberry32 over an FNV-1a hash. */
function openChance(text: string): () => number {
  let state = 2_166_136_261;
  for (const character of text) state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 16_777_619);
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
