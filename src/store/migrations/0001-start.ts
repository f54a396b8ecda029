import { leaseTables } from "../../kernel/durable/lease.ts";

/** Everything up to the first release. Times are `timestamptz`, messages are `{key, values}`. */
export const start = `
${leaseTables}
create table ampel.entry (
  id text primary key,
  at timestamptz not null,
  kind text not null,
  data jsonb not null,
  origin text not null default 'store'
);
create index entry_by_time on ampel.entry (at);
create table ampel.incident (
  id text primary key,
  state text not null check (state in ('triggered', 'acknowledged', 'resolved')),
  zone text not null check (zone in ('green', 'yellow', 'red')),
  highest_zone text not null,
  opened_at timestamptz not null,
  acknowledged_at timestamptz,
  acknowledged_by text,
  resolved_at timestamptz
);
create unique index one_open_incident on ampel.incident ((true)) where state <> 'resolved';
create table ampel.finding (
  incident_id text not null references ampel.incident,
  cause text not null,
  subject text not null,
  zone text not null,
  data jsonb not null,
  first_seen_at timestamptz not null,
  cleared_at timestamptz,
  primary key (incident_id, cause, subject)
);
create table ampel.run (
  id text primary key,
  playbook_id text not null,
  playbook_hash text not null,
  playbook_text text not null,
  incident_id text references ampel.incident,
  subject text not null,
  state text not null,
  input jsonb not null,
  outcome jsonb,
  started_at timestamptz not null,
  ended_at timestamptz
);
create index run_by_time on ampel.run (started_at);
create table ampel.run_step (
  run_id text not null references ampel.run,
  name text not null,
  position integer not null,
  state text not null,
  started_at timestamptz,
  ended_at timestamptz,
  data jsonb not null default '{}',
  primary key (run_id, name)
);
create table ampel.switch (
  id text primary key,
  key text not null,
  value text not null,
  reason text not null,
  owner text not null,
  set_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz,
  ended_by text
);
create unique index one_switch_per_key on ampel.switch (key) where ended_at is null;
create table ampel.service_start (
  id text primary key,
  service text not null,
  at timestamptz not null,
  is_proven boolean not null
);
create table ampel.lock (
  name text primary key,
  run_id text not null,
  taken_at timestamptz not null default now()
);`;
