import { textOf } from "../body-fields.ts";
import type { RetellCall } from "./retell-state.ts";

type Criterion = { type?: unknown; op?: unknown; value?: unknown };

const readers: Readonly<Record<string, (call: RetellCall) => unknown>> = {
  call_id: (call) => call.call_id,
  call_status: (call) => call.call_status,
  call_type: (call) => call.call_type,
  direction: (call) => call.direction,
  from_number: (call) => call.from_number,
  to_number: (call) => call.to_number,
  start_timestamp: (call) => call.start_timestamp,
  end_timestamp: (call) => call.end_timestamp,
  duration_ms: (call) => call.duration_ms,
  disconnection_reason: (call) => call.disconnection_reason,
  user_sentiment: (call) => call.call_analysis?.user_sentiment,
  call_successful: (call) => call.call_analysis?.call_successful,
  in_voicemail: (call) => call.call_analysis?.in_voicemail,
};

/** A test for `filter_criteria` of `POST /v3/list-calls`, or what is wrong with it: an unknown filter is refused, never ignored. */
export function readFilter(criteria: Readonly<Record<string, unknown>>): { matches(call: RetellCall): boolean } | { problem: string } {
  const tests: ((call: RetellCall) => boolean)[] = [];
  for (const [name, criterion] of Object.entries(criteria)) {
    const test = name === "agent" ? readAgents(criterion) : name === "metadata" ? readMetadata(criterion) : readField(name, criterion);
    if (test === undefined) return { problem: `filter_criteria.${name} is not a valid filter` };
    tests.push(test);
  }
  return { matches: (call) => tests.every((test) => test(call)) };
}

function readAgents(criterion: unknown): ((call: RetellCall) => boolean) | undefined {
  if (!Array.isArray(criterion)) return undefined;
  const wanted = criterion as { agent_id: string; version?: number[] }[];
  return ({ agent_id, agent_version }) =>
    wanted.some((agent) => agent.agent_id === agent_id && (agent.version?.length ? agent.version.includes(agent_version) : true));
}

/** Each with a `key` beside type, op and value. */
function readMetadata(criterion: unknown): ((call: RetellCall) => boolean) | undefined {
  if (!Array.isArray(criterion)) return undefined;
  const parts = (criterion as (Criterion & { key?: string })[]).map((part) => {
    const compare = readComparison(part);
    return compare === undefined || part.key === undefined ? undefined : { key: part.key, compare };
  });
  if (parts.includes(undefined)) return undefined;
  return ({ metadata }) => parts.every((part) => part?.compare((metadata as Record<string, unknown> | undefined)?.[part.key]));
}

function readField(name: string, criterion: unknown): ((call: RetellCall) => boolean) | undefined {
  const read = readers[name];
  const compare = readComparison(criterion as Criterion);
  return read === undefined || compare === undefined ? undefined : (call) => compare(read(call));
}

function readComparison({ type, op, value }: Criterion): ((seen: unknown) => boolean) | undefined {
  if (type === "string" && typeof value === "string") return stringTests[String(op)]?.(value);
  if (type === "number" && typeof value === "number") return numberTests[String(op)]?.(value);
  if (type === "enum" && op === "in" && Array.isArray(value)) return (seen) => value.includes(seen);
  if (type === "boolean" && op === "eq" && typeof value === "boolean") return (seen) => seen === value;
  if (type === "range" && op === "bt" && Array.isArray(value) && value.length === 2) {
    const [low, high] = value as [number, number];
    return (seen) => typeof seen === "number" && seen >= low && seen <= high;
  }
  return undefined;
}

const stringTests: Readonly<Record<string, (value: string) => (seen: unknown) => boolean>> = {
  eq: (value) => (seen) => seen === value,
  ne: (value) => (seen) => seen !== value,
  sw: (value) => (seen) => textOf(seen).startsWith(value),
  ew: (value) => (seen) => textOf(seen).endsWith(value),
  co: (value) => (seen) => textOf(seen).includes(value),
};

const numberTests: Readonly<Record<string, (value: number) => (seen: unknown) => boolean>> = {
  eq: (value) => (seen) => seen === value,
  ne: (value) => (seen) => seen !== value,
  gt: (value) => (seen) => typeof seen === "number" && seen > value,
  ge: (value) => (seen) => typeof seen === "number" && seen >= value,
  lt: (value) => (seen) => typeof seen === "number" && seen < value,
  le: (value) => (seen) => typeof seen === "number" && seen <= value,
};
