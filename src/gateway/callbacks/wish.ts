import { createHash } from "node:crypto";
import { z } from "zod";
import type { Delivery } from "../delivery.ts";
import type { CallbackWish } from "./callback-desk.ts";

/** A wish as it lies in the inbox or the spool, with what was promised to the caller: that is never computed a second time. */
const wishSchema = z.object({
  kind: z.literal("wish"),
  callbackId: z.string(),
  companyId: z.string(),
  branchId: z.string().exactOptional(),
  phone: z.string(),
  name: z.string().exactOptional(),
  wish: z.string().exactOptional(),
  callId: z.string().exactOptional(),
  reason: z.enum(["retell-down", "no-availability", "booking-failed", "asked", "function-failed"]),
  priority: z.enum(["normal", "high", "urgent"]),
  promisedBy: z.number(),
  opensAt: z.number(),
  notBefore: z.number(),
  /** The carrier's id of a message the caller agreed to record. */
  recordingSid: z.string().exactOptional(),
});
const withdrawalSchema = z.object({
  kind: z.literal("withdrawn"),
  companyId: z.string(),
  phone: z.string(),
  callId: z.string().exactOptional(),
});
const noteSchema = z.discriminatedUnion("kind", [wishSchema, withdrawalSchema]);

export type KeptWish = z.infer<typeof wishSchema>;
export type CallbackNote = z.infer<typeof noteSchema>;

export const wishEvent = "callback.wish";
export const withdrawnEvent = "callback.withdrawn";
export const ownEvents: ReadonlySet<string> = new Set([wishEvent, withdrawnEvent]);

/** Reads a note back; `undefined` for what is none. */
export function parseNote(body: Buffer): CallbackNote | undefined {
  try {
    return noteSchema.parse(JSON.parse(body.toString("utf8")));
  } catch {
    return undefined;
  }
}

/**
 * A delivery of our own making. The same wish of one call has the same key, so that a carrier's repeated request adds nothing;
 * the key carries no number. Wishes of one number stay in order.
 */
export function composeNote(note: CallbackNote, receivedAt: number): Delivery {
  const { callId = note.kind === "wish" ? note.callbackId : String(receivedAt) } = note;
  const caller = hashed(note.companyId, note.phone);
  const said = note.kind === "wish" ? [note.name ?? "", note.wish ?? "", note.recordingSid ?? "", note.reason] : [];
  const eventType = note.kind === "wish" ? wishEvent : withdrawnEvent;
  return {
    provider: "twilio",
    eventType,
    dedupKey: `${eventType}:${hashed(caller, callId, ...said)}`,
    orderingKey: `callback:${caller}`,
    companyId: note.companyId,
    occurredAt: receivedAt,
    receivedAt,
    verdict: "verified",
    source: "live",
    method: "POST",
    url: "ampel:callback",
    headers: { "content-type": "application/json" },
    body: Buffer.from(JSON.stringify(note)),
  };
}

const priorityOf: Readonly<Record<CallbackWish["reason"], KeptWish["priority"]>> = {
  "retell-down": "normal",
  asked: "normal",
  "function-failed": "normal",
  // The predecessor's own rule: whoever nearly had an appointment comes first.
  "no-availability": "high",
  "booking-failed": "high",
};

export function priorityFor(wish: CallbackWish): KeptWish["priority"] {
  return wish.priority ?? priorityOf[wish.reason];
}

/** What somebody said, bounded: speech recognition may return anything. */
export function boundedText(text: string | undefined, limit: number): string | undefined {
  const clean = text
    ?.toWellFormed()
    .replace(/[\u0000-\u001F\u007F]+/g, " ")
    .trim();
  return clean === undefined || clean === "" ? undefined : clean.slice(0, limit).toWellFormed();
}

function hashed(...parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 32);
}
