import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import pg from "pg";

/** Dies before or after the n-th write that reaches the disk, counted from the moment it is armed. */
export type KillAt = { readonly write: number; readonly moment: "before" | "after" };

/** Counts synced file writes and writing statements from the outside, and ends the process at the one that was ordered. */
export function countWrites(killAt?: KillAt): { arm(): void; count(): number } {
  let isArmed = false;
  let count = 0;
  const die = (): void => void process.kill(process.pid, "SIGKILL");
  const meet = (moment: "before" | "after", mine: number): void => {
    if (isArmed && killAt?.moment === moment && killAt.write === mine) die();
  };

  const { fsyncSync } = fs;
  fs.fsyncSync = (handle: number): void => {
    if (isArmed) count += 1;
    const mine = isArmed ? count : 0;
    meet("before", mine);
    fsyncSync(handle);
    meet("after", mine);
  };
  syncBuiltinESMExports();

  type Query = (...given: unknown[]) => unknown;
  const { query } = pg.Client.prototype as unknown as { query: Query };
  (pg.Client.prototype as unknown as { query: Query }).query = function counted(this: unknown, ...given: unknown[]): unknown {
    const [first] = given;
    const text = typeof first === "string" ? first : ((first as { text?: string } | undefined)?.text ?? "");
    if (!isArmed || !isJournalWrite(text)) return query.apply(this, given);
    const mine = (count += 1);
    meet("before", mine);
    const answer = query.apply(this, given);
    // The pool passes a callback; the statement has been carried out when the connection says so.
    const meetAfter = (): void => meet("after", mine);
    if (answer instanceof Promise) answer.then(meetAfter, () => {});
    else if (killAt?.write === mine) (this as pg.Client).once("drain", meetAfter);
    return answer;
  };
  return {
    arm: () => {
      isArmed = true;
    },
    count: () => count,
  };
}

/** Statements that change a run; beats and looks go on all the time and are none of it. */
function isJournalWrite(text: string): boolean {
  return /^\s*(insert|update|with|commit)/i.test(text) && !/ampel\.executor set beats|SKIP LOCKED/i.test(text);
}
