import type { Pool } from "pg";
import { seconds, type Clock } from "../../kernel/clock.ts";
import { message, say, type Language, type Message } from "../../kernel/message.ts";
import { restText } from "../../switches/active-switches.ts";
import type { GatewayCheck } from "../gateway.ts";

/** `due`: waiting and held back by nothing. Ages and waits in ms, 0 when there is none. */
export type InboxFigures = {
  readonly due: number;
  readonly oldestWaitMs: number;
  readonly dead: number;
  readonly oldestDeadMs: number;
};

/** Workers look ten times a second: what is due for longer than this is held by nothing that ends by itself. */
const stuckAfterMs = seconds(60);

/** P10, the inbox's part: events that nobody applies, and dead letters that nobody looks at. */
export async function checkInbox(
  pool: Pool | undefined,
  { clock, language }: { readonly clock: Clock; readonly language: Language },
): Promise<GatewayCheck[]> {
  const base = { id: "P10", subject: "inbox", seenAt: clock.now() };
  const figures = pool === undefined ? undefined : await readInboxFigures(pool).catch(() => undefined);
  if (figures === undefined) {
    return [{ ...base, state: "unknown", summary: say(message("gateway-check.inbox-blind"), language), evidence: {} }];
  }
  const { state, what } = judgeInbox(figures);
  const cause = state === "ok" ? {} : { cause: "queue-stuck" as const };
  return [{ ...base, state, ...cause, summary: say(what, language), evidence: { ...figures } }];
}

/** A dead letter is a caller's wish that nobody has carried out: it stands there until a person has looked. Pure. */
export function judgeInbox({ due, oldestWaitMs, dead, oldestDeadMs }: InboxFigures): { state: "ok" | "degraded"; what: Message } {
  const isStuck = oldestWaitMs > stuckAfterMs;
  if (!isStuck && dead === 0) return { state: "ok", what: message("gateway-check.inbox-well", { due }) };
  const [waits, age] = [restText(oldestWaitMs), restText(oldestDeadMs)];
  const key = isStuck ? (dead > 0 ? "gateway-check.inbox-stuck-and-dead" : "gateway-check.inbox-stuck") : "gateway-check.inbox-dead";
  return { state: "degraded", what: message(key, { due, waits, count: dead, age }) };
}

/** @throws when the database does not answer */
async function readInboxFigures(pool: Pool): Promise<InboxFigures> {
  // By the database's clock throughout: it set these times.
  const { rows } = await pool.query<InboxFigures>(
    `select waiting.due, waiting."oldestWaitMs", gone.dead, gone."oldestDeadMs" from
       (select count(*)::int as due, coalesce(extract(epoch from now() - min(next_at)) * 1000, 0)::float8 as "oldestWaitMs"
        from gateway.inbox_event where status in ('ready', 'retry') and next_at <= now()) waiting,
       (select count(*)::int as dead, coalesce(extract(epoch from now() - min(coalesce(finished_at, received_at))) * 1000, 0)::float8 as "oldestDeadMs"
        from gateway.inbox_event where status = 'dead') gone`,
  );
  const [figures] = rows;
  if (figures === undefined) throw new Error("no figures");
  return { ...figures, oldestWaitMs: Math.round(figures.oldestWaitMs), oldestDeadMs: Math.round(figures.oldestDeadMs) };
}
