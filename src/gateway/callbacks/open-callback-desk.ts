import { newId } from "../../kernel/ids.ts";
import type { Gateway } from "../gateway.ts";
import type { Backlog } from "./backlog.ts";
import type { CallbackWish, PromisedCallback } from "./callback-desk.ts";
import { hoursOf } from "./opening.ts";
import { decidePromise, graceOf, type Priority, type Promised } from "./promise.ts";
import { boundedText, composeNote, priorityFor } from "./wish.ts";

/** `isNew` false: this number was promised a callback before, and joins it. */
export type DeskPromise = PromisedCallback & { readonly opensAt: number; readonly isNew: boolean };

export type DeskWish = CallbackWish & { readonly recordingSid?: string };

/** A `CallbackDesk` that also says what a caller has to hear. */
export type OpenCallbackDesk = {
  promise(companyId: string, wish: DeskWish): Promise<DeskPromise>;
  /** The caller wants none. @throws {Failure} spool-failed */
  withdraw(companyId: string, phone: string, callId: string): Promise<void>;
};

/** The part of a gateway that promising needs. */
export type PromiseGround = Pick<Gateway, "clock" | "settings" | "directory" | "timeZone" | "keep" | "report">;

/**
 * Takes wishes: the promise is computed from memory and kept, together with the wish, in the inbox or the spool before this
 * returns; `callbackEventHandler` makes the row. With and without a database the way is the same one.
 * @throws {Failure} spool-failed when neither place takes it: then nothing may be promised
 */
export function openCallbackDesk(ground: PromiseGround, backlog: Backlog): OpenCallbackDesk {
  const { clock, directory, keep, report } = ground;
  return {
    promise: async (companyId, wish: DeskWish) => {
      const now = clock.now();
      const priority = priorityFor(wish);
      const before = backlog.find(companyId, wish.phone);
      const isNew = before === undefined;
      // A promise that has passed is not repeated to the caller's face.
      const promised = !isNew && before.promisedBy > now ? before : promiseNow(ground, backlog, companyId, wish.branchId, priority);
      const { promisedBy, opensAt } = promised;
      const notBefore = Math.max(promised.notBefore, now + graceOf(ground.settings.callbacks.promise));
      const callbackId = before?.callbackId ?? newId("cb");
      if (hoursOf(directory.company(companyId), wish.branchId).isAssumed) {
        report({ kind: "no-opening-hours", companyId, subject: wish.branchId ?? companyId });
      }
      // Counted before it is kept: whoever calls in the same moment stands behind.
      if (isNew) backlog.add({ callbackId, companyId, phone: wish.phone, priority, attempts: 0, opensAt, notBefore, promisedBy });
      try {
        await keep(composeNote({ kind: "wish", ...cleaned(wish), callbackId, companyId, priority, promisedBy, opensAt, notBefore }, now));
      } catch (error) {
        if (isNew) backlog.remove(companyId, wish.phone);
        throw error;
      }
      return { callbackId, promisedBy, opensAt, isNew };
    },
    withdraw: async (companyId, phone, callId) => {
      await keep(composeNote({ kind: "withdrawn", companyId, phone, callId }, clock.now()));
      backlog.remove(companyId, phone);
    },
  };
}

/** What somebody who asks now would be promised; changes nothing. */
export function promiseNow(
  { clock, settings, directory, timeZone }: Pick<Gateway, "clock" | "settings" | "directory" | "timeZone">,
  backlog: Pick<Backlog, "waiting">,
  companyId: string,
  branchId: string | undefined,
  priority: Priority,
): Promised {
  const company = directory.company(companyId);
  return decidePromise({
    now: clock.now(),
    waiting: backlog.waiting(),
    priority,
    perHour: settings.callbacks.perHour,
    shortestMs: settings.callbacks.promise,
    hours: hoursOf(company, branchId).hours,
    timeZone: company?.timeZone ?? timeZone,
  });
}

/** Speech recognition may return anything: bounded and on one line. Absent fields stay absent. */
function cleaned({ phone, reason, branchId, name, wish, callId, recordingSid }: DeskWish): DeskWish {
  const optional = { branchId, name: boundedText(name, 120), wish: boundedText(wish, 1000), callId, recordingSid };
  const given = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined));
  return { phone, reason, ...given };
}
