import type { z } from "zod";
import {
  retellAgentSchema,
  retellCallListSchema,
  retellCallSchema,
  retellConcurrencySchema,
  retellNumberListSchema,
  retellNumberSchema,
  type RetellAgent,
  type RetellCall,
  type RetellConcurrency,
  type RetellNumber,
} from "./retell-shapes.ts";
import { findRetellProblem, RetellFault } from "./retell-fault.ts";
import type { VendorAccess } from "./vendor-call.ts";
import { requestVendor, type SentRequest } from "./vendor-request.ts";

/** Which calls: `startedFrom`, `startedUntil` are epoch ms, both inclusive; `metadata` matches one top-level key. */
export type CallFilter = {
  readonly startedFrom?: number;
  readonly startedUntil?: number;
  readonly statuses?: readonly ("not_connected" | "ongoing" | "ended" | "error")[];
  readonly callIds?: readonly string[];
  readonly metadata?: { readonly key: string; readonly value: string };
};

export type CallPage = { readonly calls: readonly RetellCall[]; readonly nextPage: string | undefined };

/** Key of our own id in a call's metadata. */
export const operationKey = "ampel_operation";

/**
 * One page of calls, oldest first, without transcripts (`POST /v3/list-calls`); at most 1000.
 * @throws {NetworkFault}
 * @throws {RetellFault}
 */
export async function listCalls(
  access: VendorAccess,
  filter: CallFilter,
  { page, limit = 200 }: { readonly page?: string | undefined; readonly limit?: number },
  signal: AbortSignal,
): Promise<CallPage> {
  const body = {
    filter_criteria: toCriteria(filter),
    sort_order: "ascending",
    limit,
    ...(page === undefined ? {} : { pagination_key: page }),
  };
  const list = await ask(access, { method: "POST", path: "/v3/list-calls", body: JSON.stringify(body) }, retellCallListSchema, signal);
  if (list.has_more && list.pagination_key === undefined) throw new RetellFault("wrong-shape", "/v3/list-calls");
  return { calls: list.items, nextPage: list.has_more ? list.pagination_key : undefined };
}

/** Every call that fits, page by page; a page that comes again ends it, so that a lying server cannot keep us for ever. */
export async function* eachCall(access: VendorAccess, filter: CallFilter, signal: AbortSignal, limit = 200): AsyncGenerator<RetellCall> {
  const seen = new Set<string>();
  let page: string | undefined;
  do {
    const { calls, nextPage } = await listCalls(access, filter, { page, limit }, signal);
    yield* calls;
    if (nextPage !== undefined && seen.has(nextPage)) {
      throw new RetellFault("wrong-shape", "/v3/list-calls");
    }
    if (nextPage !== undefined) seen.add(nextPage);
    page = nextPage;
  } while (page !== undefined);
}

/** The call with everything Retell keeps of it; `undefined` when it knows none of that id. */
export async function getCall(access: VendorAccess, callId: string, signal: AbortSignal): Promise<RetellCall | undefined> {
  return await askForOne(
    access,
    `/v2/get-call/${encodeURIComponent(callId)}`,
    retellCallSchema,
    signal,
    ({ call_id }) => call_id === callId,
  );
}

export type PhoneCallOrder = {
  readonly from: string;
  readonly to: string;
  /** Ours, unique for this intention; stands in the metadata, so that `findPhoneCall` finds it again. */
  readonly operationId: string;
  readonly agentId?: string;
  readonly agentVersion?: number;
  readonly variables?: Readonly<Record<string, string>>;
  readonly metadata?: Readonly<Record<string, string>>;
};

/**
 * Dials. Never sent twice by itself: a customer would be called twice. After an error that is no refusal, look with
 * `findPhoneCall` first. @throws {RetellFault} `not-done` when the answer is a call to somebody else or without our id
 */
export async function createPhoneCall(access: VendorAccess, order: PhoneCallOrder, signal: AbortSignal): Promise<RetellCall> {
  const path = "/v2/create-phone-call";
  const body = {
    from_number: order.from,
    to_number: order.to,
    metadata: { ...order.metadata, [operationKey]: order.operationId },
    ...(order.agentId === undefined ? {} : { override_agent_id: order.agentId }),
    ...(order.agentVersion === undefined ? {} : { override_agent_version: order.agentVersion }),
    ...(order.variables === undefined ? {} : { retell_llm_dynamic_variables: order.variables }),
  };
  const call = await ask(access, { method: "POST", path, body: JSON.stringify(body) }, retellCallSchema, signal);
  if (call.to_number !== order.to || operationOf(call) !== order.operationId) {
    throw new RetellFault("not-done", path);
  }
  return call;
}

/** The call an earlier `createPhoneCall` with this id made, if it made one. Retell may list a call seconds after it began. */
export async function findPhoneCall(access: VendorAccess, operationId: string, signal: AbortSignal): Promise<RetellCall | undefined> {
  const { calls } = await listCalls(access, { metadata: { key: operationKey, value: operationId } }, { limit: 50 }, signal);
  // Compared again here: a server that ignores the filter would hand us somebody else's call.
  return calls.find((call) => operationOf(call) === operationId);
}

export async function getPhoneNumber(access: VendorAccess, number: string, signal: AbortSignal): Promise<RetellNumber | undefined> {
  const path = `/get-phone-number/${encodeURIComponent(number)}`;
  return await askForOne(access, path, retellNumberSchema, signal, ({ phone_number }) => phone_number === number);
}

/** Every number of the account, over all pages. */
export async function listPhoneNumbers(access: VendorAccess, signal: AbortSignal): Promise<readonly RetellNumber[]> {
  const numbers: RetellNumber[] = [];
  let page: string | undefined;
  do {
    const query = new URLSearchParams({ limit: "100", ...(page === undefined ? {} : { pagination_key: page }) });
    const list = await ask(access, { method: "GET", path: `/v2/list-phone-numbers?${query.toString()}` }, retellNumberListSchema, signal);
    numbers.push(...list.items);
    const next = list.has_more ? list.pagination_key : undefined;
    if (next !== undefined && next === page) throw new RetellFault("wrong-shape", "/v2/list-phone-numbers");
    page = next;
  } while (page !== undefined);
  return numbers;
}

/** What may be changed on a number; `null` takes it away. */
export type NumberChange = {
  readonly inbound_webhook_url?: string | null;
  readonly fallback_number?: string | null;
  readonly inbound_agents?: readonly { readonly agent_id: string; readonly agent_version?: number | string; readonly weight: number }[];
  readonly nickname?: string | null;
};

/** Changes a number and reads it back. @throws {RetellFault} `not-done` when it is not as wanted afterwards */
export async function updatePhoneNumber(
  access: VendorAccess,
  number: string,
  change: NumberChange,
  signal: AbortSignal,
): Promise<RetellNumber> {
  const path = `/update-phone-number/${encodeURIComponent(number)}`;
  await ask(access, { method: "PATCH", path, body: JSON.stringify(change) }, retellNumberSchema, signal);
  const now = await getPhoneNumber(access, number, signal);
  if (now === undefined || !isAsWanted(now, change)) throw new RetellFault("not-done", path);
  return now;
}

/** The agent at its latest version, or at the one given. */
export async function getAgent(
  access: VendorAccess,
  agentId: string,
  signal: AbortSignal,
  version?: number,
): Promise<RetellAgent | undefined> {
  const path = `/get-agent/${encodeURIComponent(agentId)}${version === undefined ? "" : `?version=${version}`}`;
  return await askForOne(access, path, retellAgentSchema, signal, ({ agent_id }) => agent_id === agentId);
}

/** Sets where the agent's events go, and reads it back. `null`: to the account's address. @throws {RetellFault} `not-done` */
export async function setAgentWebhook(
  access: VendorAccess,
  agentId: string,
  webhookUrl: string | null,
  signal: AbortSignal,
): Promise<RetellAgent> {
  const path = `/update-agent/${encodeURIComponent(agentId)}`;
  await ask(access, { method: "PATCH", path, body: JSON.stringify({ webhook_url: webhookUrl }) }, retellAgentSchema, signal);
  const now = await getAgent(access, agentId, signal);
  if (now === undefined || (now.webhook_url ?? null) !== webhookUrl) throw new RetellFault("not-done", path);
  return now;
}

/** How many calls run and how many may. */
export async function getConcurrency(access: VendorAccess, signal: AbortSignal): Promise<RetellConcurrency> {
  return await ask(access, { method: "GET", path: "/get-concurrency" }, retellConcurrencySchema, signal);
}

async function ask<Shape extends z.ZodType>(
  access: VendorAccess,
  sent: SentRequest,
  shape: Shape,
  signal: AbortSignal,
): Promise<z.infer<Shape>> {
  const reply = await requestVendor(access, sent, signal);
  const [path = sent.path] = sent.path.split("?");
  const problem = findRetellProblem(reply);
  if (problem !== undefined) throw new RetellFault(problem, path, reply);
  const parsed = shape.safeParse(reply.json);
  if (!parsed.success) throw new RetellFault("wrong-shape", path, reply);
  return parsed.data;
}

/** `undefined` when Retell knows none. @throws {RetellFault} `wrong-shape` when it answers with another one */
async function askForOne<Shape extends z.ZodType>(
  access: VendorAccess,
  path: string,
  shape: Shape,
  signal: AbortSignal,
  isTheOne: (found: z.infer<Shape>) => boolean,
): Promise<z.infer<Shape> | undefined> {
  try {
    const found = await ask(access, { method: "GET", path }, shape, signal);
    if (!isTheOne(found)) throw new RetellFault("wrong-shape", path);
    return found;
  } catch (error) {
    if (error instanceof RetellFault && isMissing(error)) return undefined;
    throw error;
  }
}

/** Retell says "Cannot find requested asset under given api key" with 422; a plain 404 is not in its interface, but proxies know it. */
const isMissing = ({ problem, httpStatus }: RetellFault): boolean => problem === "missing" || (problem === "refused" && httpStatus === 422);

function operationOf(call: RetellCall): string | undefined {
  const value = call.metadata?.[operationKey];
  return typeof value === "string" ? value : undefined;
}

function toCriteria({ startedFrom, startedUntil, statuses, callIds, metadata }: CallFilter): Record<string, unknown> {
  return {
    ...(startedFrom === undefined && startedUntil === undefined
      ? {}
      : { start_timestamp: { type: "range", op: "bt", value: [startedFrom ?? 0, startedUntil ?? Number.MAX_SAFE_INTEGER] } }),
    ...(statuses === undefined ? {} : { call_status: { type: "enum", op: "in", value: statuses } }),
    ...(callIds === undefined ? {} : { call_id: { type: "enum", op: "in", value: callIds } }),
    ...(metadata === undefined ? {} : { metadata: [{ key: metadata.key, type: "string", op: "eq", value: metadata.value }] }),
  };
}

function isAsWanted(now: RetellNumber, change: NumberChange): boolean {
  return Object.entries(change).every(([field, wanted]) => {
    const found = (now as Record<string, unknown>)[field] ?? null;
    if (field !== "inbound_agents") return found === wanted;
    const ids = (agents: unknown): string =>
      JSON.stringify(
        ((agents ?? []) as RetellNumber["inbound_agents"])?.map(({ agent_id, agent_version }) => [agent_id, agent_version ?? null]),
      );
    return ids(found) === ids(wanted);
  });
}
