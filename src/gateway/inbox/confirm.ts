import type { Pool } from "pg";
import { minutes } from "../../kernel/clock.ts";
import type { Provider } from "../delivery.ts";
import { compareClaim, readClaim } from "./agreement.ts";
import { inTransactionAgain, lockQuarantined, releaseEvents, type QuarantinedEvent, type Release } from "./release.ts";

/**
 * The vendor's own object by its id, asked with our key at our configured address; `undefined` when it has none.
 * `fields`: what the event claims, good for choosing whose key to ask with and for nothing else.
 * @throws when the vendor did not answer: that confirms and denies nothing
 */
export type ObjectConfirmation = (
  wanted: { readonly provider: Provider; readonly objectId: string; readonly fields: Readonly<Record<string, unknown>> },
  signal: AbortSignal,
) => Promise<Readonly<Record<string, unknown>> | undefined>;

/** `unanswered`: the vendor could not be asked, try again. */
export type ConfirmationResult = {
  readonly id: string;
  readonly result: "released" | "duplicate" | "absent" | "differs" | "not-comparable" | "unanswered";
  readonly detail?: string;
};

const pageSize = 50;
/** Between our clock and the vendor's. */
const clockToleranceMs = minutes(1);

/** Releases what the vendor confirms, out of the whole quarantine or of `ids`. Everything else stays where it is. */
export async function confirmQuarantined(
  pool: Pool,
  confirm: ObjectConfirmation,
  options: { readonly ids?: readonly string[]; readonly signal: AbortSignal },
): Promise<ConfirmationResult[]> {
  const results: ConfirmationResult[] = [];
  const { ids, signal } = options;
  for (let afterId = "0"; ;) {
    signal.throwIfAborted();
    // Nothing is locked while the vendor is asked: it may take its time.
    const events = await inTransactionAgain(pool, (client) =>
      lockQuarantined(client, { afterId, limit: pageSize, ...(ids === undefined ? {} : { ids }) }),
    );
    const last = events.at(-1);
    if (last === undefined) return results;
    afterId = last.id;
    const confirmed: Release[] = [];
    for (const event of events) {
      const result = await ask(event, confirm, signal);
      if (result.result === "released") confirmed.push({ event, ground: { by: "vendor" } });
      else results.push(result);
    }
    for (const release of confirmed) {
      const { released } = await inTransactionAgain(pool, (client) => releaseEvents(client, [release]));
      results.push({ id: release.event.id, result: released === 1 ? "released" : "duplicate" });
    }
  }
}

async function ask(event: QuarantinedEvent, confirm: ObjectConfirmation, signal: AbortSignal): Promise<ConfirmationResult> {
  const { id, provider, body, receivedAt } = event;
  const claimed = readClaim(provider, body);
  if (claimed === undefined) return { id, result: "not-comparable" };
  try {
    const object = await confirm({ provider, objectId: claimed.objectId, fields: claimed.fields }, signal);
    if (object === undefined) return { id, result: "absent" };
    if (claimed.claimedAt !== undefined && claimed.claimedAt > receivedAt + clockToleranceMs) {
      return { id, result: "differs", detail: "createdAt" };
    }
    const agreement = compareClaim(provider, claimed, object);
    if (agreement.kind === "agrees") return { id, result: "released" };
    return agreement.kind === "differs" ? { id, result: "differs", detail: agreement.field } : { id, result: "not-comparable" };
  } catch (error) {
    signal.throwIfAborted();
    return { id, result: "unanswered", detail: (error as Error).message };
  }
}
