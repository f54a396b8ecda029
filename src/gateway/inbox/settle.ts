import type { ClientBase } from "pg";
import type { Settled } from "./outcome.ts";

export type SettledEvent = { readonly id: string; readonly companyId: string | undefined; readonly settled: Settled };

const settleStatement = `
update gateway.inbox_event event
set status = new.status, outcome = new.outcome, attempts = new.attempts, last_error = new.error,
  next_at = now() + new.pause_ms * interval '1 millisecond', company_id = coalesce(new.company_id, event.company_id),
  finished_at = case when new.status = 'retry' then null else clock_timestamp() end
from unnest($1::bigint[], $2::text[], $3::text[], $4::int[], $5::int[], $6::text[], $7::text[])
  as new (id, status, outcome, attempts, pause_ms, error, company_id)
where event.id = new.id`;

/** Writes what became of the events, in the transaction of their effects. */
export async function settleEvents(client: ClientBase, events: readonly SettledEvent[]): Promise<void> {
  if (events.length === 0) return;
  await client.query({
    name: "inbox-settle",
    text: settleStatement,
    values: [
      events.map(({ id }) => id),
      events.map(({ settled }) => settled.status),
      events.map(({ settled }) => settled.outcome),
      events.map(({ settled }) => settled.attempts),
      events.map(({ settled }) => settled.pauseMs),
      events.map(({ settled }) => settled.error),
      events.map(({ companyId }) => companyId ?? null),
    ],
  });
}
