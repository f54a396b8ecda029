import type { ClientBase } from "pg";
import type { EventHandler, EventOutcome, InboxEvent } from "../event-handler.ts";
import type { Directory } from "../companies/directory.ts";
import { hours, type Clock } from "../../kernel/clock.ts";
import { newId } from "../../kernel/ids.ts";
import { readCallerNumber } from "./phone.ts";
import { ownEvents, parseNote, type CallbackNote, type KeptWish } from "./wish.ts";

/** Kept raw only when nobody took the call and nothing could be promised: an unchecked signature, a number unknown then. */
const unansweredPath = /^\/twilio\/(voice|after-dial|fallback)$/;

/**
 * Turns kept wishes into rows of `gateway.callback`, one waiting callback per number and company, and cancels what a caller
 * took back. A genuine call that had to be quarantined becomes a wish when it is released. What the carrier says about calls
 * and recordings otherwise needs nothing done. `shortestMs`: the promise to whoever was told none.
 */
export function callbackEventHandler({ clock, shortestMs }: { clock: Clock; shortestMs: number }): EventHandler {
  return {
    name: "callbacks",
    handles: ({ provider }) => provider === "twilio",
    companyOf: (event, directory) => {
      if (!ownEvents.has(event.eventType)) return directory.number(fieldsOf(event).get("To") ?? "")?.companyId;
      const companyId = parseNote(event.body)?.companyId;
      return companyId === undefined || !isKnown(directory, companyId) ? undefined : companyId;
    },
    apply: async (events, client, companyId) => {
      const outcomes: EventOutcome[] = [];
      for (const event of events) {
        const note = ownEvents.has(event.eventType) ? parseNote(event.body) : readUnanswered(event, companyId, clock.now(), shortestMs);
        outcomes.push(await applyNote(note, event, client, companyId));
      }
      return outcomes;
    },
  };
}

function isKnown(directory: Directory, companyId: string): boolean {
  return directory.company(companyId) !== undefined;
}

async function applyNote(
  note: CallbackNote | "nothing-to-do" | undefined,
  event: InboxEvent,
  client: ClientBase,
  companyId: string,
): Promise<EventOutcome> {
  if (note === "nothing-to-do") return { kind: "ignored", why: "carrier-status" };
  if (note === undefined || note.companyId !== companyId) return { kind: "unknown-shape", why: "callback-note" };
  if (note.kind === "wish") return await saveWish(client, note, event.dedupKey, event.receivedAt);
  await client.query(
    `update gateway.callback set state = 'cancelled', ended_at = to_timestamp($3::float8 / 1000), ended_by = 'caller'
     where company_id = $1 and phone = $2 and state in ('waiting', 'unclear') and created_at <= to_timestamp($3::float8 / 1000)`,
    [companyId, note.phone, event.receivedAt],
  );
  return { kind: "done" };
}

/** A call that nobody took, as a wish; a day later a callback would only surprise. */
function readUnanswered(event: InboxEvent, companyId: string, now: number, shortestMs: number): KeptWish | "nothing-to-do" {
  const fields = fieldsOf(event);
  const isUnanswered = unansweredPath.test(pathOf(event.url));
  const caller = readCallerNumber(fields.get("From") ?? undefined);
  if (!isUnanswered || caller.kind !== "callable" || event.receivedAt < now - hours(24)) return "nothing-to-do";
  return {
    kind: "wish",
    callbackId: newId("cb"),
    companyId,
    phone: caller.phone,
    reason: "retell-down",
    priority: "normal",
    promisedBy: now + shortestMs,
    opensAt: now,
    notBefore: now,
    callId: fields.get("CallSid") ?? event.dedupKey,
  };
}

function fieldsOf({ body }: InboxEvent): URLSearchParams {
  return new URLSearchParams(body.toString("utf8"));
}

function pathOf(url: string): string {
  return URL.canParse(url) ? new URL(url).pathname.replace(/^.*(?=\/twilio\/)/, "") : "";
}

/**
 * One row per number that waits: a second wish joins it and can only make its promise earlier, unless it was called already,
 * then it is a new promise. `wishId` makes a wish one, however often it is replayed.
 */
async function saveWish(client: ClientBase, wish: KeptWish, wishId: string, receivedAt: number): Promise<EventOutcome> {
  const known = await client.query("select 1 from gateway.callback where company_id = $1 and wish_ids @> array[$2]", [
    wish.companyId,
    wishId,
  ]);
  if (known.rowCount !== 0) return { kind: "ignored", why: "known-wish" };
  await client.query(
    `insert into gateway.callback as kept (callback_id, company_id, branch_id, customer_id, call_id, phone, name, wish, recording_sid,
       reason, priority, state, promised_at, promised_by, not_before, opens_at, wish_ids, created_at)
     select case when exists (select from gateway.callback where callback_id = $1) then $1 || '-' || left(md5($12), 4) else $1 end, $2,
       (select branch_id from gateway.branch where company_id = $2 and branch_id = $3),
       (select customer_id from gateway.customer where company_id = $2 and phone = $5),
       $4, $5, $6, $7, $8, $9, $10, 'waiting', to_timestamp($11::float8 / 1000), to_timestamp($13::float8 / 1000),
       to_timestamp($14::float8 / 1000), to_timestamp($15::float8 / 1000), array[$12], to_timestamp($11::float8 / 1000)
     on conflict (company_id, phone) where state in ('waiting', 'dialling', 'unclear') do update set
       branch_id = coalesce(kept.branch_id, excluded.branch_id),
       call_id = coalesce(excluded.call_id, kept.call_id),
       name = coalesce(excluded.name, kept.name),
       wish = case when kept.wish is null or excluded.wish is null or position(excluded.wish in kept.wish) > 0
                   then coalesce(kept.wish, excluded.wish) else left(kept.wish || ' / ' || excluded.wish, 2000) end,
       recording_sid = coalesce(excluded.recording_sid, kept.recording_sid),
       priority = (array['normal', 'high', 'urgent'])[greatest(array_position(array['normal', 'high', 'urgent'], kept.priority),
                    array_position(array['normal', 'high', 'urgent'], excluded.priority))],
       wish_ids = kept.wish_ids || excluded.wish_ids,
       state = case when kept.state = 'unclear' then 'waiting' else kept.state end,
       attempts = case when kept.kept_at is null then kept.attempts else 0 end,
       promised_at = case when kept.kept_at is null then kept.promised_at else excluded.promised_at end,
       opens_at = case when kept.kept_at is null then kept.opens_at else excluded.opens_at end,
       promised_by = case when kept.kept_at is null then least(kept.promised_by, excluded.promised_by) else excluded.promised_by end,
       not_before = greatest(kept.not_before, least(excluded.not_before, kept.promised_by)),
       raised_half_at = case when kept.kept_at is null then kept.raised_half_at end,
       raised_at = case when kept.kept_at is null then kept.raised_at end,
       kept_at = null`,
    [
      wish.callbackId,
      wish.companyId,
      wish.branchId ?? null,
      wish.callId ?? null,
      wish.phone,
      wish.name ?? null,
      wish.wish ?? null,
      wish.recordingSid ?? null,
      wish.reason,
      wish.priority,
      receivedAt,
      wishId,
      wish.promisedBy,
      wish.notBefore,
      wish.opensAt,
    ],
  );
  return { kind: "done" };
}
