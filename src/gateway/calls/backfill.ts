import { hours, minutes } from "../../kernel/clock.ts";
import { Failure } from "../../kernel/failure.ts";
import { message } from "../../kernel/message.ts";
import { getCall, listCalls } from "../../integrations/retell-api.ts";
import type { RetellCall } from "../../integrations/retell-shapes.ts";
import type { Gateway } from "../gateway.ts";
import { advanceCursor, readCursor } from "../cursor-rows.ts";
import { fetchedDelivery, isEnded } from "./call-delivery.ts";
import { findMissing, type MissingEvent } from "./missing-events.ts";
import { askRetell, retellAccounts, type RetellAccount } from "./retell-door.ts";

/** The parts of the gateway that a comparison needs. */
export type BackfillGround = Pick<Gateway, "access" | "breakers" | "clock" | "directory" | "egress" | "keep" | "pool" | "settings">;

/** Epoch ms. `compared`: calls that Retell lists; `missing`: events we had not; `stored`: of those, kept now. */
export type BackfillReport = {
  readonly account: string;
  readonly from: number;
  readonly until: number;
  readonly compared: number;
  readonly missing: number;
  readonly stored: number;
  readonly callIds: readonly string[];
};

/** A call that began this long before the last comparison may have ended after it: twice Retell's longest call (1 h by default). */
const overlapMs = hours(2);
/** The first time, and for a database that forgot. */
const firstLookMs = hours(24);
/** Its own event may still be on its way. */
const graceMs = minutes(1);
const pageSize = 200;
const mostReported = 50;

/**
 * Compares Retell's list of calls with ours, on every account, and puts the events we never got into the inbox under the
 * key the live ones have. The cursor moves page by page, and only past what is durably kept: it goes on where it was after
 * an outage, a crash or an open breaker. `since`: looks from there and leaves the cursor alone.
 * @throws {Failure} store-unreachable without a database; whatever `askRetell` throws
 */
export async function backfillCalls(
  gateway: BackfillGround,
  { since, isDryRun = false }: { readonly since?: number; readonly isDryRun?: boolean },
  signal: AbortSignal,
): Promise<readonly BackfillReport[]> {
  const reports: BackfillReport[] = [];
  for (const account of retellAccounts(gateway)) reports.push(await backfillAccount(gateway, account, since, isDryRun, signal));
  return reports;
}

async function backfillAccount(
  gateway: BackfillGround,
  account: RetellAccount,
  since: number | undefined,
  isDryRun: boolean,
  signal: AbortSignal,
): Promise<BackfillReport> {
  const { pool, clock } = gateway;
  if (pool === undefined) throw new Failure("store-unreachable", message("calls.no-store"), message("calls.no-store-next"));
  const cursorName = `calls-backfill:${account.name}`;
  const now = clock.now();
  const from = since ?? ((await readCursor<{ until: number }>(pool, cursorName))?.until ?? now - firstLookMs + overlapMs) - overlapMs;
  const isMoving = since === undefined && !isDryRun;
  let report: BackfillReport = { account: account.name, from, until: now, compared: 0, missing: 0, stored: 0, callIds: [] };
  const seen = new Set<string>();
  let page: string | undefined;
  do {
    signal.throwIfAborted();
    const filter = { startedFrom: from, startedUntil: now };
    const list = await askRetell(
      gateway,
      account,
      async (access, inner) => await listCalls(access, filter, { page, limit: pageSize }, inner),
      signal,
    );
    // A page may begin with the last call of the one before.
    const fresh = list.calls.filter(({ call_id }) => !seen.has(call_id));
    for (const { call_id } of fresh) seen.add(call_id);
    const settled = fresh.filter(({ end_timestamp, start_timestamp }) => (end_timestamp ?? start_timestamp ?? 0) <= now - graceMs);
    const missing = await findMissing(pool, settled);
    const stored = isDryRun ? 0 : await fetchMissing(gateway, account, missing, signal);
    report = {
      ...report,
      compared: seen.size,
      missing: report.missing + missing.length,
      stored: report.stored + stored,
      callIds: [...new Set([...report.callIds, ...missing.map(({ call }) => call.call_id)])].slice(0, mostReported),
    };
    if (list.nextPage !== undefined && list.nextPage === page) throw new RangeError("Retell's list repeats itself");
    page = list.nextPage;
    const reached = Math.min(list.calls.at(-1)?.start_timestamp ?? 0, now);
    if (isMoving && page !== undefined && reached > 0) await advanceCursor(pool, cursorName, reached, clock.now());
  } while (page !== undefined);
  if (isMoving) await advanceCursor(pool, cursorName, now, clock.now());
  return report;
}

/** The list has no transcripts, so an ended call is fetched whole. Several events of one call cost one request. */
async function fetchMissing(
  gateway: BackfillGround,
  account: RetellAccount,
  missing: readonly MissingEvent[],
  signal: AbortSignal,
): Promise<number> {
  const whole = new Map<string, RetellCall>();
  let stored = 0;
  for (const { call, event } of missing) {
    if (isEnded(call) && !whole.has(call.call_id)) {
      const fetched = await askRetell(gateway, account, async (access, inner) => await getCall(access, call.call_id, inner), signal);
      whole.set(call.call_id, fetched ?? call);
    }
    const kept = await gateway.keep(fetchedDelivery(gateway, event, whole.get(call.call_id) ?? call));
    if (kept !== "duplicate") stored += 1;
  }
  return stored;
}
