import type { Provider } from "../delivery.ts";
import type { InboxEvent } from "../event-handler.ts";

/** Every state of a row, in the order an operator reads them. */
export const eventStates = ["ready", "retry", "dead", "quarantined", "parked", "expired", "done", "discarded"] as const;
export type EventState = (typeof eventStates)[number];

/** An earlier event in one of these holds back the later ones of its ordering key. */
export const blockingStates = ["ready", "retry", "dead", "parked"] as const;

export type InboxRow = {
  readonly id: string;
  readonly provider: Provider;
  readonly event_type: string;
  readonly dedup_key: string;
  readonly ordering_key: string;
  readonly company_id: string | null;
  readonly occurred_at: Date | null;
  readonly received_at: Date;
  readonly attempts: number;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
};

/** The columns of an `InboxRow`, for every statement that reads one. */
export const rowColumns =
  "id, provider, event_type, dedup_key, ordering_key, company_id, occurred_at, received_at, attempts, url, headers, body";

export function toEvent(row: InboxRow): InboxEvent {
  return {
    id: row.id,
    provider: row.provider,
    eventType: row.event_type,
    dedupKey: row.dedup_key,
    orderingKey: row.ordering_key,
    ...(row.company_id === null ? {} : { companyId: row.company_id }),
    ...(row.occurred_at === null ? {} : { occurredAt: row.occurred_at.getTime() }),
    receivedAt: row.received_at.getTime(),
    attempts: row.attempts,
    url: row.url,
    headers: row.headers,
    body: row.body,
  };
}
