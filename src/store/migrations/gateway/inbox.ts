/** What arrived, byte for byte, and what became of it. The company is unknown until a handler has looked. */
export const inboxTables = `
create table gateway.inbox_event (
  id bigint generated always as identity primary key,
  provider text not null,
  dedup_key text not null,
  ordering_key text not null,
  event_type text not null,
  company_id text,
  occurred_at timestamptz,
  received_at timestamptz not null,
  kept_at timestamptz not null default now(),
  method text not null,
  url text not null,
  headers jsonb not null,
  body bytea not null,
  verdict text not null check (verdict in ('verified', 'unverified', 'stale', 'unknown_provider')),
  key_id text,
  source_address text,
  status text not null check (status in ('quarantined', 'ready', 'retry', 'done', 'dead', 'parked', 'discarded', 'expired')),
  attempts integer not null default 0,
  next_at timestamptz not null default now(),
  last_error text,
  source text not null check (source in ('live', 'spool', 'backfill', 'replay')),
  park_id text,
  duplicates integer not null default 0,
  outcome text check (outcome in ('applied', 'ignored', 'unknown-shape', 'unresolved')),
  released jsonb,
  finished_at timestamptz,
  masked_at timestamptz,
  unique (provider, dedup_key)
);
create index inbox_waiting on gateway.inbox_event (next_at, id) where status in ('ready', 'retry');
create index inbox_blocking on gateway.inbox_event (ordering_key, id) where status in ('ready', 'retry', 'dead', 'parked');
-- Rows lie in the order of their arrival: a range index finds a window and costs the accept path next to nothing.
create index inbox_by_time on gateway.inbox_event using brin (received_at, finished_at) with (pages_per_range = 32, autosummarize = on);
create index inbox_set_aside on gateway.inbox_event (status, received_at, id) where status in ('quarantined', 'dead', 'parked', 'expired');
create index inbox_of_park on gateway.inbox_event (park_id, id) where park_id is not null;

create table gateway.inbox_park (
  park_id text primary key,
  queue text not null,
  parked_at timestamptz not null,
  reason text not null,
  owner text not null,
  event_count integer not null,
  content_hash text not null,
  file text,
  restored_at timestamptz
);

create table gateway.replay (
  replay_id text primary key,
  plan jsonb not null,
  plan_hash text not null,
  planned_at timestamptz not null,
  expires_at timestamptz not null,
  started_at timestamptz,
  ended_at timestamptz,
  cursor_id bigint not null default 0,
  done_count integer not null default 0,
  skipped_count integer not null default 0,
  failed_count integer not null default 0,
  cancelled_at timestamptz
);

create table gateway.replay_event (
  replay_id text not null references gateway.replay on delete cascade,
  event_id bigint not null,
  planned_status text not null,
  state text not null default 'planned' check (state in ('planned', 'released', 'done', 'skipped', 'failed', 'taken-back')),
  primary key (replay_id, event_id)
);
create index replay_in_hand on gateway.replay_event (replay_id, event_id) where state in ('planned', 'released');

create table gateway.release_request (
  request_id text primary key,
  event_ids bigint[] not null,
  content_hash text not null,
  reason text not null,
  asked_by text not null,
  asked_at timestamptz not null,
  expires_at timestamptz not null,
  granted_by text,
  granted_at timestamptz
);

create table gateway.cursor (
  name text primary key,
  value jsonb not null,
  changed_at timestamptz not null
);

create table gateway.finding (
  kind text not null,
  company_id text not null default '',
  subject text not null,
  data jsonb not null default '{}',
  first_at timestamptz not null,
  last_at timestamptz not null,
  count bigint not null default 1,
  cleared_at timestamptz,
  primary key (kind, company_id, subject)
);
`;
