import type pg from "pg";
import type { Entry } from "./entry.ts";

/**
 * Writes an entry and what follows from it, inside the caller's transaction.
 * Returns false when the entry is known already: importing a journal twice changes nothing.
 */
export async function project(client: pg.ClientBase, entry: Entry, origin: "store" | "journal"): Promise<boolean> {
  const { id, at, kind, ...data } = entry;
  const { rowCount } = await client.query(
    "insert into ampel.entry (id, at, kind, data, origin) values ($1, to_timestamp($2::float8 / 1000), $3, $4, $5) on conflict do nothing",
    [id, at, kind, data, origin],
  );
  if (rowCount === 0) return false;
  for (const [statement, values] of describe(entry)) await client.query(statement, values);
  return true;
}

const moment = (position: number): string => `to_timestamp($${position}::float8 / 1000)`;

type Statement = readonly [text: string, values: unknown[]];

function describe(entry: Entry): readonly Statement[] {
  const { at } = entry;
  switch (entry.kind) {
    case "incident-opened":
      return [
        [
          `insert into ampel.incident (id, state, zone, highest_zone, opened_at) values ($1, 'triggered', $2, $2, ${moment(3)}) on conflict do nothing`,
          [entry.incidentId, entry.zone, at],
        ],
      ];
    case "incident-zone":
      return [
        [
          `update ampel.incident set zone = $2, highest_zone = case when array_position(array['green','yellow','red'], $2)
           > array_position(array['green','yellow','red'], highest_zone) then $2 else highest_zone end where id = $1`,
          [entry.incidentId, entry.zone],
        ],
      ];
    case "incident-acknowledged":
      return [
        [
          `update ampel.incident set state = 'acknowledged', acknowledged_at = ${moment(3)}, acknowledged_by = $2 where id = $1 and state = 'triggered'`,
          [entry.incidentId, entry.by, at],
        ],
      ];
    case "incident-resolved":
      return [
        [
          `update ampel.incident set state = 'resolved', resolved_at = ${moment(2)} where id = $1 and state <> 'resolved'`,
          [entry.incidentId, at],
        ],
      ];
    case "finding-seen":
      return [
        [
          `insert into ampel.finding (incident_id, cause, subject, zone, data, first_seen_at)
         select id, $2, $3, $4, $5, ${moment(6)} from ampel.incident where id = $1
         on conflict (incident_id, cause, subject) do update set zone = excluded.zone, data = excluded.data, cleared_at = null`,
          [entry.incidentId, entry.finding.cause, entry.finding.subject, entry.finding.zone, entry.finding, at],
        ],
      ];
    case "finding-cleared":
      return [
        [
          `update ampel.finding set cleared_at = ${moment(4)} where incident_id = $1 and cause = $2 and subject = $3 and cleared_at is null`,
          [entry.incidentId, entry.cause, entry.subject, at],
        ],
      ];
    case "run-started":
      return [
        [
          `with started as (
           insert into ampel.run (id, playbook_id, playbook_hash, playbook_text, incident_id, subject, state, input, started_at)
           values ($1, $2, $3, $4, (select id from ampel.incident where id = $5), $6, 'running', $7, ${moment(8)}) on conflict do nothing returning id)
         insert into ampel.run_step (run_id, name, position, state)
         select started.id, step.name, step.position, 'waiting' from started, unnest($9::text[]) with ordinality as step (name, position)`,
          [
            entry.runId,
            entry.playbookId,
            entry.playbookHash,
            entry.playbookText,
            entry.incidentId ?? null,
            entry.subject,
            JSON.stringify(entry.input),
            at,
            entry.steps,
          ],
        ],
      ];
    case "step-started":
      return [
        [
          `update ampel.run_step set state = 'running', started_at = coalesce(started_at, ${moment(3)}) where run_id = $1 and name = $2`,
          [entry.runId, entry.name, at],
        ],
      ];
    case "step-ended":
      return [
        [
          `update ampel.run_step set state = $3, ended_at = ${moment(4)}, data = $5 where run_id = $1 and name = $2`,
          [entry.runId, entry.name, entry.state, at, { durationMs: entry.durationMs, message: entry.message, output: entry.output }],
        ],
      ];
    case "run-ended":
      return [
        [
          `update ampel.run set state = $2, ended_at = ${moment(3)}, outcome = $4 where id = $1`,
          [entry.runId, entry.state, at, { message: entry.message }],
        ],
      ];
    case "service-started":
      return [
        [
          `insert into ampel.service_start (id, service, at, is_proven) values ($1, $2, ${moment(3)}, $4) on conflict do nothing`,
          [entry.id, entry.service, at, entry.isProven],
        ],
      ];
    case "switch-set":
      return [
        [`update ampel.switch set ended_at = ${moment(2)}, ended_by = 'replaced' where key = $1 and ended_at is null`, [entry.key, at]],
        [
          `insert into ampel.switch (id, key, value, reason, owner, set_at, expires_at) values ($1, $2, $3, $4, $5, ${moment(6)}, ${moment(7)})`,
          [entry.id, entry.key, entry.value, entry.reason, entry.owner, at, entry.expiresAt],
        ],
      ];
    case "switch-ended":
      return [
        [`update ampel.switch set ended_at = ${moment(2)}, ended_by = $3 where key = $1 and ended_at is null`, [entry.key, at, entry.by]],
      ];
    case "alarm":
      return [];
  }
}
