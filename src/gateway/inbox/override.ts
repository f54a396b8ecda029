import { createHash } from "node:crypto";
import type { Pool } from "pg";
import { hours } from "../../kernel/clock.ts";
import { Failure } from "../../kernel/failure.ts";
import { newId } from "../../kernel/ids.ts";
import { message } from "../../kernel/message.ts";
import { inTransaction } from "../../store/store.ts";
import { inTransactionAgain, lockQuarantined, releaseEvents, type QuarantinedEvent, type Released } from "./release.ts";

/** A first person's wish waits so long for the second one. */
const requestLifeMs = hours(1);
const mostAtOnce = 1000;

export type ReleaseRequest = { readonly requestId: string; readonly count: number; readonly expiresAt: number };

/** The first of two persons: nothing is released yet. @throws {Failure} not-found when one of the events is not in quarantine */
export async function requestRelease(
  pool: Pool,
  wish: { readonly ids: readonly string[]; readonly reason: string; readonly by: string; readonly now: number },
): Promise<ReleaseRequest> {
  const { ids, reason, by, now } = wish;
  return await inTransaction(pool, async (client) => {
    const events = await lockQuarantined(client, { ids, limit: mostAtOnce });
    if (events.length !== new Set(ids).size) throw notThere(ids, events);
    const requestId = newId("rel");
    const expiresAt = now + requestLifeMs;
    await client.query(
      `insert into gateway.release_request (request_id, event_ids, content_hash, reason, asked_by, asked_at, expires_at)
       values ($1, $2, $3, $4, $5, $6, $7)`,
      [requestId, events.map(({ id }) => id), hashOf(events), reason, by, new Date(now), new Date(expiresAt)],
    );
    return { requestId, count: events.length, expiresAt };
  });
}

type RequestRow = {
  event_ids: string[];
  content_hash: string;
  reason: string;
  asked_by: string;
  expires_at: Date;
  granted_at: Date | null;
};

/**
 * The second person releases exactly what the first one saw.
 * @throws {Failure} not-found, refused-unsafe (the same person, too late, or other content than before)
 */
export async function grantRelease(
  pool: Pool,
  { requestId, by, now }: { readonly requestId: string; readonly by: string; readonly now: number },
): Promise<Released> {
  return await inTransactionAgain(pool, async (client) => {
    const { rows } = await client.query<RequestRow>(
      "select event_ids, content_hash, reason, asked_by, expires_at, granted_at from gateway.release_request where request_id = $1 for update",
      [requestId],
    );
    const [request] = rows;
    if (request === undefined) {
      throw new Failure("not-found", message("quarantine.request-unknown", { request: requestId }), message("quarantine.list-next"));
    }
    if (request.granted_at !== null) return { released: 0, duplicates: 0 };
    if (request.asked_by.trim().toLowerCase() === by.trim().toLowerCase()) {
      throw new Failure(
        "refused-unsafe",
        message("quarantine.same-person", { person: by }),
        message("quarantine.same-person-next", { request: requestId }),
      );
    }
    if (request.expires_at.getTime() <= now) {
      throw new Failure(
        "refused-unsafe",
        message("quarantine.request-expired", { request: requestId }),
        message("quarantine.request-again-next"),
      );
    }
    const events = await lockQuarantined(client, { ids: request.event_ids, limit: mostAtOnce });
    if (hashOf(events) !== request.content_hash) {
      throw new Failure(
        "refused-unsafe",
        message("quarantine.request-changed", { request: requestId }),
        message("quarantine.request-again-next"),
      );
    }
    const ground = { by: "two-persons", persons: [request.asked_by, by], reason: request.reason } as const;
    const released = await releaseEvents(
      client,
      events.map((event) => ({ event, ground })),
    );
    await client.query("update gateway.release_request set granted_by = $2, granted_at = $3 where request_id = $1", [
      requestId,
      by,
      new Date(now),
    ]);
    return released;
  });
}

function hashOf(events: readonly QuarantinedEvent[]): string {
  const hash = createHash("sha256");
  for (const { id, body } of events) hash.update(`${id} ${body.length} `).update(body);
  return hash.digest("hex");
}

function notThere(ids: readonly string[], events: readonly QuarantinedEvent[]): Failure {
  const missing = ids.filter((id) => !events.some((event) => event.id === id));
  return new Failure(
    "not-found",
    message("quarantine.not-there", { ids: missing.slice(0, 5).join(", ") }),
    message("quarantine.list-next"),
  );
}
