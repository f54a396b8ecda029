import { operationOf } from "../../integrations/calcom-api.ts";
import type { CalcomBooking } from "../../integrations/calcom-shapes.ts";
import { hours, minutes } from "../../kernel/clock.ts";
import { asEveryCompany } from "../companies/tenant.ts";
import { selectAppointments } from "./appointment-rows.ts";
import { plannedStart, type Appointment } from "./appointment.ts";
import { patient } from "./calcom-door.ts";
import { openConflicts, type Conflict } from "./conflict-rows.ts";
import { dropCursor, readCursor, writeCursor } from "../cursor-rows.ts";
import { accountsOf, applyAll, findMissing, noApplied, ownerOf, settleMissing, type Account, type ApplyTally } from "./reconcile.ts";
import type { Desk } from "./settle-push.ts";
import { noTally, syncDue, type SyncTally } from "./sync-job.ts";

/** What differs between us and Cal.com, in both directions, for the appointments of a span. Nothing is changed by looking. */
export type SyncDiff = {
  readonly fromAt: number;
  readonly untilAt: number;
  /** Ours that Cal.com does not know yet: to be made, moved or cancelled there. */
  readonly toCalcom: readonly DiffLine[];
  /** At Cal.com and not here, or different here. */
  readonly fromCalcom: readonly DiffLine[];
  /** Confirmed here, not listed there: looked up one by one when synchronised. */
  readonly missing: readonly DiffLine[];
  /** At Cal.com under an event type that belongs to no company of ours. */
  readonly unassigned: number;
  readonly strange: number;
  /** Accounts that could not be asked: there nothing is known. */
  readonly unseen: readonly string[];
};

export type DiffLine = { readonly companyId: string; readonly subject: string; readonly startsAt: number; readonly what: string };

export type SyncReport = {
  readonly pushed: SyncTally;
  readonly applied: ApplyTally;
  readonly missing: number;
  /** The look afterwards: empty when both sides agree. */
  readonly rest: SyncDiff;
  readonly conflicts: readonly Conflict[];
  /** An earlier run that was cut off was taken up again. */
  readonly isResumed: boolean;
};

type Span = { readonly fromAt: number; readonly untilAt: number };

/** Compares, asking Cal.com once per account. @throws nothing of Cal.com's: an account that does not answer is `unseen` */
export async function diffBookings(desk: Desk, span: Span, signal: AbortSignal): Promise<SyncDiff> {
  const pending = await readPending(desk, span);
  const diff = {
    toCalcom: pending.map(lineOf),
    fromCalcom: [] as DiffLine[],
    missing: [] as DiffLine[],
    unassigned: 0,
    strange: 0,
    unseen: [] as string[],
  };
  for (const account of accountsOf(desk)) {
    try {
      const seen = await lookAt(desk, account, span, signal);
      diff.fromCalcom.push(...seen.differing.map(({ line }) => line));
      diff.missing.push(...seen.missing.map((row) => ({ ...lineOf(row), what: "missing" })));
      diff.unassigned += seen.unassigned;
      diff.strange += seen.strange;
    } catch (error) {
      if (signal.aborted) throw error;
      diff.unseen.push(account.bucket);
    }
  }
  return { ...span, ...diff };
}

const cursorName = "calcom-emergency-sync";
/** A run that was cut off longer ago is not gone on with: its span lies behind us. */
const resumableMs = hours(1);
type Cursor = Span & { readonly startedAt: number; readonly done: readonly string[] };

/**
 * Brings both sides together for the coming hours, throttled like everything else towards Cal.com, then looks again.
 * Each step can be repeated; a run that was cut off goes on where it was.
 */
export async function emergencySync(
  desk: Desk,
  nextHours: number,
  signal: AbortSignal,
  tell: (account: string, isDone: boolean) => void = () => {},
): Promise<SyncReport> {
  const { gateway, pool } = desk;
  const now = gateway.clock.now();
  const found = await readCursor<Cursor>(pool, cursorName);
  const isResumed = found !== undefined && now - found.startedAt < resumableMs && found.untilAt - found.fromAt === hours(nextHours);
  let cursor: Cursor = isResumed ? found : { fromAt: now, untilAt: now + hours(nextHours), startedAt: now, done: [] };
  await writeCursor(pool, cursorName, cursor, now);
  const applied = noApplied();
  const pushed = noTally();
  let missing = 0;
  for (const account of accountsOf(desk)) {
    if (cursor.done.includes(account.bucket)) continue;
    tell(account.bucket, false);
    try {
      // Their side first: what they have of ours must not be made again.
      const seen = await lookAt(desk, account, cursor, signal);
      await applyAll(
        desk,
        seen.differing.map(({ booking }) => booking),
        applied,
      );
      for (const appointment of seen.missing) if (await settleMissing(desk, appointment, applied, signal)) missing += 1;
      for (const { companyId } of account.companies) addTally(pushed, await syncDue(desk, signal, { isEverything: true, companyId }));
      cursor = { ...cursor, done: [...cursor.done, account.bucket] };
      await writeCursor(pool, cursorName, cursor, gateway.clock.now());
      tell(account.bucket, true);
    } catch (error) {
      if (signal.aborted) throw error;
      // The look afterwards names it as not seen.
    }
  }
  const rest = await diffBookings(desk, cursor, signal);
  if (rest.unseen.length === 0) await dropCursor(pool, cursorName);
  return { pushed, applied, missing, rest, conflicts: await asEveryCompany(pool, openConflicts), isResumed };
}

/** True when both sides agree and nothing is left in the dark. */
export function isInStep({ toCalcom, fromCalcom, missing, unseen }: SyncDiff): boolean {
  return toCalcom.length + fromCalcom.length + missing.length + unseen.length === 0;
}

async function lookAt(desk: Desk, { companies }: Account, span: Span, signal: AbortSignal) {
  const [first] = companies;
  if (first === undefined) return { differing: [], missing: [], unassigned: 0, strange: 0 };
  // `beforeEnd` filters by the end: a long appointment that begins within the span still counts.
  const filter = { startsAfter: span.fromAt - minutes(1), endsBefore: span.untilAt + hours(12) };
  const { bookings, strange } = await desk.door.of(first.companyId, patient).listBookings(filter, signal);
  const within = bookings.filter(({ startsAt }) => startsAt >= span.fromAt && startsAt < span.untilAt);
  const companyIds = companies.map(({ companyId }) => companyId);
  const rows = await asEveryCompany(
    desk.pool,
    async (client) =>
      await selectAppointments(client, "company_id = any($1) and (calcom_uid = any($2) or operation_id = any($3))", [
        companyIds,
        within.map(({ uid }) => uid),
        within.map((booking) => operationOf(booking) ?? `calcom:${booking.uid}`),
      ]),
  );
  const owned = within.map((booking) => ({ booking, companyId: ownerOf(desk, booking) }));
  const differing = owned.flatMap(({ booking, companyId }) => {
    const what = companyId === undefined ? undefined : differenceOf(booking, rows);
    return what === undefined || companyId === undefined
      ? []
      : [{ booking, line: { companyId, subject: booking.uid, startsAt: booking.startsAt, what } }];
  });
  const listed = new Set(bookings.map(({ uid }) => uid));
  const missing = await findMissing(desk, span, listed, companyIds);
  return { differing, missing, strange, unassigned: owned.filter(({ companyId }) => companyId === undefined).length };
}

/** What applying this booking would change here; nothing when both agree. Pure. */
function differenceOf(
  booking: CalcomBooking,
  rows: readonly Appointment[],
): "new" | "cancelled" | "moved" | "confirmed" | "duplicate" | undefined {
  const isActive = booking.status === "accepted" || booking.status === "pending";
  const row =
    rows.find(({ calcomUid }) => calcomUid === booking.uid) ?? rows.find(({ operationId }) => operationId === operationOf(booking));
  if (row === undefined) return isActive ? "new" : undefined;
  if (!isActive) return row.calcomUid === booking.uid && row.state === "confirmed" ? "cancelled" : undefined;
  if (row.calcomUid !== undefined && row.calcomUid !== booking.uid) {
    return booking.rescheduledFromUid === row.calcomUid ? "moved" : undefined;
  }
  if (row.syncState === "pending" || row.syncState === "unknown") return row.calcomUid === undefined ? "confirmed" : undefined;
  if (row.state === "conflict" || row.state === "cancelled" || row.state === "rejected") return undefined;
  return row.startsAt === booking.startsAt ? undefined : "moved";
}

async function readPending({ pool }: Desk, span: Span): Promise<readonly Appointment[]> {
  return await asEveryCompany(
    pool,
    async (client) =>
      await selectAppointments(
        client,
        "sync_state in ('pending', 'unknown') and coalesce(wanted_starts_at, starts_at) < $1 order by created_at",
        [new Date(span.untilAt)],
      ),
  );
}

function lineOf(row: Appointment): DiffLine {
  const what = row.isCancelWanted ? "cancel" : row.calcomUid === undefined ? (row.syncState === "unknown" ? "look-up" : "create") : "move";
  return { companyId: row.companyId, subject: row.appointmentId, startsAt: plannedStart(row), what };
}

function addTally(sum: SyncTally, more: SyncTally): void {
  for (const key of Object.keys(more) as (keyof SyncTally)[]) sum[key] += more[key];
}
